"""Samples of creation and random ops: their dtype is an argument, so they run once instead of once per dtype."""

import torch as oracle

from .samples import Sample, samples

ONCE = ["float32"]
TYPES = [None, oracle.float64, oracle.int64, oracle.bfloat16, oracle.bool, oracle.uint8]


@samples("zeros", "ones", dtypes=ONCE)
def filled(op, make):
    for size in [[2, 3], [], [0], [3, 0, 2]]:
        for dtype in TYPES:
            yield Sample(size, dtype=dtype)
    yield Sample([2, 3], dtype=oracle.float32, device="cpu", requires_grad=True, skip_out=True)


@samples("full", dtypes=ONCE)
def full(op, make):
    for value in [2, 2.5, True]:
        for dtype in TYPES:
            yield Sample([2, 3], value, dtype=dtype)


@samples("arange", "arange.start", "arange.start_step", dtypes=ONCE)
def arange(op, make):
    cases = {
        "": [(5,), (0,), (5.5,), (2.0,)],
        "start": [(1, 5), (-2, 3), (0.5, 4.0), (3, 3)],
        "start_step": [(1, 10, 2), (10, 1, -3), (0, 1, 0.1), (0, 5, 5), (1, 40000, 1)],
    }[op.overload]
    for args in cases:
        for dtype in [None, oracle.float32, oracle.float64, oracle.int64, oracle.int32, oracle.bfloat16]:
            if dtype is not None and not dtype.is_floating_point and any(0 < abs(a) < 1 for a in args):
                continue
            yield Sample(*args, dtype=dtype)


@samples("range", "range.step", dtypes=ONCE)
def inclusive_range(op, make):
    for args in [(1, 5), (-2.5, 3), (3, 3)] if not op.overload else [(1, 10, 2), (10, 1, -3), (0, 1, 0.1), (0, 5, 7)]:
        for dtype in [None, oracle.float64, oracle.int64]:
            if dtype != oracle.int64 or all(a == int(a) for a in args):
                # PyTorch dies of a step that an integer `out` makes 0.
                yield Sample(*args, dtype=dtype, skip_out=any(a != int(a) for a in args))


@samples("linspace", "logspace", dtypes=ONCE)
def linspace(op, make):
    if op.overload:
        return
    for args in [(0, 1, 5), (-2.5, 3, 7), (3, 3, 4), (0, 10, 1), (0, 10, 0), (1, -1, 1001)]:
        for dtype in [None, oracle.float64]:
            yield Sample(*args, dtype=dtype)


@samples("linspace.Tensor_Tensor", "linspace.Tensor_Scalar", "linspace.Scalar_Tensor", dtypes=ONCE)
def linspace_tensor(op, make):
    start, end = op.overload.split("_")
    yield Sample(
        *[oracle.tensor(v) if kind == "Tensor" else v for kind, v in ((start, 0.0), (end, 2.0))], 5, meta=False
    )


@samples("eye", dtypes=ONCE)
def eye(op, make):
    for n in [0, 1, 3]:
        for dtype in TYPES:
            yield Sample(n, dtype=dtype)


@samples("eye.m", dtypes=ONCE)
def eye_m(op, make):
    for n, m in [(2, 3), (3, 2), (0, 2)]:
        yield Sample(n, m)


@samples("scalar_tensor", dtypes=ONCE)
def scalar_tensor(op, make):
    yield Sample(2.5)


@samples("zeros_like", "ones_like")
def filled_like(op, make):
    for shape in [(3, 4), (), (0,), (2, 3, 4, 5)]:
        yield Sample(make(*shape), grad=False)
    yield Sample(make(3, 4).t(), dtype=oracle.float64, grad=False)
    yield Sample(make(3, 1).expand(3, 4), grad=False)
    yield Sample(make(3, 4).t(), memory_format=oracle.contiguous_format, grad=False)


@samples("full_like")
def full_like(op, make):
    for shape in [(3, 4), (), (0,)]:
        yield Sample(make(*shape), 1, grad=False)
    yield Sample(make(3, 4), 2.5, dtype=oracle.float64, grad=False)


@samples("new_zeros", "new_ones")
def new_filled(op, make):
    yield Sample(make(3), [2, 3], grad=False)
    yield Sample(make(3), [2, 3], dtype=oracle.int64, grad=False)


@samples("new_full")
def new_full(op, make):
    yield Sample(make(3), [2, 3], 1, grad=False)


@samples("rand", "randn", dtypes=ONCE)
def uniform(op, make):
    for size in [[3], [], [0], [4, 5], [16], [1000], [33, 7]]:
        for dtype in [None, oracle.float64, oracle.bfloat16]:
            yield Sample(size, dtype=dtype)


