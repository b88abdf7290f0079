"""The order of einsum's contractions, which is from left to right here."""

enabled = False
strategy = None


def is_available():
    """Whether opt_einsum chooses the order."""
    return False
