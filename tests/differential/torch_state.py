"""torch_state.py THALWEG TORCH_STEPS: runs of tests/torch/cases.json that change sides after 7 steps, both ways.

Where a run ends that began here and goes on in PyTorch is compared with one that was here all the time, and the other
way round, as far as problem.py says.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torch"))
import numpy as np  # noqa: E402
import torch  # noqa: E402

import problem  # noqa: E402
from torch_state import load_torch, read_safetensors, save_torch  # noqa: E402

THALWEG, STEPS = sys.argv[1:]
LAST = problem.BEFORE + problem.AFTER
folder = tempfile.TemporaryDirectory()
largest = 0


def path(name):
    return os.path.join(folder.name, name)


def call(*words):
    run = subprocess.run(words, capture_output=True, text=True)
    assert run.returncode == 0, (words, run.stderr)


def parameters_here(name):
    with open(path(name), "rb") as file:
        tensors = read_safetensors(file.read())
    return {tensor: tensors["parameter." + tensor].numpy() for tensor in problem.SHAPES}


def compare(what, found, expected, units):
    global largest
    for name, there in expected.items():
        here = found[name].reshape(-1).astype(np.float64)
        epsilon = np.finfo(there.dtype).eps
        there = there.reshape(-1).astype(np.float64)
        distance = np.max(np.abs(here - there) / np.maximum(1, np.abs(there))) / epsilon
        assert distance <= units, (what, name, distance)
        if units == problem.UNITS:
            largest = max(largest, distance)


for case, options in problem.CASES.items():
    units = options.get("units", problem.UNITS)
    there = problem.Run(options)
    there.step_until(problem.BEFORE)
    save_torch(path("begun.json"), there.optimizer, there.parameters.items(), steps=there.t)
    there.step_until(LAST)
    call(THALWEG, "convert", path("begun.json"), path("from-torch"))
    call(STEPS, problem.HERE, case, path("from-torch"), str(LAST), path("ended"))
    whole = {name: parameter.detach().numpy() for name, parameter in there.parameters.items()}
    compare(case + " from PyTorch", parameters_here("ended"), whole, units)
    print(case, "goes on here")
    if "product" in options:
        continue  # which is of float32 again once PyTorch has loaded it

    call(STEPS, problem.HERE, case, "-", str(problem.BEFORE), path("here"))
    call(THALWEG, "convert", path("here"), path("state.json"))
    call(STEPS, problem.HERE, case, "-", str(LAST), path("ended"))
    resumed = problem.Run(options)
    resumed.t = problem.BEFORE
    assert load_torch(path("state.json"), resumed.optimizer, resumed.parameters.items()) == problem.BEFORE
    resumed.step_until(LAST)
    found = {name: parameter.detach().numpy() for name, parameter in resumed.parameters.items()}
    compare(case + " to PyTorch", found, parameters_here("ended"), units)
    print(case, "goes on in PyTorch")


def expect_refusal(said, action):
    try:
        action()
    except ValueError as error:
        assert said in str(error), error
        return
    raise AssertionError("not refused: " + said)


run = problem.Run(problem.CASES["sgd"])
before = {name: parameter.detach().clone() for name, parameter in run.parameters.items()}
pairs = list(run.parameters.items())
expect_refusal("is of AdamW, not of SGD", lambda: load_torch(path("state.json"), run.optimizer, pairs))
expect_refusal("give them as steps=", lambda: save_torch(path("sgd.json"), run.optimizer, pairs))
expect_refusal("no name for parameter 3", lambda: save_torch(path("sgd.json"), run.optimizer, pairs[:3], steps=0))
save_torch(path("sgd.json"), run.optimizer, pairs, steps=0)
os.replace(path("state.safetensors"), path("sgd.safetensors"))
expect_refusal("were not written together", lambda: load_torch(path("sgd.json"), run.optimizer, pairs))
assert all(torch.equal(run.parameters[name], value) for name, value in before.items())
print(f"largest difference but NAdam's: {largest:.1f} units in the last place")
