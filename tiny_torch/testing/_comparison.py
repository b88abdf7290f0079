"""assert_close: tensors, numbers and containers of them, compared with tolerances that fit their dtype."""

import cmath
import math
from collections.abc import Mapping, Sequence

import tiny_torch as torch

# rtol, atol; integers and bool have to be equal.
_TOLERANCES = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}
_NUMBERS = {int: torch.int64, float: torch.float64, complex: torch.complex128}


class _Mismatch(Exception):
    """What does not match, and at which place of the containers."""

    def __init__(self, text, kind=AssertionError):
        super().__init__(text)
        self.kind, self.path = kind, []

    def full_text(self, msg):
        where = "".join(f"[{key!r}]" for key in reversed(self.path))
        text = str(self) + (f"\n\nThe failure occurred for item {where}" if where else "")
        if msg is None or self.kind is not AssertionError:
            return text
        return msg(text) if callable(msg) else msg


def default_tolerances(*inputs):
    """(rtol, atol) for tensors or dtypes: the larger of theirs."""
    dtypes = [i.dtype if isinstance(i, torch.Tensor) else i for i in inputs]
    pairs = [_TOLERANCES.get(dtype, (0.0, 0.0)) for dtype in dtypes]
    return max(p[0] for p in pairs), max(p[1] for p in pairs)


class _Options:
    def __init__(self, rtol, atol, equal_nan, check):
        if (rtol is None) != (atol is None):
            missing = "atol" if atol is None else "rtol"
            raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
        self.rtol, self.atol, self.equal_nan, self.check = rtol, atol, equal_nan, check

    def tolerances(self, *dtypes):
        return default_tolerances(*dtypes) if self.rtol is None else (self.rtol, self.atol)


def _difference_text(title, lines):
    return "\n".join([title, "", *lines])


def _allowed(tolerance, exact):
    return "" if exact else f" (up to {tolerance} allowed)"


def _compare_numbers(actual, expected, options):
    rtol, atol = options.tolerances(_NUMBERS[type(actual)], _NUMBERS[type(expected)])
    if options.check["check_dtype"] and type(actual) is not type(expected):
        raise _Mismatch(f"The (d)types do not match: {type(actual)} != {type(expected)}.")
    difference = abs(actual - expected)
    tolerance = atol + rtol * abs(expected)
    nans = cmath.isnan(actual) and cmath.isnan(expected)
    if actual == expected or (options.equal_nan and nans) or (cmath.isfinite(difference) and difference <= tolerance):
        return
    exact = rtol == atol == 0
    relative = float("inf") if expected == 0 else difference / abs(expected)
    raise _Mismatch(
        _difference_text(
            f"Scalars are not {'equal' if exact else 'close'}!",
            [
                f"Expected {expected} but got {actual}.",
                f"Absolute difference: {difference}{_allowed(atol, exact)}",
                f"Relative difference: {relative}{_allowed(rtol, exact)}",
            ],
        )
    )


def _check_attributes(actual, expected, check):
    def differ(name, a, b):
        raise _Mismatch(f"The values for attribute '{name}' do not match: {a} != {b}.")

    if actual.shape != expected.shape:
        differ("shape", actual.shape, expected.shape)
    if check["check_layout"] and actual.layout != expected.layout:
        differ("layout", actual.layout, expected.layout)
    if check["check_device"] and actual.device != expected.device:
        differ("device", actual.device, expected.device)
    if check["check_dtype"] and actual.dtype != expected.dtype:
        differ("dtype", actual.dtype, expected.dtype)
    if check["check_stride"] and actual.stride() != expected.stride():
        differ("stride()", actual.stride(), expected.stride())


def _unravel(index, shape):
    place = []
    for size in reversed(shape):
        place.append(index % size)
        index //= size
    return tuple(reversed(place))


def _largest(differences, wrong):
    """The largest difference among the wrong elements and its index."""
    flat = differences.double().where(wrong, torch.zeros((), dtype=torch.float64) - 1).reshape(-1)
    at = int(flat.argmax().item())
    return flat[at].item(), at


def _magnitude(values):
    return (values * values.conj()).real.sqrt() if values.dtype.is_complex else values.abs()


def _is_close(actual, expected, rtol, atol, equal_nan):
    if not actual.dtype.is_complex:
        return torch.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan)
    difference = _magnitude(actual - expected)
    close = (actual == expected) | (difference.isfinite() & (difference <= atol + rtol * _magnitude(expected)))
    return close | ((actual != actual) & (expected != expected)) if equal_nan else close


def _tensor_mismatch(actual, expected, wrong, rtol, atol):
    exact = rtol == atol == 0
    integral = not (actual.dtype.is_floating_point or actual.dtype.is_complex)
    if integral:
        # Differences of small integers would wrap around.
        actual, expected = actual.to(torch.int64), expected.to(torch.int64)
    absolute = _magnitude(actual - expected)
    relative = absolute / _magnitude(expected)
    count, total = int(wrong.sum().item()), max(wrong.numel(), 1)
    shape = wrong.shape

    def greatest(name, differences, tolerance, as_int=False):
        value, at = _largest(differences, wrong)
        value = int(value) if as_int else value
        place = f" at index {_unravel(at, shape)}" if shape else ""
        return f"Greatest {name} difference: {value}{place}{_allowed(tolerance, exact)}"

    title = f"Tensor-likes are not {'equal' if exact else 'close'}!"
    if not shape:
        difference, size = abs(actual.item() - expected.item()), abs(expected.item())
        number_lines = [
            f"Expected {expected.item()} but got {actual.item()}.",
            f"Absolute difference: {difference}{_allowed(atol, exact)}",
            f"Relative difference: {difference / size if size else math.inf}{_allowed(rtol, exact)}",
        ]
        return _difference_text(f"Scalars are not {'equal' if exact else 'close'}!", number_lines)
    return _difference_text(
        title,
        [
            f"Mismatched elements: {count} / {total} ({count / total:.1%})",
            greatest("absolute", absolute, atol, integral),
            greatest("relative", relative, rtol),
        ],
    )


