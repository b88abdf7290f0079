"""Kernels that work in blocks, at sizes around and beyond a block, by one thread and by several."""

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from .libraries import FLOATING, NAME, oracle, tiny, to_tiny  # noqa: E402

SHAPES = [(70000, 3), (9000, 17), (3, 70000), (1025, 1, 130), (2, 5000, 40), (40, 3, 1030), (1, 200001), (200001, 1)]


@pytest.fixture(params=[1, 3], autouse=True)
def threads(request):
    before = tiny.get_num_threads()
    tiny.set_num_threads(request.param)
    yield request.param
    tiny.set_num_threads(before)


def same(mine, theirs, rtol=1e-5, atol=1e-5):
    mine = oracle.from_numpy(mine.double().numpy()) if mine.is_floating_point() else oracle.tensor(mine.tolist())
    oracle.testing.assert_close(mine, theirs.to(mine.dtype), rtol=rtol, atol=atol)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [*FLOATING, "int64", "bool"])
def test_reductions(shape, dtype):
    """Every element is a small integer, so that sums are exact in every order."""
    oracle.manual_seed(0)
    x = oracle.randint(-2, 3, shape).to(getattr(oracle, dtype))
    y = to_tiny(x)
    wide = oracle.float64 if x.is_floating_point() else oracle.int64
    for dim in range(x.dim()):
        exact = x.to(wide).sum(dim)
        result = y.sum(dim, dtype=getattr(tiny, str(wide).rpartition(".")[2]))
        assert result.tolist() == exact.tolist()
        if dtype != "bool":
            assert y.amax(dim).tolist() == x.amax(dim).tolist()
            assert y.amin(dim).tolist() == x.amin(dim).tolist()
        assert y.any(dim).tolist() == x.any(dim).tolist()
        assert (y != 0).all(dim).tolist() == (x != 0).all(dim).tolist()
        if dtype in ("float32", "float64"):
            assert y.sum(dim).tolist() == x.sum(dim).tolist()
            same(y.mean(dim), x.mean(dim))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(70000, 3), (9, 7), (300, 300)], ids=str)
def test_nan_wins(shape, dtype):
    x = oracle.zeros(shape, dtype=getattr(oracle, dtype))
    x[shape[0] - 2, 1] = float("nan")
    y = to_tiny(x)
    for dim in (0, 1):
        for name in ("amax", "amin", "sum"):
            expected = getattr(x, name)(dim)
            result = getattr(y, name)(dim)
            assert [v != v for v in result.tolist()] == [v != v for v in expected.tolist()], (name, dim)


@pytest.mark.skipif(NAME == "torch", reason="PyTorch's sums of columns depend on the number of threads")
def test_sums_do_not_depend_on_the_number_of_threads():
    x = tiny.randn(70000, 3, generator=tiny.Generator().manual_seed(0))
    results = []
    for count in (1, 2, 5):
        tiny.set_num_threads(count)
        results.append([x.sum(0).tolist(), x.sum(1)[:9].tolist(), x.t().contiguous().sum(1).tolist(), x.sum().item()])
    assert results[0] == results[1] == results[2]


def test_long_columns():
    """0.1 a million times, whose plain sum in float32 is 1 % off."""
    x = tiny.full((1000000, 3), 0.1)
    assert all(abs(v - 100000.00149) < 0.3 for v in x.sum(0).tolist())


@pytest.mark.parametrize(
    "shape", [(0,), (8191,), (8192,), (8193,), (3, 20000), (20000, 3), (7, 1, 5000), (2, 0, 3), ()], ids=str
)
def test_nonzero(shape):
    oracle.manual_seed(1)
    for share in (0.0, 0.01, 0.5, 1.0):
        x = (oracle.rand(shape) < share).float()
        y = to_tiny(x)
        theirs = x.nonzero()
        mine = y.nonzero()
        assert mine.shape == theirs.shape and mine.stride() == theirs.stride()
        assert mine.tolist() == theirs.tolist()
        assert (y != 0).nonzero().tolist() == theirs.tolist()
        if x.dim() == 2:
            assert y.t().nonzero().tolist() == x.t().nonzero().tolist()
            assert y[y != 0].tolist() == x[x != 0].tolist()


@pytest.mark.parametrize(
    "shape", [(5,), (70000,), (3, 40000), (40000, 3), (2, 3, 4, 5), (1, 4), (2, 0, 3), ()], ids=str
)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "complex64", "bool"])
def test_flip(shape, dtype):
    x = (
        oracle.arange(max(1, oracle.Size(shape).numel()))
        .to(getattr(oracle, dtype))[: oracle.Size(shape).numel()]
        .reshape(shape)
    )
    dims = range(x.dim())
    for picked in [(), *[(d,) for d in dims], tuple(dims), tuple(dims)[::2]]:
        for theirs in [x, x.transpose(0, -1) if x.dim() else x, x[1:] if x.dim() else x]:
            mine = to_tiny(theirs)
            a, b = mine.flip(picked), theirs.flip(picked)
            assert a.tolist() == b.tolist()
            assert a.stride() == b.stride() or mine.stride() != theirs.stride()


@pytest.mark.parametrize("shape", [(40000, 3), (3, 40000), (2, 3, 4, 5), (1, 7)], ids=str)
def test_gather_and_scatter(shape):
    oracle.manual_seed(2)
    x = oracle.randn(shape)
    for dim in range(len(shape)):
        index = oracle.randint(0, shape[dim], shape)
        for theirs in (x, x.transpose(0, -1).contiguous().transpose(0, -1)):
            mine = to_tiny(theirs)
            assert mine.gather(dim, to_tiny(index)).tolist() == theirs.gather(dim, index).tolist()
            same(mine.scatter_add(dim, to_tiny(index), mine), theirs.scatter_add(dim, index, theirs))
        bad = index.clone()
        bad.view(-1)[-1] = shape[dim]
        with pytest.raises(RuntimeError, match="out of bounds"):
            to_tiny(x).gather(dim, to_tiny(bad))
        bad.view(-1)[-1] = -1
        with pytest.raises(RuntimeError, match="out of bounds"):
            to_tiny(x).scatter(dim, to_tiny(bad), 1.0)


@pytest.mark.parametrize("shift", [1, -7, 0, 2**63 - 1, -(2**63)])
def test_roll_and_its_gradient_by_any_shift(shift):
    """Against index arithmetic in Python, whose integers have no end."""
    x = tiny.arange(15.0).reshape(3, 5).requires_grad_()
    for dims, n in [((), 15), (1, 5), (-2, 3)]:
        rolled = x.roll(shift, dims)
        flat = x.detach().tolist()
        at = [(i, j) for i in range(3) for j in range(5)]
        if dims == ():
            expected = [flat[(k - shift) % n // 5][(k - shift) % n % 5] for k in range(15)]
        else:
            expected = [flat[i][(j - shift) % n] if dims == 1 else flat[(i - shift) % n][j] for i, j in at]
        assert rolled.flatten().tolist() == expected
        weight = tiny.arange(100.0, 115.0).reshape(3, 5)
        (grad,) = tiny.autograd.grad((rolled * weight).sum(), x)
        where = {value: k for k, value in enumerate(expected)}
        assert grad.flatten().tolist() == [100.0 + where[float(k)] for k in range(15)]
