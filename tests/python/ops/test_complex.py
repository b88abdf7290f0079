"""Functions between complex and real tensors: values and gradients against PyTorch."""

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from .libraries import oracle, tiny, to_oracle, to_tiny  # noqa: E402

FUNCTIONS = {
    "abs": lambda t, x: x.abs(),
    "abs_squared": lambda t, x: x.abs() ** 2,
    "sgn": lambda t, x: t.sgn(x),
    "angle": lambda t, x: x.angle(),
    "parts": lambda t, x: x.real * x.imag,
    "view_as_real": lambda t, x: t.view_as_real(x).square(),
    "view_as_real_copy": lambda t, x: t.view_as_real_copy(x).square(),
    "conj_physical": lambda t, x: t.conj_physical(x) * x,
    "polar": lambda t, x: t.polar(x.abs(), x.angle()),
    "complex": lambda t, x: t.complex(x.imag, x.real),
    "in place": lambda t, x: (x * 2).conj_physical_(),
}


def numbers(dtype=None, count=12):
    generator = oracle.Generator().manual_seed(3)
    x = oracle.randn(count, 2, dtype=oracle.float64, generator=generator)
    return oracle.view_as_complex(x).to(dtype or oracle.complex128)


def close(mine, theirs):
    assert str(mine.dtype)[6:] == str(theirs.dtype)[6:]
    oracle.testing.assert_close(to_oracle(mine.detach()), theirs.detach().resolve_conj())


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name, dtype):
    f = FUNCTIONS[name]
    x = numbers(getattr(oracle, dtype))
    if name in ("abs", "sgn", "angle"):
        x[3] = 0
    theirs, mine = x.clone().requires_grad_(), to_tiny(x).requires_grad_()
    expected, got = f(oracle, theirs), f(tiny, mine)
    close(got, expected)
    weight = oracle.linspace(-1, 2, expected.numel(), dtype=expected.dtype).reshape(expected.shape)
    expected.backward(weight)
    got.backward(to_tiny(weight))
    close(mine.grad, theirs.grad)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives(name):
    x = to_tiny(numbers(count=3)).requires_grad_()
    f = lambda t: FUNCTIONS[name](tiny, t)
    assert tiny.autograd.gradcheck(f, (x,))
    assert tiny.autograd.gradgradcheck(f, (x,))


def test_magnitude_of_a_spectrum():
    signal = oracle.randn(2, 200, generator=oracle.Generator().manual_seed(1))

    def loss(t, x):
        return t.stft(x, 16, window=t.hann_window(16), return_complex=True).abs()

    theirs, mine = signal.clone().requires_grad_(), to_tiny(signal).requires_grad_()
    expected, got = loss(oracle, theirs), loss(tiny, mine)
    oracle.testing.assert_close(to_oracle(got.detach()), expected.detach(), atol=1e-5, rtol=1e-5)
    expected.square().sum().backward()
    got.square().sum().backward()
    oracle.testing.assert_close(to_oracle(mine.grad), theirs.grad, atol=1e-4, rtol=1e-4)


def test_parts_are_views():
    z = tiny.complex(tiny.zeros(3), tiny.ones(3))
    z.real.fill_(2)
    z.imag[1] = 5
    assert z.tolist() == [2 + 1j, 2 + 5j, 2 + 1j]
    z.imag = tiny.zeros(3)
    assert z.tolist() == [2, 2, 2]
    pairs = tiny.view_as_real(z)
    pairs[0, 1] = -1
    assert z[0].item() == 2 - 1j
    assert tiny.view_as_complex(pairs).data_ptr() == z.data_ptr()


def refused(t):
    return [
        lambda: t.ones(2, dtype=t.complex64).abs_(),
        lambda: t.imag(t.ones(2)),
        lambda: t.ones(2).imag,
        lambda: t.view_as_real(t.ones(2)),
        lambda: t.view_as_complex(t.ones(3)),
        lambda: t.view_as_complex(t.ones(2, dtype=t.int64)),
        lambda: t.view_as_complex(t.ones(2, 4).t()[:2]),
        lambda: t.view_as_complex(t.ones(5)[1:3]),
        lambda: t.view_as_complex(t.tensor(1.0)),
        lambda: t.complex(t.ones(2), t.ones(2, dtype=t.float64)),
        lambda: t.complex(t.ones(2, dtype=t.int64), t.ones(2, dtype=t.int64)),
        lambda: t.polar(t.ones(2), t.ones(3)),
        lambda: t.complex(t.ones(2), t.ones(2), out=t.ones(2)),
    ]


@pytest.mark.parametrize("number", range(len(refused(oracle))))
def test_refusals(number):
    errors = []
    for library in (oracle, tiny):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            refused(library)[number]()
        errors.append(caught.type)
    assert errors[0] is errors[1]
