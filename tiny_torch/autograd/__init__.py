"""Automatic differentiation: gradients of anything computed from tensors that require them.

The whole idea, for numbers, in a few lines::

    class Value:
        def __init__(self, data, parents=()):             # parents: pairs of a Value and d(self)/d(parent)
            self.data, self.parents, self.grad = data, parents, 0.0

        def __mul__(self, other):
            return Value(self.data * other.data, ((self, other.data), (other, self.data)))

        def backward(self, grad=1.0):
            self.grad += grad
            for parent, slope in self.parents:
                parent.backward(grad * slope)

The real thing records a node per operation (`Tensor.grad_fn`) and runs the nodes once each, in an order in which every
node has all its gradient before it runs.
"""

from tiny_torch import _C
from tiny_torch.autograd import function, graph
from tiny_torch.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from tiny_torch.autograd.function import Function
from tiny_torch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


def _outputs(tensors):
    tensors = tuple(tensors)
    if not all(isinstance(t, _C.TensorBase) for t in tensors):
        raise AssertionError("Expected output to be a torch.Tensor")
    return tensors


def _as_tuple(value):
    return (value,) if isinstance(value, (_C.TensorBase, graph.GradientEdge)) else tuple(value)


def _has_edges(values):
    if isinstance(values, (_C.TensorBase, type(None))):
        return False
    return isinstance(values, graph.GradientEdge) or any(isinstance(v, graph.GradientEdge) for v in values)


def _run_edges(outputs, grads, inputs, retain_graph, create_graph, accumulate):
    """`backward` and `grad` where some outputs or inputs are given as `GradientEdge`."""
    import tiny_torch as torch

    def edge_of(value):
        return value if isinstance(value, graph.GradientEdge) else graph.get_gradient_edge(value)

    def one_for(edge):
        shape, dtype, device = edge.node._input_metadata[edge.output_nr]
        if shape.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return torch.ones(shape, dtype=dtype, device=device)

    edges = [edge_of(o) for o in _as_tuple(outputs)]
    grads = [None] * len(edges) if grads is None else _as_tuple(grads)
    grads = [one_for(edge) if g is None else g for edge, g in zip(edges, grads)]
    keep = create_graph if retain_graph is None else retain_graph
    return _C._engine_run_edges(edges, grads, [edge_of(i) for i in inputs], keep, create_graph, accumulate)


def _grad_batched(outputs, inputs, grad_outputs, create_graph, allow_unused, materialize_grads):
    import tiny_torch as torch

    rows = [
        grad(
            outputs,
            inputs,
            [g[i] for g in grad_outputs],
            True,
            create_graph,
            True,
            allow_unused,
            False,
            materialize_grads,
        )
        for i in range(len(grad_outputs[0]))
    ]
    return tuple(None if column[0] is None else torch.stack(column) for column in zip(*rows))


def backward(
    tensors,
    grad_tensors=None,
    retain_graph=None,
    create_graph=False,
    grad_variables=None,
    inputs=None,
):
    """Accumulates the gradient of `tensors` into the ``.grad`` of the leaves they were computed from.

    Args:
        tensors (Tensor or sequence of Tensor): where to start.
        grad_tensors (Tensor, None or sequence of these): gradient with respect to each of `tensors`, of the same
            shape; None counts as one, for tensors with a single element.
        retain_graph (bool, optional): keep what was saved, for another backward. Default: the value of `create_graph`.
        create_graph (bool): record the computation of the gradients, so that they can be differentiated in turn.
        grad_variables: old name of `grad_tensors`.
        inputs (Tensor or sequence of Tensor, optional): only these get a ``.grad``. Default: all leaves.

    Raises:
        RuntimeError: nothing requires grad, shapes do not match, the graph was freed, a saved tensor was changed.
        TypeError: arguments of the wrong kind.
    """
    if grad_variables is not None:
        import warnings

        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    if inputs is not None:
        inputs = _as_tuple(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    if _has_edges(tensors) or _has_edges(inputs):
        _run_edges(tensors, grad_tensors, inputs or (), retain_graph, create_graph, True)
        return
    if not isinstance(tensors, _C.TensorBase):
        tensors = _outputs(tensors)
    _C._engine_backward(tensors, grad_tensors, retain_graph, create_graph, inputs)


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    only_inputs=True,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
):
    """The sum of the gradients of `outputs` with respect to each of `inputs`; no ``.grad`` is touched.

    Args:
        outputs (Tensor or sequence of Tensor): what to differentiate.
        inputs (Tensor or sequence of Tensor): with respect to what; they need not be leaves.
        grad_outputs (Tensor, None or sequence of these): as `grad_tensors` of `backward`.
        retain_graph (bool, optional): as in `backward`.
        create_graph (bool): as in `backward`.
        only_inputs (bool): deprecated, must be True.
        allow_unused (bool, optional): give None for inputs that `outputs` do not depend on, instead of raising.
            Default: the value of `materialize_grads`.
        is_grads_batched (bool): `grad_outputs` have a first dimension more, as the results then do: one backward for
            each of its elements.
        materialize_grads (bool): give zeros for inputs that `outputs` do not depend on.

    Returns:
        tuple of Tensor: gradients of the shapes of `inputs`.

    Raises:
        RuntimeError: as `backward`; an input was not used and `allow_unused` is not set.
        ValueError: `materialize_grads` together with ``allow_unused=False``.

    Examples:
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> (first,) = torch.autograd.grad(x**3, x, create_graph=True)
        >>> (second,) = torch.autograd.grad(first, x)
        >>> first.item(), second.item()
        (27.0, 18.0)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if not only_inputs:
        import warnings

        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True).", FutureWarning, stacklevel=2
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    inputs = _as_tuple(inputs)
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if is_grads_batched:
        return _grad_batched(outputs, inputs, _as_tuple(grad_outputs), create_graph, allow_unused, materialize_grads)
    if _has_edges(outputs) or _has_edges(inputs):
        results = _run_edges(outputs, grad_outputs, inputs, retain_graph, create_graph, False)
        if not allow_unused and any(g is None for g in results):
            raise RuntimeError(
                "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior."
            )
        return results
    outputs = (outputs,) if isinstance(outputs, _C.TensorBase) else _outputs(outputs)
    return _C._engine_grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)


class _ExecutionEngine:
    """What code written against ``Variable._execution_engine`` uses."""

    @staticmethod
    def queue_callback(callback):
        """Calls `callback` without arguments at the end of the backward pass that runs now."""
        _C._queue_callback(callback)


class _VariableMeta(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, _C.TensorBase)


class Variable(metaclass=_VariableMeta):
    """An old name of Tensor: ``Variable(t)`` is `t` without history, every tensor is an instance."""

    _execution_engine = _ExecutionEngine()

    def __new__(cls, data=None, requires_grad=False, volatile=None):
        if volatile is not None:
            import warnings

            warnings.warn("volatile was removed and has no effect; use `with torch.no_grad():`", stacklevel=2)
        if data is None:
            data = _C._VariableFunctions.empty(0)
        return data.detach().requires_grad_(requires_grad)


def __getattr__(name):
    # These import more than a program that only trains needs.
    if name in ("gradcheck", "gradgradcheck"):
        from tiny_torch.autograd.gradcheck import gradcheck, gradgradcheck

        globals()["gradcheck"], globals()["gradgradcheck"] = gradcheck, gradgradcheck
        return globals()[name]
    if name in ("functional", "variable"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
