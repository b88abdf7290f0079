"""Comparison of gradients with finite differences."""

import tiny_torch as torch

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """Raised by `gradcheck` and `gradgradcheck` where a gradient is wrong."""


def _is_differentiable(value):
    return isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())


def _as_tuple(value):
    if isinstance(value, torch.Tensor):
        return (value,)
    return tuple(value)


def _outputs(func, inputs):
    outputs = tuple(o for o in _as_tuple(func(*inputs)) if _is_differentiable(o))
    return tuple(o for o in outputs if o.requires_grad)


def _perturbed(func, inputs, position, index, delta):
    """The differentiable outputs after adding `delta` to one element of one input."""
    changed = [i.detach().clone().requires_grad_(i.requires_grad) if isinstance(i, torch.Tensor) else i for i in inputs]
    with torch.no_grad():
        flat = changed[position]
        flat[index] = flat[index] + delta
    with torch.enable_grad():
        return [o.detach() for o in _outputs(func, changed)]


def _indices(shape):
    if not shape:
        yield ()
        return
    for first in range(shape[0]):
        for rest in _indices(shape[1:]):
            yield (first, *rest)


def _numerical_jacobian(func, inputs, position, outputs, eps):
    """Per output, the columns d(output)/d(element); for complex inputs the pair of real and imaginary direction."""
    target = inputs[position]
    columns = [[] for _ in outputs]
    for index in _indices(tuple(target.shape)):
        steps = (eps, eps * 1j) if target.is_complex() else (eps,)
        parts = [[] for _ in outputs]
        for step in steps:
            above = _perturbed(func, inputs, position, index, step)
            below = _perturbed(func, inputs, position, index, -step)
            for o, (a, b) in enumerate(zip(above, below)):
                parts[o].append((a - b) / (2 * eps))
        for o, part in enumerate(parts):
            columns[o].append(part)
    return columns


def _close(a, b, rtol, atol):
    a, b = complex(a), complex(b)
    if a != a or b != b:
        return (a != a) and (b != b)
    if a == b:
        return True
    return abs(a - b) <= atol + rtol * abs(b)


def _expected_gradient(columns, grad_output, complex_input):
    """The gradient that backward must give for `grad_output`, from the numerical columns."""
    expected = []
    for parts in columns:
        # Convention of conjugate Wirtinger derivatives: gradient = sum conj(go) du/dx + ... taken as a real scalar loss
        # Re(conj(go) * out), differentiated by the real and the imaginary part.
        slopes = []
        for part in parts:
            product = grad_output.conj() * part if part.is_complex() or grad_output.is_complex() else grad_output * part
            total = product.sum().item()
            slopes.append(total.real if isinstance(total, complex) else total)
        expected.append(complex(slopes[0], slopes[1]) if complex_input else slopes[0])
    return expected


def _probes(output):
    """Gradients to send back: each element by itself, for complex outputs also times the imaginary unit."""
    for index in _indices(tuple(output.shape)):
        for unit in (1, 1j) if output.is_complex() else (1,):
            probe = torch.zeros(tuple(output.shape), dtype=output.dtype, device=output.device)
            probe[index] = unit
            yield index, probe


def _check_inputs(inputs, check_grad_dtypes=True):
    wanted = [i for i, value in enumerate(inputs) if _is_differentiable(value) and value.requires_grad]
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for i in wanted:
        if inputs[i].dtype not in (torch.float64, torch.complex128):
            import warnings

            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will likely fail if all the "
                "inputs are not of double precision floating point or complex. ",
                stacklevel=3,
            )
        for size, stride in zip(inputs[i].shape, inputs[i].stride()):
            if stride == 0 and size > 1:
                raise RuntimeError(
                    f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to be able to "
                    "compute the numerical gradients correctly. You should call .contiguous on the input before passing it to gradcheck."
                )
    return wanted


def _check_analytical(func, inputs, wanted, eps, atol, rtol, nondet_tol):
    outputs = _outputs(func, inputs)
    if not outputs:
        # Nothing to differentiate: the outputs must not depend on the inputs.
        return
    numerical = {i: _numerical_jacobian(func, inputs, i, outputs, eps) for i in wanted}
    targets = [inputs[i] for i in wanted]
    for o, output in enumerate(outputs):
        for index, probe in _probes(output):
            grads = torch.autograd.grad(output, targets, probe, retain_graph=True, allow_unused=True)
            again = torch.autograd.grad(output, targets, probe, retain_graph=True, allow_unused=True)
            for i, grad, second in zip(wanted, grads, again):
                _compare_one(inputs[i], i, o, index, grad, second, numerical[i][o], probe, atol, rtol, nondet_tol)


