"""Steps torch's optimizers in Python for the benchmark, over the socket that is its standard input.

The parent sends a byte and what belongs to it, and every request has one answer:
  c  the length of a JSON text and the text (rule, lr, bits, sizes, threads) -> the state's number, or -1: no such rule;
     then each tensor's parameters and gradients -> 0
  s  the state's number -> 0
  g  the state's number, each tensor's gradients -> 0
  d  the state's number -> 0 and the parameters; the state is gone
Numbers are 64-bit integers, arrays one run of bytes. The end of the stream ends this process: it cannot outlive
the benchmark. What goes wrong is said on stderr and ends the process, which the parent reads as the end of the stream.
"""
import json
import signal
import socket
import struct
import sys
import time

signal.signal(signal.SIGINT, signal.SIG_IGN)  # the benchmark's end is this process's end, and not before
import torch  # noqa: E402

SPIN = 100e-6  # seconds of asking for the next request before sleeping: waking up takes longer than a small step
FOREACH = sys.argv[1] == "foreach"
NUMBER = struct.Struct("=q")

# thalweg's defaults, where torch has the same rule.
RULES = {
    "sgd": lambda p, lr: torch.optim.SGD(p, lr, foreach=FOREACH),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, foreach=FOREACH),
    "adam": lambda p, lr: torch.optim.Adam(p, lr, foreach=FOREACH),
    "amsgrad": lambda p, lr: torch.optim.Adam(p, lr, amsgrad=True, foreach=FOREACH),
    "adamw": lambda p, lr: torch.optim.AdamW(p, lr, weight_decay=0.01, foreach=FOREACH),
    "adamax": lambda p, lr: torch.optim.Adamax(p, lr, eps=0, foreach=FOREACH),
    "adagrad": lambda p, lr: torch.optim.Adagrad(p, lr, eps=1e-8, foreach=FOREACH),
    "adadelta": lambda p, lr: torch.optim.Adadelta(p, lr, rho=0.9, eps=1e-6, foreach=FOREACH),
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr, alpha=0.9, eps=1e-8, foreach=FOREACH),
}
if FOREACH:
    del RULES["adagrad"]  # torch 1.13 keeps its rate in a float32 tensor there: not the same rule for doubles


class State:
    def __init__(self, link, problem):
        dtype = {32: torch.float32, 64: torch.float64}[problem["bits"]]
        self.threads, self.parameters = problem["threads"], []
        for size in problem["sizes"]:
            parameter = link.tensor(size, dtype).requires_grad_()
            parameter.grad = link.tensor(size, dtype)
            self.parameters.append(parameter)
        self.optimizer = RULES[problem["rule"]](self.parameters, problem["lr"])

    def step(self):
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        self.optimizer.step()


class Link:
    """The parent's end of the socket."""

    def __init__(self):
        self.socket = socket.socket(fileno=0)

    def read(self, buffer):
        view = memoryview(buffer)
        while view:
            count = self.socket.recv_into(view)
            if count == 0:
                sys.exit(0)
            view = view[count:]
        return buffer

    def number(self):
        return NUMBER.unpack(self.read(bytearray(NUMBER.size)))[0]

    def tensor(self, size, dtype):
        tensor = torch.empty(size, dtype=dtype)  # torch's own memory, as its users have it
        self.fill(tensor)
        return tensor

    def fill(self, tensor):
        self.read(tensor.numpy().view("u1"))

    def request(self):
        until = time.perf_counter() + SPIN
        while time.perf_counter() < until:
            try:
                return self.socket.recv(1, socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
        return self.socket.recv(1)

    def answer(self, number):
        self.socket.sendall(NUMBER.pack(number))


def main():
    link, states, count = Link(), {}, 0
    while kind := link.request():
        if kind == b"c":
            problem = json.loads(link.read(bytearray(link.number())))
            if problem["rule"] not in RULES:
                link.answer(-1)
                continue
            count += 1
            link.answer(count)
            states[count] = State(link, problem)
            link.answer(0)
        elif kind == b"s":
            states[link.number()].step()
            link.answer(0)
        elif kind == b"g":
            for parameter in states[link.number()].parameters:
                link.fill(parameter.grad)
            link.answer(0)
        else:
            state = states.pop(link.number())
            link.answer(0)
            for parameter in state.parameters:
                link.socket.sendall(parameter.detach().numpy().view("u1"))


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    pass  # the benchmark ended
