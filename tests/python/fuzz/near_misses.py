"""Makes wrong calls: valid samples with one thing off (near misses), and calls with arguments drawn blindly (wild)."""

import random

import torch as oracle
from ops import checks, oplist
from ops.calls import place_of
from ops.samples import exempt_reason, generator_of

INTS = [0, 1, -1, 2, 3, 5, -3, 7, 100, 10**6, 2**31, 2**40, 2**63 - 1, -(2**63), 2**63, 2**64]
DTYPES = [
    oracle.float32,
    oracle.float64,
    oracle.int64,
    oracle.bool,
    oracle.bfloat16,
    oracle.int32,
    oracle.uint8,
    oracle.complex64,
]
SHAPES = [(), (1,), (3,), (4,), (0,), (3, 4), (4, 3), (1, 4), (3, 1), (2, 3, 4), (2, 0, 3), (1, 2, 5, 5), (2, 3, 6, 6)]


class Call:
    """One call: where the callable is found, its arguments, and how it came about."""

    def __init__(self, path, args, kwargs, how):
        self.path, self.args, self.kwargs, self.how = path, list(args), dict(kwargs), how

    def __repr__(self):
        from ops.samples import brief

        parts = [brief(a) for a in self.args] + [f"{k}={brief(v)}" for k, v in self.kwargs.items()]
        return f"{self.path}({', '.join(parts)})  [{self.how}]"[:600]

    @property
    def is_unsafe_in_oracle(self):
        return self.path.rpartition(".")[2] in UNSAFE_IN_ORACLE


# What users reach that is no op of the list: operators, indexing, construction. Each takes the library first.
FRONT = {
    "x[i]": (lambda t, x, i: x[i], "tensor", "index"),
    "x[i] = v": (lambda t, x, i, v: x.__setitem__(i, v), "tensor", "index", "any"),
    "x + y": (lambda t, x, y: x + y, "tensor", "any"),
    "y - x": (lambda t, x, y: y - x, "tensor", "any"),
    "x * y": (lambda t, x, y: x * y, "tensor", "any"),
    "x / y": (lambda t, x, y: x / y, "tensor", "any"),
    "x @ y": (lambda t, x, y: x @ y, "tensor", "any"),
    "x ** y": (lambda t, x, y: x**y, "tensor", "any"),
    "x == y": (lambda t, x, y: x == y, "tensor", "any"),
    "x < y": (lambda t, x, y: x < y, "tensor", "any"),
    "x += y": (lambda t, x, y: x.__iadd__(y), "tensor", "any"),
    "bool(x)": (lambda t, x: bool(x), "tensor"),
    "int(x)": (lambda t, x: int(x), "tensor"),
    "len(x)": (lambda t, x: len(x), "tensor"),
    "x.item()": (lambda t, x: x.item(), "tensor"),
    "x.tolist()": (lambda t, x: x.tolist(), "tensor"),
    "list(x)": (lambda t, x: list(x), "tensor"),
    "tensor(v)": (lambda t, v: t.tensor(v), "plain"),
    "tensor(v, dtype)": (lambda t, v, d: t.tensor(v, dtype=d), "plain", "dtype"),
    "zeros(v)": (lambda t, v: t.zeros(v), "plain"),
    "x.to(v)": (lambda t, x, v: x.to(v), "tensor", "any"),
    "x.view(v)": (lambda t, x, v: x.view(v), "tensor", "plain"),
    "x.expand(v, w)": (lambda t, x, v, w: x.expand(v, w), "tensor", "int", "int"),
    "x.size(v)": (lambda t, x, v: x.size(v), "tensor", "plain"),
    "x.backward()": (lambda t, x: x.backward(), "tensor"),
    "x.requires_grad_()": (lambda t, x: x.requires_grad_().requires_grad, "tensor"),
    "leaf.add_(1)": (lambda t, x: x.requires_grad_().add_(1), "tensor"),
    "x.numpy() with grad": (lambda t, x: x.requires_grad_().numpy(), "tensor"),
    "grad(sum)": (lambda t, x, y: t.autograd.grad(x.sum(), y), "tensor", "tensor"),
    "F.cross_entropy": (
        lambda t, x, y, r: t.nn.functional.cross_entropy(x, y, reduction=r),
        "tensor",
        "tensor",
        "plain",
    ),
    "F.nll_loss": (lambda t, x, y: t.nn.functional.nll_loss(x, y), "tensor", "tensor"),
    "F.conv2d": (lambda t, x, y, p: t.nn.functional.conv2d(x, y, padding=p), "tensor", "tensor", "plain"),
    "F.max_pool2d": (lambda t, x, k, s: t.nn.functional.max_pool2d(x, k, s), "tensor", "plain", "plain"),
    "F.linear": (lambda t, x, y: t.nn.functional.linear(x, y), "tensor", "tensor"),
    "F.layer_norm": (lambda t, x, s: t.nn.functional.layer_norm(x, s), "tensor", "plain"),
    "F.embedding": (lambda t, x, y: t.nn.functional.embedding(x, y), "tensor", "tensor"),
    "F.dropout": (lambda t, x, p: t.nn.functional.dropout(x, p), "tensor", "plain"),
    "F.softmax": (lambda t, x, d: t.nn.functional.softmax(x, d), "tensor", "plain"),
    "manual_seed": (lambda t, v: bool(t.manual_seed(v)), "plain"),
}


