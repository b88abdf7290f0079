"""Operations with a derivative of the author's own."""

import functools

from tiny_torch import _C

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "FunctionMeta",
    "InplaceFunction",
    "NestedIOFunction",
    "once_differentiable",
]


class FunctionCtx:
    """What `Function.forward` leaves for `Function.backward`: tensors through `save_for_backward`, the rest as attributes."""

    def save_for_backward(self, *tensors):
        """Keeps tensors (inputs, outputs, others, or None) for backward, where they are ``ctx.saved_tensors``."""
        self.to_save = tensors

    def save_for_forward(self, *tensors):
        """Keeps tensors for `Function.jvp`."""
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, _C.TensorBase):
                raise TypeError(
                    f"save_for_forward expects all arguments to be tensors, but got {type(tensor).__name__}"
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args):
        """Says which inputs forward changed in place; it has to return them."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args):
        """Says which outputs have no gradient, such as indices."""
        self.non_differentiable = args

    def set_materialize_grads(self, value):
        """With False, backward gets None instead of zeros for outputs without gradient. Default: True."""
        self.materialize_grads = value


class BackwardCFunction(_C._FunctionBase, FunctionCtx):
    """The node of a custom function in the graph, and the `ctx` of its forward and backward."""

    def apply(self, *args):
        # Called by the engine.
        function = self._forward_cls
        if function.backward is not Function.backward:
            if function.vjp is not Function.vjp:
                raise RuntimeError(
                    "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of them."
                )
            return function.backward(self, *args)
        return function.vjp(self, *args)


class FunctionMeta(type):
    def __init__(cls, name, bases, attrs):
        super().__init__(name, bases, attrs)
        cls._backward_cls = type(name + "Backward", (BackwardCFunction,), {"_forward_cls": cls, "__module__": __name__})
        root = globals().get("Function", cls)
        cls._has_setup_context = cls.setup_context is not root.setup_context


def _positional(cls, args, kwargs):
    """The arguments of `apply` by position, since nodes know their inputs by number."""
    forward = cls.forward
    if cls._has_setup_context:
        function = getattr(forward, "__func__", forward)
        plain = not hasattr(function, "__wrapped__") and not getattr(function, "__kwdefaults__", True)
        if not kwargs and plain and not getattr(function, "__defaults__", True):
            return args
        import inspect

        bound = inspect.signature(forward).bind(*args, **kwargs)
        bound.apply_defaults()
        args, kwargs = bound.args, bound.kwargs
    if not kwargs:
        return args
    code = getattr(forward, "__code__", None)
    names = () if code is None else code.co_varnames[: code.co_argcount]
    if not cls._has_setup_context:
        names = names[1:]
    places = {}
    for name, value in kwargs.items():
        if name not in names:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        place = names.index(name)
        if place < len(args):
            raise TypeError(f"forward() got multiple values for argument '{name}'")
        places[place] = value
    for place in range(len(args), max(places) + 1):
        if place not in places:
            raise TypeError(f"forward() missing required argument: '{names[place]}' (position {place})")
    return (*args, *(places[place] for place in range(len(args), max(places) + 1)))


class Function(FunctionCtx, metaclass=FunctionMeta):
    """Base of operations that define forward and backward themselves.

    Example::

        class Exp(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = x.exp()
                ctx.save_for_backward(y)
                return y

            @staticmethod
            def backward(ctx, grad_output):
                (y,) = ctx.saved_tensors
                return grad_output * y

        y = Exp.apply(x)

    `forward` runs without recording. `backward` gets one gradient per output and returns one, or None, per input. Where
    `setup_context(ctx, inputs, output)` is defined, `forward` gets no `ctx`.

    Examples:
        >>> class Double(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return 2 * x
        ...
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         return 2 * grad_output
        >>> x = torch.ones(2, requires_grad=True)
        >>> Double.apply(x).sum().backward()
        >>> x.grad
        tensor([2., 2.])
    """

    generate_vmap_rule = False

    def __init__(self, *args, **kwargs):
        import warnings

        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should invoke them on the class "
            "itself. Instantiating an autograd function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Runs the function on `args`, recording it if one of them requires grad.

        Keyword arguments take their place among those of `forward`: `backward` returns a gradient for each of them too.

        Raises:
            TypeError: `forward` takes no positional argument of that name, or one before it is missing.
        """
        if kwargs or cls._has_setup_context:
            args = _positional(cls, args, kwargs)
        return _C._function_apply(cls, args)

    @staticmethod
    def forward(*args, **kwargs):
        """Computes the outputs; to be overridden."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Where forward has no `ctx`: keeps on it what backward needs."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        """Gradients of the inputs from those of the outputs; to be overridden."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx, *grad_inputs):
        """Forward-mode derivative; to be overridden."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info, in_dims, *args):
        """Batching rule; to be overridden."""
        raise NotImplementedError("To use autograd.Function with vmap, you must override the vmap static method.")


def once_differentiable(fn):
    """Decorates a `backward` that is not itself differentiable: differentiating its result raises RuntimeError."""

    @functools.wraps(fn)
    def wrapper(ctx, *args):
        recording = _C.is_grad_enabled()
        _C._set_grad_enabled(False)
        try:
            outputs = fn(ctx, *args)
        finally:
            _C._set_grad_enabled(recording)
        if not recording:
            return outputs
        # Somebody may differentiate again only if a gradient that came in could itself be differentiated.
        if not any(isinstance(arg, _C.TensorBase) and arg.requires_grad for arg in args):
            return outputs
        single = not isinstance(outputs, tuple)
        results = _C._delayed_error(
            "trying to differentiate twice a function that was marked with @once_differentiable",
            (outputs,) if single else outputs,
        )
        return results[0] if single else results

    return wrapper


class InplaceFunction(Function):
    """An old base class for functions that can work in place; mark_dirty() on `ctx` is what counts."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """An old base class; nested inputs and outputs have to be flattened by the caller."""
