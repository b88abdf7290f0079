"""Samples of the comparisons of whole tensors."""

import torch as oracle

from .samples import Sample, samples


@samples("equal")
def equal(op, make):
    for a, b in [((3, 4), (3, 4)), ((), ()), ((0, 2), (0, 2)), ((3, 4), (4, 3)), ((3,), (1,))]:
        yield Sample(make(*a), make(*b), grad=False)
    x = make(3, 4)
    yield Sample(x, x.clone(), grad=False)
    yield Sample(x, x.t().contiguous().t(), grad=False)


@samples("isclose", "allclose")
def close(op, make):
    x = make(3, 4)
    yield Sample(x, x.clone(), grad=False)
    yield Sample(x, make(4), grad=False)
    yield Sample(x, x + 1, rtol=0.5, atol=0.25, grad=False)
    yield Sample(make(0, 2), make(0, 2), grad=False)
    yield Sample(make(), make(), rtol=0.0, atol=0.0, grad=False)
    if x.is_floating_point():
        odd = oracle.tensor([float("inf"), float("-inf"), float("nan"), 1.0], dtype=x.dtype)
        yield Sample(odd, odd.clone(), grad=False)
        yield Sample(odd, odd.clone(), equal_nan=True, grad=False)
        yield Sample(odd, odd.flip(0), grad=False)
