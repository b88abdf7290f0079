"""Samples of indexing, gathering and scattering."""

import torch as oracle

from .samples import Sample, samples


def index_lists(make):
    """(shape, indices) pairs: integer, boolean, mixed with full dimensions, broadcast, negative, empty."""
    i = make.index
    yield (5,), [i(3, high=5)]
    yield (3, 4), [i(2, high=3), i(2, high=4)]
    yield (3, 4), [None, i(5, high=4)]
    yield (3, 4), [i(2, 1, high=3), i(3, high=4)]
    yield (2, 3, 4), [i(2, high=2), None, i(2, high=4)]
    yield (2, 3, 4), [None, i(2, 2, high=3)]
    yield (3, 4), [oracle.tensor([-1, 0, -3])]
    yield (3, 4), [i(0, high=3)]
    yield (3, 4), [oracle.tensor(1)]
    yield (70, 30), [i(5000, high=70), i(5000, high=30)]


def masks(make):
    yield (5,), [make.mask(5)]
    yield (3, 4), [make.mask(3, 4)]
    yield (3, 4), [make.mask(3)]
    yield (3, 4), [None, make.mask(4)]
    yield (2, 3, 4), [make.mask(2, 3), make.index(1, high=4)]
    yield (3, 4), [oracle.zeros(3, dtype=oracle.bool)]


@samples("index.Tensor")
def index(op, make):
    for shape, indices in index_lists(make):
        yield Sample(make(*shape), indices)
    for shape, indices in masks(make):
        yield Sample(make(*shape), indices, meta=False)
    yield Sample(make(3, 4), [make.index(2, high=3).to(oracle.int32)])


@samples("index_put_", "index_put", "_index_put_impl_")
def index_put(op, make):
    for accumulate in [False, True]:
        for shape, indices in list(index_lists(make)) + list(masks(make)):
            x = make(*shape)
            target = x[tuple(slice(None) if i is None else i for i in indices)]
            distinct = accumulate or any(i is not None and i.dtype == oracle.bool for i in indices)
            values = make(*target.shape) if distinct else make()
            if accumulate and make.dtype in (oracle.float16, oracle.bfloat16) and target.numel() > 100:
                continue
            yield Sample(x, indices, values, accumulate, meta=False, layouts=False, smooth=accumulate)
            yield Sample(make(*shape), indices, make(), accumulate, meta=False, smooth=accumulate)


@samples("index_select")
def index_select(op, make):
    for shape, dim in [((5,), 0), ((3, 4), 1), ((3, 4), -2), ((2, 3, 4), 1), ((3, 0), 0), ((300, 203), 0)]:
        yield Sample(make(*shape), dim, make.index(4, high=shape[dim]))
    yield Sample(make(40, 30), 0, make.index(2000, high=40))
    yield Sample(make(3, 20, 30), 1, make.index(700, high=20))
    yield Sample(make(3, 4), 0, make.index(0, high=3))
    yield Sample(make(3, 4), 0, oracle.tensor(1))
    yield Sample(make(3, 4), 0, make.index(2, high=3).to(oracle.int32))


CASES = [
    ((5,), 0, (3,)),
    ((3, 4), 0, (2, 4)),
    ((3, 4), 1, (3, 6)),
    ((3, 4), -1, (2, 3)),
    ((2, 3, 4), 1, (2, 5, 3)),
    ((), 0, ()),
    ((3, 4), 0, (0, 4)),
]


@samples("gather")
def gather(op, make):
    for shape, dim, index_shape in CASES:
        yield Sample(make(*shape), dim, make.index(*index_shape, high=shape[dim] if shape else 1))
    yield Sample(make(300, 203), 1, make.index(300, 90, high=203))


def scatter_cases(make, unique):
    for shape, dim, index_shape in CASES:
        size = shape[dim] if shape else 1
        if unique:
            source = tuple(min(a, b) for a, b in zip(index_shape, shape))
            places = oracle.rand(shape or (1,), generator=make.generator).argsort(dim)
            index = (places.reshape(shape) if shape else places[0] * 0)[tuple(slice(n) for n in source)]
        else:
            index = make.index(
                *(n if i == dim % len(shape) else min(n, shape[i]) for i, n in enumerate(index_shape)), high=size
            )
        yield shape, dim, index


@samples("scatter.src")
def scatter(op, make):
    for shape, dim, index in scatter_cases(make, True):
        yield Sample(make(*shape), dim, index, make(*index.shape))
    yield Sample(make(3, 4), 0, oracle.tensor([[0, 1]]), make(2, 3), grad=False)


@samples("scatter.value")
def scatter_value(op, make):
    for shape, dim, index in scatter_cases(make, False):
        yield Sample(make(*shape), dim, index, 2)


@samples("scatter.reduce", "scatter.value_reduce")
def scatter_reduce(op, make):
    for reduce in ["add", "multiply"]:
        for shape, dim, index in scatter_cases(make, False):
            source = 2 if "value" in op.overload else make(*index.shape)
            yield Sample(make(*shape), dim, index, source, reduce=reduce, grad=False)


@samples("scatter_reduce.two")
def scatter_reduce_two(op, make):
    for reduce in ["sum", "prod", "mean", "amax", "amin"]:
        for shape, dim, index in scatter_cases(make, False):
            for include_self in [True, False]:
                source, start = make(*index.shape), make(*shape)
                if reduce in ("amax", "amin"):
                    source, start = make.distinct(*index.shape), make.distinct(*shape)
                yield Sample(start, dim, index, source, reduce, include_self=include_self, smooth=False)


@samples("scatter_add")
def scatter_add(op, make):
    for shape, dim, index in scatter_cases(make, False):
        yield Sample(make(*shape), dim, index, make(*index.shape))
    if make.dtype not in (oracle.float16, oracle.bfloat16):
        yield Sample(make(30, 20), 0, make.index(5, 20, high=30), make(5, 20))


@samples("index_add", "index_copy")
def index_add(op, make):
    yield Sample(make(3, 4), 0, oracle.tensor([2, 0]), make(2, 4))


@samples("index_fill.int_Scalar")
def index_fill(op, make):
    yield Sample(make(3, 4), 0, oracle.tensor([2, 0]), 1)


@samples("masked_select")
def masked_select(op, make):
    yield Sample(make(3, 4), make.mask(3, 4), meta=False)
    yield Sample(make(3, 4), make.mask(4), meta=False)


@samples("take")
def take(op, make):
    yield Sample(make(3, 4), make.index(2, 2, high=12))


@samples("embedding")
def embedding(op, make):
    if not make.floating:
        return
    for shape in [(4,), (2, 3), (), (0,), (7, 300)]:
        yield Sample(make(10, 3), make.index(*shape, high=10))
    yield Sample(make(10, 3), make.index(2, 3, high=10), 2)
    yield Sample(make(10, 3), make.index(9, high=10).to(oracle.int32))
    yield Sample(make(10, 3), make.index(9, high=10), -1, True, smooth=False)
