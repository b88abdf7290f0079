"""Window functions and short-time transforms against PyTorch."""

import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

WINDOWS = [
    ("bartlett", {}),
    ("blackman", {}),
    ("cosine", {}),
    ("exponential", {"tau": 2.5}),
    ("gaussian", {"std": 3.0}),
    ("general_cosine", {"a": [0.46, 0.23, 0.31]}),
    ("general_hamming", {"alpha": 0.6}),
    ("hamming", {}),
    ("hann", {}),
    ("kaiser", {"beta": 8.0}),
    ("nuttall", {}),
]


def theirs(t):
    return oracle.from_numpy(t.detach().numpy())


@pytest.mark.parametrize("name, options", WINDOWS)
@pytest.mark.parametrize("M", [0, 1, 2, 7, 12])
@pytest.mark.parametrize("sym", [True, False])
def test_windows(name, options, M, sym):
    got = getattr(torch.signal.windows, name)(M, sym=sym, dtype=torch.float64, **options)
    wanted = getattr(oracle.signal.windows, name)(M, sym=sym, dtype=oracle.float64, **options)
    oracle.testing.assert_close(theirs(got), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["hann", "hamming", "bartlett", "blackman", "kaiser"])
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("length", [0, 1, 9])
def test_older_windows(name, periodic, length):
    got = getattr(torch, name + "_window")(length, periodic)
    wanted = getattr(oracle, name + "_window")(length, periodic)
    oracle.testing.assert_close(theirs(got), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hop_length": 3, "win_length": 10},
        {"center": False},
        {"pad_mode": "constant"},
        {"pad_mode": "circular"},
        {"pad_mode": "replicate"},
        {"normalized": True},
        {"onesided": False},
        {"return_complex": False},
    ],
)
@pytest.mark.parametrize("shape", [(50,), (2, 47)])
def test_stft(options, shape):
    x = oracle.randn(*shape, dtype=oracle.float64)
    options = {"return_complex": True, **options}
    window = oracle.hann_window(options.get("win_length", 16), dtype=oracle.float64)
    wanted = oracle.stft(x, 16, window=window, **options)
    got = torch.stft(torch.from_numpy(x.numpy()), 16, window=torch.from_numpy(window.numpy()), **options)
    oracle.testing.assert_close(theirs(got), wanted)


@pytest.mark.parametrize("options", [{}, {"normalized": True}, {"onesided": False}, {"length": 45}, {"center": False}])
def test_istft(options):
    x = oracle.randn(2, 48, dtype=oracle.float64)
    window = oracle.hamming_window(16, dtype=oracle.float64)
    common = {k: v for k, v in options.items() if k != "length"}
    spectrum = oracle.stft(x, 16, window=window, return_complex=True, **common)
    wanted = oracle.istft(spectrum, 16, window=window, **options)
    got = torch.from_numpy(spectrum.numpy()).istft(16, window=torch.from_numpy(window.numpy()), **options)
    oracle.testing.assert_close(theirs(got), wanted)


def test_stft_derivatives():
    x = torch.randn(40, dtype=torch.float64, requires_grad=True)
    f = lambda t: torch.stft(t, 8, window=torch.hann_window(8, dtype=torch.float64), return_complex=False)
    assert torch.autograd.gradcheck(f, (x,))


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.stft(torch.zeros(50), 16),
        lambda: torch.stft(torch.zeros(50), 0, return_complex=True),
        lambda: torch.stft(torch.zeros(50), 16, window=torch.ones(3), return_complex=True),
        lambda: torch.stft(torch.zeros(2, 2, 50), 16, return_complex=True),
        lambda: torch.istft(torch.zeros(9, 5), 16),
        lambda: torch.istft(torch.zeros(9, 5, dtype=torch.complex64), 16, window=torch.zeros(16)),
        lambda: torch.hann_window(-1),
    ],
)
def test_wrong_calls(call):
    with pytest.raises(RuntimeError):
        call()


def test_wrong_windows():
    for name, options in [("gaussian", {"std": 0}), ("kaiser", {"beta": -1}), ("exponential", {"center": 2.0})]:
        with pytest.raises(ValueError):
            getattr(torch.signal.windows, name)(4, **options)
    with pytest.raises(ValueError):
        torch.signal.windows.hann(4, dtype=torch.int64)
