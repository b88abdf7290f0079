"""Checks that an operator does what its registrations promise."""

import tiny_torch as torch
from tiny_torch import _C
from tiny_torch._library.autograd import fill_defaults, tensors_of

TESTS = ("test_schema", "test_autograd_registration", "test_faketensor")


class OpCheckError(Exception):
    """What a failed check raises."""


def _map_tensors(values, function):
    def one(value):
        if isinstance(value, torch.Tensor):
            return function(value)
        return type(value)(map(one, value)) if isinstance(value, (list, tuple)) else value

    return tuple(one(value) for value in values)


def _results(value):
    return list(tensors_of(value if isinstance(value, tuple) else (value,)))


def test_schema(op, args, kwargs):
    """Arguments change, and results share memory with arguments, only where the schema says so."""

    def copy(tensor):
        return tensor.detach().clone().requires_grad_(tensor.requires_grad)

    with torch.no_grad():
        args = _map_tensors(args, copy)
        kwargs = dict(zip(kwargs, _map_tensors(kwargs.values(), copy), strict=True))
        filled, filled_kwargs = fill_defaults(op._schema, args, kwargs)
        filled = (*filled, *(filled_kwargs[a.name] for a in op._schema.arguments if a.kwarg_only))
        before = _map_tensors(filled, torch.clone)
        results = _results(op(*args, **kwargs))
    for argument, value, old in zip(op._schema.arguments, filled, before, strict=True):
        pairs = zip(tensors_of((value,)), tensors_of((old,)), strict=True)
        if not argument.is_write and not all(torch.equal(a, b) for a, b in pairs):
            raise OpCheckError(f"Argument {argument.name} is not defined as mutable but was mutated")
        if argument.alias_info is None:
            shared = {t.untyped_storage().data_ptr() for t in tensors_of((value,)) if t.numel()}
            if any(r.untyped_storage().data_ptr() in shared for r in results):
                raise OpCheckError(f"Argument {argument.name} is not defined to alias output but was aliasing")


def test_autograd_registration(op, args, kwargs):
    """An operator that is called with tensors that require grad has a kernel for autograd, or is made of such operators."""
    if not any(t.requires_grad for t in tensors_of((*args, *kwargs.values()))):
        return
    keys = ("Autograd", "AutogradCPU", "CompositeImplicitAutograd")
    if not any(_C._dispatch_has_kernel_for_dispatch_key(op.name(), key) for key in keys):
        raise OpCheckError(
            f"Operator {op} does not have an autograd kernel registered; use register_autograd, or register its kernel "
            "for CompositeImplicitAutograd if it is made of differentiable operators"
        )


def test_faketensor(op, args, kwargs):
    """On meta tensors the results have the sizes, strides and dtypes that they have on the CPU."""

    def meta(tensor):
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")

    with torch.no_grad():
        fake = _results(
            op(*_map_tensors(args, meta), **dict(zip(kwargs, _map_tensors(kwargs.values(), meta), strict=True)))
        )
        real = _results(op(*_map_tensors(args, torch.clone), **kwargs))
    if len(fake) != len(real):
        raise OpCheckError(f"{op}: {len(fake)} results on meta tensors, {len(real)} otherwise")
    for i, (a, b) in enumerate(zip(fake, real, strict=True)):
        if (a.shape, a.dtype, a.stride()) != (b.shape, b.dtype, b.stride()):
            raise OpCheckError(
                f"{op}: result {i} is {a.dtype} of size {tuple(a.shape)}, stride {a.stride()} on meta tensors, but "
                f"{b.dtype} of size {tuple(b.shape)}, stride {b.stride()} otherwise"
            )


def opcheck(op, args, kwargs=None, *, test_utils=TESTS, raise_exception=True, atol=None, rtol=None):
    """Runs an operator in several ways and holds the outcomes against what was registered for it.

    Args:
        op: an OpOverload, a packet with one overload, or what `custom_op` made.
        args, kwargs: arguments of a sample call.
        test_utils (str or sequence of str): which checks to make.
        raise_exception (bool): raise at the first failure.

    Returns:
        dict: for each check "SUCCESS" or the exception.
    """
    op = getattr(op, "_opoverload", op)
    if isinstance(op, torch._ops.OpOverloadPacket):
        op = getattr(op, op.overloads()[0])
    names = (test_utils,) if isinstance(test_utils, str) else tuple(test_utils)
    unknown = [name for name in names if name not in TESTS]
    if unknown:
        raise ValueError(f"opcheck(): expected test_utils out of {', '.join(TESTS)}, got {', '.join(unknown)}")
    outcomes = {}
    for name in names:
        try:
            globals()[name](op, tuple(args), dict(kwargs or {}))
            outcomes[name] = "SUCCESS"
        except Exception as error:
            if raise_exception:
                raise OpCheckError(f"opcheck(op, ...): {name} failed with {error}") from error
            outcomes[name] = error
    return outcomes
