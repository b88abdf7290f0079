"""Adam with Nesterov momentum."""

from __future__ import annotations

import tiny_torch as torch
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

__all__ = ["NAdam"]


class NAdam(ElementwiseOptimizer):
    """`Adam` with Nesterov momentum (Dozat, 2016).

    `momentum_decay` sets how fast the momentum approaches `betas[0]`; the other arguments are those of `Adam`.
    """

    _later_options = {
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "capturable": False,
        "decoupled_weight_decay": False,
    }

    def __init__(
        self,
        params,
        lr=2e-3,
        betas=(0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        check_not_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def __setstate__(self, state) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for param in group["params"]:
                own = self.state.get(param, None)
                if own and not isinstance(own["mu_product"], torch.Tensor):
                    own["mu_product"] = new_step(group, param).fill_(own["mu_product"])

    def _new_state(self, group, param) -> dict:
        return {
            "step": new_step(group, param),
            "mu_product": torch.ones_like(new_step(group, param)),
            "exp_avg": zeros_like(param),
            "exp_avg_sq": zeros_like(param),
        }

    def _update(self, group, param, grad, state) -> None:
        beta1, beta2 = group["betas"]
        lr, decay = as_number(group["lr"]), group["momentum_decay"]
        state["step"].add_(1)
        step = state["step"].item()
        if group["weight_decay"] != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * group["weight_decay"])
            else:
                grad = grad.add(param, alpha=group["weight_decay"])
        momentum = beta1 * (1.0 - 0.5 * 0.96 ** (step * decay))
        momentum_next = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * decay))
        product = state["mu_product"].mul_(momentum).item()
        param, grad, mean, square = as_real(param, grad, state["exp_avg"], state["exp_avg_sq"])
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        denominator = square.div(1 - beta2**step).sqrt().add_(group["eps"])
        param.addcdiv_(grad, denominator, value=-lr * (1.0 - momentum) / (1.0 - product))
        param.addcdiv_(mean, denominator, value=-lr * momentum_next / (1.0 - product * momentum_next))
