"""Reads a safetensors file as its specification has it, without looking at the program's code, and prints it as JSON.

https://github.com/huggingface/safetensors, "Format": 8 bytes, the little-endian length N of the header; N bytes of JSON
that begin with "{", maybe padded with spaces; the rest, the numbers. Offsets count from the end of the header.
"""
import json
import struct
import sys

SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
         "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8}


def once(pairs):
    assert len(dict(pairs)) == len(pairs), "a name is there twice"
    return dict(pairs)


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    assert length <= 100_000_000 and length <= len(content) - 8
    header, data = content[8:8 + length], content[8 + length:]
    assert header[:1] == b"{" and length % 8 == 0
    tensors = json.loads(header.decode("utf-8"), object_pairs_hook=once)
    metadata = tensors.pop("__metadata__", {})
    assert all(isinstance(value, str) for value in metadata.values())
    at = 0
    for name, tensor in sorted(tensors.items(), key=lambda entry: entry[1]["data_offsets"]):
        begin, end = tensor["data_offsets"]
        assert begin == at, name
        count = 1
        for size in tensor["shape"]:
            count *= size
        assert end - begin == count * SIZES[tensor["dtype"]], name
        assert (8 + length + begin) % SIZES[tensor["dtype"]] == 0, name + " is not aligned"
        tensor["bytes"] = data[begin:end]
        at = end
    assert at == len(data)
    return metadata, tensors


if __name__ == "__main__":
    metadata, tensors = read(sys.argv[1])
    print(json.dumps({"metadata": metadata,
                      "tensors": {name: {"dtype": t["dtype"], "shape": t["shape"], "hex": t["bytes"].hex()}
                                  for name, t in tensors.items()}}))
