#!/usr/bin/env python3
"""Writes the golden trajectories of FTRL-Proximal, typed from Algorithm 1 of McMahan et al. 2013 in its order and
notation, with 60 decimal digits and no code of ours; w is theta. The paper starts at w = 0 with z = 0; here z starts
at -(beta / alpha + lambda_2) w. Usage, with Debian's python3 and python3-numpy: ./ftrl.py
"""
import json
import pathlib
from decimal import Decimal as D, getcontext

import numpy as np

getcontext().prec = 60
HERE = pathlib.Path(__file__).parent
W0 = [D(float(x)) for x in np.load(HERE / "theta0.npy")]
GRADIENTS = [[D(float(g)) for g in row] for row in np.load(HERE / "gradients.npy")]


def ftrl(alpha, beta, lambda1, lambda2):
    n = [D(0)] * len(W0)
    z = [-(beta / alpha + lambda2) * w for w in W0]
    w = list(W0)
    for g in GRADIENTS:
        for i, gi in enumerate(g):
            if gi == 0:  # "for all i in I": where the example has the feature
                continue
            sigma = ((n[i] + gi * gi).sqrt() - n[i].sqrt()) / alpha
            z[i] += gi - sigma * w[i]
            n[i] += gi * gi
            if abs(z[i]) <= lambda1:
                w[i] = D(0)
            else:
                w[i] = -(z[i] - lambda1.copy_sign(z[i])) / ((beta + n[i].sqrt()) / alpha + lambda2)
        yield list(w)


CASES = {
    "ftrl": {"lr": 0.1, "beta": 1.0, "l1": 0.0, "l2": 0.0},
    "ftrl_penalties": {"lr": 0.05, "beta": 2.0, "l1": 25.0, "l2": 0.5},
}
for name, hyper in CASES.items():
    path = list(ftrl(*(D(hyper[key]) for key in ("lr", "beta", "l1", "l2"))))
    rows = ",\n".join("    " + json.dumps([float(x) for x in w]) for w in path)
    head = json.dumps({"optimizer": "ftrl", "hyper": hyper,
                       "source": "McMahan et al. 2013, Algorithm 1; by ftrl.py"}, indent=2)
    (HERE / f"{name}.json").write_text(head[:-2] + ',\n  "theta": [\n' + rows + "\n  ]\n}\n")
    print(f"{name:16} zeros {[sum(x == 0 for x in w) for w in path]}")
