"""Adagrad."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, as_real, check_lr, new_step

__all__ = ["Adagrad"]


class Adagrad(ElementwiseOptimizer):
    """Divides by the root of the sum of all squared gradients (Duchi et al., 2011).

    Args:
        params: see `Optimizer`.
        lr: learning rate; divided by ``1 + (step - 1) * lr_decay``.
        weight_decay: multiple of the parameter that is added to the gradient.
        initial_accumulator_value: what the sums start from.
        eps: added to the root.
        maximize: go up the gradient.
        foreach, fused, differentiable: see `Adam`.
    """

    _takes_sparse_grads = True
    _later_options = {"foreach": None, "maximize": False, "differentiable": False, "fused": None}

    def __init__(
        self,
        params,
        lr=1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach=None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused=None,
    ):
        check_lr(lr)
        for name, value in (
            ("lr_decay", lr_decay),
            ("weight_decay", weight_decay),
            ("initial_accumulator_value", initial_accumulator_value),
            ("epsilon", eps),
        ):
            if not 0.0 <= value:
                raise ValueError(f"Invalid {name} value: {value}")
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, options)
        self._check_fused(fused, foreach, differentiable)
        # The sums are there from the start, so that share_memory() can share them.
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param].update(self._new_state(group, param))

    def _new_state(self, group, param) -> dict:
        start = group["initial_accumulator_value"]
        start = complex(start, start) if param.is_complex() else start
        return {
            "step": new_step(group, param),
            "sum": torch.full_like(param, start, memory_format=torch.preserve_format),
        }

    def share_memory(self) -> None:
        """Moves the sums into shared memory."""
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param]["sum"].share_memory_()

    def _update(self, group, param, grad, state) -> None:
        state["step"].add_(1)
        if group["weight_decay"] != 0:
            if grad.is_sparse:
                raise RuntimeError("weight_decay option is not compatible with sparse gradients")
            grad = grad.add(param, alpha=group["weight_decay"])
        lr = as_number(group["lr"]) / (1 + (state["step"].item() - 1) * group["lr_decay"])
        if grad.is_sparse:
            self._update_sparse(group, param, grad, state["sum"], lr)
            return
        param, grad, total = as_real(param, grad, state["sum"])
        total.addcmul_(grad, grad, value=1)
        param.addcdiv_(grad, total.sqrt().add_(group["eps"]), value=-lr)

    @staticmethod
    def _update_sparse(group, param, grad, total, lr) -> None:
        # The step is not linear, so each index may occur only once.
        grad = grad.coalesce()
        indices, values = grad._indices(), grad._values()

        def sparse(values):
            return torch.sparse_coo_tensor(indices, values, grad.size())

        total.add_(sparse(values.pow(2)))
        root = total.sparse_mask(grad)._values().sqrt_().add_(group["eps"])
        param.add_(sparse(values / root), alpha=-lr)
