"""Limited-memory BFGS."""

from __future__ import annotations

import math
from collections import namedtuple

import tiny_torch as torch
from tiny_torch.optim._elementwise import as_number
from tiny_torch.optim.optimizer import Optimizer

__all__ = ["LBFGS"]

# A place on the search line: step, loss, gradient there, slope along the line.
_Point = namedtuple("_Point", ["t", "loss", "grad", "slope"])


def _cubic_minimum(a, b, bounds=None):
    """The minimum of the cubic through two points with their slopes, within `bounds` or between them."""
    low, high = bounds if bounds is not None else sorted((a.t, b.t))
    if a.t > b.t:
        a, b = b, a
    inner = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = inner**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2.0
    root = math.sqrt(square)
    divisor = b.slope - a.slope + 2 * root
    if divisor == 0:
        return (low + high) / 2.0
    best = b.t - (b.t - a.t) * ((b.slope + root - inner) / divisor)
    return min(max(best, low), high)


_CARRIED = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class _StrongWolfe:
    """Searches along a line for a step that meets the strong Wolfe conditions (Nocedal and Wright, 2006, ch. 3).

    First steps outwards until a bracket holds such a point, then narrows it down; `search` returns the best point
    and the number of evaluations. ``evaluate(t)`` gives a `_Point`.
    """

    armijo = 1e-4
    curvature = 0.9

    def __init__(self, evaluate, start, tolerance, direction_size, max_evaluations):
        self.evaluate = evaluate
        self.start = start
        self.tolerance = tolerance
        self.direction_size = direction_size
        self.left = max_evaluations

    def _too_high(self, point) -> bool:
        return point.loss > self.start.loss + self.armijo * point.t * self.start.slope

    def _flat_enough(self, point) -> bool:
        return abs(point.slope) <= -self.curvature * self.start.slope

    def _bracket(self, first):
        """(points that bracket a solution, number of steps); a single point is a solution itself."""
        before, point = self.start, first
        for step in range(self.left):
            if self._too_high(point) or (step > 1 and point.loss >= before.loss):
                return [before, point], step
            if self._flat_enough(point):
                return [point], step
            if point.slope >= 0:
                return [before, point], step
            bounds = (point.t + 0.01 * (point.t - before.t), point.t * 10)
            before, point = point, self.evaluate(_cubic_minimum(before, point, bounds))
        return [self.start, point], self.left

    def search(self, t):
        """Returns (best point, number of evaluations), starting with step `t`."""
        bracket, steps = self._bracket(self.evaluate(t))
        evaluations = steps + 1
        if len(bracket) == 1:
            return bracket[0], evaluations
        # The bracket is kept with its lower loss first.
        low, high = sorted(bracket, key=lambda point: point.loss)
        stalled = False
        while steps < self.left:
            if abs(high.t - low.t) * self.direction_size < self.tolerance:
                break
            t, stalled = self._trial(low, high, stalled)
            point = self.evaluate(t)
            evaluations += 1
            steps += 1
            if self._too_high(point) or point.loss >= low.loss:
                high = point
                if high.loss < low.loss:
                    low, high = high, low
                continue
            done = self._flat_enough(point)
            if not done and point.slope * (high.t - low.t) >= 0:
                high = low
            low = point
            if done:
                break
        return low, evaluations

    @staticmethod
    def _trial(low, high, stalled):
        """The next step to try, kept off the ends of the bracket where progress is poor."""
        left, right = sorted((low.t, high.t))
        t = _cubic_minimum(low, high)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            return t, False
        if not (stalled or t >= right or t <= left):
            return t, True
        return (right - margin if abs(t - right) < abs(t - left) else left + margin), False


