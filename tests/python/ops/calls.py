"""How an op of the list is called from Python, the same way in both libraries."""

import warnings

from .libraries import builtin_class, oracle, tiny, to_tiny

warnings.simplefilter("ignore")

# Where a function may live, in the order of search; decided on the oracle, then asked of the library under test.
PLACES = ["", "_C._nn", "_C._linalg", "nn.functional", "Tensor"]


def _getitem(library):
    def getitem(x, indices):
        return x[tuple(slice(None) if i is None else i for i in indices)]

    return getitem


def _slice(library):
    def slicing(x, dim=0, start=None, end=None, step=1):
        return x[(slice(None),) * (dim % max(x.dim(), 1)) + (slice(start, end, step),)]

    return slicing


SPECIAL = {"index": _getitem, "slice": _slice}


class Missing(AssertionError):
    pass


def find(library, path):
    for part in path.split("."):
        library = getattr(library, part)
    return library


def place_of(name):
    """The dotted path of the op's public function in the oracle."""
    for place in PLACES:
        path = f"{place}.{name}" if place else name
        try:
            if callable(find(oracle, path)):
                return path
        except AttributeError:
            continue
    return None


def function_of(library, name):
    """The callable of an op in one of the two libraries, or Missing."""
    if name in SPECIAL:
        return SPECIAL[name](library)
    path = place_of(name)
    if path is None:
        raise Missing(f"PyTorch has no public function {name}")
    try:
        return find(library, path)
    except AttributeError:
        raise Missing(f"{library.__name__}.{path} is missing") from None


def method_of(library, name):
    """The Tensor method, or for in-place functions that have none (dropout_, silu_) the function."""
    if name in SPECIAL:
        return SPECIAL[name](library)
    if not hasattr(oracle.Tensor, name):
        return function_of(library, name)
    try:
        return getattr(library.Tensor, name)
    except AttributeError:
        raise Missing(f"{library.__name__}.Tensor.{name} is missing") from None


class Raised:
    """The outcome of a call that raised."""

    def __init__(self, error):
        self.error, self.kind = error, builtin_class(error)

    def __repr__(self):
        text = str(self.error).splitlines()
        return f"{type(self.error).__name__}: {text[0][:200] if text else ''}"


def attempt(function, args, kwargs, seed=1):
    """Calls with a fixed random seed; returns the result or Raised."""
    for library in {oracle, tiny}:
        library.manual_seed(seed)
    if hasattr(kwargs.get("generator"), "manual_seed"):
        kwargs["generator"].manual_seed(seed)
    try:
        return function(*args, **kwargs)
    except Missing:
        raise
    except Exception as error:  # noqa: BLE001 the exception is the outcome
        return Raised(error)


def both(name, args, kwargs, method=False):
    """Outcomes in the library under test and in the oracle, the arguments moved over, and the arguments there."""
    mine = method_of(tiny, name) if method else function_of(tiny, name)
    theirs = method_of(oracle, name) if method else function_of(oracle, name)
    my_args, my_kwargs = to_tiny(list(args)), to_tiny(kwargs)
    return (attempt(mine, my_args, my_kwargs), attempt(theirs, args, kwargs), (my_args, my_kwargs))
