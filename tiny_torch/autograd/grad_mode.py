"""Context managers and decorators that switch the recording of gradients on and off, for the current thread."""

import functools

from tiny_torch import _C


class _GradContext:
    """Usable as ``with ctx():``, ``@ctx()`` and, where no argument is needed, ``@ctx``."""

    def __call__(self, func):
        if isinstance(func, type):
            import warnings

            warnings.warn(
                f"Decorating classes is deprecated and will be disabled in future versions. Only the construction of {func.__name__} runs in "
                f"{type(self).__name__}; decorate its methods instead.",
                FutureWarning,
                stacklevel=2,
            )
        if _is_generator(func):
            return _wrap_generator(self._clone, func)

        @functools.wraps(func)
        def wrapped(*args, **kwargs):
            with self._clone():
                return func(*args, **kwargs)

        return wrapped

    def _clone(self):
        return type(self)()


def _is_generator(func):
    return bool(getattr(getattr(func, "__code__", None), "co_flags", 0) & 0x20)


def _wrap_generator(make_context, func):
    # The mode holds while the generator's own code runs, not while it is suspended.
    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        generator = func(*args, **kwargs)
        resume, value = generator.send, None
        while True:
            try:
                with make_context():
                    item = resume(value)
            except StopIteration as stop:
                return stop.value
            try:
                value = yield item
                resume = generator.send
            except GeneratorExit:
                with make_context():
                    generator.close()
                raise
            except BaseException as error:
                resume, value = generator.throw, error

    return wrapped


class _Switch(_GradContext):
    _mode = False

    def __new__(cls, func=None):
        self = super().__new__(cls)
        return self(func) if func is not None else self

    def __enter__(self):
        self._previous = _C.is_grad_enabled()
        _C._set_grad_enabled(self._mode)

    def __exit__(self, *exc):
        _C._set_grad_enabled(self._previous)


class no_grad(_Switch):
    """Operations inside are not recorded; their results do not require grad.

    Examples:
        >>> x = torch.ones(2, requires_grad=True)
        >>> with torch.no_grad():
        ...     y = x * 2
        >>> y.requires_grad, (x * 2).requires_grad
        (False, True)
    """


class enable_grad(_Switch):
    """Operations inside are recorded, also within `no_grad`."""

    _mode = True


class set_grad_enabled(_GradContext):
    """Switches recording at once; as a context manager, back again at the end."""

    def __init__(self, mode: bool):
        self._previous = _C.is_grad_enabled()
        self.mode = mode
        _C._set_grad_enabled(mode)

    def __call__(self, func):
        _C._set_grad_enabled(self._previous)
        return super().__call__(func)

    def _clone(self):
        return set_grad_enabled(self.mode)

    def __enter__(self):
        _C._set_grad_enabled(self.mode)

    def __exit__(self, *exc):
        _C._set_grad_enabled(self._previous)


class set_multithreading_enabled(_GradContext):
    """Accepted for programs that use it: backward on the CPU always runs on the calling thread."""

    def __init__(self, mode):
        self.mode = mode

    def _clone(self):
        return set_multithreading_enabled(self.mode)

    def __enter__(self):
        pass

    def __exit__(self, *exc):
        pass


class inference_mode(_GradContext):
    """Like `no_grad`, and new tensors carry no bookkeeping at all: they can never be recorded later."""

    def __new__(cls, mode=True):
        self = super().__new__(cls)
        self.mode = True
        return self if isinstance(mode, bool) else self(mode)

    def __init__(self, mode=True):
        self.mode = mode

    def _clone(self):
        return inference_mode(self.mode)

    def __enter__(self):
        self._guard = _C._InferenceMode(self.mode)
        self._guard.__enter__()

    def __exit__(self, *exc):
        self._guard.__exit__(*exc)
