"""Handles that take hooks away again, and the autograd side of module backward hooks."""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict

import tiny_torch as torch

__all__ = ["BackwardHook", "RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]


class RemovableHandle:
    """Returned by every ``register_*_hook``: `remove()` takes the hook away, as does leaving a ``with`` block.

    The handle holds its dictionary weakly, so it never keeps a module or tensor alive.

    Args:
        hooks_dict: ordered dictionary that holds the hook under the handle's `id`.
        extra_dict: a dictionary, or a list of them, with further entries under the same `id`.
    """

    next_id: int = 0

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        if extra_dict is None:
            self.extra_dict_ref = ()
        elif isinstance(extra_dict, list):
            self.extra_dict_ref = tuple(weakref.ref(extra) for extra in extra_dict)
        else:
            self.extra_dict_ref = (weakref.ref(extra_dict),)

    def remove(self) -> None:
        for ref in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self):
        if not self.extra_dict_ref:
            return self.hooks_dict_ref(), self.id
        return self.hooks_dict_ref(), self.id, tuple(ref() for ref in self.extra_dict_ref)

    def __setstate__(self, state) -> None:
        hooks, self.id = state[0], state[1]
        # A dictionary that died before pickling gets an empty stand-in, so that remove() stays harmless.
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        extras = state[2] if len(state) > 2 else ()
        self.extra_dict_ref = tuple(weakref.ref(OrderedDict() if extra is None else extra) for extra in extras)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        self.remove()


def add_hook(hooks, hook, extras=(), prepend=False) -> RemovableHandle:
    """Files `hook` in `hooks`, and ``True`` under the same id in each of `extras`."""
    handle = RemovableHandle(hooks, extra_dict=list(extras))
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    for extra in extras:
        extra[handle.id] = True
    return handle


def unserializable_hook(f):
    """Marks `f` as a hook that pickling a tensor leaves out with a warning."""
    f.__torch_unserializable__ = True
    return f


def warn_if_has_hooks(tensor) -> None:
    """Warns for each backward hook of `tensor` that pickling would drop."""
    for hook in (tensor._backward_hooks or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can "
                "decorate the function with @torch.utils.hooks.unserializable_hook to suppress this warning",
                stacklevel=2,
            )


_identity_function = None


def _identity(*tensors):
    """Passes tensors through one autograd node, so that a hook sees all their gradients at once."""
    global _identity_function
    if _identity_function is None:
        # Made on first use: the class needs autograd, which is imported after this module.
        class BackwardHookFunction(torch.autograd.Function):
            @staticmethod
            def forward(ctx, *args):
                ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
                return args

            @staticmethod
            def backward(ctx, *grads):
                return grads

        _identity_function = BackwardHookFunction
    return _identity_function.apply(*tensors)


def _as_tuple(value) -> tuple:
    return value if isinstance(value, tuple) else (value,)


class BackwardHook:
    """Runs a module's full backward (pre-)hooks around one call of the module.

    `setup_input_hook` and `setup_output_hook` route the call's tensors through identity nodes. The output's node
    delivers `grad_output` (pre-hooks run there); the input's node delivers `grad_input` and runs the hooks. When no
    input needs a gradient the hooks run at the output, with ``None`` for each input.
    """

    def __init__(self, module, user_hooks, user_pre_hooks):
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs = None
        self.n_inputs = -1
        self.n_outputs = -1
        self.input_positions = None
        self.output_positions = None

    @staticmethod
    def _spread(positions, values, size) -> tuple:
        full = [None] * size
        for position, value in zip(positions, values):
            full[position] = value
        return tuple(full)

    def _replacement(self, old, new, hook_kind) -> tuple:
        new = _as_tuple(new)
        if len(new) != len(old):
            raise RuntimeError(
                f"Backward {hook_kind} returned an invalid number of grad_{'output' if 'pre' in hook_kind else 'input'}, "
                f"got {len(new)}, but expected {len(old)}"
            )
        return new

    def _route(self, args, on_node):
        positions = [i for i, arg in enumerate(args) if isinstance(arg, torch.Tensor)]
        tensors = [args[i] for i in positions]
        if not (torch.is_grad_enabled() and any(t.requires_grad for t in tensors)):
            return args, None
        routed = _as_tuple(_identity(*tensors))
        node = next(t.grad_fn for t in routed if t.grad_fn is not None)
        on_node(node)
        result = list(args)
        for position, tensor in zip(positions, routed):
            result[position] = tensor
        # A named tuple is rebuilt field by field.
        rebuilt = type(args)(*result) if hasattr(args, "_fields") else tuple(result)
        return rebuilt, positions

    def setup_input_hook(self, args):
        """Returns `args` with its tensors routed through the input node."""

        def on_node(node):
            def run(grad_input, _):
                if self.grad_outputs is None:
                    return None  # no output of this call took part in this backward
                grads = self._spread(self.input_positions, grad_input, self.n_inputs)
                for hook in self.user_hooks:
                    new = hook(self.module, grads, self.grad_outputs)
                    if new is not None:
                        grads = self._replacement(grads, new, "hook")
                self.grad_outputs = None
                return tuple(grads[i] for i in self.input_positions)

            node.register_hook(run)

        routed, self.input_positions = self._route(args, on_node)
        self.n_inputs = len(args)
        return routed

    def setup_output_hook(self, args):
        """Returns a module's result, a tensor or a tuple, with its tensors routed through the output node."""

        def on_node(node):
            def run(_, grad_output):
                grads = self._spread(self.output_positions, grad_output, self.n_outputs)
                for hook in self.user_pre_hooks:
                    new = hook(self.module, grads)
                    if new is not None:
                        grads = self._replacement(grads, new, "pre hook")
                self.grad_outputs = grads
                if self.input_positions is None:
                    warnings.warn(
                        "Full backward hook is firing when gradients are computed with respect to module outputs since "
                        "no inputs require gradients.",
                        stacklevel=5,
                    )
                    for hook in self.user_hooks:
                        if hook(self.module, (None,) * self.n_inputs, grads) is not None:
                            raise RuntimeError(
                                "Backward hook for Modules where no input requires gradient "
                                "should always return None or None for all gradients."
                            )
                    self.grad_outputs = None
                if self.user_pre_hooks:
                    return tuple(grads[i] for i in self.output_positions)
                return None

            node.register_hook(run)

        single = not isinstance(args, tuple)
        values = (args,) if single else args
        routed, self.output_positions = self._route(values, on_node)
        self.n_outputs = len(values)
        return routed[0] if single else routed
