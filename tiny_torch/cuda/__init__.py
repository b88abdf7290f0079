"""What this process knows of CUDA devices. The kernels are a library of their own, loaded where a GPU is found.

Without one, questions are answered (no device, no memory in use), seeds and caches are left as they are, and what needs a
device raises AssertionError("Torch not compiled with CUDA enabled"), as PyTorch's builds for the CPU do.
"""

import importlib

from tiny_torch import _C

OutOfMemoryError = _C.OutOfMemoryError

# Functions that need a device, with what they are for.
_NEED_A_DEVICE = {
    "current_device": "Index of the current device.",
    "current_stream": "The stream that work goes to.",
    "default_stream": "The stream that work goes to where none was chosen.",
    "get_device_capability": "Major and minor number of a device's architecture.",
    "get_device_name": "What a device calls itself.",
    "get_device_properties": "Name, memory and architecture of a device.",
    "get_rng_state": "State of a device's generator.",
    "init": "Makes the context of the current device.",
    "initial_seed": "Seed of the current device's generator.",
    "ipc_collect": "Frees memory that other processes no longer use.",
    "mem_get_info": "Free and total memory of a device, in bytes.",
    "set_device": "Makes a device the current one.",
    "set_rng_state": "Sets the state of a device's generator.",
    "set_stream": "Makes a stream the current one.",
    "synchronize": "Waits for the work on a device.",
}


def _refuses(name, purpose):
    def function(*args, **kwargs):
        raise AssertionError("Torch not compiled with CUDA enabled")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{purpose} AssertionError without a device."
    return function


class Stream:
    """An order of work on a device. RuntimeError without one."""

    def __new__(cls, *args, **kwargs):
        raise RuntimeError(f"torch.cuda.{cls.__name__} requires CUDA support")


class ExternalStream(Stream):
    """A stream that something else made. RuntimeError without a device."""


class Event:
    """A point in a stream of work that can be waited for and timed. RuntimeError without a device."""

    def __new__(cls, *args, **kwargs):
        raise RuntimeError("torch.cuda.Event requires CUDA support")


globals().update({name: _refuses(name, purpose) for name, purpose in _NEED_A_DEVICE.items()})


def is_available() -> bool:
    """Whether CUDA tensors can be made in this process."""
    return device_count() > 0


def device_count() -> int:
    """How many CUDA devices this process can use; 0 for a CPU-only build or without a driver."""
    return _C._device_count("cuda")


def is_initialized() -> bool:
    """Whether a CUDA context was made."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the current device computes in bfloat16; False without one."""
    return False


def is_current_stream_capturing() -> bool:
    """Whether work is being recorded into a graph."""
    return False


def get_arch_list() -> list:
    """Architectures that the kernels were compiled for."""
    return []


def manual_seed(seed: int) -> None:
    """Seeds the current device's generator; nothing to do without a device."""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Seeds the generators of all devices; nothing to do without one."""
    int(seed)


def seed() -> None:
    """Seeds the current device's generator with a random number; nothing to do without a device."""


def seed_all() -> None:
    """Seeds the generators of all devices with one random number; nothing to do without one."""


def get_rng_state_all() -> list:
    """States of the generators of all devices, uint8 tensors."""
    return [get_rng_state(i) for i in range(device_count())]  # noqa: F821


def set_rng_state_all(new_states) -> None:
    """Sets the states of the generators of all devices."""
    for i, state in enumerate(new_states):
        set_rng_state(state, i)  # noqa: F821


def empty_cache() -> None:
    """Gives cached device memory back; nothing to do without a device."""


def memory_stats(device=None) -> dict:
    """Counters of the allocator; empty without a device."""
    return {}


def memory_summary(device=None, abbreviated: bool = False) -> str:
    """The counters of `memory_stats` as lines of text; says so where there are none."""
    stats = memory_stats(device)
    if not stats:
        return "No CUDA memory is in use: there is no device."
    return "\n".join(f"{name}: {value}" for name, value in sorted(stats.items()))


def memory_allocated(device=None) -> int:
    """Bytes that tensors on a device take; 0 without one."""
    return memory_stats(device).get("allocated_bytes.all.current", 0)


def max_memory_allocated(device=None) -> int:
    """The most bytes that tensors on a device took; 0 without one."""
    return memory_stats(device).get("allocated_bytes.all.peak", 0)


def memory_reserved(device=None) -> int:
    """Bytes that the allocator holds on a device; 0 without one."""
    return memory_stats(device).get("reserved_bytes.all.current", 0)


def max_memory_reserved(device=None) -> int:
    """The most bytes that the allocator held on a device; 0 without one."""
    return memory_stats(device).get("reserved_bytes.all.peak", 0)


class device:
    """Context manager that makes a device the current one; nothing to do for None and negative indices.

    Raises:
        AssertionError: on entering, without a device.
    """

    def __init__(self, device):
        index = getattr(device, "index", device)
        if isinstance(device, str):
            index = _C.device(device).index
        self.idx = -1 if index is None else index

    def __enter__(self):
        if self.idx >= 0:
            set_device(self.idx)  # noqa: F821

    def __exit__(self, *exception):
        return False


class device_of(device):
    """Context manager that makes the device of a tensor or storage the current one; nothing to do on the CPU."""

    def __init__(self, obj):
        super().__init__(obj.get_device() if obj.is_cuda else -1)


class StreamContext:
    """Context manager that sends work to a stream; nothing to do for None. What `stream` returns."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        if self.stream is not None:
            set_stream(self.stream)  # noqa: F821

    def __exit__(self, *exception):
        return False


def stream(stream):
    """Context manager that sends work to `stream`; nothing to do for None."""
    return StreamContext(stream)


def __getattr__(name):
    if name == "amp":
        return importlib.import_module(f"{__name__}.amp")
    if name.endswith("Tensor"):
        from tiny_torch._legacy_tensor import define_typed_tensors

        define_typed_tensors(globals(), "cuda")
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
