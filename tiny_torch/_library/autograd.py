"""Derivatives written in Python for operators of the dispatcher."""

import tiny_torch as torch
from tiny_torch import _C


def fill_defaults(schema, args, kwargs):
    """All arguments of a call: a kernel does not get those that equal their default."""
    args, kwargs = list(args), dict(kwargs)
    for position, argument in enumerate(schema.arguments):
        if argument.kwarg_only:
            kwargs.setdefault(argument.name, argument.default_value)
        elif position >= len(args):
            args.append(argument.default_value)
    return tuple(args), kwargs


def tensors_of(values):
    """The tensors among arguments or results, those in lists too."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (item for item in value if isinstance(item, torch.Tensor))


def _flatten(values):
    flat = []
    for value in values:
        flat.extend(value) if isinstance(value, (list, tuple)) else flat.append(value)
    return flat


def _unflatten(flat, like):
    """Gives a flat list the lists that `like` has."""
    rest = iter(flat)
    return [[next(rest) for _ in value] if isinstance(value, (list, tuple)) else next(rest) for value in like]


class _Call:
    """One call of the operator on its way through the graph."""

    def __init__(self, args, kwargs):
        self.args, self.kwargs = args, kwargs
        self.results, self.single = None, True


def make_autograd_kernel(op, derivative):
    """The kernel for the key Autograd.

    Args:
        op (OpOverload): the operator.
        derivative: has `backward` and `setup_context`, either of which may be None.
    """
    schema = op._schema
    has_keyword_only = any(a.kwarg_only for a in schema.arguments)

    def forward(ctx, *flat):
        call = flat[-1]
        with _C._AutoDispatchBelowAutograd():
            result = op(*call.args, **call.kwargs)
        call.single = not isinstance(result, tuple)
        call.results = (result,) if call.single else result
        ctx.call_inputs = [[None] * len(a) if isinstance(a, (list, tuple)) else None for a in call.args]
        ctx.call_results = [[None] * len(r) if isinstance(r, (list, tuple)) else None for r in call.results]
        if derivative.setup_context is not None:
            if has_keyword_only:
                derivative.setup_context(ctx=ctx, inputs=call.args, keyword_only_inputs=call.kwargs, output=result)
            else:
                derivative.setup_context(ctx=ctx, inputs=call.args, output=result)
        return tuple(_flatten(call.results))

    def backward(ctx, *grads):
        if derivative.backward is None:
            raise RuntimeError(
                f"Trying to backward through {op} but no autograd formula was registered. Please use register_autograd "
                "to add one."
            )
        result = derivative.backward(ctx, *_unflatten(grads, ctx.call_results))
        result = list(result) if isinstance(result, tuple) else [result]
        if len(result) != len(ctx.call_inputs):
            raise RuntimeError(
                f"{op}: expected the backward function to return {len(ctx.call_inputs)} gradients, one for each input, "
                f"got {len(result)}"
            )
        for i, like in enumerate(ctx.call_inputs):
            if isinstance(like, list) and result[i] is None:
                result[i] = like
        return (*_flatten(result), None)

    name = f"GeneratedBackwardFor_{op.namespace}_{op.overloadpacket.__name__}_{op._overloadname}"
    function = type(torch.autograd.Function)(
        name,
        (torch.autograd.Function,),
        {"forward": staticmethod(forward), "backward": staticmethod(backward), "__module__": __name__},
    )

    def kernel(*args, **kwargs):
        args, kwargs = fill_defaults(schema, args, kwargs)
        if not torch.is_grad_enabled() or not any(t.requires_grad for t in tensors_of((*args, *kwargs.values()))):
            with _C._AutoDispatchBelowAutograd():
                return op(*args, **kwargs)
        call = _Call(args, kwargs)
        flat = function.apply(*_flatten(args), call)
        results = _unflatten(flat, call.results)
        if not schema.returns:
            return None
        return results[0] if call.single else tuple(results)

    return kernel
