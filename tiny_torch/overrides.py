"""Letting classes take over functions that are called with their instances; source: ``torch.overrides``.

A class takes part by a classmethod ``__torch_function__(cls, func, types, args=(), kwargs=None)``.
"""

import functools

import tiny_torch as torch
from tiny_torch import _C

__all__ = [
    "BaseTorchFunctionMode",
    "TorchFunctionMode",
    "get_default_nowrap_functions",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "resolve_name",
    "wrap_torch_function",
]

has_torch_function = _C._has_torch_function
has_torch_function_unary = _C._has_torch_function_unary
has_torch_function_variadic = _C._has_torch_function_variadic


def _overloaded_arguments(relevant_args):
    """One argument of each class that takes part: subclasses before their bases, else from left to right."""
    found = []
    for argument in relevant_args:
        kind = type(argument)
        if not has_torch_function_unary(argument) or any(type(known) is kind for known in found):
            continue
        at = next((i for i, known in enumerate(found) if issubclass(kind, type(known))), len(found))
        found.insert(at, argument)
    return found


def handle_torch_function(public_api, relevant_args, *args, **kwargs):
    """Calls the ``__torch_function__`` of the arguments until one does not return NotImplemented.

    Args:
        public_api: the function that was called.
        relevant_args (iterable): its arguments that may take it over.
        *args, **kwargs: all its arguments.

    Raises:
        TypeError: none of them knows the function.
    """
    overloaded = _overloaded_arguments(relevant_args)
    types = tuple(map(type, overloaded))
    if _C._len_torch_function_stack():
        result = _C._call_torch_function_mode(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    for argument in overloaded:
        result = type(argument).__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{getattr(public_api, '__module__', None)}.{getattr(public_api, '__name__', public_api)}"
    raise TypeError(f"no implementation found for '{name}' on types that implement __torch_function__: {list(types)}")


@functools.lru_cache(None)
def get_default_nowrap_functions():
    """Functions whose results ``Tensor.__torch_function__`` does not turn into the subclass."""
    properties = (getattr(torch.Tensor, name, None) for name in ("_base", "grad", "_grad"))
    return {found.__get__ for found in properties if found is not None}


def wrap_torch_function(dispatcher):
    """Decorator: lets the arguments that ``dispatcher(*args, **kwargs)`` returns take a function over."""

    def decorate(func):
        @functools.wraps(func)
        def wrapped(*args, **kwargs):
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return func(*args, **kwargs)

        return wrapped

    return decorate


def _all_arguments(*args, **kwargs):
    return (*args, *kwargs.values()) if kwargs else args


# Decorator for functions written in Python: their calls are what ``__torch_function__`` and modes see. Only arguments
# that are tensors themselves count, not those inside of lists.
overridable = wrap_torch_function(_all_arguments)


def is_tensor_like(inp):
    """Whether `inp` is a tensor or of a class with ``__torch_function__``."""
    return type(inp) is torch.Tensor or hasattr(inp, "__torch_function__")


def is_tensor_method_or_property(func):
    """Whether `func` belongs to Tensor, so that its first argument is the tensor."""
    return (
        getattr(torch.Tensor, getattr(func, "__name__", ""), None) is func or getattr(func, "__name__", "") == "__get__"
    )


def resolve_name(f):
    """A readable name such as ``'torch.add'`` or ``'torch.Tensor.add'``; None if there is none."""
    name = getattr(f, "__name__", None)
    if name is None:
        return None
    if is_tensor_method_or_property(f):
        return f"torch.Tensor.{name}"
    return f"torch.{name}" if getattr(torch, name, None) is f else None


class TorchFunctionMode:
    """Sees every call of a function of this library made inside of a ``with`` block, before any class does.

    Subclasses define ``__torch_function__(self, func, types, args=(), kwargs=None)``; while it runs the mode is off.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        raise NotImplementedError

    def __enter__(self):
        _C._push_torch_function_mode(self)
        return self

    def __exit__(self, kind, error, traceback):
        _C._pop_torch_function_mode()

    @classmethod
    def push(cls, *args, **kwargs):
        """An object of the class, for ``with`` (the old way of entering)."""
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that only passes calls on."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


# Functions that make tensors, or say and set something about the whole library, have no argument to ask.
_IGNORED_WORDS = ("set_", "get_", "is_grad", "_", "from_", "manual_seed", "seed", "initial_seed", "inference_mode")
_IGNORED = (
    "arange, as_tensor, asarray, can_cast, compile, device, dtype, empty, empty_strided, enable_grad, eye, finfo, frombuffer, full, "
    "iinfo, install_as_torch, is_storage, is_tensor, linspace, load, no_grad, ones, promote_types, rand, randint, randn, randperm, "
    "save, tensor, typename, use_deterministic_algorithms, zeros"
)


def _is_function(value):
    return callable(value) and not isinstance(value, type)


def _public_functions(space):
    for name in dir(space):
        value = getattr(space, name, None)
        if _is_function(value) and not name.startswith("__"):
            yield name, value


@functools.lru_cache(None)
def get_ignored_functions():
    """Public functions that ``__torch_function__`` does not see."""
    names = {name.strip() for name in _IGNORED.split(",")}
    return {
        value
        for name, value in _public_functions(torch)
        if name in names or name.startswith(_IGNORED_WORDS) or name.startswith(("are_", "name_core"))
    }


@functools.lru_cache(None)
def get_overridable_functions():
    """A dict from namespaces to the functions in them that ``__torch_function__`` sees."""
    found, seen = {}, set()
    for space in (torch, torch.nn.functional, torch.nn.init, torch.Tensor):
        functions = []
        for name, value in _public_functions(space):
            if name.startswith("_") or value in get_ignored_functions() or value in seen:
                continue
            seen.add(value)
            functions.append(value)
        found[space] = functions
    properties = [
        name for name in dir(torch.Tensor) if type(getattr(torch.Tensor, name)).__name__ == "getset_descriptor"
    ]
    found[torch.Tensor] += [getattr(torch.Tensor, name).__get__ for name in properties if not name.startswith("_")]
    return found


@functools.lru_cache(None)
def get_testing_overrides():
    """A dict from each overridable function to one that takes any arguments and returns -1."""
    return {
        function: (lambda *args, **kwargs: -1)
        for functions in get_overridable_functions().values()
        for function in functions
    }
