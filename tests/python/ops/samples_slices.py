"""Samples of windows, pieces and choices of elements."""

import torch as oracle

from .samples import Sample, samples


@samples("unfold")
def unfold(op, make):
    for shape, dim, size, step in [
        ((7,), 0, 3, 2),
        ((3, 5), 1, 2, 1),
        ((3, 5), -2, 3, 1),
        ((), 0, 1, 1),
        ((4,), 0, 0, 2),
    ]:
        yield Sample(make(*shape), dim, size, step)


@samples("as_strided_scatter")
def as_strided_scatter(op, make):
    # PyTorch's gradient of the first argument is not that of the elements that stay: tests/python/ops/test_forms.py.
    yield Sample(make(3, 4), make(2, 2), [2, 2], [4, 2], 1, layouts=False, grad=False)
    yield Sample(make(6), make(3), [3], [2], layouts=False, grad=False)


@samples("unsafe_split_with_sizes")
def unsafe_split_with_sizes(op, make):
    yield Sample(make(5, 3), [2, 3])
    yield Sample(make(3, 5), [1, 0, 4], -1)


@samples("unsafe_chunk")
def unsafe_chunk(op, make):
    yield Sample(make(5, 3), 2)
    yield Sample(make(3, 5), 3, 1)


@samples("combinations")
def combinations(op, make):
    for r, again in [(2, False), (3, True), (1, False), (0, False), (4, False)]:
        yield Sample(make(4), r, again, meta=False)


@samples("index_reduce")
def index_reduce(op, make):
    for reduce in ["prod", "mean", "amax", "amin"]:
        for include_self in [True, False]:
            x, source = make.distinct(4, 3), make.distinct(5, 3)
            yield Sample(x, 0, oracle.tensor([0, 2, 0, 3, 2]), source, reduce, include_self=include_self, smooth=False)
            yield Sample(
                make(3, 4), -1, oracle.tensor([1]), make(3, 1), reduce, include_self=include_self, smooth=False
            )


@samples("renorm", dtypes=["float32", "float64", "bfloat16", "float16"])
def renorm(op, make):
    for p, dim in [(2, 0), (1, -1), (2.5, 1)]:
        yield Sample(make(3, 4, 2), p, dim, 3.0)


@samples("logspace.Tensor_Tensor", "logspace.Tensor_Scalar", "logspace.Scalar_Tensor", dtypes=["float32"])
def logspace(op, make):
    start, end = op.overload.split("_")
    ends = [oracle.tensor(v) if kind == "Tensor" else v for kind, v in ((start, 0.0), (end, 2.0))]
    yield Sample(*ends, 5, meta=False)
    yield Sample(*ends, 6, 2.0, meta=False)
