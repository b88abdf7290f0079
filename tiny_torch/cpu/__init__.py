"""The CPU as a device, with the functions that ``torch.cuda`` has for GPUs."""

__all__ = ["current_device", "device_count", "is_available", "is_initialized", "set_device", "synchronize"]


def is_available():
    """Whether there is a CPU: always."""
    return True


def is_initialized():
    """Whether the CPU is ready: always."""
    return True


def device_count():
    """One."""
    return 1


def current_device():
    """The name of the only device, "cpu"."""
    return "cpu"


def set_device(device):
    """Nothing to choose: there is one CPU."""


def synchronize(device=None):
    """Nothing to wait for: CPU operators are done when they return."""


def __getattr__(name):
    if name == "amp":
        import importlib

        return importlib.import_module(f"{__name__}.amp")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
