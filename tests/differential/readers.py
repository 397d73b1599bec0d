"""readers.py SHOW_TABLE: reads files with thalweg and with others (numpy, scikit-learn, csv, struct), and compares
every number. They are written by these others, or by hand where nobody else writes them."""
import csv
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np
from scipy import sparse
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

random = np.random.default_rng(7)
folder = tempfile.TemporaryDirectory()
compared = 0


def file(name, content):
    path = os.path.join(folder.name, name)
    with open(path, "wb") as out:
        out.write(content)
    return path


def shown(path):
    run = subprocess.run([sys.argv[1], path], capture_output=True, text=True)
    assert run.returncode == 0, path + ": " + run.stderr
    return run.stdout.splitlines()


def table(path):
    """Labels as text, features as a dense or sparse matrix of float32."""
    head, *lines = shown(path)
    kind, rows, columns = head.split()
    labels, values, where = [], [], ([], [])
    assert len(lines) == int(rows)
    for i, line in enumerate(lines):
        label, numbers = line.split("\t")
        labels.append(label)
        if kind == "dense":
            values.append([float.fromhex(x) for x in numbers.split()])
            continue
        for entry in numbers.split():
            column, value = entry.split(":")
            where[0].append(i)
            where[1].append(int(column))
            values.append(float.fromhex(value))
    if kind == "dense":
        return labels, np.array(values, dtype=np.float32).reshape(int(rows), int(columns))
    return labels, sparse.csr_matrix((np.array(values, dtype=np.float32), where), (int(rows), int(columns)))


def same(what, found, expected):
    global compared
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, (what, found.shape, expected.shape)
    assert found.dtype == expected.dtype and found.tobytes() == expected.tobytes(), \
        (what, np.argwhere(found != expected)[:3])
    compared += found.size


def numbers(rows, columns):
    """Of both signs over forty orders of magnitude, with zeros."""
    wild = random.normal(size=(rows, columns)) * 10.0 ** random.integers(-20, 20, (rows, columns))
    return np.where(random.random((rows, columns)) < 0.2, 0, wild).astype(np.float32)


def labels_of(texts):
    return np.array([float(text) for text in texts])


def check_csv():
    x, y = numbers(300, 7), random.integers(0, 3, 300)
    forms = ["{:.9g}", "{:+.9e}", "{:.12f}", "{:.8E}"]
    for name, settings in {"plain": {}, "tabs": {"delimiter": "\t"}, "semicolons": {"delimiter": ";"},
                           "quoted": {"quoting": csv.QUOTE_ALL}, "unix": {"lineterminator": "\n"}}.items():
        out = io.StringIO()
        writer = csv.writer(out, **settings)
        writer.writerow([f"column, {j}" if name == "quoted" else f"c{j}" for j in range(7)] + ["label"])
        for i, row in enumerate(x):
            writer.writerow([forms[(i + j) % 4].format(v) for j, v in enumerate(row)] + [f"class {y[i]}"])
        text = out.getvalue()
        rows = list(csv.reader(io.StringIO(text), **settings))[1:]
        expected = np.array([[float(v) for v in row[:-1]] for row in rows]).astype(np.float32)
        extension = ".tsv" if name == "tabs" else ".csv"
        for path in [file(name + extension, text.encode()), file(name + extension + ".gz", gzip.compress(text.encode()))]:
            labels, features = table(path)
            same(path, features, expected)
            assert labels == [row[-1] for row in rows], path
    by_numpy = io.BytesIO()
    np.savetxt(by_numpy, np.hstack([x, y[:, None]]), delimiter=",", fmt="%.9g")
    labels, features = table(file("numpy.csv", by_numpy.getvalue()))
    again = np.loadtxt(io.BytesIO(by_numpy.getvalue()), delimiter=",")
    same("numpy.csv", features, again[:, :-1].astype(np.float32))
    same("labels", labels_of(labels), again[:, -1])


