"""Adadelta."""

from __future__ import annotations

from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, as_real, check_lr, new_step, zeros_like

__all__ = ["Adadelta"]


class Adadelta(ElementwiseOptimizer):
    """Scales the gradient by the ratio of two running roots, of past steps and of gradients (Zeiler, 2012).

    Args:
        params: see `Optimizer`.
        lr: factor of the step.
        rho: decay of the running squares, in [0, 1].
        eps: added to both squares.
        weight_decay: multiple of the parameter that is added to the gradient.
        foreach, capturable, maximize, differentiable: see `Adam`.
    """

    _later_options = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}

    def __init__(
        self,
        params,
        lr=1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach=None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        options = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def _new_state(self, group, param) -> dict:
        return {"step": new_step(group, param), "square_avg": zeros_like(param), "acc_delta": zeros_like(param)}

    def _update(self, group, param, grad, state) -> None:
        rho, eps = group["rho"], group["eps"]
        state["step"].add_(1)
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        param, grad, square, steps = as_real(param, grad, state["square_avg"], state["acc_delta"])
        square.mul_(rho).addcmul_(grad, grad, value=1 - rho)
        delta = steps.add(eps).sqrt_().div_(square.add(eps).sqrt_()).mul_(grad)
        steps.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        param.add_(delta, alpha=-as_number(group["lr"]))
