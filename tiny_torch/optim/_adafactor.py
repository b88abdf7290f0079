"""Adafactor."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, zeros_like

__all__ = ["Adafactor"]


class Adafactor(ElementwiseOptimizer):
    """Keeps the running squares of matrices as one row and one column (Shazeer and Stern, 2018).

    Args:
        params: see `Optimizer`.
        lr: upper limit of the relative step.
        beta2_decay: power of the step that the decay of the running squares follows.
        eps: lower limits of the root of the squares (the dtype's epsilon where ``None``) and of the parameter's scale.
        d: the step is clipped where its root mean square is above it.
        weight_decay: the parameter shrinks by ``lr * weight_decay`` beside the step.
        foreach: accepted for compatibility.
        maximize: go up the gradient.
    """

    _later_options = {"foreach": None}

    def __init__(
        self,
        params,
        lr=1e-2,
        beta2_decay: float = -0.8,
        eps=(None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach=None,
        maximize: bool = False,
    ):
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not 0.0 >= beta2_decay:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not 0.0 <= eps[0]:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not 0.0 <= eps[1]:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not 1.0 <= d:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        options = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _new_state(self, group, param) -> dict:
        if param.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        state = {"step": torch.tensor(0.0)}
        grad = param.grad
        if grad.dim() > 1:
            state["row_var"] = grad.new_zeros([*grad.shape[:-1], 1])
            state["col_var"] = grad.new_zeros([*grad.shape[:-2], 1, grad.shape[-1]])
        else:
            state["variance"] = zeros_like(grad)
        return state

    def _update(self, group, param, grad, state) -> None:
        lr = as_number(group["lr"])
        floor = torch.finfo(param.dtype).eps if group["eps"][0] is None else group["eps"][0]
        step = state["step"].add_(1).item()
        weight = step ** group["beta2_decay"]
        scale = max(group["eps"][1], param.norm(2).item() / param.numel() ** 0.5)
        rate = scale * min(lr, 1 / step**0.5)
        if group["weight_decay"] != 0:
            param.mul_(1 - lr * group["weight_decay"])
        if grad.dim() > 1:
            row, col = state["row_var"], state["col_var"]
            row.lerp_(grad.square().mean(dim=-1, keepdim=True), weight)
            col.lerp_(grad.square().mean(dim=-2, keepdim=True), weight)
            variance = (row @ col).div_(row.mean(dim=-2, keepdim=True).clamp_(min=floor))
        else:
            state["variance"].lerp_(grad * grad, weight)
            variance = state["variance"].clone()
        update = variance.clamp_(min=floor * floor).rsqrt_().mul_(grad)
        clip = max(1.0, update.norm(2).item() / (update.numel() ** 0.5 * group["d"]))
        param.add_(update, alpha=-rate / clip)
