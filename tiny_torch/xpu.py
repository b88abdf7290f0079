"""Intel's GPUs, which this library does not support: what programs ask before they use one."""

__all__ = ["device_count", "empty_cache", "is_available", "is_bf16_supported", "manual_seed", "manual_seed_all"]


def is_available():
    """False."""
    return False


def is_bf16_supported(including_emulation=True):
    """False."""
    return False


def device_count():
    """0."""
    return 0


def manual_seed(seed):
    """Nothing to seed."""
    int(seed)


def manual_seed_all(seed):
    """Nothing to seed."""
    int(seed)


def empty_cache():
    """Nothing to give back."""
