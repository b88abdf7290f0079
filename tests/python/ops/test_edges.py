"""Calls at the edge of what operators take: same results, or the same class of error, as PyTorch's."""

import time

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from .libraries import oracle, tiny  # noqa: E402

BOTH = [tiny, oracle]
PAD = 2**40


def outcomes(call):
    """What `call(library)` gives in each: values, dtype, strides, or the class of the error."""
    results = []
    for lib in BOTH:
        try:
            t = call(lib)
            results.append((t.tolist(), str(t.dtype).rpartition(".")[2], tuple(t.shape), t.stride()))
        except Exception as error:  # noqa: BLE001
            results.append(type(error))
    return results


def assert_same(call):
    mine, theirs = outcomes(call)
    assert mine == theirs


def test_range_of_integers_truncates_ends_and_step():
    for args in [(0.5, 2), (0.9, 5.1, 1.7), (5, 0, -1.5), (-0.5, 2), (-3.9, 3.9, 2.5), (2, 0.5, 1)]:
        for dtype in ("int32", "int64", "uint8", "float32"):
            assert_same(lambda lib: lib.range(*args, dtype=getattr(lib, dtype)))  # noqa: B023
    with pytest.raises(RuntimeError, match="step must be nonzero"):
        tiny.range(1, 4, 0.5, dtype=tiny.int32)


def test_polar_knows_no_half():
    assert_same(lambda lib: lib.polar(lib.ones(2).half(), lib.ones(2).half()))
    with pytest.raises(NotImplementedError, match="Half"):
        tiny.polar(tiny.ones(2).half(), tiny.ones(2).half())


def test_device_numbers():
    for number in (2**63, 2**64, -(2**70), -1, 300):
        assert_same(lambda lib: lib.ones(2).to(number))  # noqa: B023
        assert_same(lambda lib: lib.ones(2, device=number))  # noqa: B023
    with pytest.raises(ValueError, match="Overflow"):
        tiny.ones(2).to(2**64)


def test_log_sigmoid_is_contiguous():
    for make in (
        lambda lib: lib.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
        lambda lib: lib.arange(120.0).reshape(2, 3, 4, 5).contiguous(memory_format=lib.channels_last),
        lambda lib: lib.arange(3.0).reshape(3, 1).expand(3, 4),
    ):
        mine, theirs = (lib.nn.functional.logsigmoid(make(lib)) for lib in BOTH)
        assert mine.stride() == theirs.stride()
        x = make(tiny).clone().requires_grad_()
        y = tiny.nn.functional.logsigmoid(x)
        assert y.grad_fn.name() == "LogSigmoidBackward0"
        y.sum().backward()
        assert tiny.allclose(x.grad, tiny.sigmoid(-x))


def test_embedding_bag_with_negative_offsets():
    def call(mode, offsets):
        return lambda lib: lib.nn.functional.embedding_bag(
            lib.tensor([1, 2, 3]), lib.ones(5, 3), lib.tensor(offsets), mode=mode
        )

    for mode in ("sum", "mean", "max"):
        for offsets in ([0, -1], [-1, 0], [0, 5]):
            assert_same(call(mode, offsets))


@pytest.mark.parametrize("name", ["trapezoid", "cumulative_trapezoid"])
def test_trapezoids_of_nothing(name):
    for y, x in [((0,), (1,)), ((0,), (0,)), ((2, 0), (1, 3)), ((0,), (1, 3)), ((3, 0), (0,)), ((1, 0), (0, 1))]:
        for dtypes in [("float32", "float32"), ("uint8", "float64"), ("float32", "bool"), ("int64", "int64")]:
            assert_same(
                lambda lib: getattr(lib, name)(
                    lib.ones(y, dtype=getattr(lib, dtypes[0])),  # noqa: B023
                    lib.ones(x, dtype=getattr(lib, dtypes[1])),  # noqa: B023
                )
            )
    for dtype in ("uint8", "bool", "float16"):
        for dx in (1, True, 1j):
            assert_same(lambda lib: getattr(lib, name)(lib.ones(2, 0, dtype=getattr(lib, dtype)), dx=dx))  # noqa: B023


