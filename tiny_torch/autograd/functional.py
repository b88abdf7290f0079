"""Jacobians, Hessians and their products with vectors, of functions of tensors."""

import tiny_torch as torch

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _to_tuple(value, what, function):
    if isinstance(value, torch.Tensor):
        return False, (value,)
    if isinstance(value, (tuple, list)) and all(isinstance(v, torch.Tensor) for v in value):
        return True, tuple(value)
    raise TypeError(
        f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but got {type(value)}."
    )


def _from_tuple(is_tuple, values):
    return tuple(values) if is_tuple else values[0]


def _fresh(inputs, create_graph):
    """Inputs to differentiate by: part of the caller's graph if it wants to differentiate further, else leaves."""
    if create_graph:
        return tuple(i.view_as(i) if i.requires_grad else i.detach().requires_grad_(True) for i in inputs)
    return tuple(i.detach().requires_grad_(True) for i in inputs)


def _call(func, inputs, function):
    return _to_tuple(func(*inputs), "outputs of the user-provided function", function)


def _zeros_for_none(grads, like, strict, message):
    if strict and any(g is None for g in grads):
        raise RuntimeError(message)
    return tuple(torch.zeros_like(l) if g is None else g for g, l in zip(grads, like))


def _grad(outputs, inputs, grad_outputs=None, create_graph=False):
    live = [(o, g) for o, g in zip(outputs, grad_outputs or [None] * len(outputs)) if o.requires_grad]
    if not live:
        return (None,) * len(inputs)
    return torch.autograd.grad(
        [o for o, _ in live],
        inputs,
        [g for _, g in live],
        create_graph=create_graph,
        retain_graph=True,
        allow_unused=True,
    )


def _detach(values, create_graph):
    return values if create_graph else tuple(v.detach() for v in values)


def _check_vector(v, reference, is_tuple, name, function):
    if v is None:
        if len(reference) != 1 or reference[0].nelement() != 1:
            raise RuntimeError(
                f"The vector {name} can only be None if the user-provided function returns a single Tensor with a single element."
            )
        return (torch.ones_like(reference[0]),)
    _, v = _to_tuple(v, name, function)
    if len(v) != len(reference):
        raise RuntimeError(f"{name} is a tuple of invalid length: should be {len(reference)} but got {len(v)}.")
    for i, (one, expected) in enumerate(zip(v, reference)):
        if one.shape != expected.shape:
            raise RuntimeError(f"Entry {i} in {name} has invalid size: should be {expected.shape} but got {one.shape}.")
    return v


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """`func`'s outputs, and the product of the vector `v` with its Jacobian.

    Args:
        func: function of tensors that returns a Tensor or a tuple of them.
        inputs (Tensor or tuple): its arguments.
        v (Tensor or tuple, optional): of the shapes of the outputs; may be left out for a single element.
        create_graph (bool): make the results differentiable.
        strict (bool): raise where an output does not depend on an input, instead of giving zeros.
    """
    with torch.enable_grad():
        is_tuple, inputs = _to_tuple(inputs, "inputs", "vjp")
        inputs = _fresh(inputs, create_graph)
        out_is_tuple, outputs = _call(func, inputs, "vjp")
        v = _check_vector(v, outputs, out_is_tuple, "v", "vjp")
        grads = _grad(outputs, inputs, v, create_graph)
        grads = _zeros_for_none(
            grads, inputs, strict, "The output of the user-provided function is independent of one of the inputs."
        )
    return _from_tuple(out_is_tuple, _detach(outputs, create_graph)), _from_tuple(
        is_tuple, _detach(grads, create_graph)
    )


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """`func`'s outputs, and the product of its Jacobian with the vector `v` (of the shapes of `inputs`).

    The product is the derivative of ``vjp`` by its vector: two passes backward.
    """
    with torch.enable_grad():
        is_tuple, inputs = _to_tuple(inputs, "inputs", "jvp")
        inputs = _fresh(inputs, create_graph)
        v = _check_vector(v, inputs, is_tuple, "v", "jvp")
        out_is_tuple, outputs = _call(func, inputs, "jvp")
        dummies = tuple(torch.zeros_like(o).requires_grad_(True) for o in outputs)
        grads = _grad(outputs, inputs, dummies, create_graph=True)
        grads = _zeros_for_none(
            grads, inputs, strict, "The output of the user-provided function is independent of one of the inputs."
        )
        products = _grad(grads, dummies, v, create_graph)
        products = _zeros_for_none(
            products, outputs, strict, "One of the outputs of the user-provided function does not depend on the inputs."
        )
    return _from_tuple(out_is_tuple, _detach(outputs, create_graph)), _from_tuple(
        out_is_tuple, _detach(products, create_graph)
    )


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """The Jacobian of `func`.

    Args:
        func, inputs, create_graph, strict: as in `vjp`.
        vectorize (bool): accepted; rows are computed one by one in either case.
        strategy (str): "reverse-mode" only.

    Returns:
        for one output and one input a Tensor of shape ``output.shape + input.shape``, else (nested) tuples of these,
        outputs first.
    """
    if strategy != "reverse-mode":
        raise NotImplementedError(f"jacobian(): strategy '{strategy}' is not available, only 'reverse-mode'")
    with torch.enable_grad():
        is_tuple, inputs = _to_tuple(inputs, "inputs", "jacobian")
        inputs = _fresh(inputs, create_graph)
        out_is_tuple, outputs = _call(func, inputs, "jacobian")
        result = []
        for output in outputs:
            rows = [[] for _ in inputs]
            for element in output.reshape(-1) if output.numel() else ():
                grads = _grad((element,), inputs, create_graph=create_graph)
                grads = _zeros_for_none(
                    grads,
                    inputs,
                    strict,
                    "The output of the user-provided function is independent of one of the inputs.",
                )
                for row, grad in zip(rows, grads):
                    row.append(grad)
            result.append(tuple(_stack(row, output, i) for row, i in zip(rows, inputs)))
        result = [_detach(r, create_graph) for r in result]
    return _from_tuple(out_is_tuple, [_from_tuple(is_tuple, r) for r in result])


