"""What optimizers that treat every parameter by itself share: the loop, lazy state, checks, fused operators."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim.optimizer import Optimizer

_DEFAULT_FUSED_DTYPES = (torch.float32, torch.float64)
_FUSED_DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


def operator_or_none(name: str):
    """An operator of the core by name, or ``None`` in a build without it."""
    return getattr(torch._C._VariableFunctions, name, None)


_foreach_add_ = operator_or_none("_foreach_add_")


def add_one_(counters) -> None:
    """Adds one to every step counter."""
    if _foreach_add_ is not None:
        _foreach_add_(counters, 1)
    else:
        for counter in counters:
            counter.add_(1)


def new_step(group, param):
    """A step counter at zero, a tensor without dimensions."""
    if group.get("capturable") or group.get("fused"):
        return torch.zeros((), dtype=torch.float32, device=param.device)
    dtype = torch.float64 if torch.get_default_dtype() == torch.float64 else torch.float32
    return torch.tensor(0.0, dtype=dtype)


def zeros_like(param):
    """Zeros in the strides of `param`."""
    return torch.zeros_like(param, memory_format=torch.preserve_format)


def as_number(value):
    """A learning rate or beta that may be a tensor with one element."""
    return value.item() if isinstance(value, torch.Tensor) else value


def as_real(*tensors):
    """Complex tensors as real ones with a last dimension of two; others and ``None`` as they are."""
    return [t if t is None or not t.is_complex() else torch.view_as_real(t) for t in tensors]


def check_lr(lr, foreach=False, capturable=False) -> None:
    """Raises ValueError unless `lr` is a number or tensor with one element that is not negative."""
    if isinstance(lr, torch.Tensor):
        if foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        if lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
    if not 0.0 <= lr:
        raise ValueError(f"Invalid learning rate: {lr}")


def check_not_negative(**options) -> None:
    """Raises ValueError naming the first option below zero."""
    for name, value in options.items():
        if not 0.0 <= value:
            raise ValueError(f"Invalid {name} value: {value}")


def check_betas(betas) -> None:
    """Raises ValueError unless both are in [0, 1)."""
    for index, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {index}: {beta}")


class ElementwiseOptimizer(Optimizer):
    """An optimizer given by `_new_state` and `_update`, and where there is one by a fused operator in `_fused_step`."""

    _takes_sparse_grads = False
    _sparse_advice = ""
    # Options that states saved by older versions lack.
    _later_options = {}

    def __setstate__(self, state) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, default in self._later_options.items():
                group.setdefault(name, default)
            for param in group["params"]:
                own = self.state.get(param, None)
                if own and "step" in own and not isinstance(own["step"], torch.Tensor):
                    counter = new_step(group, param)
                    own["step"] = counter.fill_(float(own["step"]))

    def _check_fused(self, fused, foreach, differentiable) -> None:
        if not fused:
            return
        if differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
        self._step_supports_amp_scaling = True

    def _keeps_state(self, group) -> bool:
        """Whether the parameters of a group have state at all."""
        return True

    def _new_state(self, group, param) -> dict:
        """State of a parameter before its first step."""
        raise NotImplementedError

    def _update(self, group, param, grad, state) -> None:
        """One step of one parameter."""
        raise NotImplementedError

    def _fused_step(self, group, params, grads, states) -> bool:
        """One step of all parameters by one operator; ``False`` when there is none or it cannot be used."""
        return False

    def _may_fuse(self, group, params, grads) -> bool:
        """Whether all tensors are what fused operators take: floating, of one dtype, contiguous, on the CPU."""
        fused = group["fused"]
        if fused is None and (group["foreach"] is False or group["differentiable"]):
            return False
        if fused is False or not params or group.get("capturable"):
            return False
        dtype = params[0].dtype
        # Fused operators compute half types in float32: other numbers than step by step, so only for who asks.
        if dtype not in (_FUSED_DTYPES if fused else _DEFAULT_FUSED_DTYPES):
            return False
        return all(
            p.dtype == dtype and g.dtype == dtype and p.is_cpu and g.is_cpu and p.is_contiguous() and g.is_contiguous()
            for p, g in zip(params, grads)
        )

    def step(self, closure=None):
        """Updates all parameters that have a gradient.

        Args:
            closure: clears the gradients, computes the loss with its gradients and returns it.

        Returns:
            The closure's result, ``None`` without one.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.set_grad_enabled(bool(self.defaults.get("differentiable"))):
            for group in self.param_groups:
                self._step_group(group)
        return loss

    def _step_group(self, group) -> None:
        params, grads, states = [], [], []
        keeps_state = self._keeps_state(group)
        for param in group["params"]:
            grad = param.grad
            if grad is None:
                continue
            if grad.is_sparse and not self._takes_sparse_grads:
                raise RuntimeError(f"{type(self).__name__} does not support sparse gradients{self._sparse_advice}")
            state = self.state[param] if keeps_state else {}
            if keeps_state and not state:
                state.update(self._new_state(group, param))
            params.append(param)
            grads.append(grad)
            states.append(state)
        if self._fused_step(group, params, grads, states):
            return
        maximize = group.get("maximize", False)
        for param, grad, state in zip(params, grads, states):
            self._update(group, param, -grad if maximize else grad, state)
