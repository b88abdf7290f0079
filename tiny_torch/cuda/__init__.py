"""What this process knows of CUDA devices. The kernels are a library of their own, loaded where a GPU is found."""

from tiny_torch import _C


def is_available() -> bool:
    """Whether CUDA tensors can be made in this process."""
    return device_count() > 0


def device_count() -> int:
    """How many CUDA devices this process can use; 0 for a CPU-only build or without a driver."""
    return _C._device_count("cuda")


def is_initialized() -> bool:
    """Whether a CUDA context was made."""
    return False


def manual_seed(seed: int) -> None:
    """Seeds the current device's generator; nothing to do without a device."""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Seeds the generators of all devices; nothing to do without one."""
    int(seed)


def _unavailable():
    raise RuntimeError("No CUDA device is available: this build or machine has none")


def current_device() -> int:
    """Index of the current device. RuntimeError without one."""
    _unavailable()


def synchronize(device=None) -> None:
    """Waits for the work on a device. RuntimeError without one."""
    _unavailable()


def empty_cache() -> None:
    """Gives cached device memory back; nothing to do without a device."""


def __getattr__(name):
    if name == "amp":
        import importlib

        return importlib.import_module(f"{__name__}.amp")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
