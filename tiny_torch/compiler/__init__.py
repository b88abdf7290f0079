"""Questions and marks for a compiler, which does not exist yet: nothing is ever being compiled."""

__all__ = [
    "allow_in_graph",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "reset",
]


def is_compiling():
    """False."""
    return False


def is_dynamo_compiling():
    """False."""
    return False


def is_exporting():
    """False."""
    return False


def disable(fn=None, recursive=True, *, reason=None):
    """Marks a function that is never to be compiled: the function itself, or a decorator."""
    return fn if fn is not None else lambda fn: fn


def allow_in_graph(fn):
    """Marks functions that a compiler need not look into."""
    return fn


def cudagraph_mark_step_begin():
    """Marks the beginning of a step."""


def reset():
    """Forgets what was compiled."""
