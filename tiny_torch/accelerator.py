"""The accelerator of this process, whatever its kind; source: ``torch.accelerator``. CUDA is the only kind there is.

>>> import tiny_torch as torch
>>> device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
"""

import tiny_torch as torch

__all__ = [
    "current_accelerator",
    "current_device_idx",
    "current_device_index",
    "current_stream",
    "device_count",
    "device_index",
    "empty_cache",
    "is_available",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "set_device_idx",
    "set_device_index",
    "set_stream",
    "synchronize",
]


def is_available():
    """Whether there is an accelerator that can be used."""
    return torch.cuda.is_available()


def device_count():
    """How many accelerators there are."""
    return torch.cuda.device_count()


def current_accelerator(check_available=False):
    """The kind of accelerator, a device without an index; None where there is none."""
    return torch.device("cuda") if is_available() else None


def _required():
    if not is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")
    return torch.cuda


def current_device_index():
    """Index of the current accelerator. RuntimeError without one, as from all functions below."""
    return _required().current_device()


def set_device_index(device, /):
    """Makes the accelerator of this index, or device, the current one."""
    _required().set_device(device)


# Older names.
current_device_idx, set_device_idx = current_device_index, set_device_index


def current_stream(device=None, /):
    """The stream that work goes to."""
    return _required().current_stream(device)


def set_stream(stream):
    """Makes `stream` the one that work goes to."""
    _required().set_stream(stream)


def synchronize(device=None, /):
    """Waits for the work on an accelerator."""
    _required().synchronize(device)


class device_index:
    """Context manager that makes an accelerator the current one; nothing to do for None."""

    def __init__(self, device, /):
        self.idx = device
        self.prev_idx = None

    def __enter__(self):
        if self.idx is not None:
            self.prev_idx = current_device_index()
            set_device_index(self.idx)

    def __exit__(self, *exception):
        if self.prev_idx is not None:
            set_device_index(self.prev_idx)
        return False


def empty_cache():
    """Gives cached memory back."""
    _required().empty_cache()


def memory_stats(device_index=None, /):
    """Counters of the allocator."""
    return _required().memory_stats(device_index)


def memory_allocated(device_index=None, /):
    """Bytes that tensors take."""
    return _required().memory_allocated(device_index)


def max_memory_allocated(device_index=None, /):
    """The most bytes that tensors took."""
    return _required().max_memory_allocated(device_index)


def memory_reserved(device_index=None, /):
    """Bytes that the allocator holds."""
    return _required().memory_reserved(device_index)


def max_memory_reserved(device_index=None, /):
    """The most bytes that the allocator held."""
    return _required().max_memory_reserved(device_index)
