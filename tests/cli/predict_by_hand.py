"""Applies a model file to a table as docs/models.md says, in plain Python, and prints what `thalweg predict` should:
a line for each row, of which numbers are compared with a tolerance of float's rounding.

predict_by_hand.py MODEL TABLE.csv
"""
import csv
import json
import math
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "checkpoint"))
import read_safetensors


def numbers(tensor):
    kind = {"F32": "f", "F64": "d"}[tensor["dtype"]]
    return struct.unpack("<%d%s" % (len(tensor["bytes"]) // struct.calcsize(kind), kind), tensor["bytes"])


def layer(x, weights, bias):
    outputs = len(bias)
    return [bias[k] + sum(x[j] * weights[j * outputs + k] for j in range(len(x))) for k in range(outputs)]


def main():
    entries, tensors = read_safetensors.read(sys.argv[1])
    assert entries["format"] == "thalweg.model" and entries["format_version"] == "1"
    names = json.loads(entries["feature_names"])
    shift, factor = numbers(tensors["features.shift"]), numbers(tensors["features.factor"])
    prefixes = ["layer%d." % k for k in range(1, 100) if "layer%d.weights" % k in tensors] or [""]
    layers = [(numbers(tensors[p + "weights"]), numbers(tensors[p + "bias"])) for p in prefixes]
    with open(sys.argv[2], newline="") as file:
        for row in csv.DictReader(file):
            x = [(float(row[name]) - s) * f for name, s, f in zip(names, shift, factor)]
            for k, (weights, bias) in enumerate(layers):
                x = layer(x, weights, bias)
                if k + 1 < len(layers):
                    x = [max(z, 0.0) for z in x]
            if entries["task"] == "regression":
                print(numbers(tensors["target.mean"])[0] + numbers(tensors["target.scale"])[0] * x[0])
                continue
            classes = json.loads(entries["class_names"])
            if len(x) == 1:
                p = [1 / (1 + math.exp(x[0])), 1 / (1 + math.exp(-x[0]))]
            else:
                p = [math.exp(z - max(x)) for z in x]
                p = [q / sum(p) for q in p]
            print(classes[p.index(max(p))], *p, sep=",")


main()
