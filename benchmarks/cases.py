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


def forward_backward(data, module, *inputs, output=lambda result: result):
    """A module's forward and backward; the gradient of the first input is the value compared."""
    data.fill(module)
    first = inputs[0].requires_grad_()

    def step():
        for parameter in module.parameters():
            parameter.grad = None
        first.grad = None
        output(module(*inputs)).square().mean().backward()
        return first.grad

    return "step()", {"step": step}


@case("LSTM 256 to 512, 30 steps, batch 32", "step")
def lstm(torch, data):
    return forward_backward(data, torch.nn.LSTM(256, 512), data.normal(30, 32, 256), output=lambda result: result[0])


@case("GRU 256 to 512, 30 steps, batch 32", "step")
def gru(torch, data):
    return forward_backward(data, torch.nn.GRU(256, 512), data.normal(30, 32, 256), output=lambda result: result[0])


@case("TransformerEncoderLayer(256, 8), 16 x 128", "step")
def encoder_layer(torch, data):
    layer = torch.nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0, batch_first=True)
    return forward_backward(data, layer, data.normal(16, 128, 256))


@case("conv, batch norm, ReLU; 16 x 64 x 56 x 56", "step")
def conv_block(torch, data):
    nn = torch.nn
    block = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
    return forward_backward(data, block, data.normal(16, 64, 56, 56))


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


@case("mean of short rows, 512 x 512 x 7 x 7", "large")
def short_rows(torch, data):
    return "a.mean((-1, -2))", {"a": data.normal(512, 512, 7, 7)}


@case("sum of narrow columns, 262144 x 16", "large")
def narrow_columns(torch, data):
    return "a.sum(0)", {"a": data.normal(262144, 16)}


@case("elements by a mask, 16 MiB", "large")
def masked_elements(torch, data):
    return "a[a > 0]", {"a": data.normal(4096, 1024)}


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


@case("gelu, 16 MiB", "large")
def large_gelu(torch, data):
    return "f(a)", {"a": data.normal(4096, 1024), "f": torch.nn.functional.gelu}


@case("permute and copy, 16 MiB", "large")
def large_permute(torch, data):
    return "a.permute(2, 0, 1).contiguous()", {"a": data.normal(64, 256, 256)}


@case("cat of four, 16 MiB", "large")
def large_cat(torch, data):
    return "torch.cat(parts, 1)", {"torch": torch, "parts": [data.normal(1024, 1024) for _ in range(4)]}


@case("sort, 1024 x 1024", "large")
def large_sort(torch, data):
    return "a.sort(-1).values", {"a": data.normal(1024, 1024)}


@case("topk 10 of 1024 x 8192", "large")
def large_topk(torch, data):
    return "a.topk(10).values", {"a": data.normal(1024, 8192)}


@case("cumsum, 4096 x 1024", "large")
def large_cumsum(torch, data):
    return "a.cumsum(-1)", {"a": data.normal(4096, 1024)}


@case("index_select, 65536 rows of 64", "large")
def large_index_select(torch, data):
    return "a.index_select(0, i)", {"a": data.normal(65536, 64), "i": data.classes(65536, 65536)}


@case("embedding, 32768 of 10000 x 256, with backward", "large")
def large_embedding(torch, data):
    names = {"w": data.normal(10000, 256).requires_grad_(), "i": data.classes(10000, 64, 512)}
    names["f"] = torch.nn.functional.embedding
    return "f(i, w).sum().backward()\nvalue = w.grad\nw.grad = None", names


@case("interpolate bilinear to 2 x, 8 x 64 x 64 x 64", "large")
def large_interpolate(torch, data):
    names = {"x": data.normal(8, 64, 64, 64), "f": torch.nn.functional.interpolate}
    return "f(x, scale_factor=2, mode='bilinear')", names


@case("grid_sample, 8 x 32 x 64 x 64", "large")
def large_grid_sample(torch, data):
    names = {"x": data.normal(8, 32, 64, 64), "g": data.normal(8, 64, 64, 2, scale=0.5)}
    names["f"] = torch.nn.functional.grid_sample
    return "f(x, g, align_corners=False)", names


@case("rfft, 1024 x 4096", "large")
def large_rfft(torch, data):
    return "torch.fft.rfft(a).real.clone()", {"torch": torch, "a": data.normal(1024, 4096)}
