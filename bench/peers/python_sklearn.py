"""Makes epochs of scikit-learn's SGDClassifier for the benchmark, over the socket that is its standard input.

The parent sends a byte and what belongs to it, and every request has one answer:
  c  rows, columns, nonzeros and the rate, then where rows begin, the columns, values and targets -> 0
  e  -> 0 after an epoch of plain descent on the logistic loss, a row a step, in shuffled order
  d  -> 0; the rows are gone
Numbers are 64-bit integers (the rate a double), arrays one run of bytes. The end of the stream ends this process. What
goes wrong is said on stderr and ends the process, which the parent reads as the end of the stream.
"""
import signal
import socket
import struct
import sys

signal.signal(signal.SIGINT, signal.SIG_IGN)  # the benchmark's end is this process's end, and not before
import numpy  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402
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


def main():
    model = rows = targets = None
    while kind := link.recv(1):
        if kind == b"c":
            count, columns, nonzeros = (int(n) for n in read("i8", 3))
            rate = float(read("f8", 1)[0])
            begin, column = read("u8", count + 1).astype("i4"), read("u4", nonzeros).astype("i4")
            # It computes in double, and would copy rows in float at each call.
            rows = csr_matrix((read("f4", nonzeros).astype("f8"), column, begin), shape=(count, columns))
            targets = read("f4", count).astype("i8")
            model = SGDClassifier(loss="log_loss", penalty=None, learning_rate="constant", eta0=rate)
        elif kind == b"e":
            model.partial_fit(rows, targets, classes=[0, 1])
        else:
            model = rows = targets = None
        link.sendall(struct.pack("=q", 0))


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    pass  # the benchmark ended
