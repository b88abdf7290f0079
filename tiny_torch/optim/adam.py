"""Adam, with and without decoupled weight decay."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import (
    ElementwiseOptimizer,
    add_one_,
    as_number,
    as_real,
    check_betas,
    check_lr,
    check_not_negative,
    new_step,
    operator_or_none,
    zeros_like,
)

__all__ = ["Adam"]

_fused_adam_ = operator_or_none("_fused_adam_")
_fused_adamw_ = operator_or_none("_fused_adamw_")


class Adam(ElementwiseOptimizer):
    """Gradient descent with running estimates of the gradient's first two moments (Kingma and Ba, 2014).

    Args:
        params: see `Optimizer`.
        lr: learning rate, not negative.
        betas: decay of the running mean and of the running square, each in [0, 1).
        eps: added to the root of the running square.
        weight_decay: multiple of the parameter that is added to the gradient.
        amsgrad: divide by the greatest running square so far (Reddi et al., 2018).
        maximize: go up the gradient.
        decoupled_weight_decay: shrink the parameter instead of adding to the gradient, which makes it `AdamW`.
        foreach, fused: accepted; one operator for all parameters is used wherever it can be, unless one is ``False``.
        capturable: keep the step counter with the parameter.
        differentiable: let autograd record the step.

    Raises:
        ValueError: an option is out of its range.

    Examples:
        >>> weight = torch.tensor([4.0], requires_grad=True)
        >>> optimizer = torch.optim.Adam([weight], lr=0.5)
        >>> (weight**2).sum().backward()
        >>> optimizer.step()
        >>> weight.item()
        3.5
    """

    _sparse_advice = ", please consider SparseAdam instead"
    _later_options = {
        "amsgrad": False,
        "maximize": False,
        "foreach": None,
        "capturable": False,
        "differentiable": False,
        "fused": None,
        "decoupled_weight_decay": False,
    }

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach=None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused=None,
        decoupled_weight_decay: bool = False,
    ):
        check_lr(lr, foreach, capturable)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        self._check_tensor_betas(betas, foreach, capturable)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)
        self._check_fused(fused, foreach, differentiable)

    @staticmethod
    def _check_tensor_betas(betas, foreach, capturable) -> None:
        are_tensors = [isinstance(beta, torch.Tensor) for beta in betas]
        if any(are_tensors) and not all(are_tensors):
            raise ValueError("betas must be either both floats or both Tensors")
        for index, beta in enumerate(betas):
            if not are_tensors[index]:
                continue
            if foreach and not capturable:
                raise ValueError(f"betas[{index}] as a Tensor is not supported for capturable=False and foreach=True")
            if beta.numel() != 1:
                raise ValueError(f"Tensor betas[{index}] must be 1-element")

    def _new_state(self, group, param) -> dict:
        state = {"step": new_step(group, param), "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros_like(param)
        return state

    def _update(self, group, param, grad, state) -> None:
        lr = as_number(group["lr"])
        beta1, beta2 = (as_number(beta) for beta in group["betas"])
        state["step"].add_(1)
        step = state["step"].item()
        if group["weight_decay"] != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * group["weight_decay"])
            else:
                grad = grad.add(param, alpha=group["weight_decay"])
        param, grad, mean, square, greatest = as_real(
            param, grad, state["exp_avg"], state["exp_avg_sq"], state.get("max_exp_avg_sq")
        )
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        if greatest is not None and group["amsgrad"]:
            # The maximum is taken before the correction of the bias.
            greatest.copy_(torch.maximum(greatest, square))
            square = greatest
        root_correction = (1 - beta2**step) ** 0.5
        denominator = (square.sqrt() / root_correction).add_(group["eps"])
        param.addcdiv_(mean, denominator, value=-lr / (1 - beta1**step))

    def _fused_step(self, group, params, grads, states) -> bool:
        operator = _fused_adamw_ if group["decoupled_weight_decay"] else _fused_adam_
        if operator is None or not self._may_fuse(group, params, grads):
            return False
        steps = [state["step"] for state in states]
        amsgrad = group["amsgrad"]
        add_one_(steps)
        beta1, beta2 = group["betas"]
        found_inf = getattr(self, "found_inf", None)
        operator(
            params,
            grads,
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [state["max_exp_avg_sq"] for state in states] if amsgrad else [],
            steps,
            lr=as_number(group["lr"]),
            beta1=as_number(beta1),
            beta2=as_number(beta2),
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=amsgrad,
            maximize=group["maximize"],
            grad_scale=getattr(self, "grad_scale", None),
            found_inf=found_inf,
        )
        if found_inf is not None:
            # A step skipped for infinite gradients does not count.
            for step in steps:
                step.sub_(found_inf)
        return True
