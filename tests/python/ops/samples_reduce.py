"""Samples of reductions, scans and sorts with arguments of their own."""

import math

import torch as oracle

from .samples import Sample, reduction, samples

# These take whatever the generic generator makes, under whichever kind the list files them.
for _name in [
    "sum",
    "mean",
    "prod",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "any",
    "all",
    "max",
    "min",
    "max.dim",
    "min.dim",
]:
    samples(_name)(reduction)


@samples("logsumexp")
def logsumexp(op, make):
    # dim=[] without keepdim: PyTorch adds the peak of shape (1, 1) to a 0-d sum and fails.
    yield from (s for s in reduction(op, make) if s.args[1] != [] or s.args[0].dim() == 0 or s.kwargs.get("keepdim"))
    if make.floating:
        yield Sample(oracle.full((3, 2), -math.inf).to(make.dtype), [1], grad=False)
        yield Sample((make(3, 4) * 100), [1])


@samples("norm.Scalar", "norm.ScalarOpt_dim", "norm.ScalarOpt_dtype", "norm.ScalarOpt_dim_dtype")
def norm(op, make):
    shapes = [(5,), (3, 4), (2, 3, 4), (), (4, 1003)]
    for p in [2, 1, 0, math.inf, -math.inf, 3, 0.5, -1]:
        for shape in shapes if p == 2 else shapes[:3]:
            x = make(*shape, low=0.5)
            extra = {"dtype": oracle.float64} if "dtype" in op.overload else {}
            if op.overload == "Scalar":
                yield Sample(x, p)
            elif op.overload == "ScalarOpt_dtype":
                yield Sample(x, p, **extra)
            else:
                for dim in [[0], [-1]] + ([[0, 1]] if len(shape) > 1 else []):
                    for keepdim in [False, True]:
                        yield Sample(x, p, dim, keepdim, **extra)
    if op.overload == "Scalar":
        yield Sample(make(0))


@samples("linalg_vector_norm")
def vector_norm(op, make):
    for ord in [2, 1, 0, math.inf, -math.inf, 3]:
        for dim in [None, [0], [0, 1]]:
            yield Sample(make(3, 4, low=0.5), ord, dim)
            yield Sample(make(3, 4, low=0.5), ord, dim, True)


@samples("var", "std")
def spread(op, make):
    for shape in [(5,), (3, 4), (4, 1003)]:
        yield Sample(make(*shape))
        yield Sample(make(*shape), False)


@samples("var.dim", "std.dim")
def spread_dim(op, make):
    for shape, dim in [((5,), [0]), ((3, 4), [1]), ((2, 3, 4), [0, 2]), ((4, 1003), [1]), ((3, 4), None)]:
        yield Sample(make(*shape), dim)
        yield Sample(make(*shape), dim, False, True)


@samples("var.correction", "std.correction")
def spread_correction(op, make):
    for shape, dim in [((5,), [0]), ((3, 4), [1]), ((2, 3, 4), [0, 2]), ((4, 1003), [1]), ((3, 4), None)]:
        for correction in [None, 0, 1, 2]:
            yield Sample(make(*shape), dim, correction=correction)
        yield Sample(make(*shape), dim, correction=0, keepdim=True)


@samples("var_mean.correction", "std_mean.correction")
def spread_mean(op, make):
    yield Sample(make(3, 4), [1], correction=1)


@samples("cumsum", "cumprod")
def scan(op, make):
    for shape, dim in [
        ((5,), 0),
        ((3, 4), 0),
        ((3, 4), -1),
        ((2, 3, 4), 1),
        ((), 0),
        ((0,), 0),
        ((3, 0), 1),
        ((3, 1001), 1),
    ]:
        if op.name == "cumprod" and math.prod(shape) > 100:
            continue
        yield Sample(make(*shape), dim)
    yield Sample(make(3, 4), 1, dtype=oracle.float64, inplace=False)
    yield Sample(make(3, 4), 1, dtype=oracle.float32, inplace=False)
    if op.name == "cumsum":
        yield Sample(make(2, 700), 1, dtype=oracle.int32, inplace=False)
    if make.floating:
        x = make(2, 13)
        x[0] = make.special()[:13]
        yield Sample(x, 1, grad=False)


