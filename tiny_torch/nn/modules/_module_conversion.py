"""The part of `Module` that moves and casts its tensors."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.nn.parameter import Parameter


def _shares_kind(old, new) -> bool:
    """Whether `new` may become the data of `old`, keeping the object `old` (an optimizer may hold it)."""
    return old.is_meta == new.is_meta and old.layout == new.layout


_TO_USAGE = "to() takes (device, dtype, non_blocking), (dtype, non_blocking) or (tensor, non_blocking)"


def _parse_to(*args, device=None, dtype=None, non_blocking=False, copy=False, memory_format=None, **unknown):
    """Sorts the arguments of `Tensor.to` and `Module.to` into (device, dtype, non_blocking, memory_format)."""
    if unknown:
        raise TypeError(f"to() got an unexpected keyword argument '{next(iter(unknown))}'")
    rest = list(args)
    if rest and isinstance(rest[0], torch.Tensor):
        other = rest.pop(0)
        device, dtype = other.device, other.dtype
    else:
        if rest and (rest[0] is None or isinstance(rest[0], (str, int, torch.device))):
            device = rest.pop(0)
        if rest and (rest[0] is None or isinstance(rest[0], torch.dtype)):
            dtype = rest.pop(0)
    if rest and isinstance(rest[0], bool):
        non_blocking = rest.pop(0)
        if rest and isinstance(rest[0], bool):
            rest.pop(0)
    if rest:
        raise TypeError(f"{_TO_USAGE}, but got {', '.join(type(arg).__name__ for arg in args)}")
    if dtype is not None and not isinstance(dtype, torch.dtype):
        raise TypeError(f"to(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    return None if device is None else torch.device(device), dtype, non_blocking, memory_format


class ConversionMixin:
    """`Module.to` and its relatives."""

    def _apply(self, fn, recurse=True):
        """Replaces every parameter, gradient and buffer by ``fn`` of it; parameters stay the same objects if they can."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, param in self._parameters.items():
            if param is None:
                continue
            grad = param.grad
            with torch.no_grad():
                applied = fn(param)
            if _shares_kind(param, applied):
                param.data = applied
            else:
                self._parameters[name] = param = Parameter(applied, param.requires_grad)
            if grad is not None:
                with torch.no_grad():
                    new_grad = fn(grad)
                if _shares_kind(grad, new_grad):
                    grad.data = new_grad
                    param.grad = grad
                else:
                    param.grad = new_grad.requires_grad_(grad.requires_grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def apply(self, fn):
        """Calls ``fn(module)`` for every descendant, children first, and for the module itself; returns the module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def cuda(self, device=None):
        """Moves parameters and buffers to a GPU, in place."""
        return self._apply(lambda t: t.cuda(device))

    def cpu(self):
        """Moves parameters and buffers to the CPU, in place."""
        return self._apply(lambda t: t.cpu())

    def type(self, dst_type):
        """Casts all parameters and buffers to `dst_type`, in place."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self):
        """Casts floating parameters and buffers to float32, in place."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self):
        """Casts floating parameters and buffers to float64, in place."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self):
        """Casts floating parameters and buffers to float16, in place."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self):
        """Casts floating parameters and buffers to bfloat16, in place."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def share_memory(self):
        """Moves parameters and buffers into memory shared between processes; see `Tensor.share_memory_`."""
        return self._apply(lambda t: t.share_memory_())

    def to_empty(self, *, device, recurse: bool = True):
        """Moves the module to `device` without its values: the memory there is uninitialised."""
        return self._apply(lambda t: torch.empty_like(t, device=device), recurse=recurse)

    def to(self, *args, **kwargs):
        """Moves and casts parameters and buffers, in place; returns the module.

        Called as ``to(device, dtype, non_blocking)``, ``to(dtype, non_blocking)``, ``to(tensor, non_blocking)`` (the
        tensor gives device and dtype) or ``to(memory_format=...)``. Only floating and complex tensors are cast;
        `memory_format` changes the strides of those with four or five dimensions.

        Raises:
            TypeError: the dtype asked for is neither floating nor complex.
        """
        device, dtype, non_blocking, memory_format = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )

        def convert(t):
            t_dtype = dtype if t.is_floating_point() or t.is_complex() else None
            options = {"non_blocking": non_blocking}
            if memory_format is not None and t.dim() in (4, 5):
                options["memory_format"] = memory_format
            return t.to(t.device if device is None else device, t.dtype if t_dtype is None else t_dtype, **options)

        return self._apply(convert)
