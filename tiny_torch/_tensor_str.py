"""Text form of tensors, character for character as PyTorch prints them.

Everything is computed from Python numbers fetched by a single ``tolist()``. The tensor operations needed are
``detach``, ``narrow`` and ``cat`` (summaries only), ``tolist`` and the metadata accessors.
"""

import math

import tiny_torch as torch
from tiny_torch._utils import _parameter_class

__all__ = ["get_printoptions", "printoptions", "set_printoptions"]


class _PrinterOptions:
    __slots__ = ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")

    def __init__(self):
        self.precision = 4
        self.threshold = 1000
        self.edgeitems = 3
        self.linewidth = 80
        self.sci_mode = None


PRINT_OPTS = _PrinterOptions()

_PROFILES = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Sets how tensors are printed; source: ``torch.set_printoptions``.

    Args:
        precision (int): digits after the decimal point (4).
        threshold (int): tensors with more elements than this are summarised (1000).
        edgeitems (int): items shown at each end of a summarised dimension (3).
        linewidth (int): characters per line (80).
        profile (str): ``'default'``, ``'short'`` or ``'full'``; applied before the other arguments.
        sci_mode (bool): scientific notation on, off, or chosen from the values (None).
    """
    for name, value in _PROFILES.get(profile, {}).items():
        setattr(PRINT_OPTS, name, value)
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, value in given.items():
        if value is not None:
            setattr(PRINT_OPTS, name, value)
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions():
    """Returns the print options as a dict that ``set_printoptions(**options)`` takes back."""
    return {name: getattr(PRINT_OPTS, name) for name in _PrinterOptions.__slots__}


class printoptions:
    """Context manager that sets print options, see :func:`set_printoptions`, and restores them on exit."""

    def __init__(self, **kwargs):
        self._kwargs = kwargs

    def __enter__(self):
        self._saved = get_printoptions()
        set_printoptions(**self._kwargs)

    def __exit__(self, *exc_info):
        set_printoptions(**self._saved)


class _Formatter:
    """Chooses one format for all values of a tensor: a width, and integer, fixed or scientific notation."""

    __slots__ = ("width", "_is_float", "_spec", "_as_int")

    def __init__(self, values, is_float):
        self.width = 1
        self._is_float = is_float
        self._spec = None
        self._as_int = True
        if not is_float:
            self.width = max(1, max(map(len, map(str, values)), default=1))
            return
        numbers = [v for v in values if v and math.isfinite(v)]
        if not numbers:
            return
        magnitudes = [abs(v) for v in numbers]
        low, high = min(magnitudes), max(magnitudes)
        self._as_int = all(v.is_integer() for v in numbers)
        scientific = PRINT_OPTS.sci_mode
        if scientific is None:
            scientific = high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
        if scientific:
            self._spec = f".{PRINT_OPTS.precision}e"
            self._as_int = False
        elif not self._as_int:
            self._spec = f".{PRINT_OPTS.precision}f"
        if self._as_int:
            self.width = max(1, max(len(f"{v:.0f}") for v in numbers) + 1)
        else:
            self.width = max(1, max(len(format(v, self._spec)) for v in numbers))

    def format(self, value):
        if not self._is_float:
            text = str(value)
        elif self._as_int:
            text = f"{value:.0f}"
            if math.isfinite(value):
                text += "."
        else:
            text = format(value, self._spec)
        return text.rjust(self.width)


class _ComplexFormatter:
    """Formats real and imaginary parts, each by its own :class:`_Formatter`."""

    __slots__ = ("width", "_real", "_imag")

    def __init__(self, values):
        self._real = _Formatter([v.real for v in values], True)
        self._imag = _Formatter([v.imag for v in values], True)
        self.width = self._real.width + self._imag.width + 1

    def format(self, value):
        imag = self._imag.format(value.imag).lstrip() + "j"
        sign = "" if imag[0] in "+-" else "+"
        return self._real.format(value.real) + sign + imag


def _flatten(nested, dim):
    for _ in range(dim - 1):
        nested = [item for part in nested for item in part]
    return nested


def _summarized(tensor, edge):
    for dim, size in enumerate(tensor.shape):
        if size > 2 * edge:
            parts = (tensor.narrow(dim, 0, edge), tensor.narrow(dim, size - edge, edge))
            tensor = torch.cat(parts, dim)
    return tensor


def _vector_str(values, indent, cut, formatter):
    texts = [formatter.format(v) for v in values]
    if cut:
        texts = [*texts[: PRINT_OPTS.edgeitems], " ...", *texts[PRINT_OPTS.edgeitems :]] if texts else ["..."]
    per_line = max(1, math.floor((PRINT_OPTS.linewidth - indent) / (formatter.width + 2)))
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _nested_str(nested, indent, cuts, formatter):
    if len(cuts) == 1:
        return _vector_str(nested, indent, cuts[0], formatter)
    slices = [_nested_str(part, indent + 1, cuts[1:], formatter) for part in nested]
    if cuts[0]:
        slices.insert(PRINT_OPTS.edgeitems, "...")
    return "[" + ("," + "\n" * (len(cuts) - 1) + " " * (indent + 1)).join(slices) + "]"


def _contents_str(tensor, indent):
    """The bracketed values of a tensor with memory, without prefix and suffixes."""
    if tensor.numel() == 0:
        return "[]"
    dim = tensor.dim()
    edge = PRINT_OPTS.edgeitems
    cuts = [False] * dim
    if tensor.numel() > PRINT_OPTS.threshold:
        cuts = [size > 2 * edge for size in tensor.shape]
        tensor = _summarized(tensor, edge)
    nested = tensor.tolist() if tensor.numel() else []
    values = _flatten(nested, dim) if dim else [nested]
    dtype = tensor.dtype
    formatter = _ComplexFormatter(values) if dtype.is_complex else _Formatter(values, dtype.is_floating_point)
    if dim == 0:
        return formatter.format(nested)
    return _nested_str(nested, indent, cuts, formatter)


def _add_suffixes(text, suffixes, indent):
    parts = [text]
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > PRINT_OPTS.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            column = indent + len(suffix)
        else:
            parts.append(", " + suffix)
            column += len(suffix) + 2
    parts.append(")")
    return "".join(parts)


def _grad_suffix(tensor):
    try:
        grad_fn = tensor.grad_fn
    except RuntimeError:
        # A view made and modified under no_grad has no valid history to name.
        return "grad_fn=<Invalid>"
    if grad_fn is not None:
        name = type(grad_fn).__name__
        if name == "CppFunction":
            name = grad_fn.name().rsplit("::", 1)[-1]
        return f"grad_fn=<{name}>"
    return "requires_grad=True" if tensor.requires_grad else None


def _device_suffix(device):
    if device.type == "cpu" or (device.type == "cuda" and _is_default_cuda(device)):
        return None
    return f"device='{device}'"


def _is_default_cuda(device):
    get_default = getattr(torch._C, "_get_default_device", None)
    return get_default is not None and get_default() == "cuda" and torch.cuda.current_device() == device.index


def _has_default_dtype(dtype):
    default = torch.get_default_dtype()
    default_complex = torch.complex128 if default == torch.float64 else torch.complex64
    return dtype in (default, default_complex, torch.int64, torch.bool)


def _str(self, *, tensor_contents=None):
    """Returns what ``repr(tensor)`` shows; `tensor_contents` replaces the bracketed values."""
    cls = type(self)
    parameter_class = _parameter_class()
    is_plain = cls is torch.Tensor or cls is parameter_class
    prefix = "tensor(" if is_plain else f"{cls.__name__}("
    indent = len(prefix)
    # Values are read from a plain detached tensor: a subclass's __torch_function__ must not see the reads.
    data = self.detach() if cls is torch.Tensor else torch.Tensor.as_subclass(self.detach(), torch.Tensor)
    dtype = data.dtype
    suffixes = []
    device_suffix = _device_suffix(data.device)
    if device_suffix:
        suffixes.append(device_suffix)
    size_suffix = f"size={tuple(data.shape)}"
    if data.is_meta:
        contents = "..."
        suffixes.append(size_suffix)
        show_dtype = dtype != torch.get_default_dtype()
    elif data.numel() == 0:
        contents = "[]"
        if data.dim() != 1:
            suffixes.append(size_suffix)
        show_dtype = dtype != torch.get_default_dtype()
    else:
        contents = None
        if not PRINT_OPTS.edgeitems:
            suffixes.append(size_suffix)
        show_dtype = not _has_default_dtype(dtype)
    if show_dtype:
        suffixes.append(f"dtype={dtype}")
    if tensor_contents is not None:
        contents = tensor_contents
    elif contents is None:
        contents = _contents_str(data, indent)
    grad_suffix = _grad_suffix(self)
    if grad_suffix:
        suffixes.append(grad_suffix)
    text = _add_suffixes(prefix + contents, suffixes, indent)
    if not is_plain and parameter_class is not None and isinstance(self, parameter_class):
        text = f"Parameter({text})"
    return text