def _compare_tensors(actual, expected, options):
    _check_attributes(actual, expected, options.check)
    rtol, atol = options.tolerances(actual.dtype, expected.dtype)
    actual, expected = actual.detach(), expected.detach()
    if actual.is_meta or expected.is_meta:
        return
    actual, expected = actual.cpu(), expected.cpu()
    common = torch.promote_types(actual.dtype, expected.dtype)
    actual, expected = actual.to(common), expected.to(common)
    close = _is_close(actual, expected, rtol, atol, options.equal_nan)
    if not bool(close.all()):
        raise _Mismatch(_tensor_mismatch(actual, expected, close.logical_not(), rtol, atol))


def _compare_item(key, actual, expected, options):
    try:
        _compare(actual, expected, options)
    except _Mismatch as mismatch:
        mismatch.path.append(key)
        raise


def _compare_mappings(actual, expected, options):
    if actual.keys() != expected.keys():
        missing = sorted(expected.keys() - actual.keys(), key=str)
        additional = sorted(actual.keys() - expected.keys(), key=str)
        raise _Mismatch(
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {missing}\nAdditional keys in the actual mapping: {additional}"
        )
    for key in actual:
        _compare_item(key, actual[key], expected[key], options)


def _is_sequence(value):
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value):
    return type(value) in _NUMBERS


def _as_number_or_tensor(value):
    """NumPy's arrays and scalars are compared as tensors and numbers."""
    kind = type(value).__module__
    if kind == "numpy":
        return torch.as_tensor(value) if hasattr(value, "__array_interface__") and value.ndim else value.item()
    return value


def _compare(actual, expected, options):
    actual, expected = _as_number_or_tensor(actual), _as_number_or_tensor(expected)
    if isinstance(actual, torch.Tensor) and isinstance(expected, torch.Tensor):
        if not options.check["allow_subclasses"] and type(actual) is not type(expected):
            raise _Mismatch(_no_pair(actual, expected), TypeError)
        _compare_tensors(actual, expected, options)
    elif _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise _Mismatch(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}")
        for i, (a, b) in enumerate(zip(actual, expected, strict=True)):
            _compare_item(i, a, b, options)
    elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
        _compare_mappings(actual, expected, options)
    elif actual is None or expected is None:
        if actual is not expected:
            raise _Mismatch(f"None mismatch: {actual} is not {expected}")
    elif isinstance(actual, bool) and isinstance(expected, bool):
        if actual is not expected:
            raise _Mismatch(f"Booleans mismatch: {actual} is not {expected}")
    elif _is_number(actual) and _is_number(expected):
        _compare_numbers(actual, expected, options)
    else:
        raise _Mismatch(_no_pair(actual, expected), TypeError)


def _no_pair(actual, expected):
    return f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."


def assert_close(
    actual,
    expected,
    *,
    allow_subclasses=True,
    rtol=None,
    atol=None,
    equal_nan=False,
    check_device=True,
    check_dtype=True,
    check_layout=True,
    check_stride=False,
    msg=None,
):
    """Raises unless ``|actual - expected| <= atol + rtol * |expected|`` for all elements.

    Args:
        actual, expected: tensors, Python or NumPy numbers, or sequences and mappings of them.
        rtol, atol (float): both or neither; by default what fits the dtype, 1.3e-6 and 1e-5 for float32.
        equal_nan (bool): let nan be equal to nan.
        check_device, check_dtype, check_layout, check_stride (bool): whether these have to be the same.
        msg (str or callable): the error's text, or a function of the text that it would have.

    Raises:
        AssertionError: they differ; the text says by how much and where.
        TypeError: they cannot be compared.
        ValueError: only one of `rtol` and `atol` was given.
    """
    __tracebackhide__ = True
    check = {
        "allow_subclasses": allow_subclasses,
        "check_device": check_device,
        "check_dtype": check_dtype,
        "check_layout": check_layout,
        "check_stride": check_stride,
    }
    options = _Options(rtol, atol, equal_nan, check)
    error = None
    try:
        _compare(actual, expected, options)
    except _Mismatch as mismatch:
        error = mismatch.kind(mismatch.full_text(msg))
    if error is not None:
        raise error


def assert_allclose(actual, expected, rtol=None, atol=None, equal_nan=True, msg=""):
    """The older form of `assert_close`: dtypes may differ, nan equals nan."""
    if not isinstance(actual, torch.Tensor):
        actual = torch.tensor(actual)
    if not isinstance(expected, torch.Tensor):
        expected = torch.tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        rtol, atol = default_tolerances(actual, expected)
    assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)