# Wrong calls of these write past the end of memory in PyTorch (a sanitizer says so), which ends the process later.
# So these are made here alone: any result or exception will do.
UNSAFE_IN_ORACLE = {"lu_unpack", "lstm", "_pad_packed_sequence"}


class Source:
    """Draws calls; the i-th call depends on the seed and i alone."""

    def __init__(self, seed, pattern=None):
        import re

        self.seed, self.cache = seed, {}
        ops = [op for op in oplist.load() if generator_of(op) and not exempt_reason(op)]
        self.ops = [op for op in ops if not pattern or re.search(pattern, op.full)]
        self.front = [name for name in FRONT if not pattern or re.search(pattern, name)]
        if not self.ops:
            raise SystemExit("no op matches")

    def call(self, i):
        rng = random.Random(f"{self.seed}:{i}")
        if i % 2 == 0:
            for _ in range(20):
                found = self.near_miss(rng)
                if found:
                    return found
        return self.wild(rng)

    # ------------------------------------------------------------------------------------------------ near misses
    def samples(self, op, dtype):
        key = op.full, dtype
        if key not in self.cache:
            found = checks.samples_of(op, dtype, 20)
            small = [s for s in found if all(t.numel() <= 2000 for t in checks.tensors_in([s.args, s.kwargs]))]
            self.cache[key] = small
        return self.cache[key]

    def near_miss(self, rng):
        op = rng.choice(self.ops)
        samples = self.samples(op, rng.choice(checks.dtypes_of(op)))
        if not samples:
            return None
        sample = rng.choice(samples)
        args = checks.map_tensors(list(sample.args), copied)
        kwargs = checks.map_tensors(dict(sample.kwargs), copied)
        path = self.path(rng, op, args)
        if path is None:
            return None
        how = mutate(rng, args, kwargs)
        return Call(path, args, kwargs, how) if how else None

    def path(self, rng, op, args):
        choices = []
        if "function" in op.variants or op.name in ("index", "slice"):
            choices.append(op.name if op.name in ("index", "slice") else place_of(op.name))
        if args and isinstance(args[0], oracle.Tensor):
            if "method" in op.variants and hasattr(oracle.Tensor, op.name):
                choices.append("Tensor." + op.name)
            if "inplace" in op.variants and hasattr(oracle.Tensor, op.name + "_"):
                choices.append("Tensor." + op.name + "_")
        choices = [c for c in choices if c]
        return rng.choice(choices) if choices else None

    # ------------------------------------------------------------------------------------------------------- wild
    def wild(self, rng):
        if rng.random() < 0.5 and self.front:
            name = rng.choice(self.front)
            return Call(name, [draw(rng, kind) for kind in FRONT[name][1:]], {}, "wild")
        op = rng.choice(self.ops)
        args = [
            draw(rng, kind_of(a.type) if rng.random() < 0.8 else "any")
            for a in op.args
            if not a.kwonly and (a.default is None or rng.random() < 0.5)
        ]
        kwargs = {
            a.name: draw(rng, kind_of(a.type))
            for a in op.args
            if a.kwonly and a.name != "generator" and rng.random() < 0.3
        }
        return Call(self.path(rng, op, args) or place_of(op.name) or "Tensor." + op.name, args, kwargs, "wild")


def copied(t):
    if t.numel() and not t.is_contiguous():
        return t.clone(memory_format=oracle.preserve_format) if all(t.stride()) else t
    return t.clone()