class LBFGS(Optimizer):
    """Quasi-Newton steps from the last `history_size` gradients (Liu and Nocedal, 1989). One parameter group only.

    Args:
        params: real tensors on one device.
        lr: step size, where a line search does not choose it.
        max_iter: iterations within one `step`.
        max_eval: evaluations of the loss within one `step`, ``max_iter * 1.25`` by default.
        tolerance_grad: stop where no element of the gradient is greater.
        tolerance_change: stop where neither loss nor parameters change more.
        history_size: number of past steps kept.
        line_search_fn: ``"strong_wolfe"`` or ``None``.

    Raises:
        ValueError: more than one group, or `lr` is negative.
    """

    def __init__(
        self,
        params,
        lr=1,
        max_iter: int = 20,
        max_eval=None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn=None,
    ):
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        options = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, options)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    def _flat_grad(self):
        """The gradients of all parameters as one vector, zero where there is none."""
        parts = []
        for param in self._params:
            grad = param.grad
            if grad is None:
                grad = torch.zeros_like(param)
            elif grad.is_sparse:
                grad = grad.to_dense()
            parts.append((torch.view_as_real(grad) if grad.is_complex() else grad).reshape(-1))
        return torch.cat(parts)

    def _move(self, t, direction) -> None:
        """Adds ``t * direction`` to the parameters."""
        start = 0
        for param in self._params:
            param = torch.view_as_real(param) if param.is_complex() else param
            count = param.numel()
            param.add_(direction[start : start + count].view_as(param), alpha=t)
            start += count

    def _direction(self, state, grad, group):
        """The step of the approximate Newton method, after the history has taken in the last one."""
        if state["n_iter"] == 1:
            state["old_dirs"], state["old_stps"], state["ro"], state["H_diag"] = [], [], [], 1
            return grad.neg()
        changes, steps, inverse = state["old_dirs"], state["old_stps"], state["ro"]
        change = grad.sub(state["prev_flat_grad"])
        step = state["d"].mul(state["t"])
        product = change.dot(step)
        if product > 1e-10:
            if len(changes) == group["history_size"]:
                for history in (changes, steps, inverse):
                    history.pop(0)
            changes.append(change)
            steps.append(step)
            inverse.append(1.0 / product)
            state["H_diag"] = product / change.dot(change)
        weights = state.setdefault("al", [None] * group["history_size"])
        # The two loops of Nocedal, 1980: back through the history and forth again.
        direction = grad.neg()
        for i in reversed(range(len(changes))):
            weights[i] = steps[i].dot(direction) * inverse[i]
            direction.add_(changes[i], alpha=-as_number(weights[i]))
        direction = direction.mul(state["H_diag"])
        for i in range(len(changes)):
            weight = weights[i] - changes[i].dot(direction) * inverse[i]
            direction.add_(steps[i], alpha=as_number(weight))
        return direction

    def _line_search(self, closure, start, t, direction, group, evaluations):
        origin = [param.clone(memory_format=torch.contiguous_format) for param in self._params]

        def evaluate(t):
            self._move(t, direction)
            loss = float(closure())
            grad = self._flat_grad()
            for param, value in zip(self._params, origin):
                param.copy_(value)
            return _Point(t, loss, grad, grad.dot(direction).item())

        search = _StrongWolfe(
            evaluate, start, group["tolerance_change"], direction.abs().max().item(), group["max_eval"] - evaluations
        )
        return search.search(t)

    def step(self, closure):
        """Minimises for up to `max_iter` iterations.

        Args:
            closure: clears the gradients, computes the loss with its gradients and returns it; called often.

        Returns:
            The closure's first result.
        """
        state = self.state[self._params[0]]
        before = set(state)
        with torch.no_grad():
            loss = self._minimise(torch.enable_grad()(closure))
        # Saved states list what the loop carries on in PyTorch's order.
        for key in _CARRIED:
            if key in state and key not in before:
                state[key] = state.pop(key)
        return loss

    def _minimise(self, closure):
        group = self.param_groups[0]
        lr, tolerance = as_number(group["lr"]), group["tolerance_change"]
        # The state belongs to no parameter; that of the first one keeps it, for loading.
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss = float(first_loss)
        evaluations = 1
        state["func_evals"] += 1
        grad = self._flat_grad()
        if grad.abs().max() <= group["tolerance_grad"]:
            return first_loss
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self._direction(state, grad, group)
            state["d"] = direction
            state["prev_flat_grad"] = grad.clone(memory_format=torch.contiguous_format)
            previous_loss = state["prev_loss"] = loss
            t = min(1.0, 1.0 / grad.abs().sum().item()) * lr if state["n_iter"] == 1 else lr
            state["t"] = t
            slope = grad.dot(direction).item()
            if slope > -tolerance:
                break
            last = iteration == group["max_iter"]
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                start = _Point(0, loss, grad.clone(memory_format=torch.contiguous_format), slope)
                point, used = self._line_search(closure, start, t, direction, group, evaluations)
                t, loss, grad = point.t, point.loss, point.grad
                state["t"] = t
                self._move(t, direction)
            else:
                self._move(t, direction)
                used = 0
                if not last:
                    # After the last step the next call of step() evaluates anyway.
                    loss = float(closure())
                    grad = self._flat_grad()
                    used = 1
            evaluations += used
            state["func_evals"] += used
            if last or evaluations >= group["max_eval"] or grad.abs().max() <= group["tolerance_grad"]:
                break
            if direction.mul(t).abs().max() <= tolerance or abs(loss - previous_loss) < tolerance:
                break
        return first_loss
