"""Apple's GPUs, which this library does not support."""


def is_built():
    """False."""
    return False


def is_available():
    """False."""
    return False


def is_macos_or_newer(major, minor):
    """False."""
    return False
