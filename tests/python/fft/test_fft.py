"""Fourier transforms against PyTorch: values, dtypes, both derivatives, refusals."""

import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
REAL_INPUT = {"rfft", "ihfft", "rfft2", "ihfft2", "rfftn", "ihfftn"}
NORMS = [None, "forward", "ortho"]


def inputs(name, shape, dtype="float64"):
    real = oracle.randn(*shape, dtype=getattr(oracle, dtype))
    if name in REAL_INPUT:
        return real
    return oracle.complex(real, oracle.randn(*shape, dtype=real.dtype))


def ours(t):
    return torch.from_numpy(t.numpy().copy())


def check(name, t, *args, factor=64, **kwargs):
    wanted = getattr(oracle.fft, name)(t, *args, **kwargs)
    got = oracle.from_numpy(getattr(torch.fft, name)(ours(t), *args, **kwargs).numpy())
    eps = oracle.finfo(wanted.dtype).eps
    scale = float(wanted.abs().max()) if wanted.numel() else 1.0
    oracle.testing.assert_close(got, wanted, rtol=factor * eps, atol=factor * eps * max(1.0, scale))


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 8, 12, 13, 17, 30, 97, 128, 210, 289, 1024, 1361])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lengths(name, length, dtype):
    if length == 1 and name in ("irfft", "hfft"):
        check(name, inputs(name, (2, 1), dtype), 1)
        return
    check(name, inputs(name, (3, length), dtype))


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("length", [6, 16, 48, 100, 400, 512, 1009])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lines", [1, 2, 16, 35])
def test_lines_along_any_dim(name, length, dtype, lines):
    """Vectors hold adjacent lines, lines brought together, or parts of one line."""
    for shape, dim in [((lines, length), 1), ((length, lines), 0), ((2, length, lines), 1)]:
        check(name, inputs(name, shape, dtype), None, dim)


@pytest.mark.parametrize("shape", [(70000, 3), (70000, 17), (65536, 2), (65537, 2)])
def test_long_lines(shape):
    check("fft", inputs("fft", shape, "float32"), None, 0)


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 4, 7, 9])
@pytest.mark.parametrize("dim", [-1, 0, 1])
def test_options(name, norm, n, dim):
    check(name, inputs(name, (5, 7, 6)), n, dim, norm)


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("norm", NORMS)
def test_several_dims(name, norm):
    t = inputs(name, (3, 4, 5, 6))
    check(name + "2", t, norm=norm)
    check(name + "2", t, (5, 7), (0, 2), norm)
    check(name + "n", t, norm=norm)
    check(name + "n", t, (4, -1), norm=norm)
    check(name + "n", t, None, (2, 0, 1), norm)


def test_strided_and_integer_input():
    t = inputs("fft", (8, 6)).t()[::2]
    got = torch.fft.fft(ours(inputs("fft", (1,))).new_empty(0).new_zeros(3, 8).copy_(ours(t.contiguous())))
    oracle.testing.assert_close(oracle.from_numpy(got.numpy()), oracle.fft.fft(t))
    numbers = torch.tensor([1, 2, 3])
    assert torch.fft.fft(numbers).dtype == torch.complex64
    assert torch.fft.fft(torch.zeros(0, 4)).shape == (0, 4)


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
@pytest.mark.parametrize("n", [1, 4, 5])
def test_frequencies(name, n):
    got = getattr(torch.fft, name)(n, 0.5, dtype=torch.float64)
    oracle.testing.assert_close(oracle.from_numpy(got.numpy()), getattr(oracle.fft, name)(n, 0.5, dtype=oracle.float64))


@pytest.mark.parametrize("dim", [None, 0, (0, 1)])
def test_shifts(dim):
    t = oracle.arange(20.0).reshape(4, 5)
    for name in ("fftshift", "ifftshift"):
        got = getattr(torch.fft, name)(ours(t), dim)
        assert got.tolist() == getattr(oracle.fft, name)(t, dim).tolist()


REAL_FUNCTIONS = {
    "rfft and back": lambda a: torch.fft.irfft(torch.fft.rfft(a) * torch.fft.rfft(a.flip(0)), n=a.shape[-1]),
    "odd": lambda a: torch.fft.irfft(torch.fft.rfft(a, n=5, norm="ortho"), n=7),
    "hfft": lambda a: torch.fft.hfft(torch.fft.ihfft(a), n=a.shape[-1], norm="forward"),
    "fft": lambda a: torch.fft.ifft(torch.fft.fft(a) * torch.fft.fft(a)).real,
    "two dims": lambda a: torch.fft.irfft2(torch.fft.rfft2(a) * 2, s=a.shape),
}


@pytest.mark.parametrize("name", REAL_FUNCTIONS)
def test_derivatives(name):
    a = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(REAL_FUNCTIONS[name], (a,))
    assert torch.autograd.gradgradcheck(REAL_FUNCTIONS[name], (a,))


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.fft.fft(torch.zeros(3), n=0),
        lambda: torch.fft.fft(torch.zeros(3), norm="none"),
        lambda: torch.fft.rfft(torch.zeros(3, dtype=torch.complex64)),
        lambda: torch.fft.fft(torch.zeros(3, dtype=torch.bfloat16)),
        lambda: torch.fft.fftn(torch.zeros(3, 3), dim=(0, 0)),
        lambda: torch.fft.fftn(torch.zeros(3, 3), s=(1, 2, 3)),
        lambda: torch.fft.irfft(torch.zeros(1)),
        lambda: torch.fft.rfftn(torch.zeros(0, 3)),
    ],
)
def test_wrong_calls(call):
    with pytest.raises(RuntimeError):
        call()
    with pytest.raises(IndexError):
        torch.fft.fft(torch.zeros(3), dim=1)
