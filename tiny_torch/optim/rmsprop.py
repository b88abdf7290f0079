"""RMSprop."""

from __future__ import annotations

from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, as_real, check_lr, new_step, zeros_like

__all__ = ["RMSprop"]


class RMSprop(ElementwiseOptimizer):
    """Divides by the root of a running mean of squared gradients (Hinton, 2012).

    Args:
        params: see `Optimizer`.
        lr: learning rate.
        alpha: decay of the running mean.
        eps: added to the root.
        weight_decay: multiple of the parameter that is added to the gradient.
        momentum: weight of past steps.
        centered: divide by the root of the variance, the mean of squares minus the square of the mean.
        capturable, foreach, maximize, differentiable: see `Adam`.
    """

    _later_options = {
        "momentum": 0,
        "centered": False,
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "capturable": False,
    }

    def __init__(
        self,
        params,
        lr=1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach=None,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        check_lr(lr)
        for name, value in (("epsilon", eps), ("momentum", momentum), ("weight_decay", weight_decay), ("alpha", alpha)):
            if not 0.0 <= value:
                raise ValueError(f"Invalid {name} value: {value}")
        options = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def _new_state(self, group, param) -> dict:
        state = {"step": new_step(group, param), "square_avg": zeros_like(param)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros_like(param)
        if group["centered"]:
            state["grad_avg"] = zeros_like(param)
        return state

    def _update(self, group, param, grad, state) -> None:
        lr, alpha = as_number(group["lr"]), group["alpha"]
        state["step"].add_(1)
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        param, grad, square, mean, buffer = as_real(
            param, grad, state["square_avg"], state.get("grad_avg"), state.get("momentum_buffer")
        )
        square.mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        if group["centered"]:
            mean.lerp_(grad, 1 - alpha)
            root = square.addcmul(mean, mean, value=-1).sqrt_()
        else:
            root = square.sqrt()
        root = root.add_(group["eps"])
        if group["momentum"] > 0:
            buffer.mul_(group["momentum"]).addcdiv_(grad, root)
            param.add_(buffer, alpha=-lr)
        else:
            param.addcdiv_(grad, root, value=-lr)
