"""Joins a layer with the batch normalisation after it, for evaluation."""

from __future__ import annotations

import copy

import tiny_torch as torch
from tiny_torch.nn.parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def _check_evaluation(*modules) -> None:
    if any(module.training for module in modules):
        raise AssertionError("Fusion only for eval!")


def fuse_conv_bn_eval(conv, bn, transpose: bool = False):
    """A copy of the convolution that computes what `conv` and then `bn` do in evaluation."""
    _check_evaluation(conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose: bool = False):
    """(weight, bias) of `fuse_conv_bn_eval`; missing biases and weights are ``None``."""
    bias = torch.zeros_like(bn_rm) if conv_b is None else conv_b
    gain = torch.rsqrt(bn_rv + bn_eps)
    if bn_w is not None:
        gain = bn_w * gain
    shape = [1, -1, *[1] * (conv_w.dim() - 2)] if transpose else [-1, *[1] * (conv_w.dim() - 1)]
    weight = (conv_w * gain.reshape(shape)).to(conv_w.dtype)
    bias = (bias - bn_rm) * gain
    if bn_b is not None:
        bias = bias + bn_b
    return (
        Parameter(weight.detach(), conv_w.requires_grad),
        Parameter(bias.detach().to(conv_w.dtype), conv_b is not None and conv_b.requires_grad),
    )


def fuse_linear_bn_eval(linear, bn):
    """A copy of the linear layer that computes what `linear` and then `bn` do in evaluation."""
    _check_evaluation(linear, bn)
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError("To fuse, linear.out_features == bn.num_features or bn.num_features == 1")
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    """(weight, bias) of `fuse_linear_bn_eval`."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
