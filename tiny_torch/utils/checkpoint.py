"""Activation checkpointing: forward keeps the inputs only, backward computes the rest again."""

import contextlib
import warnings
import weakref

import tiny_torch as torch
from tiny_torch import _C

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "detach_variable",
    "noop_context_fn",
    "set_checkpoint_early_stop",
]

_PREFIX = "torch.utils.checkpoint: "


class CheckpointError(RuntimeError):
    """The second run of a checkpointed function did not save what the first one did."""


class _Enough(Exception):
    """Ends a second run once all that backward needs is there."""


_early_stop = None


@contextlib.contextmanager
def set_checkpoint_early_stop(enable):
    """Inside, says for every `checkpoint` whether the second run may end early; overrides its `early_stop`."""
    global _early_stop
    saved, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = saved


def noop_context_fn():
    """The default of `context_fn`: two contexts that do nothing."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def detach_variable(inputs):
    """The tensors of a tuple cut off from the graph, each requiring grad as before; other values as they are."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, torch.Tensor) else x for x in inputs)


def check_backward_validity(inputs):
    """Warns when no input requires grad: the reentrant form then has no gradient."""
    if not any(x.requires_grad for x in inputs if isinstance(x, torch.Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


def _warn_reentrant(name):
    warnings.warn(
        f"{name}: the use_reentrant parameter should be passed explicitly; False is recommended, True is the default "
        "for now.",
        stacklevel=3,
    )


class _Replay:
    """Runs a function again as it ran before: the same random numbers and autocast, gradients recorded."""

    def __init__(self, function, preserve_rng_state):
        self.function = function
        self.rng_state = torch.get_rng_state() if preserve_rng_state else None
        devices = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
        self.autocast = [(d, torch.get_autocast_dtype(d), torch.is_autocast_enabled(d)) for d in devices]
        self.autocast_cache = torch.is_autocast_cache_enabled()

    def __call__(self, args, kwargs, context):
        with torch.random.fork_rng(devices=[], enabled=self.rng_state is not None):
            if self.rng_state is not None:
                torch.set_rng_state(self.rng_state)
            with contextlib.ExitStack() as stack:
                for device, dtype, enabled in self.autocast:
                    stack.enter_context(torch.autocast(device, dtype, enabled, self.autocast_cache))
                stack.enter_context(torch.enable_grad())
                stack.enter_context(context)
                return self.function(*args, **kwargs)


class CheckpointFunction(torch.autograd.Function):
    """The reentrant form: backward runs the function again and then backward inside it."""

    @staticmethod
    def forward(ctx, run_function, preserve_rng_state, *args):
        check_backward_validity(args)
        ctx.replay = _Replay(run_function, preserve_rng_state)
        ctx.positions = [i for i, x in enumerate(args) if isinstance(x, torch.Tensor)]
        ctx.others = [None if isinstance(x, torch.Tensor) else x for x in args]
        ctx.save_for_backward(*(args[i] for i in ctx.positions))
        with torch.no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx, *grads):
        if _C._backward_has_inputs():
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        inputs = list(ctx.others)
        for i, tensor in zip(ctx.positions, ctx.saved_tensors):
            inputs[i] = tensor
        inputs = detach_variable(tuple(inputs))
        outputs = ctx.replay(inputs, {}, contextlib.nullcontext())
        if isinstance(outputs, torch.Tensor):
            outputs = (outputs,)
        live = [
            (o, g) for o, g in zip(outputs, grads) if isinstance(o, torch.Tensor) and o.requires_grad and g is not None
        ]
        if not live:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        torch.autograd.backward([o for o, _ in live], [g for _, g in live])
        return (None, None, *(x.grad if isinstance(x, torch.Tensor) else None for x in inputs))


class _Holder:
    """Stands in the graph for the tensor that was saved as number `index`."""

    __slots__ = ("index", "__weakref__")

    def __init__(self, index):
        self.index = index


def _metadata(tensor):
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


class _Frame:
    """One call of the non-reentrant form: what it saved, and how to get that again."""

    def __init__(self, replay, args, kwargs, context, check, early_stop):
        self.replay, self.args, self.kwargs = replay, args, kwargs
        self.context, self.check, self.early_stop = context, check, early_stop
        self.holders = []
        self.saved_as = []
        self.values = {}

    def pack(self, tensor):
        holder = _Holder(len(self.holders))
        self.holders.append(weakref.ref(holder))
        self.saved_as.append(_metadata(tensor))
        return holder

    def unpack(self, holder):
        if holder.index not in self.values:
            self.recompute()
        # Given out once: a further backward computes it anew instead of finding memory kept.
        return self.values.pop(holder.index)

    def recompute(self):
        self.values = {}
        count = 0
        differing = []

        def pack(tensor):
            nonlocal count
            index, count = count, count + 1
            if index < len(self.holders):
                if self.holders[index]() is not None:
                    self.values[index] = tensor.detach()
                    if self.check and _metadata(tensor) != self.saved_as[index]:
                        differing.append((index, self.saved_as[index], _metadata(tensor)))
                if self.early_stop and count == len(self.holders):
                    raise _Enough
            return tensor.detach()

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            with contextlib.suppress(_Enough):
                self.replay(self.args, self.kwargs, self.context)
        if count != len(self.holders):
            self.values = {}
            raise CheckpointError(
                f"{_PREFIX}A different number of tensors was saved during the original forward and recomputation.\n"
                f"Number of tensors saved during forward: {len(self.holders)}\n"
                f"Number of tensors saved during recomputation: {count}."
            )
        if differing:
            self.values = {}
            lines = "".join(
                f"tensor at position {i}:\nsaved metadata: {old}\nrecomputed metadata: {new}\n"
                for i, old, new in differing
            )
            raise CheckpointError(
                f"{_PREFIX}Recomputed values for the following tensors have different metadata than during the "
                f"forward pass.\n{lines}"
            )


def checkpoint(
    function,
    *args,
    use_reentrant=None,
    context_fn=noop_context_fn,
    determinism_check="default",
    debug=False,
    early_stop=True,
    **kwargs,
):
    """Calls ``function(*args, **kwargs)`` without keeping what it saves for backward, which computes that again.

    Args:
        function: computes tensors of tensors, and the same when it is called again.
        use_reentrant (bool): True runs a backward inside backward: some argument must require grad, `kwargs` and
            `torch.autograd.grad` are not supported. False, the better choice, has no such limits.
        context_fn: gives two context managers, for the first run and for the second one; not with ``use_reentrant``.
        determinism_check (str): "default" compares shapes, dtypes and devices of both runs, "none" nothing.
        debug (bool): accepted; messages are the same.
        early_stop (bool): end the second run as soon as everything needed is there.
        preserve_rng_state (bool): give the second run the random numbers of the first; True unless given.

    Returns:
        what `function` returns.

    Raises:
        ValueError: unknown keyword arguments with ``use_reentrant``, or an unknown `determinism_check`.
        CheckpointError: in backward, when the second run saved other tensors.

    Same as PyTorch's torch.utils.checkpoint.checkpoint.

    Examples:
        >>> from tiny_torch.utils.checkpoint import checkpoint
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> checkpoint(lambda t: t.exp().log() * t, x, use_reentrant=False).sum().backward()
        >>> x.grad
        tensor([2., 4.])
    """
    if use_reentrant is None:
        _warn_reentrant("torch.utils.checkpoint")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
        if context_fn is not noop_context_fn or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'] but got {determinism_check}")
    first, second = context_fn()
    if not torch.is_grad_enabled():
        with first:
            return function(*args, **kwargs)
    stop = early_stop if _early_stop is None else _early_stop
    frame = _Frame(_Replay(function, preserve), args, kwargs, second, determinism_check == "default", stop)
    with torch.autograd.graph.saved_tensors_hooks(frame.pack, frame.unpack), first:
        return function(*args, **kwargs)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """Runs a chain of modules in `segments` pieces, all but the last one checkpointed.

    Args:
        functions (Sequential or list): called one after the other.
        segments (int): the number of pieces.
        input: given to the first one.
        use_reentrant (bool): as in `checkpoint`.

    Returns:
        what the last one returns.
    """
    if use_reentrant is None:
        _warn_reentrant("torch.utils.checkpoint.checkpoint_sequential")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    functions = list(functions.children()) if isinstance(functions, torch.nn.Sequential) else list(functions)

    def piece(start, end):
        def run(value):
            for function in functions[start:end]:
                value = function(value)
            return value

        return run

    size = len(functions) // segments
    start = 0
    for start in range(0, size * (segments - 1), size or 1):
        input = checkpoint(piece(start, start + size), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return piece(size * (segments - 1), len(functions))(input)