def kind_of(type_name):
    base = type_name.rstrip("?").split("(")[0]
    return {
        "Tensor": "tensor",
        "int": "int",
        "ScalarType": "dtype",
        "bool": "bool",
        "str": "str",
        "float": "float",
        "Scalar": "float",
        "Tensor[]": "tensors",
        "Device": "device",
    }.get(base, "ints" if base.startswith("int[") else "any")


def draw_tensor(rng):
    shape, dtype = rng.choice(SHAPES), rng.choice(DTYPES)
    t = oracle.rand(shape, generator=oracle.Generator().manual_seed(rng.randrange(10**6))) * 8 - 2
    t = t.abs() if dtype == oracle.uint8 else t
    t = t.to(dtype) if dtype != oracle.bool else t > 2
    return t.t().contiguous().t() if t.dim() == 2 and rng.random() < 0.2 else t


def draw(rng, kind):
    if kind == "any":
        kind = rng.choice(
            ["tensor", "int", "float", "str", "bool", "dtype", "none", "ints", "tensors", "plain", "index", "device"]
        )
    if kind == "tensor":
        return draw_tensor(rng)
    if kind == "int":
        return rng.choice(INTS)
    if kind == "float":
        return rng.choice([0.5, -1.5, 2, 0, float("nan"), float("inf"), 1e300, True, 3 + 1j, 2**70])
    if kind == "str":
        return rng.choice(["", "mean", "sum", "none", "floor", "tanh", "same", "cpu", "float32", "nonsense", "add"])
    if kind == "bool":
        return rng.choice([True, False, True, False, 1, None, "yes"])
    if kind == "dtype":
        return rng.choice(DTYPES)
    if kind == "none":
        return None
    if kind == "ints":
        return rng.choice([list, tuple])(
            rng.choice([0, 1, 2, 3, 4, -1, -2, 10**6, 2**40]) for _ in range(rng.randrange(4))
        )
    if kind == "tensors":
        return [draw_tensor(rng) for _ in range(rng.randrange(3))]
    if kind == "device":
        return rng.choice(["cpu", "meta", "nonsense", "cpu:0", "cpu:7"])
    if kind == "plain":
        return rng.choice(
            [
                None,
                1,
                -1,
                3,
                2.5,
                True,
                "mean",
                [],
                [1, 2],
                [[1, 2], [3]],
                [[1, 2], [3, 4]],
                (3, -1),
                [1, "a"],
                {},
                2**63,
                10**30,
                [2**63],
                object,
                b"ab",
                1j,
                [None],
                range(3),
                (2, 2),
                [[[]]],
                float("nan"),
            ]
        )
    if kind == "index":
        i = rng.choice(
            [
                0,
                -1,
                3,
                100,
                -100,
                slice(None),
                slice(None, None, -1),
                slice(1, 3),
                slice("a"),
                None,
                Ellipsis,
                True,
                1.5,
                "a",
                [0, 1],
                [0, 99],
                [True, False],
                [[0], [1, 2]],
                2**63,
                {},
                "tensor",
                (0, 0),
                (Ellipsis, Ellipsis),
                (0, slice(None), None),
                (0,) * 7,
                [],
            ]
        )
        return draw_tensor(rng) if i == "tensor" else i
    raise ValueError(kind)


# ------------------------------------------------------------------------------------------------------------ one thing off
def mutate(rng, args, kwargs):
    """Changes one thing in place; returns what, or None when the chosen change does not fit."""
    change = rng.choice([one_value] * 8 + [drop_argument, extra_argument, unknown_keyword, repeated_keyword, wrong_out])
    return change(rng, args, kwargs)


def one_value(rng, args, kwargs):
    places = [(args, i) for i in range(len(args))] + [(kwargs, k) for k in kwargs]
    if not places:
        return None
    container, key = rng.choice(places)
    value = container[key]
    if isinstance(value, (list, tuple)) and value and rng.random() < 0.7:
        inner = list(value)
        i = rng.randrange(len(inner))
        inner[i], how = off(rng, inner[i])
        container[key] = type(value)(inner)
    else:
        container[key], how = off(rng, value)
    return f"argument {key}: {how}"


