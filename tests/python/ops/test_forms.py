"""Functions that Python puts in front of the operators, and forms of calls that the generic samples do not reach."""

import pytest

oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

import tiny_torch as tiny  # noqa: E402

from .libraries import to_oracle, to_tiny  # noqa: E402


def same(mine, theirs):
    """Structure, dtypes, shapes and values of both results, exactly."""
    assert isinstance(mine, (tuple, list)) == isinstance(theirs, (tuple, list))
    if isinstance(mine, (tuple, list)):
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs):
            same(a, b)
        return
    got = to_oracle(mine)
    assert got.dtype == theirs.dtype and got.shape == theirs.shape
    assert oracle.equal(got, theirs)


def both(call, *args):
    same(call(tiny, to_tiny, *args), call(oracle, lambda t: t, *args))


@pytest.mark.parametrize(
    "name, args",
    [("squeeze_", ()), ("squeeze_", (1,)), ("unsqueeze_", (0,)), ("transpose_", (0, 2)), ("swapdims_", (0, 1))],
)
def test_views_in_place(name, args):
    x = oracle.arange(12).reshape(3, 1, 4)
    mine, theirs = to_tiny(x), x.clone()
    assert getattr(mine, name)(*args) is mine
    getattr(theirs, name)(*args)
    same(mine, theirs)
    assert mine.stride() == theirs.stride()


def test_mask_of_two_dims_beside_other_items():
    x, mask = oracle.arange(24).reshape(2, 3, 4), oracle.tensor([[True, False, True], [False, True, False]])
    one = oracle.tensor([1])
    both(lambda t, make: make(x)[make(mask), make(one)])
    both(lambda t, make: make(x)[make(mask), 1:3])
    both(lambda t, make: make(x)[make(mask), ..., 0])
    both(lambda t, make: make(x)[make(mask), None])

    def assigned(t, make):
        y = make(x).clone()
        y[make(mask), make(one)] = -1
        return y

    both(assigned)


def test_none_is_no_index_tensor_for_index_put():
    for t, make in ((tiny, to_tiny), (oracle, lambda x: x)):
        with pytest.raises(TypeError):
            t.index_put(make(oracle.ones(2, 2)), [None, make(oracle.tensor([0]))], make(oracle.tensor(1.0)))


@pytest.mark.parametrize("t", [tiny, oracle], ids=["tiny_torch", "torch"])
def test_factories_refuse_another_dtype_than_out(t):
    for factory, args in ((t.full, ([2], 2.5)), (t.arange, (0, 1, 0.5)), (t.linspace, (0, 1, 2)), (t.zeros, (2,))):
        with pytest.raises(RuntimeError):
            factory(*args, dtype=t.float64, out=t.zeros(2))
        with pytest.raises(RuntimeError):
            factory(*args, device="meta", out=t.zeros(2))


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16", "int64", "int8"])
def test_linspace_is_bit_equal(dtype):
    for start, end, steps in [(0, 10, 33), (-2.5, 3, 77), (1, -1, 101), (4.3, 0, 50), (0.1, 0.7, 64), (3, 3, 1)]:
        both(lambda t, make, *args: t.linspace(*args, dtype=getattr(t, dtype)), start, end, steps)


def test_arange_counts_in_whole_numbers_for_int64_only():
    for args in [(5.5,), (0.5, 5.5), (0, 5, 1.5), (-1.5, 3.2), (5, 0, -1.5)]:
        for dtype in ["int64", "int32", "uint8"]:
            both(lambda t, make, dtype, *args: t.arange(*args, dtype=getattr(t, dtype)), dtype, *args)


def test_negative_bounds_of_uint8_wrap():
    x = oracle.tensor([0, 1, 200], dtype=oracle.uint8)
    for low, high in [(-1, 2), (2, -1)]:
        both(lambda t, make, low, high: t.clamp(make(x), low, high), low, high)


def test_suggested_order_follows_strides():
    """Pooling keeps channels innermost for a slice of a channels-last tensor, and for size 1 by strides alone."""
    x = oracle.arange(2 * 3 * 6 * 6.0).reshape(2, 3, 6, 6).to(memory_format=oracle.channels_last)
    for y in (x, x[:, :, ::2], x[:, :1], x[:1]):
        mine, theirs = tiny.nn.functional.avg_pool2d(to_tiny(y), 2), oracle.nn.functional.avg_pool2d(y, 2)
        same(mine, theirs)
        if y.is_contiguous(memory_format=oracle.channels_last):
            assert mine.stride() == theirs.stride()
