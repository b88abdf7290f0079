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


def test_detach_functions():
    x = tiny.ones(2, requires_grad=True)
    y = x * 2
    assert not tiny.detach(y).requires_grad and tiny.detach(y).data_ptr() == y.data_ptr() and y.requires_grad
    assert tiny.detach_(y) is y and not y.requires_grad


@pytest.mark.parametrize("shape", [(4, 4), (2, 5), (7, 3), (8, 3), (4, 3), (3, 3, 3), (0, 2), (1, 1)])
@pytest.mark.parametrize("wrap", [False, True])
def test_fill_diagonal(shape, wrap):
    both(lambda t, make: make(oracle.zeros(shape)).fill_diagonal_(2.5, wrap))
    both(lambda t, make: make(oracle.zeros(shape, dtype=oracle.int32).mT).fill_diagonal_(3, wrap=wrap))
    leaf = tiny.ones(shape, requires_grad=True)
    (leaf * 2).fill_diagonal_(0.0, wrap).sum().backward()
    kept = oracle.ones(shape).fill_diagonal_(0, wrap) * 2
    assert leaf.grad.tolist() == kept.tolist()


def test_fill_diagonal_refuses():
    for t in (tiny, oracle):
        for shape in ((), (3,), (2, 2, 3)):
            with pytest.raises(RuntimeError):
                t.zeros(shape).fill_diagonal_(1)


REPEATED = oracle.tensor([[3, 1, 3], [1, 1, 2], [3, 1, 3]])


@pytest.mark.parametrize("dtype", [oracle.int64, oracle.float32, oracle.uint8, oracle.bool], ids=str)
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("dim", [None, 0, 1])
def test_unique(dtype, inverse, counts, dim):
    values = (REPEATED - 1).to(dtype)
    both(lambda t, make: t.unique(make(values), True, inverse, counts, dim))
    both(lambda t, make: make(values).unique(return_inverse=inverse, return_counts=counts, dim=dim))
    both(lambda t, make: t.unique_consecutive(make(values), return_inverse=inverse, return_counts=counts, dim=dim))
    both(lambda t, make: make(values).unique_consecutive(return_inverse=inverse, return_counts=counts, dim=dim))


def test_unique_keeps_every_nan():
    x = oracle.tensor([float("nan"), 1.0, float("nan"), 1.0])
    assert tiny.unique(to_tiny(x)).shape == oracle.unique(x).shape == (3,)


@pytest.mark.parametrize("bins", [3, [2, 4], "edges"])
@pytest.mark.parametrize("density", [False, True])
def test_histograms_of_points(bins, density):
    points, weight = oracle.arange(60.0).remainder(7.0).reshape(5, 6, 2), oracle.arange(30.0).reshape(5, 6)
    edges = [oracle.tensor([0.0, 2.0, 5.0]), oracle.tensor([1.0, 3.0, 4.0, 6.0])]
    for t, make in ((tiny, to_tiny), (oracle, lambda x: x)):
        chosen = [make(e) for e in edges] if bins == "edges" else bins
        result = t.histogramdd(make(points), chosen, weight=make(weight), density=density)
        if t is tiny:
            mine = result
    same((mine.hist, mine.bin_edges), (result.hist, result.bin_edges))


def test_histograms_of_points_refuse():
    for t in (tiny, oracle):
        for bins in ([2], [edge := t.tensor([0.0, 1.0])], [edge.double(), edge], [0, 2]):
            with pytest.raises(RuntimeError):
                t.histogramdd(t.zeros(5, 2), bins)


def test_as_strided_scatter_keeps_the_gradient_of_what_stays():
    x, src = tiny.ones(6, requires_grad=True), tiny.zeros(3, requires_grad=True)
    tiny.as_strided_scatter(x, src, [3], [2]).sum().backward()
    assert x.grad.tolist() == [0, 1, 0, 1, 0, 1] and src.grad.tolist() == [1, 1, 1]


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("spacing", [1, 0.5, [2.0, 3.0], "coordinates"])
def test_gradient(edge_order, spacing):
    x = oracle.arange(20.0).reshape(4, 5).square().remainder(7)
    coordinates = [oracle.tensor([0.0, 1.0, 3.0, 4.0]), oracle.tensor([0.0, 2.0, 2.5, 4.0, 5.0])]
    results = []
    for t, make in ((tiny, to_tiny), (oracle, lambda v: v)):
        steps = [make(c) for c in coordinates] if spacing == "coordinates" else spacing
        results.append(t.gradient(make(x), spacing=steps, edge_order=edge_order))
    for mine, theirs in zip(*results):
        oracle.testing.assert_close(to_oracle(mine), theirs)
    whole = tiny.gradient(to_tiny(x.long()), dim=1)
    oracle.testing.assert_close(to_oracle(whole[0]), oracle.gradient(x.long(), dim=1)[0])


def test_gradient_refuses():
    for t in (tiny, oracle):
        for options in ({"edge_order": 3}, {"dim": (0, 0)}, {"spacing": [1.0]}):
            with pytest.raises(RuntimeError):
                t.gradient(t.ones(3, 3), **options)
        with pytest.raises(RuntimeError):
            t.gradient(t.ones(1))


def test_unravel_index():
    positions = oracle.tensor([[0, 5], [11, 23]])
    for shape in ((2, 3, 4), [24], 24):
        both(lambda t, make, shape: t.unravel_index(make(positions), shape), shape)
        both(lambda t, make, shape: t.unravel_index(make(positions.to(oracle.uint8)), shape), shape)
    for t in (tiny, oracle):
        with pytest.raises(TypeError):
            t.unravel_index(t.ones(2), (2,))
        with pytest.raises(TypeError):
            t.unravel_index(t.tensor([0]), (2.5,))
        with pytest.raises(ValueError):
            t.unravel_index(t.tensor([0]), (-1,))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("descending", [False, True])
def test_equal_elements_are_sorted_as_pytorch_leaves_them(dtype, descending):
    for shape, dim in [((7,), 0), ((500,), 0), ((40000,), 0), ((5, 300), 1), ((300, 4), 0)]:
        x = oracle.randint(0, 20, shape, generator=oracle.Generator().manual_seed(2)).to(getattr(oracle, dtype))
        for stable in (False, True):
            mine = tiny.sort(to_tiny(x), dim=dim, descending=descending, stable=stable)
            theirs = oracle.sort(x, dim=dim, descending=descending, stable=stable)
            assert mine.indices.tolist() == theirs.indices.tolist()
        if not descending and dtype != "bool":
            assert tiny.mode(to_tiny(x), dim).indices.tolist() == oracle.mode(x, dim).indices.tolist()
