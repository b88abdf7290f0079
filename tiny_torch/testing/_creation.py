"""make_tensor: random tensors for tests."""

import math

import tiny_torch as torch

_RANGES = {torch.uint8: (0, 10), torch.bool: (0, 2)}


def _bounds(dtype, low, high):
    """Limits for values of a dtype; outside of what it can hold they are moved in."""
    floating = dtype.is_floating_point or dtype.is_complex
    default = (-9, 9) if floating else _RANGES.get(dtype, (-9, 10))
    low = default[0] if low is None else low
    high = default[1] if high is None else high
    for name, value in (("low", low), ("high", high)):
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(f"`{name}` cannot be NaN, but got {low=} and {high=}")
    if low > high or (low == high and not floating):
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    if dtype is torch.bool:
        return max(int(low), 0), min(int(high), 2)
    info = torch.finfo(dtype) if floating else torch.iinfo(dtype)
    low, high = max(low, info.min), min(high, info.max if floating else info.max + 1)
    return (low, high) if floating else (math.ceil(low), math.ceil(high))


def make_tensor(
    *shape,
    dtype,
    device="cpu",
    low=None,
    high=None,
    requires_grad=False,
    noncontiguous=False,
    exclude_zero=False,
    memory_format=None,
):
    """A tensor of random values between `low` (included) and `high`.

    Args:
        shape: the sizes, or one sequence of them.
        dtype (torch.dtype): by default values are in [-9, 9) for floating-point and complex, [0, 10) for uint8, {0, 1}
            for bool, and [-9, 10) for the other integers.
        noncontiguous (bool): every second element of a larger tensor.
        exclude_zero (bool): put the smallest positive number, or one, in the place of zeros.

    Raises:
        ValueError: `low` is not below `high`, or `requires_grad` for an integer dtype.
    """
    if len(shape) == 1 and not isinstance(shape[0], int):
        shape = tuple(shape[0])
    floating = dtype.is_floating_point or dtype.is_complex
    if requires_grad and not floating:
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}")
    if noncontiguous and memory_format is not None:
        raise ValueError(
            f"The parameters `noncontiguous` and `memory_format` are mutually exclusive, got {memory_format=}"
        )
    low, high = _bounds(dtype, low, high)
    wide = (*shape[:-1], 2 * shape[-1]) if noncontiguous and shape else shape
    if dtype.is_complex:
        real = torch.float32 if dtype is torch.complex64 else torch.float64
        parts = [(torch.rand(wide, dtype=real, device=device) * (high - low) + low).to(dtype) for _ in range(2)]
        result = parts[0] + parts[1] * 1j
    elif floating:
        compute = torch.float64 if dtype is torch.float64 else torch.float32
        result = (torch.rand(wide, dtype=compute, device=device) * (high - low) + low).clamp(low, high).to(dtype)
    else:
        result = torch.randint(low, high, wide, device=device).to(dtype)
    if exclude_zero:
        smallest = torch.finfo(dtype).tiny if floating else 1
        result[result == 0] = smallest
    if noncontiguous and shape:
        result = result[..., ::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    return result.requires_grad_(requires_grad) if requires_grad else result
