"""`GradScaler`: scales the loss so that small float16 gradients do not vanish, and skips steps that overflowed."""

from enum import Enum

import tiny_torch as torch

__all__ = ["GradScaler", "OptState"]


class OptState(Enum):
    """How far an optimizer is in the current iteration."""

    READY = 0
    UNSCALED = 1
    STEPPED = 2


class _Progress:
    """What the scaler knows of one optimizer since the last update."""

    def __init__(self):
        self.stage = OptState.READY
        self.found_inf = None


class GradScaler:
    """Scales losses, unscales gradients before the optimizer's step, and adapts the scale to overflows.

    Args:
        device (str): device type of the scale, "cuda" or "cpu".
        init_scale (float): the first scale.
        growth_factor (float): multiplies the scale after `growth_interval` steps without overflow; above 1.
        backoff_factor (float): multiplies the scale after a step with overflow; below 1.
        growth_interval (int): steps without overflow between two growths.
        enabled (bool): False makes every method pass its arguments through.

    Raises:
        AssertionError: a factor is out of its range.

    Example::

        >>> scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
        >>> weight = torch.nn.Parameter(torch.ones(2))
        >>> optimizer = torch.optim.SGD([weight], lr=0.5)
        >>> scaler.scale(weight.sum()).backward()
        >>> weight.grad
        tensor([8., 8.])
        >>> scaler.step(optimizer)
        >>> scaler.update()
        >>> weight.grad
        tensor([1., 1.])

    Source: torch.amp.GradScaler.
    """

    def __init__(
        self,
        device="cuda",
        init_scale=2.0**16,
        growth_factor=2.0,
        backoff_factor=0.5,
        growth_interval=2000,
        enabled=True,
    ):
        self._device = device
        if enabled and device == "cuda" and not torch.cuda.is_available():
            import warnings

            warnings.warn("GradScaler is enabled, but CUDA is not available. Disabling.", stacklevel=2)
            enabled = False
        self._enabled = enabled
        if not enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._init_scale = init_scale
        self._init_growth_tracker = 0
        # Made on the device of the first tensor that is scaled.
        self._scale = None
        self._growth_tracker = None
        self._progress = {}

    def scale(self, outputs):
        """`outputs`, a tensor or nested iterables of tensors, times the scale.

        Raises:
            ValueError: something in `outputs` is neither.
        """
        if not self._enabled:
            return outputs
        if isinstance(outputs, torch.Tensor):
            if self._scale is None:
                self._scale = torch.full((), self._init_scale, dtype=torch.float32, device=outputs.device)
                self._growth_tracker = torch.full(
                    (), self._init_growth_tracker, dtype=torch.int32, device=outputs.device
                )
            return outputs * self._scale.to(outputs.device)
        if isinstance(outputs, (list, tuple)):
            return type(outputs)(map(self.scale, outputs))
        if hasattr(outputs, "__iter__"):
            return map(self.scale, outputs)
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer):
        """Divides the gradients of the optimizer's parameters by the scale; `step` does it unless it was done before.

        Raises:
            ValueError: a gradient is float16, whose unscaled value could vanish.
            RuntimeError: called twice, or after `step`, since the last `update`.
            AssertionError: nothing was scaled before.
        """
        if not self._enabled:
            return
        self._check_scaled("unscale_")
        progress = self._progress_of(optimizer)
        if progress.stage is OptState.UNSCALED:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if progress.stage is OptState.STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        # The reciprocal of a large power of two is exact only in float64.
        progress.found_inf = self._unscale_grads(optimizer, self._scale.double().reciprocal().float())
        progress.stage = OptState.UNSCALED

    @torch.no_grad()
    def _unscale_grads(self, optimizer, inverse):
        """Multiplies the gradients by `inverse`; a float32 tensor that is 1 where one was not finite, None without any."""
        found = None
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                grad = parameter.grad
                if grad is None:
                    continue
                if grad.dtype == torch.float16:
                    raise ValueError("Attempting to unscale FP16 gradients.")
                bad = grad.isfinite().all().logical_not().to(torch.float32)
                found = bad if found is None else torch.maximum(found, bad.to(found.device))
                grad.mul_(inverse.to(grad.device))
        return found

    def step(self, optimizer, *args, **kwargs):
        """Unscales the gradients if needed, and calls ``optimizer.step(*args, **kwargs)`` where all are finite.

        Returns:
            What the optimizer's step returned; None where it was skipped.

        Raises:
            RuntimeError: called twice since the last `update`, or with a closure.
            AssertionError: nothing was scaled before, or no parameter has a gradient.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._check_scaled("step")
        progress = self._progress_of(optimizer)
        if progress.stage is OptState.STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if progress.stage is OptState.READY:
            self.unscale_(optimizer)
        if progress.found_inf is None:
            raise AssertionError("No inf checks were recorded for this optimizer.")
        result = None if progress.found_inf.item() else optimizer.step(*args, **kwargs)
        progress.stage = OptState.STEPPED
        return result

    def update(self, new_scale=None):
        """Adapts the scale to what the steps of this iteration found, or sets it to `new_scale`.

        Args:
            new_scale (float or Tensor): a number, or a tensor with one element on the scaler's device type that does
                not require grad.

        Raises:
            AssertionError: nothing was scaled or stepped before, or `new_scale` is something else.
        """
        if not self._enabled:
            return
        self._check_scaled("update")
        if isinstance(new_scale, float):
            self._scale.fill_(new_scale)
        elif new_scale is not None:
            fits = new_scale.device.type == self._device and new_scale.numel() == 1 and not new_scale.requires_grad
            if not fits:
                raise AssertionError(
                    f"new_scale should be a float or a {self._device} tensor with one element and requires_grad=False."
                )
            self._scale.copy_(new_scale.reshape(()))
        else:
            found = [p.found_inf.item() for p in self._progress.values() if p.found_inf is not None]
            if not found:
                raise AssertionError("No inf checks were recorded prior to update.")
            self._adapt(any(found))
        self._progress = {}

    def _adapt(self, overflowed):
        if overflowed:
            self._scale.mul_(self._backoff_factor)
            self._growth_tracker.zero_()
            return
        self._growth_tracker.add_(1)
        if self._growth_tracker.item() == self._growth_interval:
            grown = self._scale * self._growth_factor
            if grown.isfinite().item():
                self._scale.copy_(grown)
            self._growth_tracker.zero_()

    def _check_scaled(self, method):
        if self._scale is None:
            raise AssertionError(
                f"Attempted {method} but _scale is None.  "
                "This may indicate your script did not use scaler.scale(loss or outputs) earlier in the iteration."
            )

    def _progress_of(self, optimizer):
        return self._progress.setdefault(id(optimizer), _Progress())

    def get_scale(self):
        """The scale as a float; 1.0 when disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else self._scale.item()

    def get_growth_factor(self):
        """What multiplies the scale when it grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor):
        """Sets what multiplies the scale when it grows."""
        self._growth_factor = new_factor

    def get_backoff_factor(self):
        """What multiplies the scale after an overflow."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor):
        """Sets what multiplies the scale after an overflow."""
        self._backoff_factor = new_factor

    def get_growth_interval(self):
        """Steps without overflow between two growths."""
        return self._growth_interval

    def set_growth_interval(self, new_interval):
        """Sets the number of steps without overflow between two growths."""
        self._growth_interval = new_interval

    def _get_growth_tracker(self):
        if not self._enabled:
            return 0
        return self._init_growth_tracker if self._growth_tracker is None else self._growth_tracker.item()

    def is_enabled(self):
        """Whether the scaler does anything."""
        return self._enabled

    def state_dict(self):
        """Scale, factors, interval and steps since the last overflow, as numbers; empty when disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._get_growth_tracker(),
        }

    def load_state_dict(self, state_dict):
        """Takes over what `state_dict` returned; nothing to do when disabled.

        Raises:
            RuntimeError: the dict is empty, as that of a disabled scaler.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._scale is not None:
            self._scale.fill_(self._init_scale)
            self._growth_tracker.fill_(self._init_growth_tracker)

    def __getstate__(self):
        state = dict(self.__dict__)
        if self._enabled:
            if self._progress:
                raise AssertionError(
                    "A GradScaler instance may only be pickled at the beginning "
                    "of an iteration, or at the end after scaler.update()."
                )
            state.update(
                _init_scale=self.get_scale(),
                _init_growth_tracker=self._get_growth_tracker(),
                _scale=None,
                _growth_tracker=None,
            )
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
