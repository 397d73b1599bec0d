#!/usr/bin/env python3
"""Writes the golden trajectories of the optimizers that adapt their learning rate, or need no schedule of it.

Every algorithm below is typed from its paper, in the paper's order and notation, with 60 decimal digits and no
code of ours or of the authors; x is theta. Usage, with Debian's python3 and python3-numpy: ./rate_free.py
"""
import json
import pathlib
import re
from decimal import Decimal as D, getcontext

import numpy as np

getcontext().prec = 60
HERE = pathlib.Path(__file__).parent
X0 = [D(float(x)) for x in np.load(HERE / "theta0.npy")]
GRADIENTS = [[D(float(g)) for g in row] for row in np.load(HERE / "gradients.npy")]


def dot(a, b):
    return sum((x * y for x, y in zip(a, b)), D(0))


def norm(a):
    return dot(a, a).sqrt()


def norm1(a):
    return sum((abs(x) for x in a), D(0))


def zeros():
    return [D(0)] * len(X0)


def axpy(a, x, y):
    """a x + y"""
    return [a * xi + yi for xi, yi in zip(x, y)]


def mix(beta, a, weight, b):
    """beta a + weight b"""
    return [beta * x + weight * y for x, y in zip(a, b)]


def squares(a):
    return [x * x for x in a]


def dadapt_sgd(h):
    """Defazio & Mishchenko 2023, "SGD with D-Adaptation", with the penalty l2 in the gradient."""
    d, gamma, beta = h["d0"], h["lr"], h["momentum"]
    x, z, s, total, g0 = X0, X0, zeros(), D(0), None
    for g in GRADIENTS:
        g = axpy(h["l2"], x, g)
        g0 = g0 or norm(g)
        lam = d * gamma / g0
        total += lam * dot(g, s)
        s = axpy(lam, g, s)
        z = axpy(-lam, g, z)
        x = mix(beta, x, 1 - beta, z)
        d = max(d, 2 * total / norm(s))
        yield x, d


def dadapt_adam(h):
    """Defazio & Mishchenko 2023, "Adam with D-Adaptation", with decoupled weight decay at the rate d gamma."""
    d, gamma, beta1, beta2, r = h["d0"], h["lr"], h["beta1"], h["beta2"], D(0)
    x, m, v, s, root = X0, zeros(), zeros(), zeros(), beta2.sqrt()
    for g in GRADIENTS:
        m = mix(beta1, m, (1 - beta1) * d * gamma, g)
        v = mix(beta2, v, 1 - beta2, squares(g))
        a = [vi.sqrt() + h["eps"] for vi in v]
        x = [xi * (1 - d * gamma * h["weight_decay"]) - mi / ai for xi, mi, ai in zip(x, m, a)]
        r = root * r + (1 - root) * gamma * d * sum(gi * si / ai for gi, si, ai in zip(g, s, a))
        s = mix(root, s, (1 - root) * gamma * d, g)
        d = max(d, r / ((1 - root) * norm1(s)))
        yield x, d


def prodigy(h):
    """Mishchenko & Defazio 2023, "Prodigy (Adam version)"; d_coef, safeguard_warmup and the weight decay (at the
    rate gamma d) are those of the authors' program."""
    d, gamma, beta1, beta2, r = h["d0"], h["lr"], h["beta1"], h["beta2"], D(0)
    x, m, v, s, root = X0, zeros(), zeros(), zeros(), beta2.sqrt()
    for g in GRADIENTS:
        m = mix(beta1, m, (1 - beta1) * d, g)
        v = mix(beta2, v, (1 - beta2) * d * d, squares(g))
        r = root * r + (1 - root) * gamma * d * d * dot(g, axpy(-1, x, X0))
        s = mix(root, s, (1 - root) * d * d * (1 if h["safeguard_warmup"] else gamma), g)
        d_hat = h["d_coef"] * r / norm1(s)
        x = [xi * (1 - gamma * d * h["weight_decay"]) - gamma * d * mi / (vi.sqrt() + d * h["eps"])
             for xi, mi, vi in zip(x, m, v)]
        d = max(d, d_hat)
        yield x, d


def dog(h):
    """Ivgi, Hinder & Carmon 2023: eta_t = r_t / sqrt(G_t), r_0 = r_eps (1 + |x_0|), with the factor c."""
    x, r, total = X0, h["r_eps"] * (1 + norm(X0)), D(0)
    for g in GRADIENTS:
        g = axpy(h["l2"], x, g)
        r = max(r, norm(axpy(-1, X0, x)))
        total += dot(g, g)
        x = axpy(-h["lr"] * r / total.sqrt(), g, x)
        yield x, r


def schedule_free_sgd(h):
    """Defazio et al. 2024, eq. 3-5, with weight decay at y; c_{t+1} as there, or as in their Algorithm 1."""
    gamma, beta, x, z, total = h["lr"], h["momentum"], X0, X0, D(0)
    for t, g in enumerate(GRADIENTS, 1):
        y = mix(1 - beta, z, beta, x)
        z = axpy(-gamma, axpy(h["weight_decay"], y, g), z)
        total += gamma * gamma
        c = 1 / D(t + 1) if h["weights"] == "equal" else gamma * gamma / total
        x = mix(1 - c, x, c, z)
        yield x, c


