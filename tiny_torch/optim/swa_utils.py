"""Averages of the weights along the way of training."""

from __future__ import annotations

import itertools
import math
from copy import deepcopy

import tiny_torch as torch
from tiny_torch.nn.modules.batchnorm import _BatchNorm
from tiny_torch.nn.modules.module import Module
from tiny_torch.optim._schedule import LRScheduler, _per_group

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def _check_decay(decay) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def get_ema_avg_fn(decay: float = 0.999):
    """An average for `AveragedModel` that forgets: ``decay * average + (1 - decay) * new``."""
    _check_decay(decay)

    def average(averaged, current, num_averaged):
        with torch.no_grad():
            return decay * averaged + (1 - decay) * current

    return average


def get_swa_avg_fn():
    """The plain average for `AveragedModel`."""

    def average(averaged, current, num_averaged):
        with torch.no_grad():
            return averaged + (current - averaged) / (num_averaged + 1)

    return average


def _for_lists(function):
    def average(averaged_list, current_list, num_averaged):
        with torch.no_grad():
            for averaged, current in zip(averaged_list, current_list):
                averaged.copy_(function(averaged, current, num_averaged))

    return average


def get_ema_multi_avg_fn(decay: float = 0.999):
    """`get_ema_avg_fn` over lists of tensors, in place."""
    return _for_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn():
    """`get_swa_avg_fn` over lists of tensors, in place."""
    return _for_lists(get_swa_avg_fn())


class AveragedModel(Module):
    """A copy of a model whose parameters are averages over the calls of `update_parameters` (Izmailov et al., 2018).

    Args:
        model: the model; the copy is `module`.
        device: where the copy is kept.
        avg_fn: function of (average, new value, number of values so far) that gives the new average.
        multi_avg_fn: the same for lists of tensors, in place.
        use_buffers: average the buffers too, instead of copying them.
    """

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", torch.tensor(0, dtype=torch.long, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def update_parameters(self, model) -> None:
        """Takes the present parameters of `model` into the averages."""

        def tensors(module):
            return itertools.chain(module.parameters(), module.buffers() if self.use_buffers else ())

        averaged = [t.detach() for t in tensors(self.module)]
        current = [t.detach().to(a.device) for t, a in zip(tensors(model), averaged)]
        if self.n_averaged == 0:
            for a, c in zip(averaged, current):
                a.copy_(c)
        elif self.multi_avg_fn is not None:
            self.multi_avg_fn(averaged, current, self.n_averaged)
        else:
            average = get_swa_avg_fn() if self.avg_fn is None else self.avg_fn
            for a, c in zip(averaged, current):
                a.copy_(average(a, c, self.n_averaged))
        if not self.use_buffers:
            for a, c in zip(self.module.buffers(), model.buffers()):
                a.detach().copy_(c.detach())
        self.n_averaged += 1


def update_bn(loader, model, device=None) -> None:
    """Computes the running statistics of all batch norms in `model` anew, from one pass over `loader`.

    A batch is a tensor, or a list or tuple whose first element is passed to the model.
    """
    norms = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not norms:
        return
    was_training = model.training
    model.train()
    for module in norms:
        module.reset_running_stats()
        # Every batch counts the same.
        module.momentum = None
    with torch.no_grad():
        for batch in loader:
            batch = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(batch if device is None else batch.to(device))
    for module, momentum in norms.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Leads the rate of each group to `swa_lr` within `anneal_epochs` steps and keeps it there.

    Args:
        swa_lr: the rate in the end, one number or one per group.
        anneal_strategy: ``"cos"`` or ``"linear"``.
    """

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        for rate, group in zip(_per_group(optimizer, swa_lr, "swa_lr"), optimizer.param_groups):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t):
        """How much of the way is done when the part `t` of the steps is."""
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list:
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        length = max(1, self.anneal_epochs)
        before = self.anneal_func(max(0, min(1, (step - 1) / length)))
        now = self.anneal_func(max(0, min(1, step / length)))
        rates = []
        for group in self.optimizer.param_groups:
            # The rate the way started from; other schedules may have changed it meanwhile.
            start = group["swa_lr"] if before == 1 else (group["lr"] - before * group["swa_lr"]) / (1 - before)
            rates.append(group["swa_lr"] * now + start * (1 - now))
        return rates
