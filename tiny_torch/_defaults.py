"""Defaults of new tensors: dtype and device."""

from tiny_torch import _C

__all__ = ["get_default_device", "set_default_device", "set_default_dtype", "set_default_tensor_type"]


def set_default_dtype(d, /):
    """Makes `d`, a floating-point dtype, the dtype of tensors made from Python floats; float32 at the start.

    Raises:
        TypeError: `d` is not a floating-point dtype.
    """
    _C._set_default_dtype(d)


def get_default_device():
    """The device of tensors made without one."""
    return _C.device(_C._get_default_device())


def set_default_device(device):
    """Makes `device` the device of tensors made without one; None stands for the CPU."""
    _C._set_default_device(_C.device("cpu" if device is None else device))


def set_default_tensor_type(t, /):
    """Sets default dtype and device by a typed tensor class or its name, such as ``torch.DoubleTensor``."""
    from tiny_torch import _legacy_tensor
    from tiny_torch._queries import warn_once

    warn_once(
        "torch.set_default_tensor_type() is deprecated; please use torch.set_default_dtype() and "
        "torch.set_default_device()."
    )
    dtype, device = _legacy_tensor.parse_type(t)
    _C._set_default_dtype(dtype)
    set_default_device(device)
