"""Samples of quantiles, counts, differences and histograms."""

import math

import torch as oracle

from .samples import Sample, samples

FLOATS = ["float32", "float64"]


@samples("quantile", "nanquantile", dtypes=FLOATS)
def quantile(op, make):
    for interpolation in ["linear", "lower", "higher", "midpoint", "nearest"]:
        for shape, dim, keepdim in [
            ((5,), None, False),
            ((3, 4), 1, True),
            ((2, 3, 4), 0, False),
            ((2, 3), None, True),
            ((), 0, True),
        ]:
            q = oracle.tensor([0.1, 0.4, 1.0], dtype=make.dtype)
            yield Sample(make.distinct(*shape), q, dim, keepdim, interpolation=interpolation, fixed=(1,), meta=False)
    x = make(3, 5)
    x[0, 1] = math.nan
    yield Sample(x, oracle.tensor(0.5, dtype=make.dtype), 1, fixed=(1,), meta=False, grad=False)


@samples("quantile.scalar", "nanquantile.scalar", dtypes=FLOATS)
def quantile_of_number(op, make):
    for shape, dim, keepdim in [((5,), None, False), ((3, 4), 1, True), ((2, 3, 4), 0, False)]:
        yield Sample(make.distinct(*shape), 0.3, dim, keepdim, meta=False)


@samples("diff")
def diff(op, make):
    for shape, n, dim in [((5,), 1, 0), ((3, 4), 2, 1), ((3, 4), 1, 0), ((3, 4), 0, 1), ((3,), 5, 0)]:
        yield Sample(make(*shape), n, dim)
    yield Sample(make(3, 4), 1, 1, make(3, 1), make(3, 2))


@samples("histc", dtypes=FLOATS)
def histc(op, make):
    yield Sample(make(50), meta=False, grad=False)
    yield Sample(make(5, 6), 7, -1, 2, meta=False, grad=False)
    yield Sample(oracle.full((4,), 2.0, dtype=make.dtype), 3, meta=False, grad=False)
    yield Sample(make(0), 3, meta=False, grad=False)


@samples("bincount", dtypes=["int64", "int32", "uint8"])
def bincount(op, make):
    x = make(20, low=0, high=6)
    yield Sample(x, meta=False, grad=False)
    yield Sample(x, None, 12, meta=False, grad=False)
    for dtype in [oracle.float32, oracle.float64, oracle.int64]:
        yield Sample(x, make(20, dtype=dtype), meta=False, grad=False)
    yield Sample(make(0), None, 3, meta=False, grad=False)


@samples("histogram.bin_ct", dtypes=FLOATS)
def histogram(op, make):
    yield Sample(make(50), 7, meta=False, grad=False)
    yield Sample(make(5, 6), 4, range=[-1.0, 2.0], meta=False, grad=False)
    yield Sample(make(20), 4, weight=make(20), density=True, meta=False, grad=False)
    yield Sample(oracle.full((4,), 2.0, dtype=make.dtype), 3, meta=False, grad=False)
    yield Sample(make(0), 3, meta=False, grad=False)


@samples("histogram.bins_tensor", dtypes=FLOATS)
def histogram_between(op, make):
    edges = oracle.tensor([-2.0, -0.5, 0.0, 2.0], dtype=make.dtype)
    yield Sample(make(50), edges, meta=False, grad=False)
    yield Sample(make(5, 6), edges, weight=make(5, 6), density=True, meta=False, grad=False)


@samples("nanmean", dtypes=["float32", "float64", "bfloat16", "float16"])
def nanmean(op, make):
    for shape, dim in [((5,), [0]), ((3, 4), None), ((2, 3, 4), [0, 2]), ((4, 1003), [1])]:
        x = make(*shape)
        x.view(-1)[::3] = math.nan
        yield Sample(x, dim, smooth=False)
        yield Sample(x, dim, True, smooth=False)
    yield Sample(make(3).masked_fill(oracle.ones(3, dtype=oracle.bool), math.nan), grad=False)


@samples("dist", dtypes=FLOATS)
def dist(op, make):
    for p in [2, 1, 0.5, math.inf]:
        yield Sample(make(3, 4), make(4), p)