def test_histc_over_all_numbers():
    # PyTorch counts nothing, its bins being wider than a number can say.
    for dtype in (tiny.float32, tiny.float64):
        most = tiny.finfo(dtype).max
        x = tiny.tensor([-most, 0.0, most / 2, most], dtype=dtype)
        assert tiny.histc(x, 4, -most, most).tolist() == tiny.histc(x, 4).tolist() == [1, 0, 1, 2]
    assert_same(lambda lib: lib.histc(lib.tensor([1.0, 2.0]), 4, -1e300, 1e300))
    assert_same(lambda lib: lib.histc(lib.tensor([-1e34, 0.0, 1e35]), 4, -1e35, 2e35))


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
def test_huge_padding_is_refused_before_it_is_mapped(mode):
    start = time.perf_counter()
    for pad in ((PAD, 0), (0, PAD), (2**62, 2**62), (2**61, 0), (PAD,) * 4, (-(2**62), 0)):
        with pytest.raises(RuntimeError):
            tiny.nn.functional.pad(tiny.ones(1, 2, 3, 4) if len(pad) > 2 else tiny.ones(1, 2, 3), pad, mode=mode)
    if mode == "replicate":
        padded = tiny.nn.functional.pad(tiny.ones(1, 2, 3, device="meta"), (PAD, 0), mode=mode)
        assert padded.shape == (1, 2, 3 + PAD)
    assert time.perf_counter() - start < 5


def test_group_norm_by_name_checks_sizes():
    x = tiny.ones(2, 6, 4)
    for sizes in [(2**62, 4, 4, 2), (3, 6, 4, 3), (-2, -6, 4, 3), (2, 6, 4, 0), (2, 6, 4, -3), (2, 6, 4, 4)]:
        with pytest.raises(RuntimeError):
            tiny.native_group_norm(x, None, None, *sizes, 1e-5)
    with pytest.raises(RuntimeError):
        tiny.native_group_norm(tiny.ones(2, 0, 4), None, None, 2**62, 4, 4, 2, 1e-5)


def test_index_fill_touches_only_the_slices():
    x = tiny.zeros(4000, 1000)
    index = tiny.tensor([3, -1])

    def seconds(call):
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            call()
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(lambda: x.index_fill_(0, index, 1.0)) * 10 < seconds(lambda: x.fill_(0.0))
    x.index_fill_(0, index, 2.0)
    assert x[3].eq(2).all() and x[-1].eq(2).all() and x.sum() == 4000


def test_index_fill_in_place():
    def filled(lib, of=lambda x: x, value=7.0, **kind):
        x = lib.arange(12.0, **kind).reshape(3, 4)
        of(x).index_fill_(0, lib.tensor([1, -1]), value)
        return x

    assert_same(filled)
    assert_same(lambda lib: filled(lib, lambda x: x.t()))
    assert_same(lambda lib: filled(lib, lambda x: x[:, 1:3]))
    assert_same(lambda lib: filled(lib, value=1j))
    assert_same(lambda lib: filled(lib, value=1j, dtype=lib.complex64))
    assert_same(lambda lib: lib.arange(3.0).index_fill_(0, lib.tensor([5]), 1))
    assert_same(lambda lib: lib.tensor(3.0).index_fill_(0, lib.tensor([0]), 1))
    # The value may be an element of what is filled.
    assert_same(lambda lib: (lambda x: x.index_fill_(0, lib.tensor([0, 1, 2]), x[2]))(lib.arange(3.0)))

    def gradients(lib):
        x, value = lib.ones(3, 4, requires_grad=True), lib.tensor(2.0, requires_grad=True)
        y = x * 1
        y.index_fill_(1, lib.tensor([2, 0, 2]), value)
        (y * lib.arange(12.0).reshape(3, 4)).sum().backward()
        return lib.cat([x.grad.flatten(), value.grad.reshape(1)])

    assert_same(gradients)


