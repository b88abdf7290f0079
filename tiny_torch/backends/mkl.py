"""Intel's MKL, which this library does not use."""


def is_available():
    """False."""
    return False
