"""Muon."""

from __future__ import annotations

import math

import tiny_torch as torch
from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, zeros_like

__all__ = ["Muon"]


def _orthogonalized(grad, coefficients, steps: int, eps: float):
    """The nearest (semi-)orthogonal matrix, about, by `steps` Newton-Schulz iterations in bfloat16."""
    a, b, c = coefficients
    x = grad.bfloat16()
    wide = grad.size(0) > grad.size(1)
    x = x.T if wide else x
    x = x.div(x.norm().clamp(min=eps))
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if wide else x


def _adjusted(lr: float, how, shape) -> float:
    rows, cols = shape[:2]
    if how in (None, "original"):
        return lr * math.sqrt(max(1, rows / cols))
    return lr * 0.2 * math.sqrt(max(rows, cols))


class Muon(ElementwiseOptimizer):
    """Steps along the orthogonalised momentum of matrices (Jordan et al., 2024).

    Args:
        params: matrices; see `Optimizer`.
        lr: learning rate.
        weight_decay: the parameter shrinks by ``lr * weight_decay`` beside the step.
        momentum: decay of the momentum.
        nesterov: look one step ahead.
        ns_coefficients, eps, ns_steps: the Newton-Schulz iteration.
        adjust_lr_fn: ``"original"`` or ``"match_rms_adamw"``: how the rate follows the shape.

    Raises:
        ValueError: a parameter is no matrix, or an option is out of its range.
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients=(3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn=None,
    ):
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value in (("Learning rate", lr), ("momentum", momentum), ("weight decay", weight_decay)):
            if not 0.0 <= value:
                raise ValueError(f"{name} should be >= 0 but is: {value}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        options = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, options)
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {param.size()}"
                    )

    def _new_state(self, group, param) -> dict:
        if param.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        return {"momentum_buffer": zeros_like(param.grad)}

    def _update(self, group, param, grad, state) -> None:
        if len(group["ns_coefficients"]) != 3 or group["ns_steps"] >= 100:
            raise ValueError("Muon: expected three coefficients and fewer than 100 Newton-Schulz steps")
        lr = as_number(group["lr"])
        buffer = state["momentum_buffer"].lerp_(grad, 1 - group["momentum"])
        update = grad.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer
        update = _orthogonalized(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        param.mul_(1 - lr * group["weight_decay"])
        param.add_(update, alpha=-_adjusted(lr, group["adjust_lr_fn"], param.shape))
