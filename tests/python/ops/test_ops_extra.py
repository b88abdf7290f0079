"""What the generic checks cannot hold to values: memory that nobody wrote."""

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from .libraries import dtype_name, oracle, tiny, tiny_dtype, to_tiny  # noqa: E402

SHAPES = [(), (0,), (3,), (2, 3), (2, 0, 3), (2, 3, 4, 5)]
DTYPES = ["float32", "float64", "int64", "bool", "bfloat16", "uint8", "complex64"]


def same_form(mine, theirs):
    assert dtype_name(mine.dtype) == dtype_name(theirs.dtype)
    assert tuple(mine.shape) == tuple(theirs.shape)
    assert str(mine.device) == str(theirs.device)
    assert mine.requires_grad == theirs.requires_grad
    if theirs.numel():
        assert [s for s, n in zip(mine.stride(), mine.shape) if n > 1] == [
            s for s, n in zip(theirs.stride(), theirs.shape) if n > 1
        ]


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_empty(shape, dtype, device):
    kind = getattr(oracle, dtype)
    same_form(tiny.empty(shape, dtype=tiny_dtype(kind), device=device), oracle.empty(shape, dtype=kind, device=device))
    same_form(tiny.empty(*shape) if shape else tiny.empty(()), oracle.empty(*shape) if shape else oracle.empty(()))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_empty_like(shape):
    x = oracle.ones(shape)
    for y in (x, x.permute(list(range(x.dim()))[::-1]), x.expand((2,) + shape)):
        same_form(tiny.empty_like(to_tiny(y)), oracle.empty_like(y))
        same_form(tiny.empty_like(to_tiny(y), dtype=tiny.int64), oracle.empty_like(y, dtype=oracle.int64))


def test_empty_options():
    same_form(tiny.empty(2, 3, requires_grad=True), oracle.empty(2, 3, requires_grad=True))
    same_form(
        tiny.empty((2, 3, 4, 5), memory_format=tiny.channels_last),
        oracle.empty((2, 3, 4, 5), memory_format=oracle.channels_last),
    )
    same_form(tiny.empty_strided((2, 3), (1, 2)), oracle.empty_strided((2, 3), (1, 2)))


@pytest.mark.parametrize("shape", [(-1,), (2, -3), (2**62, 4), (2**40, 2**40)], ids=str)
def test_impossible_sizes(shape):
    for library in (oracle, tiny):
        with pytest.raises(RuntimeError):
            library.empty(shape)
