"""Automatic differentiation in a hundred lines; docs/tutorials/autograd_from_scratch.md explains them one by one.

python examples/autograd_from_scratch.py      # needs nothing but Python
"""

import math
import random


class Value:
    """A number that remembers how it was computed."""

    def __init__(self, data, node=None):
        self.data, self.node, self.grad = float(data), node, None

    def __add__(self, other):
        return record(Add, self, other)

    def __mul__(self, other):
        return record(Mul, self, other)

    def __pow__(self, exponent):
        return record(Pow, self, exponent=exponent)

    def exp(self):
        return record(Exp, self)

    def tanh(self):
        return 1 + -2 / (1 + (2 * self).exp())

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -1 * as_value(other)

    def __rsub__(self, other):
        return other + -self

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __rtruediv__(self, other):
        return other * self**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        for leaf, gradient in gradients(self).items():
            leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient


class Node:
    """An operation that was carried out: its inputs, and what its backward needs."""

    def __init__(self, inputs, **options):
        self.inputs = inputs
        self.__dict__.update(options)


class Add(Node):
    def forward(self, a, b):
        return a + b

    def backward(self, grad):
        return grad, grad


class Mul(Node):
    def forward(self, a, b):
        return a * b

    def backward(self, grad):
        a, b = self.inputs
        return grad * b, grad * a


class Pow(Node):
    def forward(self, a):
        return a**self.exponent

    def backward(self, grad):
        return (grad * self.exponent * self.inputs[0] ** (self.exponent - 1),)


class Exp(Node):
    def forward(self, a):
        return math.exp(a)

    def backward(self, grad):
        return (grad * self.inputs[0].exp(),)


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def record(operation, *inputs, **options):
    """Carries an operation out and remembers it."""
    node = operation([as_value(x) for x in inputs], **options)
    return Value(node.forward(*(x.data for x in node.inputs)), node)


def topological(root):
    """All values below `root`, each before the values it was computed from."""
    order, seen = [], set()

    def visit(value):
        if value not in seen:
            seen.add(value)
            for x in value.node.inputs if value.node else ():
                visit(x)
            order.append(value)

    visit(root)
    return reversed(order)


def gradients(root):
    """d(root)/d(leaf) for each leaf below `root`, as Values: they can be differentiated again."""
    arrived, leaves = {root: Value(1)}, {}
    for value in topological(root):
        gradient = arrived.pop(value)
        if value.node is None:
            leaves[value] = gradient
            continue
        for x, part in zip(value.node.inputs, value.node.backward(gradient)):
            arrived[x] = arrived[x] + part if x in arrived else part
    return leaves


def train(steps=200):
    """Teaches a network with three hidden units the exclusive or; returns its four answers (floats)."""
    draw = random.Random(1)
    hidden = [[Value(draw.uniform(-1, 1)) for _ in range(3)] for _ in range(3)]
    output = [Value(draw.uniform(-1, 1)) for _ in range(4)]

    def network(a, b):
        units = [(w[0] * a + w[1] * b + w[2]).tanh() for w in hidden]
        return sum((w * u for w, u in zip(output, units)), start=output[3])

    cases = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]
    for _ in range(steps):
        loss = sum((network(*x) - y) ** 2 for x, y in cases)
        slopes = gradients(loss)
        for weight in (*output, *(w for unit in hidden for w in unit)):
            weight.data -= 0.1 * slopes[weight].data
    return [network(*x).data for x, _ in cases]


if __name__ == "__main__":
    print("0 xor 0, 0 xor 1, 1 xor 0, 1 xor 1 =", ", ".join(f"{answer:.3f}" for answer in train()))
