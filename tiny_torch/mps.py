"""Apple's GPUs, which this library does not support: what programs ask before they use one."""

__all__ = ["device_count", "is_available", "manual_seed"]


def is_available():
    """False."""
    return False


def device_count():
    """0."""
    return 0


def manual_seed(seed):
    """Nothing to seed."""
    int(seed)