def _compare_one(target, i, o, index, grad, second, columns, probe, atol, rtol, nondet_tol):
    if grad is not None:
        if grad.shape != target.shape:
            raise GradcheckError(
                f"grad is incorrect size: input {i} has {tuple(target.shape)}, its gradient {tuple(grad.shape)}"
            )
        if grad.dtype != target.dtype:
            raise GradcheckError(f"grad is incorrect dtype: input {i} has {target.dtype}, its gradient {grad.dtype}")
        values = grad.detach().reshape(-1).tolist()
        for a, b in zip(values, second.detach().reshape(-1).tolist()):
            if not (a == b or (a != a and b != b)) and abs(a - b) > nondet_tol:
                raise GradcheckError(
                    f"Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives different values, "
                    f"although analytical gradient matches numerical gradient. The tolerance for nondeterminism was {nondet_tol}."
                )
    else:
        values = [0.0] * target.numel()
    expected = _expected_gradient(columns, probe, target.is_complex())
    for position, (have, want) in enumerate(zip(values, expected)):
        if not _close(have, want, rtol, atol):
            raise GradcheckError(
                f"Jacobian mismatch for output {o} with respect to input {i}, at output element {index}, input element {position} of "
                f"{target.numel()} (in row-major order):\nnumerical:  {want}\nanalytical: {have}\n"
            )


def _check_undefined(func, inputs, wanted):
    """Gradients of outputs that nobody uses may be undefined; backward has to cope with it."""
    outputs = _outputs(func, inputs)
    if len(outputs) < 2:
        return
    targets = [inputs[i] for i in wanted]
    for one in outputs:
        try:
            torch.autograd.grad(one, targets, torch.zeros_like(one), retain_graph=True, allow_unused=True)
        except RuntimeError as error:
            raise GradcheckError(
                "Expected backward function to handle undefined output grads. Please look at 'Notes about undefined output gradients' in the "
                f"derivative list: {error}"
            ) from error


def gradcheck(
    func,
    inputs,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_batched_forward_grad=False,
    check_forward_ad=False,
    check_backward_ad=True,
    fast_mode=False,
    masked=None,
):
    """Compares the gradients of `func` with central differences.

    Args:
        func: a function of tensors that returns a tensor or a sequence of tensors.
        inputs (Tensor or tuple): its arguments; those that require grad are checked and should be float64 or complex128.
        eps (float): step of the differences.
        atol, rtol (float): tolerances.
        raise_exception (bool): raise `GradcheckError` with a report instead of returning False.
        nondet_tol (float): how much two backward passes may differ.
        check_undefined_grad (bool): also run backward where some outputs have no gradient.
        fast_mode (bool): accepted; every element is checked in either case.

    Returns:
        bool: True if all gradients agree.

    Raises:
        ValueError: no input requires grad.
        NotImplementedError: forward mode or batched gradients are asked for.
    """
    if check_forward_ad or check_batched_grad or check_batched_forward_grad:
        raise NotImplementedError("gradcheck(): forward mode and batched gradients are not available")
    inputs = _as_tuple(inputs)
    try:
        wanted = _check_inputs(inputs)
        if check_backward_ad:
            _check_analytical(func, inputs, wanted, eps, atol, rtol, nondet_tol)
        if check_undefined_grad:
            _check_undefined(func, inputs, wanted)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    gen_non_contig_grad_outputs=False,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_fwd_over_rev=False,
    check_rev_over_rev=True,
    fast_mode=False,
    masked=False,
):
    """`gradcheck` of the gradients of `func`, with respect to its inputs and the incoming gradients.

    Args:
        grad_outputs (Tensor or sequence, optional): incoming gradients; random ones by default.
        gen_non_contig_grad_outputs (bool): make the random ones non-contiguous.

    The rest as in `gradcheck`.
    """
    if check_fwd_over_rev:
        raise NotImplementedError("gradgradcheck(): forward mode is not available")
    inputs = _as_tuple(inputs)
    wanted = _check_inputs(inputs)
    outputs = _outputs(func, inputs)
    if grad_outputs is None:
        grad_outputs = tuple(_random_gradient(o, gen_non_contig_grad_outputs) for o in outputs)
    else:
        grad_outputs = _as_tuple(grad_outputs)
    n = len(grad_outputs)

    def first_order(*args):
        values, incoming = args[:-n], args[-n:]
        values = tuple(
            v.detach().requires_grad_(True) if i in wanted and not v.requires_grad else v for i, v in enumerate(values)
        )
        results = _outputs(func, values)
        grads = torch.autograd.grad(
            results, [values[i] for i in wanted], incoming, create_graph=True, allow_unused=True
        )
        return tuple(g for g in grads if isinstance(g, torch.Tensor) and g.requires_grad)

    return gradcheck(
        first_order,
        inputs + grad_outputs,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
    )


def _random_gradient(output, non_contiguous):
    shape = tuple(output.shape)
    if non_contiguous and shape:
        gradient = torch.rand((*shape, 2), dtype=output.dtype, device=output.device)[..., 0]
    else:
        gradient = torch.rand(shape, dtype=output.dtype, device=output.device)
    return gradient.detach().requires_grad_(True)
