"""Short-time Fourier transforms and the older window functions of the top-level namespace."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch._queries import warn_once
from tiny_torch.overrides import overridable
from tiny_torch.signal import windows

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window", "istft", "stft"]


def _older(window, window_length, periodic, options, **parameters):
    """These raise RuntimeError where the functions of torch.signal.windows raise ValueError."""
    options.pop("pin_memory", None)
    dtype, requires_grad = options.pop("dtype", None), options.pop("requires_grad", False)
    if dtype is None:
        dtype = torch.get_default_dtype()
    _check(dtype.is_floating_point, f"{window.__name__}_window expects floating point dtypes, got: {dtype}")
    try:
        values = window(window_length, sym=not periodic, dtype=torch.float64, **parameters, **options)
    except ValueError as error:
        raise RuntimeError(str(error)) from None
    return values.to(dtype).requires_grad_(requires_grad)


def hann_window(window_length, periodic=True, **options):
    """:func:`torch.signal.windows.hann`, periodic by default."""
    return _older(windows.hann, window_length, periodic, options)


def hamming_window(window_length, periodic=True, alpha=0.54, beta=0.46, **options):
    """alpha - beta cos(2 pi k / n), periodic by default."""
    return _older(windows.general_cosine, window_length, periodic, options, a=[alpha, beta])


def bartlett_window(window_length, periodic=True, **options):
    """:func:`torch.signal.windows.bartlett`, periodic by default."""
    return _older(windows.bartlett, window_length, periodic, options)


def blackman_window(window_length, periodic=True, **options):
    """:func:`torch.signal.windows.blackman`, periodic by default."""
    return _older(windows.blackman, window_length, periodic, options)


def kaiser_window(window_length, periodic=True, beta=12.0, **options):
    """:func:`torch.signal.windows.kaiser`, periodic by default."""
    return _older(windows.kaiser, window_length, periodic, options, beta=beta)


def _check(condition, message):
    if not condition:
        raise RuntimeError(message)


def _reflected(x, pad):
    """The last dimension with `pad` values mirrored at each end, the end itself not repeated."""
    n = x.shape[-1]
    _check(pad < n, f"stft: expected padding less than the input's length, got {pad} for {n}")
    if pad == 0:
        return x
    return torch.cat([x[..., 1 : pad + 1].flip(-1), x, x[..., n - pad - 1 : n - 1].flip(-1)], -1)


def _padded(x, pad, mode):
    if mode == "reflect":
        return _reflected(x, pad)
    if mode == "constant":
        zeros = x.new_zeros(*x.shape[:-1], pad)
        return torch.cat([zeros, x, zeros], -1)
    if mode == "circular":
        return torch.cat([x[..., -pad:], x, x[..., :pad]], -1)
    _check(mode == "replicate", f"stft: expected pad_mode constant, reflect, replicate or circular, got {mode}")
    ends = [x[..., :1].expand(*x.shape[:-1], pad), x, x[..., -1:].expand(*x.shape[:-1], pad)]
    return torch.cat(ends, -1)


def _full_window(op, window, n_fft, win_length, like):
    """The window centred in n_fft values."""
    _check(
        window is None or (window.dim() == 1 and window.shape[0] == win_length),
        f"{op}: expected a 1D window tensor of size equal to win_length={win_length}, got "
        f"{None if window is None else tuple(window.shape)}",
    )
    if window is None:
        window = torch.ones(win_length, dtype=like.real.dtype if like.is_complex() else like.dtype, device=like.device)
    left = (n_fft - win_length) // 2
    if win_length == n_fft:
        return window
    return torch.cat([window.new_zeros(left), window, window.new_zeros(n_fft - win_length - left)])


@overridable
def stft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    pad_mode="reflect",
    normalized=False,
    onesided=None,
    return_complex=None,
    align_to_window=None,
):
    """Fourier transforms of frames of a signal.

    Args:
        input: (L) or (B, L).
        n_fft: values in a transform; `win_length` of them (all by default) are weighted by `window`.
        hop_length: distance between frames, n_fft // 4 by default.
        center: pads so that frame t is centred at t * hop_length.
        onesided: the first half of the spectrum only; the default for real input.
        return_complex: required for real input; without it real and imaginary parts are a last dimension.

    Returns:
        ([B,] frequencies, frames).
    """
    if window is None:
        warn_once(
            "stft: A window was not provided. A rectangular window will be applied, which leaks between frequencies; "
            "pass torch.hann_window() or another one, or torch.ones() to say so.",
            stacklevel=4,
        )
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    _check(input.dim() in (1, 2), f"stft: expected a 1D or 2D tensor, got {input.dim()}D")
    _check(
        input.is_floating_point() or input.is_complex(), "stft: expected a tensor of floating point or complex values"
    )
    _check(hop_length > 0, f"stft: expected hop_length > 0, but got hop_length={hop_length}")
    _check(0 < win_length <= n_fft, f"stft: expected 0 < win_length <= n_fft, but got win_length={win_length}")
    complex_input = input.is_complex() or (window is not None and window.is_complex())
    if return_complex is None:
        _check(complex_input, "stft requires the return_complex parameter be given for real inputs.")
        return_complex = True
    if not return_complex:
        warn_once(
            "stft with return_complex=False is deprecated; torch.view_as_real() gives the same from the result.",
            stacklevel=4,
        )
    onesided = not complex_input if onesided is None else onesided
    _check(not (onesided and complex_input), "Cannot have onesided output if window or input is complex")
    x = input if input.dim() == 2 else input.unsqueeze(0)
    if center:
        x = _padded(x, n_fft // 2, pad_mode)
    _check(0 < n_fft <= x.shape[-1], f"stft: expected 0 < n_fft <= {x.shape[-1]}, but got n_fft={n_fft}")
    x = x.contiguous()
    frames = 1 + (x.shape[-1] - n_fft) // hop_length
    pieces = x.as_strided((x.shape[0], frames, n_fft), (x.stride(0), hop_length, 1))
    weighted = pieces * _full_window("stft", window, n_fft, win_length, x)
    transform = torch.fft.rfft if onesided else torch.fft.fft
    result = transform(weighted, norm="ortho" if normalized else None).transpose(1, 2)
    result = result if input.dim() == 2 else result.squeeze(0)
    return result if return_complex else torch.stack([result.real, (result * -1j).real], -1)


@overridable
def istft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    normalized=False,
    onesided=None,
    length=None,
    return_complex=False,
):
    """The signal whose :func:`stft` is nearest to `input` (Griffin and Lim, 1984).

    Args:
        input: complex, ([B,] frequencies, frames); the other arguments as they were given to stft.
        length: values of the result; what the frames cover by default.

    Raises:
        RuntimeError: windows whose overlapping squares sum to zero somewhere.
    """
    if window is None:
        warn_once(
            "istft: A window was not provided. A rectangular window will be applied; pass the window of stft, by "
            "which the inversion is exact.",
            stacklevel=4,
        )
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    _check(
        input.is_complex(),
        "istft requires a complex-valued input tensor matching the output from stft with return_complex=True.",
    )
    _check(input.numel() > 0, "istft: input tensor cannot be empty.")
    _check(input.dim() in (2, 3), f"istft: expected a tensor with 2 or 3 dimensions, got {input.dim()}")
    _check(0 < hop_length <= win_length, f"istft: expected 0 < hop_length <= win_length, got {hop_length}")
    _check(0 < win_length <= n_fft, f"istft: expected 0 < win_length <= n_fft, got {win_length}")
    x = input if input.dim() == 3 else input.unsqueeze(0)
    onesided = x.shape[1] != n_fft if onesided is None else onesided
    expected = n_fft // 2 + 1 if onesided else n_fft
    _check(x.shape[1] == expected, f"istft: expected the frequency dimension to be {expected}, got {x.shape[1]}")
    _check(not (return_complex and onesided), "istft: cannot have onesided input with return_complex")
    norm = "ortho" if normalized else None
    spectra = x.transpose(1, 2)
    frames = torch.fft.irfft(spectra, n_fft, norm=norm) if onesided else torch.fft.ifft(spectra, norm=norm)
    frames = frames if return_complex or onesided else frames.real
    weights = _full_window("istft", window, n_fft, win_length, frames)
    count = frames.shape[1]
    total = n_fft + hop_length * (count - 1)
    places = (torch.arange(count) * hop_length).unsqueeze(1) + torch.arange(n_fft)
    places = places.reshape(-1).to(frames.device)
    weighted = (frames * weights).reshape(frames.shape[0], -1)
    signal = weighted.new_zeros(frames.shape[0], total).index_add(1, places, weighted)
    squares = (weights * weights).expand(count, n_fft).reshape(-1)
    envelope = squares.new_zeros(total).index_add(0, places, squares)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - n_fft // 2 if center else total
    signal, envelope = signal[:, start:end], envelope[start:end]
    _check(float(envelope.abs().min()) > 1e-11, "istft: window overlap add min: 1, the windows leave a gap")
    signal = signal / envelope
    missing = end - total
    if length is not None and missing > 0:
        signal = torch.cat([signal, signal.new_zeros(signal.shape[0], missing)], 1)
    return signal if input.dim() == 3 else signal.squeeze(0)
