"""The state of a PyTorch optimizer as two files, for `thalweg convert` and thalweg::import_torch_state, and back.

    from torch_state import load_torch, save_torch

    save_torch("state.json", optimizer, model.named_parameters())   # then: thalweg convert state.json begun.safetensors
    load_torch("state.json", optimizer, model.named_parameters())   # after: thalweg convert run.safetensors state.json

state.json is optimizer.state_dict() without its tensors, state.safetensors beside it has these and the parameters:
docs/checkpoints.md, "From and to PyTorch". Needs PyTorch and numpy, and no library for safetensors.
"""
import json
import os
import struct
import zlib

import numpy as np
import torch

DTYPES = {"F32": (np.float32, torch.float32), "F64": (np.float64, torch.float64)}


def save_torch(path, optimizer, named_parameters, steps=None):
    """Writes `path`, which ends in .json, and the .safetensors file beside it.

    named_parameters: pairs of name and parameter, with all that the optimizer has. steps: how many were done, which
    SGD does not count itself.
    """
    if steps is None and isinstance(optimizer, torch.optim.SGD):
        raise ValueError("SGD does not count its steps: give them as steps=")
    names = {id(parameter): name for name, parameter in named_parameters}
    state_dict = optimizer.state_dict()
    order, tensors, state = [], {}, {}
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if id(parameter) not in names:
                raise ValueError(f"no name for parameter {len(order)} of the optimizer")
            name = names[id(parameter)]
            if name in order:
                raise ValueError(f"two parameters are called {name}")
            tensors["parameter." + name] = parameter
            state[str(len(order))] = {}
            for slot, value in state_dict["state"].get(len(order), {}).items():
                if isinstance(value, torch.Tensor) and slot not in ("step", "mu_product"):
                    tensors[f"state.{name}.{slot}"] = value
                elif value is not None:
                    state[str(len(order))][slot] = plain(value)
            order.append(name)
    groups = [{key: plain(value) for key, value in group.items()} for group in state_dict["param_groups"]]
    content = safetensors(tensors)
    text = {"optimizer": type(optimizer).__name__, "torch_version": torch.__version__, "crc32": zlib.crc32(content),
            "names": order, "param_groups": groups, "state": state}
    if steps is not None:
        text["steps"] = steps
    replace(beside(path), content)
    replace(path, json.dumps(text, indent=1).encode())


def load_torch(path, optimizer, named_parameters):
    """Reads what save_torch or `thalweg convert` wrote: parameters, state and hyper-parameters become what they were.

    The optimizer has to be of the same class, with parameters of the same names, sizes and types in the same groups;
    otherwise this raises ValueError, and nothing has changed. Returns the steps done, or None if the file has none.
    """
    with open(path, encoding="utf-8") as file:
        text = json.load(file)
    with open(beside(path), "rb") as file:
        content = file.read()
    if zlib.crc32(content) != text["crc32"]:
        raise ValueError(f"{path} and {beside(path)} were not written together")
    if type(optimizer).__name__ != text["optimizer"]:
        raise ValueError(f"{path} is of {text['optimizer']}, not of {type(optimizer).__name__}")
    tensors, names = read_safetensors(content), text["names"]
    name_of = {id(parameter): name for name, parameter in named_parameters}
    saved, groups = text["param_groups"], optimizer.param_groups
    here = [[name_of.get(id(parameter)) for parameter in group["params"]] for group in groups]
    there = [[names[index] for index in group["params"]] for group in saved]
    if [sorted(map(str, group)) for group in here] != [sorted(group) for group in there]:
        raise ValueError(f"{path} has the groups {there}, the optimizer {here}")
    state, fresh = {}, []
    for parameter in (parameter for group in groups for parameter in group["params"]):
        name, index = name_of[id(parameter)], len(fresh)

        def shaped(key, like=parameter):
            tensor = tensors[key]
            if tensor.numel() != like.numel() or tensor.dtype != like.dtype:
                raise ValueError(f"{key} is {tensor.numel()} of {tensor.dtype}, not {like.numel()} of {like.dtype}")
            return tensor.reshape(like.shape)

        fresh.append((parameter, shaped("parameter." + name)))
        entries = dict(text["state"].get(str(names.index(name)), {}))
        prefix = f"state.{name}."
        entries.update({key[len(prefix):]: shaped(key) for key in tensors
                        if key.startswith(prefix) and "." not in key[len(prefix):]})
        if "mu_product" in entries:
            entries["mu_product"] = float(entries["mu_product"])
        if entries:
            state[index] = entries
    packed, first = [], 0
    for group, entries in zip(groups, saved):
        merged = {**group, **entries, "params": list(range(first, first + len(group["params"])))}
        if "betas" in merged:
            merged["betas"] = tuple(merged["betas"])
        packed.append(merged)
        first += len(group["params"])
    optimizer.load_state_dict({"state": state, "param_groups": packed})
    with torch.no_grad():
        for parameter, value in fresh:
            parameter.copy_(value)
    return text.get("steps")


def plain(value):
    """A tensor of one number, or a tuple, as JSON has it."""
    if isinstance(value, torch.Tensor):
        value = value.item()
    return [plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def beside(path):
    if not path.endswith(".json"):
        raise ValueError(f"{path} does not end in .json")
    return path[:-len(".json")] + ".safetensors"


def replace(path, content):
    """Writes a file whole or not at all."""
    with open(path + ".tmp", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


def safetensors(tensors):
    """The bytes of a safetensors file: https://github.com/huggingface/safetensors, "Format"."""
    names = {dtype: name for name, (_, dtype) in DTYPES.items()}
    header, data = {}, b""
    for name, tensor in sorted(tensors.items(), key=lambda entry: (entry[1].dtype != torch.float64, entry[0])):
        if tensor.dtype not in names or tensor.is_sparse:
            raise ValueError(f"{name} is {tensor.dtype}, not dense in one of {', '.join(DTYPES)}")
        part = tensor.detach().cpu().contiguous().numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def read_safetensors(content):
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"{name} is {entry['dtype']}, not one of {', '.join(DTYPES)}")
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]][0])
        tensors[name] = torch.from_numpy(array.reshape(entry["shape"]).copy())
    return tensors