def schedule_free_adamw(h):
    """Defazio et al. 2024, Algorithm 1, without its warm-up."""
    beta1, beta2, x, z, v, total = h["beta1"], h["beta2"], X0, X0, zeros(), D(0)
    for t, g in enumerate(GRADIENTS, 1):
        y = mix(1 - beta1, z, beta1, x)
        v = mix(beta2, v, 1 - beta2, squares(g))
        gamma = h["lr"] * (1 - beta2**t).sqrt()
        z = [zi - gamma * gi / (vi.sqrt() + h["eps"]) - gamma * h["weight_decay"] * yi
             for zi, gi, vi, yi in zip(z, g, v, y)]
        total += gamma * gamma
        c = gamma * gamma / total
        x = mix(1 - c, x, c, z)
        yield x, c


def hypergradient(h):
    """Baydin et al. 2018, SGD-HD: the hypergradient is g_t . grad_alpha u_{t-1}, and grad_alpha u = -g."""
    alpha, x, du = h["lr"], X0, zeros()
    for g in GRADIENTS:
        g = axpy(h["l2"], x, g)
        alpha -= h["hyper_lr"] * dot(g, du)
        du = [-gi for gi in g]
        x = axpy(alpha, du, x)
        yield x, alpha


def adam_hd(h):
    """Baydin et al. 2018, Adam-HD."""
    beta1, beta2, alpha, x, du, m, v = h["beta1"], h["beta2"], h["lr"], X0, zeros(), zeros(), zeros()
    for t, g in enumerate(GRADIENTS, 1):
        alpha -= h["hyper_lr"] * dot(g, du)
        m = mix(beta1, m, 1 - beta1, g)
        v = mix(beta2, v, 1 - beta2, squares(g))
        du = [-(mi / (1 - beta1**t)) / ((vi / (1 - beta2**t)).sqrt() + h["eps"]) for mi, vi in zip(m, v)]
        x = axpy(alpha, du, x)
        yield x, alpha


# d0, r_eps and hyper_lr are chosen so that the recorded gradients (norms near 1000) move theta.
ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
CASES = {
    "dadapt_sgd": (dadapt_sgd, {"lr": 1.0, "momentum": 0.9, "d0": 1.0, "l2": 0.0}),
    "dadapt_sgd_l2": (dadapt_sgd, {"lr": 0.5, "momentum": 0.0, "d0": 0.5, "l2": 0.1}),
    "dadapt_adam": (dadapt_adam, {"lr": 1.0, **ADAM, "d0": 1e-3, "weight_decay": 0.0}),
    "dadapt_adam_decay": (dadapt_adam, {"lr": 0.5, **ADAM, "beta2": 0.99, "d0": 2e-3, "weight_decay": 0.1}),
    "prodigy": (prodigy, {"lr": 1.0, **ADAM, "d0": 0.02, "d_coef": 1.0, "weight_decay": 0.0,
                          "safeguard_warmup": False}),
    "prodigy_variants": (prodigy, {"lr": 0.5, **ADAM, "beta2": 0.99, "d0": 0.01, "d_coef": 2.0,
                                   "weight_decay": 0.1, "safeguard_warmup": True}),
    "dog": (dog, {"lr": 1.0, "r_eps": 1.0, "l2": 0.0}),
    "dog_l2": (dog, {"lr": 0.5, "r_eps": 10.0, "l2": 0.1}),
    "schedule_free_sgd": (schedule_free_sgd, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.0, "weights": "equal"}),
    "schedule_free_sgd_squared_rate": (schedule_free_sgd, {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1,
                                                           "weights": "squared_rate"}),
    "schedule_free_adamw": (schedule_free_adamw, {"lr": 0.05, **ADAM, "weight_decay": 0.1}),
    "hypergradient": (hypergradient, {"lr": 0.01, "hyper_lr": 1e-8, "l2": 0.0}),
    "hypergradient_l2": (hypergradient, {"lr": 1e-3, "hyper_lr": 1e-9, "l2": 0.1}),
    "adam_hd": (adam_hd, {"lr": 0.01, "hyper_lr": 1e-6, **ADAM, "l2": 0.0}),
}

for name, (algorithm, hyper) in CASES.items():
    exact = {key: D(value) if isinstance(value, float) else value for key, value in hyper.items()}
    path = list(algorithm(exact))
    source = re.split(r"[;:] |, with", algorithm.__doc__.replace("\n", " "))[0].rstrip(".") + "; by rate_free.py"
    rows = ",\n".join("    " + json.dumps([float(x) for x in row]) for row, _ in path)
    head = json.dumps({"optimizer": algorithm.__name__, "hyper": hyper, "source": source}, indent=2)
    (HERE / f"{name}.json").write_text(head[:-2] + ',\n  "theta": [\n' + rows + "\n  ]\n}\n")
    print(f"{name:32} carried {float(path[0][1]):.3g} -> {float(path[-1][1]):.3g}")