def _stack(rows, output, target):
    shape = tuple(output.shape) + tuple(target.shape)
    if not rows:
        return torch.zeros(shape, dtype=target.dtype, device=target.device)
    return torch.stack(rows).view(shape)


def _single_output(func, function):
    def checked(*inputs):
        output = func(*inputs)
        if isinstance(output, (tuple, list)):
            if len(output) != 1:
                raise RuntimeError(f"The function given to {function} should return a single Tensor")
            output = output[0]
        if not isinstance(output, torch.Tensor):
            raise RuntimeError(f"The function given to {function} should return a single Tensor")
        if output.nelement() != 1:
            raise RuntimeError(
                f"The Tensor returned by the function given to {function} should contain a single element"
            )
        return output.reshape(())

    return checked


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"):
    """The Hessian of `func`, which returns a single element.

    Returns:
        for one input a Tensor of shape ``input.shape * 2``, for several a tuple of tuples of these.
    """
    is_tuple, _ = _to_tuple(inputs, "inputs", "hessian")
    scalar = _single_output(func, "hessian")

    def gradient(*args):
        values = jacobian(scalar, args, create_graph=True, strict=strict)
        return values if is_tuple else values[0]

    return jacobian(
        gradient,
        inputs,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )


def _second_order(func, inputs, v, create_graph, strict, function):
    is_tuple, inputs = _to_tuple(inputs, "inputs", function)
    inputs = _fresh(inputs, create_graph)
    v = _check_vector(v, inputs, is_tuple, "v", function)
    output = _single_output(func, function)(*inputs)
    first = _grad((output,), inputs, create_graph=True)
    first = _zeros_for_none(
        first, inputs, strict, "The output of the user-provided function is independent of one of the inputs."
    )
    return is_tuple, inputs, v, output, first


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """`func`'s single output, and the product of the vector `v` with its Hessian."""
    with torch.enable_grad():
        is_tuple, inputs, v, output, first = _second_order(func, inputs, v, create_graph, strict, "vhp")
        products = _grad(first, inputs, v, create_graph)
        products = _zeros_for_none(
            products, inputs, strict, "The gradient of the user-provided function is independent of one of the inputs."
        )
    return _detach((output,), create_graph)[0], _from_tuple(is_tuple, _detach(products, create_graph))


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """`func`'s single output, and the product of its Hessian with the vector `v`; costs more than the equal `vhp`."""
    with torch.enable_grad():
        is_tuple, inputs, v, output, first = _second_order(func, inputs, v, create_graph, strict, "hvp")
        dummies = tuple(torch.zeros_like(i).requires_grad_(True) for i in inputs)
        second = _grad(first, inputs, dummies, create_graph=True)
        second = _zeros_for_none(
            second, inputs, strict, "The gradient of the user-provided function is independent of one of the inputs."
        )
        products = _grad(second, dummies, v, create_graph)
        products = _zeros_for_none(
            products, inputs, strict, "The gradient of the user-provided function is independent of one of the inputs."
        )
    return _detach((output,), create_graph)[0], _from_tuple(is_tuple, _detach(products, create_graph))