@samples("rand.generator", "randn.generator", dtypes=ONCE)
def uniform_generator(op, make):
    for size in [[3], [33, 7]]:
        yield Sample(size, generator=oracle.Generator().manual_seed(7))


@samples("randint", "randint.generator", dtypes=ONCE)
def randint(op, make):
    extra = {"generator": oracle.Generator().manual_seed(7)} if op.overload else {}
    for high in [1, 10, 2**31, 2**40]:
        yield Sample(high, [20], **extra)
    yield Sample(10, [4, 5], dtype=oracle.int32, **extra)


@samples("randint.low", "randint.low_generator", dtypes=ONCE)
def randint_low(op, make):
    extra = {"generator": oracle.Generator().manual_seed(7)} if op.overload.endswith("generator") else {}
    for low, high in [(-5, 5), (3, 4), (-(2**40), 2**40)]:
        yield Sample(low, high, [20], **extra)


@samples("randperm", "randperm.generator", dtypes=ONCE)
def randperm(op, make):
    extra = {"generator": oracle.Generator().manual_seed(7)} if op.overload else {}
    for n in [0, 1, 2, 10, 1000, 70000]:
        yield Sample(n, **extra)


@samples("rand_like", "randn_like", dtypes=["float32", "float64", "bfloat16"])
def uniform_like(op, make):
    if op.overload:
        yield Sample(make(3, 4), generator=oracle.Generator().manual_seed(7), grad=False)
        return
    for shape in [(3, 4), (), (0,), (1000,)]:
        yield Sample(make(*shape), grad=False)


@samples("randint_like", "randint_like.generator")
def randint_like(op, make):
    extra = {"generator": oracle.Generator().manual_seed(7)} if op.overload else {}
    if make.number:
        yield Sample(make(3, 4), 5, grad=False, **extra)


@samples("randint_like.low_dtype", "randint_like.low_generator_dtype")
def randint_like_low(op, make):
    extra = {"generator": oracle.Generator().manual_seed(7)} if "generator" in op.overload else {}
    if make.number:
        yield Sample(make(3, 4), 1, 5, grad=False, **extra)


@samples("randint_like.Tensor", "randint_like.Tensor_generator", dtypes=["float32", "int64"])
def randint_like_tensor(op, make):
    extra = {"generator": oracle.Generator().manual_seed(7)} if "generator" in op.overload else {}
    yield Sample(make(3, 4), oracle.tensor(5), grad=False, meta=False, **extra)


@samples("uniform_", "normal_", "exponential_", "bernoulli_.float", "random_", "log_normal_", "cauchy_", "geometric_")
def filled_at_random(op, make):
    if not make.floating and op.name != "random_":
        return
    extra = {"geometric_": [0.5]}.get(op.name, [])
    for shape in [(3,), (), (0,), (40, 5)]:
        yield Sample(make(*shape), *extra, grad=False)


@samples("bernoulli", dtypes=["float32", "float64"])
def bernoulli(op, make):
    yield Sample(make(30, low=0, high=1), grad=False)


@samples("poisson", dtypes=["float32", "float64", "bfloat16", "float16"])
def poisson(op, make):
    yield Sample(make(3, 4, low=0, high=30))
    yield Sample(make(4, 3, low=0, high=9).t())
    yield Sample(make(0, 3))


@samples("binomial", dtypes=["float32", "float64"])
def binomial(op, make):
    yield Sample(make(3, 4, low=0, high=60), make(3, 4, low=0, high=1), grad=False)
    yield Sample(make(4, 3, low=0, high=9).t(), make(4, low=0, high=1), grad=False)
    yield Sample(make(0, 3), make(3), grad=False)


@samples("multinomial", dtypes=["float32", "float64"])
def multinomial(op, make):
    yield Sample(make(30, low=0, high=1), 3, grad=False)


@samples("bernoulli_.Tensor", dtypes=["float32", "float64", "int64"])
def bernoulli_tensor(op, make):
    for shape, given in [((3, 4), (3, 4)), ((30, 4), (4,)), ((), ()), ((0,), (0,))]:
        yield Sample(make(*shape), make(*given, low=0, high=1, dtype=oracle.float64), grad=False)


@samples("normal.Tensor_float", "normal.float_Tensor", "normal.Tensor_Tensor", dtypes=["float32", "float64"])
def normal_tensors(op, make):
    mean, spread = op.overload.split("_")
    for shape in [(3, 4), (), (0,), (40, 5)]:
        yield Sample(
            make(*shape) if mean == "Tensor" else 0.5,
            make(*shape, low=0.5) if spread == "Tensor" else 2.0,
            grad=False,
            skip_out=shape == (),
        )


@samples("normal.float_float", dtypes=ONCE)
def normal(op, make):
    yield Sample(0.0, 2.0, [5, 6])
