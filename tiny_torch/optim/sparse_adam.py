"""Adam for sparse gradients."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, check_betas, check_lr, zeros_like

__all__ = ["SparseAdam"]


class SparseAdam(ElementwiseOptimizer):
    """`Adam` that touches only the rows that a sparse gradient names; its arguments too.

    Raises:
        ValueError: a parameter is sparse itself, or an option is out of its range.
    """

    _takes_sparse_grads = True

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps: float = 1e-8, maximize: bool = False):
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 < lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        check_lr(lr)
        if not 0.0 < eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        for number, group in enumerate(self.param_groups):
            complex_ones = [[number, i] for i, param in enumerate(group["params"]) if param.is_complex()]
            if complex_ones:
                raise ValueError(
                    f"Complex params at indices {complex_ones}: SparseAdam does not support complex parameters"
                )
            sparse = [i for i, param in enumerate(group["params"]) if param.is_sparse]
            if sparse:
                raise ValueError(
                    f"Sparse params at indices {sparse} of group {number}: SparseAdam requires dense parameter tensors"
                )

    def _new_state(self, group, param) -> dict:
        if not param.grad.is_sparse:
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        return {"step": 0, "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def __setstate__(self, state) -> None:
        # The step is a plain number here, so the conversion of the base class is skipped.
        super(ElementwiseOptimizer, self).__setstate__(state)

    def _update(self, group, param, grad, state) -> None:
        beta1, beta2 = group["betas"]
        state["step"] += 1
        step = state["step"]
        grad = grad.coalesce()
        indices, values = grad._indices(), grad._values()
        if values.numel() == 0:
            return

        def sparse(values):
            return torch.sparse_coo_tensor(indices, values, grad.size())

        mean, square = state["exp_avg"], state["exp_avg_sq"]
        old_mean = mean.sparse_mask(grad)._values()
        mean_step = values.sub(old_mean).mul_(1 - beta1)
        mean.add_(sparse(mean_step))
        old_square = square.sparse_mask(grad)._values()
        square_step = values.pow(2).sub_(old_square).mul_(1 - beta2)
        square.add_(sparse(square_step))
        numerator = mean_step.add_(old_mean)
        denominator = square_step.add_(old_square).sqrt_().add_(group["eps"])
        lr = as_number(group["lr"]) * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        param.add_(sparse(-lr * numerator.div_(denominator)))
