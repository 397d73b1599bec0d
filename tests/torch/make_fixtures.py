"""Writes fixtures/: the state of each case after BEFORE steps in PyTorch, and all parameters AFTER steps later.

Made with PyTorch 1.13.1, Debian 12's python3-torch.
"""
import os

import problem
from torch_state import replace, safetensors, save_torch

folder = os.path.join(problem.HERE, "fixtures")
os.makedirs(folder, exist_ok=True)
end = {}
for name, case in problem.CASES.items():
    run = problem.Run(case)
    run.step_until(problem.BEFORE)
    save_torch(os.path.join(folder, name + ".json"), run.optimizer, run.parameters.items(), steps=run.t)
    run.step_until(problem.BEFORE + problem.AFTER)
    for tensor, parameter in run.parameters.items():
        end[name + "." + tensor] = parameter.detach().clone()
replace(os.path.join(folder, "end.safetensors"), safetensors(end))
