"""Rebuild functions that pickled tensors name, and small helpers shared by the Python frontend.

The names and signatures of the ``_rebuild_*`` functions are part of PyTorch's file format.
"""

import sys

import tiny_torch as torch
from tiny_torch import _C


def _parameter_class():
    """torch.nn.Parameter if it has been imported, else None: then no object can be one."""
    module = sys.modules.get("tiny_torch.nn.parameter")
    return getattr(module, "Parameter", None)


def _element_size(dtype):
    """Bytes per element of a dtype."""
    return dtype.itemsize


def _checked_geometry(storage, itemsize, offset, size, stride):
    """Validates shape metadata that comes from a file, in unbounded integers, against the storage it claims."""
    size, stride = tuple(size), tuple(stride)
    numbers = (offset, *size, *stride)
    if not all(type(n) is int for n in numbers):
        raise RuntimeError("rebuilding a tensor: offset, sizes and strides must be integers")
    if len(size) != len(stride) or min(numbers) < 0:
        raise RuntimeError(
            f"rebuilding a tensor: expected as many strides as sizes and none negative, got offset {offset}, "
            f"size {size}, stride {stride}"
        )
    if len(size) > 64 or max(numbers) >= 1 << 62:
        raise RuntimeError(f"rebuilding a tensor: size {size} or stride {stride} is out of range")
    if 0 not in size:
        last = offset + sum((n - 1) * step for n, step in zip(size, stride))
        if (last + 1) * itemsize > storage.nbytes():
            raise RuntimeError(
                f"rebuilding a tensor: size {size}, stride {stride}, storage offset {offset} and item size {itemsize} "
                f"require a storage of {(last + 1) * itemsize} bytes, got one of {storage.nbytes()}; out of bounds"
            )
    return offset, size, stride


def _rebuild(storage, dtype, offset, size, stride):
    if not isinstance(dtype, torch.dtype):
        raise RuntimeError(f"rebuilding a tensor: expected a dtype, got {type(dtype).__name__}")
    geometry = _checked_geometry(storage, _element_size(dtype), offset, size, stride)
    return _C._rebuild_from_storage(storage, dtype, *geometry)


def _untyped_of(storage):
    untyped = getattr(storage, "_untyped_storage", storage)
    if not isinstance(untyped, _C.UntypedStorage):
        raise RuntimeError(f"rebuilding a tensor: expected a storage, got {type(storage).__name__}")
    return untyped


def _rebuild_tensor(storage, storage_offset, size, stride):
    return _rebuild(_untyped_of(storage), storage.dtype, storage_offset, size, stride)


def _finish(tensor, requires_grad, backward_hooks, metadata):
    if requires_grad:
        tensor.requires_grad_(True)
    if metadata:
        serialization = sys.modules.get("tiny_torch.serialization")
        deferred = None if serialization is None else serialization._options.deferred_metadata
        if deferred is None:
            set_tensor_metadata(tensor, metadata)
        else:
            deferred.append((tensor, metadata))
    if backward_hooks:
        # Written by very old programs only; an empty dict must not be attached to every loaded tensor.
        tensor._backward_hooks = backward_hooks
    return tensor


def _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None):
    tensor = _rebuild_tensor(storage, storage_offset, size, stride)
    return _finish(tensor, requires_grad, backward_hooks, metadata)


def _rebuild_tensor_v3(storage, storage_offset, size, stride, requires_grad, backward_hooks, dtype, metadata=None):
    tensor = _rebuild(_untyped_of(storage), dtype, storage_offset, size, stride)
    return _finish(tensor, requires_grad, backward_hooks, metadata)


def _rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad):
    return torch.empty_strided(size, stride, dtype=dtype, device="meta", requires_grad=requires_grad)


def _rebuild_parameter(data, requires_grad, backward_hooks):
    parameter = torch.nn.Parameter(data, requires_grad)
    if backward_hooks:
        parameter._backward_hooks = backward_hooks
    return parameter


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    return _set_obj_state(_rebuild_parameter(data, requires_grad, backward_hooks), state)


def _rebuild_device_tensor_from_cpu_tensor(data, dtype, device, requires_grad):
    tensor = data.to(dtype=dtype, device=_map_device(device))
    tensor.requires_grad = requires_grad
    return tensor


def _rebuild_device_tensor_from_numpy(data, dtype, device, requires_grad):
    return _rebuild_device_tensor_from_cpu_tensor(torch.from_numpy(data), dtype, device, requires_grad)


def _map_device(device):
    from tiny_torch import serialization

    map_location = serialization._current_map_location()
    if map_location is None:
        return device
    if isinstance(map_location, dict):
        return map_location.get(device, device)
    if callable(map_location):
        raise RuntimeError("a callable map_location cannot be used for tensors that were saved without a storage")
    return map_location


def get_tensor_metadata(tensor):
    """Returns ``{'conj': True}`` and/or ``{'neg': True}`` for tensors with those bits, else an empty dict."""
    metadata = {}
    if tensor.is_conj():
        metadata["conj"] = True
    if tensor.is_neg():
        metadata["neg"] = True
    return metadata


def set_tensor_metadata(tensor, metadata):
    """Sets the bits that :func:`get_tensor_metadata` reported."""
    if not isinstance(metadata, dict) or not set(metadata) <= {"conj", "neg"}:
        raise RuntimeError(f"set_tensor_metadata(): expected a dict with keys 'conj' and 'neg', got {metadata!r}")
    if metadata:
        _C._set_tensor_metadata(tensor, metadata)


def _get_obj_state(obj):
    """The Python attributes of a tensor subclass instance: its ``__getstate__()``, or dict and slots."""
    getstate = getattr(obj, "__getstate__", None)
    if getstate is not None:
        return getstate()
    import copyreg

    slots = copyreg._slotnames(type(obj))
    if not slots:
        return obj.__dict__
    return obj.__dict__, {name: getattr(obj, name) for name in slots if hasattr(obj, name)}


def _set_obj_state(obj, state):
    """Sets attributes from what :func:`_get_obj_state` returned."""
    parts = state if isinstance(state, tuple) else (state,)
    if len(parts) > 2:
        raise RuntimeError(f"Invalid serialized state: {state}")
    for part in parts:
        for name, value in (part or {}).items():
            setattr(obj, name, value)
    return obj


class _KeyErrorMessage(str):
    """A text that `KeyError` shows as it is instead of its repr."""

    __slots__ = ()

    def __repr__(self):
        return str(self)


class ExceptionWrapper:
    """An exception with the text of its traceback, in a form that can be sent between processes and threads.

    Args:
        exc_info: what ``sys.exc_info()`` returned; the current exception by default.
        where (str): said in the message, for example ``"in DataLoader worker process 2"``.
    """

    def __init__(self, exc_info=None, where="in background"):
        import traceback

        # Only text is kept: a stored traceback would keep all frames alive in a cycle.
        exc_info = sys.exc_info() if exc_info is None else exc_info
        self.exc_type = exc_info[0]
        self.exc_msg = "".join(traceback.format_exception(*exc_info))
        self.where = where

    def reraise(self):
        """Raises the exception again, of the same class where that can be built from one text."""
        text = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            raise KeyError(_KeyErrorMessage(text))
        if getattr(self.exc_type, "message", None):
            # Such classes take their text by that name only.
            raise self.exc_type(message=text)
        try:
            error = self.exc_type(text)
        except Exception:
            raise RuntimeError(text) from None
        raise error
