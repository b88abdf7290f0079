"""Gradients of convolutions as functions; source: ``torch.nn.grad``."""

import tiny_torch as torch
from tiny_torch.nn._sizes import _ntuple

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def _gradient(dims, which, input, weight, grad_output, stride, padding, dilation, groups):
    """The gradient with respect to the input (0) or the weight (1); what it does not depend on may be a size."""
    stride, padding, dilation = (_ntuple(dims)(value) for value in (stride, padding, dilation))
    given = weight if which == 0 else input
    # Only the shape of the other one matters.
    missing = given.new_empty(1).expand(input if which == 0 else weight)
    tensors = (missing, weight) if which == 0 else (input, missing)
    mask = (which == 0, which == 1, False)
    return torch.ops.aten.convolution_backward(
        grad_output, *tensors, None, stride, padding, dilation, False, (0,) * dims, groups, mask
    )[which]


def _functions(dims):
    def input_gradient(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
        return _gradient(dims, 0, input_size, weight, grad_output, stride, padding, dilation, groups)

    def weight_gradient(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
        return _gradient(dims, 1, input, weight_size, grad_output, stride, padding, dilation, groups)

    for function, name, what in ((input_gradient, "input", "input"), (weight_gradient, "weight", "weight")):
        function.__name__ = function.__qualname__ = f"conv{dims}d_{name}"
        function.__doc__ = (
            f"Gradient of conv{dims}d with respect to its {what}, of size `{what}_size`, for the gradient `grad_output` "
            "of the result; the other arguments are those of the convolution."
        )
    return input_gradient, weight_gradient


conv1d_input, conv1d_weight = _functions(1)
conv2d_input, conv2d_weight = _functions(2)
conv3d_input, conv3d_weight = _functions(3)
