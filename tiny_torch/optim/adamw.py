"""Adam with decoupled weight decay."""

from __future__ import annotations

from tiny_torch.optim.adam import Adam

__all__ = ["AdamW"]


class AdamW(Adam):
    """`Adam` that shrinks parameters by ``lr * weight_decay`` beside the step (Loshchilov and Hutter, 2017).

    The other arguments are those of `Adam`.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach=None,
        capturable: bool = False,
        differentiable: bool = False,
        fused=None,
    ):
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            # States saved before the option existed.
            group["decoupled_weight_decay"] = True
