"""Rectified Adam."""

from __future__ import annotations

from tiny_torch.optim._elementwise import (
    ElementwiseOptimizer,
    as_number,
    as_real,
    check_betas,
    check_lr,
    check_not_negative,
    new_step,
    zeros_like,
)

__all__ = ["RAdam"]


class RAdam(ElementwiseOptimizer):
    """`Adam` whose division waits until the running square is reliable (Liu et al., 2019); its arguments too."""

    _later_options = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "decoupled_weight_decay": False,
        "capturable": False,
    }

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach=None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ):
        check_lr(lr)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def _new_state(self, group, param) -> dict:
        return {"step": new_step(group, param), "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def _update(self, group, param, grad, state) -> None:
        beta1, beta2 = group["betas"]
        lr = as_number(group["lr"])
        state["step"].add_(1)
        step = state["step"].item()
        if group["weight_decay"] != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * group["weight_decay"])
            else:
                grad = grad.add(param, alpha=group["weight_decay"])
        param, grad, mean, square = as_real(param, grad, state["exp_avg"], state["exp_avg_sq"])
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        update = mean / (1 - beta1**step) * lr
        correction = 1 - beta2**step
        # Length of the simple average that the running square is worth, now and in the end.
        length_end = 2 / (1 - beta2) - 1
        length = length_end - 2 * step * beta2**step / correction
        if length > 5.0:
            rectified = (length - 4) * (length - 2) * length_end / ((length_end - 4) * (length_end - 2) * length)
            update = update * (correction**0.5 / square.sqrt().add_(group["eps"])) * rectified**0.5
        param.add_(update, alpha=-1.0)
