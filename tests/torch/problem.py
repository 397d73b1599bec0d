"""The problem on which runs are begun in PyTorch or here and go on in the other, and its cases, cases.json.

Gradients are made of single operations in one order, so that problem.h computes the same bits. The tensor "delayed"
has its first gradient in step 3, "late" in step 8, and the others in step 1.

"units" of a case: how far the ends may lie apart, in units in the last place of 1, or of a parameter where that is
larger; 16 if it is left out, which is of the order in which PyTorch rounds. PyTorch keeps NAdam's product of momenta
in float32, which shows in float64; "product" has it in the type that it names.
"""
import json
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "examples", "python"))

SHAPES = {"layer.weight": (3, 4), "delayed": (3,), "late": (2, 2), "layer.bias": (4,)}
FIRST_STEP = {"layer.weight": 1, "delayed": 3, "late": 8, "layer.bias": 1}
BEFORE, AFTER = 7, 50
UNITS = 16

with open(os.path.join(HERE, "cases.json"), encoding="utf-8") as file:
    CASES = json.load(file)


def start(name, dtype):
    size = int(np.prod(SHAPES[name]))
    return (np.arange(size, dtype=dtype) * dtype(0.25) - dtype(1)).reshape(SHAPES[name])


def gradient(name, x, t):
    flat, dtype = x.reshape(-1), x.dtype.type
    i = np.arange(flat.size, dtype=dtype)
    slope = i * dtype(0.25) + dtype(0.5)
    lowest = dtype(1) - i * dtype(0.5)
    noise = dtype(((7 * t + 3 * len(name)) % 11 - 5) / 16)
    g = slope * (flat - lowest) + dtype(0.125) * (flat - np.roll(flat, -1)) + noise
    return g.reshape(x.shape)


class Run:
    """A case in PyTorch: the first param group has all tensors but the bias."""

    def __init__(self, case):
        dtype = np.dtype(case["type"]).type
        self.parameters = {name: torch.nn.Parameter(torch.from_numpy(start(name, dtype))) for name in SHAPES}
        bias = [self.parameters["layer.bias"]]
        others = [parameter for name, parameter in self.parameters.items() if name != "layer.bias"]
        first, second = case["groups"]
        self.optimizer = getattr(torch.optim, case["optimizer"])(
            [{"params": others, **first}, {"params": bias, **second}], lr=1)
        self.t, self.product = 0, case.get("product")

    def step_until(self, t):
        while self.t < t:
            self.t += 1
            for name, parameter in self.parameters.items():
                if self.t == FIRST_STEP[name] and self.product:
                    self.optimizer.state[parameter] = {
                        "step": torch.tensor(0.), "mu_product": torch.ones((), dtype=getattr(torch, self.product)),
                        "exp_avg": torch.zeros_like(parameter), "exp_avg_sq": torch.zeros_like(parameter)}
                if self.t >= FIRST_STEP[name]:
                    parameter.grad = torch.from_numpy(gradient(name, parameter.detach().numpy(), self.t))
            self.optimizer.step()
