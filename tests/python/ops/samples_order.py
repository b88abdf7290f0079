"""Samples of running extremes and statistics of order."""

import math

import torch as oracle

from .samples import Sample, samples

NUMBERS = ["float32", "float64", "int64", "bfloat16", "float16", "int32", "uint8"]


def distinct(make, shape):
    narrow = make.dtype in (oracle.bfloat16, oracle.float16, oracle.uint8, oracle.bool)
    return make.distinct(*shape) if math.prod(shape) < (100 if narrow else 10**6) else None


def along(op, make, *extra):
    for shape, dim in [((5,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 4), 1), ((), 0), ((3, 0), 0), ((4, 1003), 1)]:
        x = distinct(make, shape)
        if x is not None:
            yield Sample(x, *extra, dim)
    if make.floating:
        x = make(3, 5)
        x[:, 2] = math.nan
        yield Sample(x, *extra, 1, grad=False)


@samples("cummax", "cummin", dtypes=NUMBERS + ["bool"])
def cumulative(op, make):
    for s in along(op, make):
        yield s
    if make.dtype != oracle.bool:
        yield Sample(oracle.tensor([[1, 3, 3, 2], [2, 2, 1, 0]]).to(make.dtype), 1, grad=False)


@samples("logcumsumexp", dtypes=["float32", "float64", "bfloat16", "float16"])
def logcumsumexp(op, make):
    for shape, dim in [((5,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 4), 1), ((), 0), ((3, 0), 0), ((4, 203), 1)]:
        yield Sample(make(*shape), dim)
    yield Sample((make(3, 4) * 100), 1, grad=False)
    yield Sample(oracle.tensor([-math.inf, 1, math.inf, -math.inf, math.nan, 2]).to(make.dtype), 0, grad=False)


@samples("kthvalue", dtypes=NUMBERS)
def kthvalue(op, make):
    for shape, k, dim, keepdim in [
        ((5,), 2, 0, False),
        ((3, 4), 3, 1, True),
        ((2, 3, 4), 1, 1, False),
        ((), 1, 0, False),
    ]:
        yield Sample(make.distinct(*shape), k, dim, keepdim)
    if make.floating:
        yield Sample(oracle.tensor([math.nan, 1, 3, 2]).to(make.dtype), 3, grad=False)
        yield Sample(oracle.tensor([math.nan, 1, 3, 2]).to(make.dtype), 4, grad=False)


@samples("median", "nanmedian", dtypes=NUMBERS)
def median(op, make):
    for shape in [(5,), (3, 4), (), (2, 3, 4)]:
        yield Sample(make.distinct(*shape))
    if make.floating:
        yield Sample(oracle.tensor([math.nan, 1, 3, 2]).to(make.dtype), grad=False)
        yield Sample(oracle.tensor([math.nan, math.nan]).to(make.dtype), grad=False)


@samples("median.dim", "nanmedian.dim", dtypes=NUMBERS)
def median_dim(op, make):
    for shape, dim, keepdim in [
        ((5,), 0, False),
        ((3, 4), 1, True),
        ((2, 3, 4), 1, False),
        ((), 0, False),
        ((4, 0), 0, True),
    ]:
        yield Sample(make.distinct(*shape), dim, keepdim)
    if make.floating:
        yield Sample(oracle.tensor([[math.nan, 1, 3, 2], [5, 6, 7, 8]]).to(make.dtype), 1, grad=False)


@samples("mode", dtypes=NUMBERS + ["bool"])
def mode(op, make):
    for shape, dim in [((5,), 0), ((3, 4), 1), ((2, 3, 4), -2), ((), 0)]:
        x = distinct(make, shape)
        if make.dtype != oracle.bool:
            yield Sample(x, dim)
            yield Sample(x, dim, True)
    yield Sample(oracle.tensor([[1, 0, 1, 0, 1], [0, 0, 1, 0, 1]]).to(make.dtype), 1, grad=False)


@samples("msort")
def msort(op, make):
    for shape in [(5,), (3, 4), (2, 3, 4)]:
        yield Sample(make.distinct(*shape))