@samples("sort", "argsort")
def sort(op, make):
    if make.dtype == oracle.bool:
        return
    narrow = make.dtype in (oracle.float16, oracle.bfloat16, oracle.int8, oracle.uint8)
    for shape, dim in [
        ((5,), 0),
        ((3, 4), 0),
        ((3, 4), -1),
        ((2, 3, 4), 1),
        ((), 0),
        ((0,), 0),
        ((3, 0), 0),
        ((3, 5003), 1),
    ]:
        if narrow and math.prod(shape) > 200:
            continue
        yield Sample(make.distinct(*shape), dim)
        yield Sample(make.distinct(*shape), dim, True)
    yield Sample(make.distinct(7))


@samples("sort.stable", "argsort.stable")
def sort_stable(op, make):
    for shape, dim in [((5,), 0), ((3, 4), 0), ((3, 40), -1), ((2, 30, 4), 1), ((), 0), ((0,), 0), ((3, 2001), 1)]:
        for descending in [False, True]:
            yield Sample(make(*shape), stable=True, dim=dim, descending=descending)
    if make.floating:
        yield Sample(make.special(), stable=True, grad=False)
        yield Sample(make.special(), stable=True, descending=True, grad=False)


@samples("topk")
def topk(op, make):
    if make.dtype == oracle.bool:
        return
    for shape, k, dim in [
        ((5,), 2, 0),
        ((3, 4), 3, -1),
        ((3, 4), 1, 0),
        ((2, 3, 4), 3, 1),
        ((4,), 0, 0),
        ((4,), 4, 0),
        ((), 1, 0),
    ]:
        for largest in [True, False]:
            yield Sample(make.distinct(*shape), k, dim, largest)
    if make.dtype in (oracle.float32, oracle.float64, oracle.int64):
        yield Sample(make.distinct(3, 3001), 7)


@samples("softmax.int", "log_softmax.int")
def softmax(op, make):
    for shape, dim in [
        ((5,), 0),
        ((3, 4), 0),
        ((3, 4), -1),
        ((2, 3, 4), 1),
        ((), 0),
        ((0, 3), 1),
        ((3, 0), 1),
        ((4, 5003), 1),
        ((2, 130, 70), 1),
    ]:
        yield Sample(make(*shape), dim)
    yield Sample(make(3, 4), 1, dtype=oracle.float64)
    yield Sample(make(3, 4), 1, dtype=oracle.float32)
    if make.floating:
        yield Sample(make(3, 4) * 100, 1)
        yield Sample(oracle.full((2, 3), -math.inf).to(make.dtype), 1, grad=False)
        x = make(3, 4)
        x[0, 1], x[1, 2], x[2, 0] = math.inf, -math.inf, math.nan
        yield Sample(x, 1, grad=False)


@samples("_softmax", "_log_softmax")
def softmax_core(op, make):
    for shape, dim in [((5,), 0), ((3, 4), 0), ((2, 3, 4), 1)]:
        yield Sample(make(*shape), dim, False)


@samples(
    "median", "nanmedian", "median.dim", "kthvalue", "mode", "cummax", "cummin", "nonzero", "count_nonzero", "unique"
)
def by_name(op, make):
    if op.name == "kthvalue":
        yield Sample(make.distinct(3, 5), 2)
    elif op.overload == "dim" or op.name in ("mode", "cummax", "cummin"):
        yield Sample(make.distinct(3, 5), 1)
    else:
        yield Sample(make(3, 5), meta=op.name not in ("nonzero", "unique"), grad=op.name == "median")


@samples("nansum")
def without_nan(op, make):
    for shape, dim in [((5,), [0]), ((3, 4), None), ((2, 3, 4), [0, 2]), ((4, 1003), [1])]:
        x = make(*shape)
        if make.floating:
            x = x.masked_fill(make.mask(*shape), float("nan"))
        yield Sample(x, dim, smooth=False)
        yield Sample(x, dim, True, smooth=False)
