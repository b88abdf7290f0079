"""Samples of searches, distinct values, and writing by position or mask."""

import torch as oracle

from .samples import Sample, samples

NUMBERS = ["float32", "float64", "int64", "bfloat16", "float16", "int32", "uint8"]


def repeated(make, *shape):
    return (make(*shape) * 2).round() if make.floating else make(*shape, low=0, high=3)


@samples("_unique2")
def unique(op, make):
    for shape in [(12,), (3, 4), (), (0,)]:
        yield Sample(repeated(make, *shape), True, True, True, meta=False, grad=False)
    yield Sample(repeated(make, 12), True, False, False, meta=False, grad=False)


@samples("unique_consecutive")
def unique_consecutive(op, make):
    for shape, dim in [((12,), None), ((6, 2), 0), ((2, 6), 1), ((3, 4), None), ((0,), None)]:
        yield Sample(repeated(make, *shape), True, True, dim, meta=False, grad=False)


@samples("searchsorted.Tensor", dtypes=NUMBERS)
def searchsorted(op, make):
    bounds = make(3, 5).sort(-1).values
    for extra in [{}, {"right": True}, {"side": "right"}, {"out_int32": True}]:
        yield Sample(bounds, make(3, 2), **extra)
        yield Sample(bounds[0].clone(), make(2, 2, 3), **extra)
    x = make(3, 5)
    yield Sample(x, make(3, 2), sorter=x.argsort(-1), layouts=False)


@samples("searchsorted.Scalar", dtypes=NUMBERS)
def searchsorted_number(op, make):
    yield Sample(make(5).sort().values, 1)
    yield Sample(make(5).sort().values, 1, right=True)


@samples("bucketize.Tensor", dtypes=NUMBERS)
def bucketize(op, make):
    for right in [False, True]:
        yield Sample(make(3, 4), make(5).sort().values, right=right)
    yield Sample(make(4), make(0))


@samples("bucketize.Scalar", dtypes=NUMBERS)
def bucketize_number(op, make):
    yield Sample(1, make(5).sort().values, meta=False)


@samples("isin.Tensor_Tensor", dtypes=NUMBERS)
def isin(op, make):
    x = repeated(make, 3, 4)
    for invert in [False, True]:
        yield Sample(x, repeated(make, 2, 2), invert=invert, layouts=False)
    yield Sample(x, repeated(make, 0), layouts=False)


@samples("isin.Tensor_Scalar", dtypes=NUMBERS)
def isin_number(op, make):
    yield Sample(repeated(make, 3, 4), 1, layouts=False)


@samples("isin.Scalar_Tensor", dtypes=NUMBERS)
def number_isin(op, make):
    yield Sample(1, repeated(make, 3, 4), meta=False)


@samples("put")
def put(op, make):
    for accumulate in [False, True]:
        yield Sample(make(3, 4), oracle.tensor([[1, 5], [-1, 0]]), make(2, 2), accumulate, smooth=accumulate)
        yield Sample(make(5), oracle.tensor([1]), make(1), accumulate)


@samples("masked_scatter")
def masked_scatter(op, make):
    for shape, mask in [((3, 4), (3, 4)), ((3, 4), (4,)), ((4,), (3, 4)), ((0, 2), (2,))]:
        yield Sample(make(*shape), make.mask(*mask), make(20), meta=False, inplace=len(shape) >= len(mask))


@samples("nonzero_static")
def nonzero_static(op, make):
    for size in [0, 3, 20]:
        yield Sample(make(3, 4).round() if make.floating else make(3, 4), size=size, meta=False, grad=False)
    yield Sample(make(5), size=7, fill_value=9, meta=False, grad=False)
