"""The benchmark cases. To add one, write a decorated function here: nothing else knows a case by name.

A case builds its operands with the library it is given as `torch` and returns (statement, names): the Python source to time and what
it may refer to. A statement that is an expression, or that assigns `value`, is checked: both libraries must give the same numbers.
Operands come from `data`, which is NumPy's and so the same for both libraries.
"""

import math
from collections import namedtuple

import numpy

Case = namedtuple("Case", "name kind build")

# Highest ratio (our time through PyTorch's) that counts as reached.
TARGETS = {"overhead": 0.5, "large": 1.1, "step": 1.0, "import": 0.2}

CASES = {}


def case(name, kind):
    def register(build):
        if name in CASES or kind not in TARGETS:
            raise ValueError(f"case {name}: declared twice, or of the unknown kind {kind}")
        CASES[name] = Case(name, kind, build)
        return build

    return register


class Data:
    """Operands that are the same for both libraries."""

    def __init__(self, torch, seed=0):
        self.torch, self.generator = torch, numpy.random.default_rng(seed)

    def normal(self, *shape, scale=1.0):
        """float32 tensor with its own memory."""
        values = self.generator.standard_normal(shape, dtype=numpy.float32) * numpy.float32(scale)
        return self.torch.from_numpy(values).clone()

    def classes(self, count, *shape):
        """int64 tensor of values in [0, count)."""
        return self.torch.from_numpy(self.generator.integers(0, count, shape)).clone()

    def fill(self, module):
        """Gives a module's parameters values of the usual size, the same for both libraries."""
        with self.torch.no_grad():
            for parameter in module.parameters():
                fan = math.prod(parameter.shape[1:]) or 1
                parameter.copy_(self.normal(*parameter.shape, scale=1 / math.sqrt(fan)))
        return module


# -------------------------------------------------------------------------------------------- fixed cost on tiny tensors
@case("a + b", "overhead")
def add(torch, data):
    return "a + b", {"a": data.normal(4, 4), "b": data.normal(4, 4)}


@case("a + b with grad", "overhead")
def add_grad(torch, data):
    return "a + b", {"a": data.normal(4, 4).requires_grad_(), "b": data.normal(4, 4)}


@case("a.add_(b)", "overhead")
def add_inplace(torch, data):
    return "a.add_(b)", {"a": data.normal(4, 4), "b": data.normal(4, 4, scale=1e-6)}


@case("a.sum(-1)", "overhead")
def sum_rows(torch, data):
    return "a.sum(-1)", {"a": data.normal(4, 4)}


@case("a.view(16)", "overhead")
def view(torch, data):
    return "a.view(16)", {"a": data.normal(4, 4)}


@case("a[1:3, 0]", "overhead")
def index(torch, data):
    return "a[1:3, 0]", {"a": data.normal(4, 4)}


@case("a * 2.0 + 1", "overhead")
def scalars(torch, data):
    return "a * 2.0 + 1", {"a": data.normal(4, 4)}


@case("torch.zeros(4, 4)", "overhead")
def zeros(torch, data):
    return "torch.zeros(4, 4)", {"torch": torch}


@case("Linear(8, 8)(x)", "overhead")
def linear(torch, data):
    return "linear(x)", {"linear": data.fill(torch.nn.Linear(8, 8)), "x": data.normal(4, 8)}


@case("10 nodes, forward and backward", "overhead")
def chain(torch, data):
    names = {"a": data.normal(4, 4).requires_grad_(), "b": data.normal(4, 4)}
    lines = ["y = a * b"] + ["y = y + b", "y = y * b"] * 4 + ["y.sum().backward()", "value = a.grad", "a.grad = None"]
    return "\n".join(lines), names


# --------------------------------------------------------------------------------------------------------- training steps
def training_step(torch, model, optimizer, x, y):
    loss_of = torch.nn.functional.cross_entropy

    def step():
        loss = loss_of(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return "step()", {"step": step}


@case("MLP 784-256-128-10 step, batch 64", "step")
def mlp(torch, data):
    nn = torch.nn
    model = data.fill(nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return training_step(torch, model, optimizer, data.normal(64, 784), data.classes(10, 64))


@case("MLP 784-256-128-10 Adam step, batch 64", "step")
def mlp_adam(torch, data):
    nn = torch.nn
    model = data.fill(nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return training_step(torch, model, optimizer, data.normal(64, 784), data.classes(10, 64))


@case("demo's convolutional step, batch 64", "step")
def demo(torch, data):
    nn = torch.nn
    model = data.fill(
        nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * 7 * 7, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return training_step(torch, model, optimizer, data.normal(64, 1, 28, 28), data.classes(10, 64))


# ---------------------------------------------------------------------------------------------------------- large tensors
@case("add, 16 MiB", "large")
def large_add(torch, data):
    return "a + b", {"a": data.normal(4096, 1024), "b": data.normal(4096, 1024)}


@case("exp, 16 MiB", "large")
def large_exp(torch, data):
    return "a.exp()", {"a": data.normal(4096, 1024)}


@case("sum, 16 MiB", "large")
def large_sum(torch, data):
    return "a.sum()", {"a": data.normal(4096, 1024)}


@case("sum of columns, 16 MiB", "large")
def large_sum_columns(torch, data):
    return "a.sum(0)", {"a": data.normal(4096, 1024)}


@case("softmax, 4096 x 1024", "large")
def large_softmax(torch, data):
    return "a.softmax(-1)", {"a": data.normal(4096, 1024)}


@case("layer_norm, 4096 x 1024", "large")
def large_layer_norm(torch, data):
    names = {
        "a": data.normal(4096, 1024),
        "w": data.normal(1024),
        "b": data.normal(1024),
        "f": torch.nn.functional.layer_norm,
    }
    return "f(a, (1024,), w, b)", names


@case("mm, 1024", "large")
def large_mm(torch, data):
    return "a @ b", {"a": data.normal(1024, 1024), "b": data.normal(1024, 1024)}


@case("attention, 2 x 8 x 1024 x 64, causal, forward and backward", "large")
def large_attention(torch, data):
    q, k, v = (data.normal(2, 8, 1024, 64).requires_grad_() for _ in range(3))
    attend = torch.nn.functional.scaled_dot_product_attention
    lines = ["attend(q, k, v, is_causal=True).sum().backward()", "value = v.grad", "q.grad = k.grad = v.grad = None"]
    return "\n".join(lines), {"q": q, "k": k, "v": v, "attend": attend}


@case("cross_entropy, 1024 x 8192, forward and backward", "large")
def large_cross_entropy(torch, data):
    names = {"x": data.normal(1024, 8192).requires_grad_(), "y": data.classes(8192, 1024)}
    names["loss_of"] = torch.nn.functional.cross_entropy
    return "loss_of(x, y).backward()\nvalue = x.grad\nx.grad = None", names


@case("conv2d, 16 x 64 x 56 x 56, 3 x 3", "large")
def large_conv2d(torch, data):
    names = {
        "x": data.normal(16, 64, 56, 56),
        "w": data.normal(64, 64, 3, 3, scale=0.05),
        "f": torch.nn.functional.conv2d,
    }
    return "f(x, w, padding=1)", names