def test_detach_copy_owns_its_memory():
    x = tiny.ones(4, 3).t().requires_grad_()
    y = tiny.detach_copy(x)
    assert not y.requires_grad and y.is_contiguous() and y.data_ptr() != x.data_ptr()
    assert_same(lambda lib: lib.detach_copy(lib.arange(6.0).reshape(2, 3).t()))
    assert_same(lambda lib: lib.detach_copy(lib.arange(6.0), out=lib.ones(0)))


@pytest.mark.parametrize("p", [-2.0, -1.0, 0.5, 1.5, 2.5, 3.0])
def test_second_derivatives_of_norms_are_as_exact_as_pytorchs(p):
    def second(lib, x, g, h):
        x = x.clone().requires_grad_()
        (first,) = lib.autograd.grad(lib.norm(x, p, 1), x, g, create_graph=True)
        return lib.autograd.grad(first, x, h)[0]

    worst = [0.0, 0.0]
    generator = oracle.Generator().manual_seed(0)
    for _ in range(40):
        given = [oracle.randn(*shape, generator=generator) for shape in ((5, 5), (5,), (5, 5))]
        exact = second(oracle, *(t.double() for t in given))
        for i, lib in enumerate(BOTH):
            result = second(lib, *(lib.tensor(t.tolist()) for t in given))
            error = (oracle.tensor(result.tolist()).double() - exact).abs().max() / (1 + exact.abs().max())
            worst[i] += error.item()
    assert worst[0] <= 1.2 * worst[1] + 1e-6


def test_gradients_of_norms_do_not_overflow():
    # The power -3 of these elements is no number of float32, that of their share of the norm is.
    grads = []
    for scale in (1.0, 1e-14):
        x = tiny.tensor([3 * scale, 4 * scale], requires_grad=True)
        grads.append(tiny.autograd.grad(tiny.norm(x, -2), x)[0])
    assert tiny.allclose(*grads, rtol=1e-5)


def test_slices_of_no_step_and_statistics_by_halves():
    x = tiny.arange(6.0).reshape(2, 3)
    assert_same(lambda lib: lib.slice_copy(lib.zeros(2, 3), 0, 0, 2, 0))
    assert_same(lambda lib: lib.slice_scatter(lib.zeros(2, 3), lib.zeros(2, 3), 0, 0, 2, 0))
    with pytest.raises(RuntimeError, match="slice step must be positive"):
        tiny.slice_copy(x, 0, 0, 2, 0)
    for mean, var in ((True, False), (False, True)):
        for training in (True, False):

            def call(lib, mean=mean, var=var, training=training):
                statistics = (lib.zeros(3) if mean else None, lib.zeros(3) if var else None)
                return lib.batch_norm(lib.ones(4, 3), None, None, *statistics, training, 0.1, 1e-5, False)

            assert_same(call)
    with pytest.raises(ValueError, match="must either both be None"):
        tiny.batch_norm(x, None, None, tiny.zeros(3), None, True, 0.1, 1e-5, False)


def test_range_looks_at_all_options():
    for options in ({"pin_memory": True}, {"layout": tiny.sparse_coo}):
        with pytest.raises(RuntimeError):
            tiny.range(0, 3, **options)


def test_wrong_calls_of_products_and_pools():
    for dtypes in ("float32 float64 float32", "float32 float32 float64"):
        one, two, three = dtypes.split()
        shapes = ((2, 3, one), (2, 4, two), (5, 3, 4, three))
        assert_same(lambda lib: lib.bilinear(*(lib.zeros(s[:-1], dtype=getattr(lib, s[-1])) for s in shapes)))  # noqa: B023
    assert_same(lambda lib: lib.bilinear(lib.zeros(2, 3), lib.zeros(2, 4), lib.zeros(5, 3, 4), lib.zeros(5).double()))
    for padding in (0, 3):
        assert_same(lambda lib: lib.nn.functional.avg_pool3d(lib.zeros(1, 2, 3, 4, 5), 6, 1, padding, ceil_mode=True))  # noqa: B023
    with pytest.raises(RuntimeError, match="larger than the input"):
        tiny.nn.functional.avg_pool3d(tiny.zeros(1, 2, 3, 4, 5), 6, ceil_mode=True)
    assert_same(lambda lib: lib.diff(lib.zeros(3, 4), 0, 99))
    assert_same(lambda lib: lib.diff(lib.zeros(3, 4), 0, 99, prepend=lib.zeros(3, 1)))


