"""The recorded graph: its nodes, its edges, and the tensors it keeps for backward."""

import contextlib
import functools
from collections import namedtuple

from tiny_torch import _C

__all__ = [
    "GradientEdge",
    "Node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class _NodeMeta(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, (_C._Node, _C._FunctionBase))

    def __subclasscheck__(cls, subclass):
        return issubclass(subclass, (_C._Node, _C._FunctionBase))


class Node(metaclass=_NodeMeta):
    """What ``tensor.grad_fn`` is an instance of: `name()`, `next_functions`, `metadata`, `register_hook`, `register_prehook`."""


class GradientEdge(namedtuple("GradientEdge", ("node", "output_nr", "ownership_token"), defaults=(None,))):
    """Where the gradient of a tensor goes: a node and the number of the output it made."""

    __slots__ = ()


def get_gradient_edge(tensor):
    """The `GradientEdge` of a tensor that requires grad.

    Raises:
        RuntimeError: the tensor does not require grad.
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = _C._gradient_node(tensor)
    return GradientEdge(node, tensor.output_nr)


def increment_version(tensor):
    """Tells autograd that the memory of `tensor` (or of several tensors) was changed behind its back."""
    try:
        tensors = (tensor,) if isinstance(tensor, _C.TensorBase) else tuple(tensor)
    except TypeError:
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input") from None
    for one in tensors:
        _C._increment_version(one)


class saved_tensors_hooks:
    """Inside, tensors saved for backward go through ``pack_hook(tensor)`` and come back through ``unpack_hook(packed)``.

    The value that unpack gives must equal the tensor that was packed. For saving memory: pack to disk, to the CPU, ...
    """

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self):
        _C._push_saved_tensors_default_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *exc):
        _C._pop_saved_tensors_default_hooks()

    def __call__(self, func):
        @functools.wraps(func)
        def wrapped(*args, **kwargs):
            with self:
                return func(*args, **kwargs)

        return wrapped


class save_on_cpu(saved_tensors_hooks):
    """Keeps tensors saved for backward in CPU memory; they return to their device when backward needs them."""

    def __init__(self, pin_memory=False, device_type="cuda"):
        def pack(tensor):
            if not pin_memory or tensor.device.type == "cpu":
                return tensor.device, tensor.cpu()
            return tensor.device, tensor.to("cpu").pin_memory()

        def unpack(packed):
            device, tensor = packed
            return tensor.to(device, non_blocking=pin_memory)

        super().__init__(pack, unpack)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message):
    """Inside, `saved_tensors_hooks` raises RuntimeError with this message."""
    _C._saved_tensors_hooks_disable(error_message)
    try:
        yield
    finally:
        _C._saved_tensors_hooks_enable()


class _Handles:
    def __init__(self, handles):
        self.handles = handles

    def remove(self):
        for handle in self.handles:
            handle.remove()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Calls `fn` when the gradients of `tensors` have been computed in one backward pass.

    Args:
        tensors: tensors that require grad.
        fn: with mode "all" called as ``fn(grads)``, a list with None for tensors without gradient, at the end of the
            pass at the latest; with mode "any" as ``fn(grad)`` with the first one.
        mode (str): "all" or "any".

    Returns:
        a handle whose ``remove()`` takes the hook away.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    state = {"grads": None, "count": 0}

    def begin():
        if state["grads"] is None:
            state["grads"], state["count"] = [None] * len(tensors), 0
            _C._queue_callback(finish)

    def finish():
        grads, state["grads"] = state["grads"], None
        if mode == "all" and grads is not None and state["count"] < len(tensors):
            fn(grads)

    def make_hook(position):
        def hook(grad):
            begin()
            state["grads"][position] = grad
            state["count"] += 1
            if mode == "any":
                if state["count"] == 1:
                    fn(grad)
            elif state["count"] == len(tensors):
                fn(state["grads"])

        return hook

    return _Handles([tensor.register_hook(make_hook(i)) for i, tensor in enumerate(tensors)])
