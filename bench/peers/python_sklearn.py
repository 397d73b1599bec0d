"""Makes epochs of scikit-learn's SGDClassifier, and reads files, for the benchmark, over the socket that is its standard input.

The parent sends a byte and what belongs to it, and every request has one answer:
  c  rows, columns, nonzeros and the rate, then where rows begin, the columns, values and targets -> 0
  e  -> 0 after an epoch of plain descent on the logistic loss, a row a step, in shuffled order
  o  the same rows with the l2 of an objective instead of a rate -> 0
  s  a seed, the length of a text and the text, a setting -> 0; the model begins anew
  a  -> 0 after an epoch on the objective
  w  -> the weights, and 0
  l  the length of a path and the path of a LIBSVM file -> its rows
  d  -> 0; the rows are gone
Numbers are 64-bit integers (the rate and the l2 doubles), arrays one run of bytes. The end of the stream ends this process. What
goes wrong is said on stderr and ends the process, which the parent reads as the end of the stream.
"""
import signal
import socket
import struct
import sys

signal.signal(signal.SIGINT, signal.SIG_IGN)  # the benchmark's end is this process's end, and not before
import numpy  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402
from sklearn.datasets import load_svmlight_file  # noqa: E402
from sklearn.linear_model import SGDClassifier  # noqa: E402

link = socket.socket(fileno=0)


def read(dtype, count):
    array = numpy.empty(count, dtype)
    view = memoryview(array.view("u1"))
    while view:
        received = link.recv_into(view)
        if received == 0:
            sys.exit(0)
        view = view[received:]
    return array


def read_rows():
    """The rows as a matrix, their targets, and the number that comes with them."""
    count, columns, nonzeros = (int(n) for n in read("i8", 3))
    number = float(read("f8", 1)[0])
    begin, column = read("u8", count + 1).astype("i4"), read("u4", nonzeros).astype("i4")
    # It computes in double, and would copy rows in float at each call.
    rows = csr_matrix((read("f4", nonzeros).astype("f8"), column, begin), shape=(count, columns))
    return rows, read("f4", count).astype("i8"), number


def read_text():
    return bytes(read("u1", int(read("i8", 1)[0]))).decode()


def penalized(setting, seed, l2):
    """A model by the name of its setting, as python_sklearn.cpp lists them: "average, constant 2"."""
    average = setting.startswith("average, ")
    schedule, _, rate = setting.removeprefix("average, ").partition(" ")
    schedule, _, power = schedule.partition("^")
    return SGDClassifier(loss="log_loss", alpha=l2, fit_intercept=False, average=average, learning_rate=schedule,
                         eta0=float(rate or 0), power_t=float(power or 0.5),
                         random_state=numpy.random.RandomState(seed))


def main():
    model = rows = targets = l2 = None
    while kind := link.recv(1):
        answer = 0
        if kind == b"c":
            rows, targets, rate = read_rows()
            model = SGDClassifier(loss="log_loss", penalty=None, learning_rate="constant", eta0=rate)
        elif kind == b"o":
            rows, targets, l2 = read_rows()
        elif kind == b"s":
            seed = int(read("i8", 1)[0])
            model = penalized(read_text(), seed, l2)
        elif kind in b"ea":
            model.partial_fit(rows, targets, classes=[0, 1])
        elif kind == b"w":
            link.sendall(numpy.ascontiguousarray(model.coef_[0], "f8"))
        elif kind == b"l":
            answer = load_svmlight_file(read_text(), dtype=numpy.float32)[0].shape[0]
        else:
            model = rows = targets = None
        link.sendall(struct.pack("=q", answer))


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    pass  # the benchmark ended