def test_integers_wrap():
    last = 2**63 - 1
    for dtype in ("int64", "int32", "int16"):
        wide = oracle.tensor([last, last, 3 - last, last, last - 1, -last - 1]).to(getattr(oracle, dtype))
        values = wide.tolist()

        def make(lib, values=values, dtype=dtype):
            return lib.tensor(values, dtype=getattr(lib, dtype))

        for call in (
            lambda lib, x: x.sum(),
            lambda lib, x: x.prod(),
            lambda lib, x: x.nansum(),
            lambda lib, x: x.view(2, 3) @ x.view(3, 2),
            lambda lib, x: lib.addmm(x[:1], x.view(2, 3), x.view(3, 2), beta=3, alpha=5),
            lambda lib, x: x.cumsum(0),
            lambda lib, x: x.cumprod(0),
            lambda lib, x: lib.zeros_like(x)[:2].index_add_(0, lib.tensor([0, 0, 1, 1, 0, 1]), x),
            lambda lib, x: lib.ones_like(x)[:2].index_put_((lib.tensor([0, 0, 1, 1, 0, 1]),), x, accumulate=True),
            lambda lib, x: lib.ones_like(x)[:2].scatter_reduce_(0, lib.tensor([0, 0, 1, 1, 0, 1]), x, "prod"),
            lambda lib, x: lib.ones_like(x)[:2].scatter_add_(0, lib.tensor([0, 0, 1, 1, 0, 1]), x),
        ):
            assert_same(lambda lib: call(lib, make(lib)))  # noqa: B023


def test_vander_and_sections_beyond_memory():
    for n in (None, 0, 1, 2, 5):
        for increasing in (True, False):
            assert_same(lambda lib: lib.vander(lib.tensor([1, 2, 3]), n, increasing))  # noqa: B023
            assert_same(lambda lib: lib.vander(lib.tensor([1.5, -2.0]), n, increasing))  # noqa: B023
    with pytest.raises(RuntimeError):
        tiny.vander(tiny.ones(3), 2**40)
    for sections in (2**40, 2**63 - 1):
        with pytest.raises(RuntimeError):
            tiny.tensor_split(tiny.zeros(4), sections)


def test_values_of_meta_tensors():
    for call in (
        lambda lib, t: t.to("cpu"),
        lambda lib, t: t.tolist(),
        lambda lib, t: t.nonzero(),
        lambda lib, t: lib.zeros(2).copy_(t),
        lambda lib, t: lib.nn.Linear(2, 2, device="meta").to("cpu"),
    ):
        assert_same(lambda lib: call(lib, lib.zeros(2, device="meta")))  # noqa: B023
        with pytest.raises(NotImplementedError):
            call(tiny, tiny.zeros(2, device="meta"))


def test_counts_without_a_sum_are_refused():
    huge = tiny.tensor([2**62, 2**62, 2**62])
    weights = [tiny.zeros(4, 3), tiny.zeros(4, 4)]
    for call in (
        lambda: tiny.repeat_interleave(huge),
        lambda: tiny.zeros(3).repeat_interleave(huge),
        lambda: tiny.rnn_tanh(tiny.zeros(5, 3), huge, tiny.zeros(1, 2, 4), weights, False, 1, 0.0, False, False),
        lambda: tiny._pad_packed_sequence(tiny.zeros(5, 3), huge, False, 0.0, 0),
        lambda: tiny.histogram(tiny.zeros(3), 2**63 - 1),
    ):
        with pytest.raises(RuntimeError):
            call()