def check_libsvm():
    for first, comment in ((1, None), (1, "a comment\nof two lines")):
        dense = np.where(random.random((200, 50)) < 0.1, numbers(200, 50), 0)
        dense[:, 49] = 1
        y = random.normal(size=200)
        out = io.BytesIO()
        dump_svmlight_file(sparse.csr_matrix(dense.astype(np.float64)), y, out, zero_based=first == 0, comment=comment)
        text = out.getvalue()
        expected, targets = load_svmlight_file(io.BytesIO(text), zero_based=first == 0)
        for path in [file("a.svm", text), file("a.svm.gz", gzip.compress(text))]:
            labels, features = table(path)
            same(path, features.toarray(), expected.astype(np.float32).toarray())
            same(path, labels_of(labels), targets)


def check_numpy():
    y = random.integers(0, 9, 60).astype(np.float32)
    for kind in ("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"):
        x = (numbers(60, 5) if kind[0] == "f" else random.integers(0, 100, (60, 5))).astype(kind)
        for array in (x, np.asfortranarray(x)):
            for version in ((1, 0), (2, 0), (3, 0)):
                out = io.BytesIO()
                np.lib.format.write_array(out, np.asarray(array), version=version)
                labels, features = table(file("a.npy", out.getvalue()))
                expected = np.load(io.BytesIO(out.getvalue())).astype(np.float64)
                same(kind, features, expected[:, :-1].astype(np.float32))
                same(kind, labels_of(labels), expected[:, -1])
            for save in (np.savez, np.savez_compressed):
                out = io.BytesIO()
                save(out, x=array, y=y)
                labels, features = table(file("a.npz", out.getvalue()))
                with np.load(io.BytesIO(out.getvalue())) as loaded:
                    same(kind, features, loaded["x"].astype(np.float32))
                    same(kind, labels_of(labels), loaded["y"].astype(np.float64))


def check_idx():
    images = random.integers(0, 256, (40, 5, 6), dtype=np.uint8)
    y = random.integers(0, 10, 40, dtype=np.uint8)
    image_bytes = struct.pack(">BBBBIII", 0, 0, 8, 3, 40, 5, 6) + images.tobytes()
    label_bytes = struct.pack(">BBBBI", 0, 0, 8, 1, 40) + y.tobytes()
    for end, pack in (("", bytes), (".gz", gzip.compress)):
        path = file("a-images-idx3-ubyte" + end, pack(image_bytes))
        file("a-labels-idx1-ubyte" + end, pack(label_bytes))
        labels, features = table(path)
        same(path, features, images.reshape(40, 30).astype(np.float32))
        assert labels == [str(label) for label in y]


def check_safetensors():
    """Written as the specification has it: https://github.com/huggingface/safetensors, "Format"."""
    global compared
    tensors = {"F32": numbers(3, 4), "F64": numbers(2, 2).astype(np.float64), "I8": np.arange(-3, 4, dtype=np.int8),
               "U64": np.array(7, dtype=np.uint64), "F16": numbers(2, 5).clip(-9, 9).astype(np.float16),
               "BOOL": np.array([True, False]), "I32": np.zeros((0, 3), dtype=np.int32)}
    header, data = {"__metadata__": {"made by": "hand"}}, b""
    for dtype, array in tensors.items():
        header["a " + dtype] = {"dtype": dtype, "shape": list(array.shape),
                                "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    lines = shown(file("a.safetensors", struct.pack("<Q", len(text)) + text + data))
    found = {line.split("\t")[0]: line.split("\t")[1:] for line in lines}
    assert len(found) == len(tensors)
    for dtype, array in tensors.items():
        assert found["a " + dtype] == [dtype, str(list(array.shape)), array.tobytes().hex()], dtype
        compared += array.size


for check in (check_csv, check_libsvm, check_numpy, check_idx, check_safetensors):
    before = compared
    check()
    print(check.__name__[6:], compared - before, "numbers")