def off(rng, value):
    if isinstance(value, oracle.Tensor):
        return off_tensor(rng, value)
    if isinstance(value, bool):
        return rng.choice(
            [(2, "int for bool"), (None, "None for bool"), ("x", "str for bool"), (not value, "other bool")]
        )
    if isinstance(value, int):
        changed = rng.choice(
            [
                value + 1,
                value - 1,
                -value - 1,
                value + 10,
                -100,
                2**31,
                2**40,
                2**63,
                float(value),
                str(value),
                None,
                [value],
                value == 1,
            ]
        )
        return changed, f"{value} became {changed!r}"
    if isinstance(value, float):
        changed = rng.choice([str(value), None, [value], 1j, -value, float("nan"), 1e400])
        return changed, f"{value} became {changed!r}"
    if isinstance(value, (list, tuple)):
        longer = list(value) + [rng.choice([0, 1, -1, 2, 1000])]
        changed = rng.choice([longer, list(value)[:-1], None, "ab", 3, [1.5] * len(value), [value]])
        return changed, "list became something else"
    if isinstance(value, str):
        return rng.choice(
            [("nonsense", "unknown word"), (3, "int for str"), (None, "None for str"), ("", "empty word")]
        )
    if isinstance(value, oracle.dtype):
        return rng.choice(
            [
                ("float32", "str for dtype"),
                (3, "int for dtype"),
                (oracle.complex64, "complex dtype"),
                (float, "Python's type"),
                (oracle.bool, "bool"),
            ]
        )
    changed = rng.choice([3, "x", [], 1.5])
    return changed, f"{type(value).__name__} became {changed!r}"


def off_tensor(rng, t):
    integral = not t.dtype.is_floating_point and not t.dtype.is_complex and t.dtype != oracle.bool
    kinds = ["size", "size", "more dims", "fewer dims", "dtype", "dtype", "python", "empty", "strides"]
    kind = rng.choice(kinds + ["index"] * 6 + ["extremes"] * 3 if integral and t.numel() else kinds)
    if kind == "index":
        changed = t.clone()
        at = tuple(rng.randrange(n) for n in t.shape)
        changed[at] = rng.choice([100, 5, 4, 3, -100 if t.dtype.is_signed else 200, 127])
        return changed, "one index off"
    if kind == "extremes":
        info = oracle.iinfo(t.dtype)
        values = [rng.choice([info.max, info.min, info.max - 1, info.max // 2 + 1, 2, 0]) for _ in range(t.numel())]
        return oracle.tensor(values, dtype=t.dtype).reshape(t.shape), "extreme integers"
    if kind == "size" and t.dim():
        dim = rng.randrange(t.dim())
        more = oracle.cat([t, t.narrow(dim, 0, min(1, t.size(dim)))], dim)
        return (
            (more, "one size larger")
            if rng.random() < 0.5 or not t.size(dim)
            else (t.narrow(dim, 0, t.size(dim) - 1).clone(), "one size smaller")
        )
    if kind == "more dims":
        return t.unsqueeze(rng.randrange(t.dim() + 1)).clone(), "one dimension more"
    if kind == "fewer dims" and t.dim() and t.size(0):
        return t[0].clone(), "one dimension fewer"
    if kind == "dtype":
        dtype = rng.choice(DTYPES)
        return t.to(dtype), f"dtype {dtype}"
    if kind == "empty":
        return t.new_empty(0), "empty"
    if kind == "strides" and t.dim() > 1:
        return t.transpose(0, 1).contiguous().transpose(0, 1), "other strides"
    changed = rng.choice([None, 3, 1.5, "x", [1.0, 2.0], object(), True])
    return changed, f"tensor became {type(changed).__name__}"


def drop_argument(rng, args, kwargs):
    if len(args) < 1:
        return None
    args.pop(rng.randrange(len(args)))
    return "one argument dropped"


def extra_argument(rng, args, kwargs):
    args.insert(rng.randrange(len(args) + 1), draw(rng, "any"))
    return "one argument more"


def unknown_keyword(rng, args, kwargs):
    kwargs[rng.choice(["dims", "keep_dim", "axes", "nonsense", "inplace"])] = rng.choice([0, True, None])
    return "unknown keyword"


def repeated_keyword(rng, args, kwargs):
    kwargs[rng.choice(["input", "self", "dim", "other"])] = draw(rng, rng.choice(["tensor", "int"]))
    return "keyword given twice or not taken"


def wrong_out(rng, args, kwargs):
    kwargs["out"] = rng.choice([draw_tensor(rng), None, 3, (draw_tensor(rng), draw_tensor(rng)), [draw_tensor(rng)]])
    return "some out"
