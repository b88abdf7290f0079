"""`Module`, the base class of every layer and network: named parameters, buffers and submodules, hooks, state."""

from __future__ import annotations

import warnings
from collections import OrderedDict

import tiny_torch as torch
from tiny_torch.nn.modules._module_conversion import ConversionMixin
from tiny_torch.nn.modules._module_state import (  # noqa: F401
    _EXTRA_STATE_KEY_SUFFIX,
    StateMixin,
    _IncompatibleKeys,
    _WrappedHook,
)
from tiny_torch.nn.modules._module_tree import TreeMixin
from tiny_torch.nn.parameter import Buffer, Parameter
from tiny_torch.utils.hooks import BackwardHook, RemovableHandle, add_hook, warn_of_missing_gradients

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

Tensor = torch.Tensor

_global_parameter_registration_hooks = OrderedDict()
_global_buffer_registration_hooks = OrderedDict()
_global_module_registration_hooks = OrderedDict()
_global_backward_pre_hooks = OrderedDict()
_global_backward_hooks = OrderedDict()
_global_is_full_backward_hook = None
_global_forward_pre_hooks = OrderedDict()
_global_forward_hooks = OrderedDict()
_global_forward_hooks_always_called = OrderedDict()
_global_forward_hooks_with_kwargs = OrderedDict()


def _addindent(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)


def _has_any_global_hook():
    return (
        _global_backward_pre_hooks
        or _global_backward_hooks
        or _global_forward_pre_hooks
        or _global_forward_hooks
        or _global_forward_hooks_always_called
        or _global_forward_hooks_with_kwargs
    )


def register_module_buffer_registration_hook(hook) -> RemovableHandle:
    """Calls ``hook(module, name, buffer)`` whenever any module registers a buffer; a result replaces the buffer."""
    return add_hook(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook) -> RemovableHandle:
    """Calls ``hook(module, name, submodule)`` whenever any module registers a child; a result replaces the child."""
    return add_hook(_global_module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook) -> RemovableHandle:
    """Calls ``hook(module, name, param)`` whenever any module registers a parameter; a result replaces it."""
    return add_hook(_global_parameter_registration_hooks, hook)


def register_module_forward_pre_hook(hook) -> RemovableHandle:
    """Calls ``hook(module, args)`` before every module's `forward`; a result replaces the positional arguments."""
    return add_hook(_global_forward_pre_hooks, hook)


def register_module_forward_hook(hook, *, with_kwargs: bool = False, always_call: bool = False) -> RemovableHandle:
    """Calls ``hook(module, args, output)`` after every module's `forward`; a result replaces the output.

    Args:
        with_kwargs: call ``hook(module, args, kwargs, output)`` instead.
        always_call: run the hook even when `forward` raises.
    """
    extras = [_global_forward_hooks_with_kwargs] if with_kwargs else []
    if always_call:
        extras.append(_global_forward_hooks_always_called)
    return add_hook(_global_forward_hooks, hook, extras)


def _claim_global_backward_kind(full: bool) -> None:
    global _global_is_full_backward_hook
    if _global_is_full_backward_hook is (not full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. "
            "Please use only one of them."
        )
    _global_is_full_backward_hook = full


def register_module_backward_hook(hook) -> RemovableHandle:
    """Registers a backward hook of the old kind on all modules; `register_module_full_backward_hook` replaces it."""
    _claim_global_backward_kind(False)
    return add_hook(_global_backward_hooks, hook)


def register_module_full_backward_pre_hook(hook) -> RemovableHandle:
    """Calls ``hook(module, grad_output)`` for every module before its gradients are computed."""
    return add_hook(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook) -> RemovableHandle:
    """Calls ``hook(module, grad_input, grad_output)`` for every module once the gradients of its inputs are there."""
    _claim_global_backward_kind(True)
    return add_hook(_global_backward_hooks, hook)


def _forward_unimplemented(self, *input) -> None:
    """Computes the module's result; every subclass defines it. Call the module itself, so that hooks run."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


# Where __setattr__ looks for a name that is registered already, and what may take its place.
_REGISTRIES = (
    ("_parameters", "parameter", "torch.nn.Parameter or None"),
    ("_modules", "child module", "torch.nn.Module or None"),
    ("_buffers", "buffer", "torch.nn.Buffer, torch.Tensor or None"),
)

# Dictionaries that every instance owns, by the names programs and pickles know them by.
_HOOK_DICTS = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


class _DestinationType:
    """The type variable of `state_dict`'s annotations, made when asked for: typing costs import time."""

    def __get__(self, module, owner):
        from typing import Any, TypeVar

        Module.T_destination = TypeVar("T_destination", bound=dict[str, Any])
        return Module.T_destination


class Module(StateMixin, ConversionMixin, TreeMixin):
    """Base class of layers and networks.

    Attributes that are `Parameter`, `Buffer` or `Module` objects are registered under their names, so that
    `parameters()`, `state_dict()`, `to()` and printing find them, through any depth of nesting. Subclasses call
    ``super().__init__()`` before they assign the first of them, and define `forward`.

    Example::

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden = nn.Linear(4, 8)
                self.out = nn.Linear(8, 1)

            def forward(self, x):
                return self.out(self.hidden(x).relu())

    Examples:
        >>> class Scale(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = nn.Parameter(torch.tensor(2.0))
        ...
        ...     def forward(self, x):
        ...         return self.factor * x
        >>> Scale()(torch.ones(3)).tolist(), list(Scale().state_dict())
        ([2.0, 2.0, 2.0], ['factor'])
    """

    T_destination = _DestinationType()
    dump_patches: bool = False
    # Saved with the state, so that _load_from_state_dict can translate what older versions wrote.
    _version: int = 1
    call_super_init: bool = False

    def __init__(self, *args, **kwargs) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        # Straight into the instance: __setattr__ looks for the dictionaries made here.
        own = self.__dict__
        own["training"] = True
        own["_parameters"] = {}
        own["_buffers"] = {}
        own["_non_persistent_buffers_set"] = set()
        own["_is_full_backward_hook"] = None
        for name in _HOOK_DICTS:
            own[name] = OrderedDict()
        own["_modules"] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    forward = _forward_unimplemented

    # ---- registration ------------------------------------------------------------------------------------------

    def _check_new_name(self, kind: str, name, taken) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {torch.typename(name)}")
        if hasattr(self, name) and name not in taken:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(
                f'{kind} name can\'t contain ".", got: {name}'
                if kind == "module"
                else f'{kind} name can\'t contain "."'
            )
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')

    def register_buffer(self, name: str, tensor, persistent: bool = True) -> None:
        """Adds a tensor that is saved and moved with the module but not trained, such as a running mean.

        Args:
            name: attribute name, without dots.
            tensor: the tensor, or ``None`` for a buffer that is absent (and not saved).
            persistent: whether `state_dict` has it.

        Raises:
            KeyError: the name is taken, empty or has a dot.
            TypeError: `tensor` is neither a tensor nor ``None``.
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_new_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{torch.typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        for hook in _global_buffer_registration_hooks.values():
            replacement = hook(self, name, tensor)
            if replacement is not None:
                tensor = replacement
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param) -> None:
        """Adds a parameter under `name`; ``None`` records that there is none (a layer without bias, say).

        Raises:
            KeyError: the name is taken, empty or has a dot.
            TypeError: `param` is no `Parameter`.
            ValueError: `param` was computed from other tensors, so that gradients would not stop at it.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_new_name("parameter", name, self._parameters)
        if param is None:
            self._parameters[name] = None
            return
        if not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{torch.typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param.grad_fn:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                f"To express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        for hook in _global_parameter_registration_hooks.values():
            replacement = hook(self, name, param)
            if replacement is not None:
                param = replacement
        self._parameters[name] = param

    def add_module(self, name: str, module) -> None:
        """Adds a child module under `name`; ``None`` keeps the name without a child.

        Raises:
            KeyError: the name is taken, empty or has a dot.
            TypeError: `module` is no `Module`.
        """
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{torch.typename(module)} is not a Module subclass")
        self._check_new_name("module", name, self._modules)
        self._modules[name] = self._registered_child(name, module)

    def register_module(self, name: str, module) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    def _registered_child(self, name, module):
        for hook in _global_module_registration_hooks.values():
            replacement = hook(self, name, module)
            if replacement is not None:
                module = replacement
        return module

    # ---- backward hooks ----------------------------------------------------------------------------------------

    def register_full_backward_pre_hook(self, hook, prepend: bool = False) -> RemovableHandle:
        """Calls ``hook(module, grad_output)`` before the module's gradients are computed.

        A result, a tensor or a tuple as long as `grad_output`, takes the place of `grad_output`.
        """
        return add_hook(self._backward_pre_hooks, hook, prepend=prepend)

    def _claim_backward_kind(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. "
                "Please use only one of them."
            )
        self._is_full_backward_hook = full

    def register_backward_hook(self, hook) -> RemovableHandle:
        """Registers a backward hook of the old kind; `register_full_backward_hook` replaces it."""
        self._claim_backward_kind(False)
        return add_hook(self._backward_hooks, hook)

    def register_full_backward_hook(self, hook, prepend: bool = False) -> RemovableHandle:
        """Calls ``hook(module, grad_input, grad_output)`` once the gradients of the module's inputs are computed.

        Both gradients are tuples, with ``None`` for what is no tensor. A result, as long as `grad_input`, takes the
        place of `grad_input`.
        """
        self._claim_backward_kind(True)
        return add_hook(self._backward_hooks, hook, prepend=prepend)

    def _get_backward_hooks(self):
        """The full hooks and those of the old kind, global ones first."""
        own = list(self._backward_hooks.values())
        of_all = list(_global_backward_hooks.values())
        full = (of_all if _global_is_full_backward_hook is True else []) + (
            own if self._is_full_backward_hook is True else []
        )
        regular = (of_all if _global_is_full_backward_hook is False else []) + (
            own if self._is_full_backward_hook is False else []
        )
        return full, regular

    def _get_backward_pre_hooks(self):
        return [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]

    # ---- forward hooks and the call ----------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Calls ``hook(module, args)`` before `forward`; a result replaces the positional arguments.

        Args:
            prepend: run it before the hooks that are there already.
            with_kwargs: call ``hook(module, args, kwargs)`` instead; its result is ``(args, kwargs)`` or ``None``.
        """
        extras = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return add_hook(self._forward_pre_hooks, hook, extras, prepend)

    def register_forward_hook(
        self, hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Calls ``hook(module, args, output)`` after `forward`; a result replaces the output.

        Args:
            prepend: run it before the hooks that are there already.
            with_kwargs: call ``hook(module, args, kwargs, output)`` instead.
            always_call: run the hook even when `forward` raises.
        """
        extras = [self._forward_hooks_with_kwargs] if with_kwargs else []
        if always_call:
            extras.append(self._forward_hooks_always_called)
        return add_hook(self._forward_hooks, hook, extras, prepend)

    def __call__(self, *args, **kwargs):
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or _global_forward_hooks
            or _global_forward_pre_hooks
            or _global_backward_hooks
            or _global_backward_pre_hooks
        ):
            return self._call_impl(*args, **kwargs)
        return self.forward(*args, **kwargs)

    def _forward_hook_list(self):
        """(id, hook, takes kwargs) of all forward hooks, in the order they run."""
        for hook_id, hook in list(_global_forward_hooks.items()):
            yield hook_id, hook, hook_id in _global_forward_hooks_with_kwargs
        for hook_id, hook in list(self._forward_hooks.items()):
            yield hook_id, hook, hook_id in self._forward_hooks_with_kwargs

    def _run_forward_pre_hooks(self, args, kwargs):
        own = self._forward_pre_hooks
        for hook_id, hook in [*_global_forward_pre_hooks.items(), *own.items()]:
            if hook_id in self._forward_pre_hooks_with_kwargs and hook_id in own:
                result = hook(self, args, kwargs)
                if result is None:
                    continue
                if not isinstance(result, tuple) or len(result) != 2:
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {result}."
                    )
                args, kwargs = result
            else:
                result = hook(self, args)
                if result is not None:
                    args = result if isinstance(result, tuple) else (result,)
        return args, kwargs

    def _call_impl(self, *args, **kwargs):
        """A call with hooks: pre-hooks, `forward`, forward hooks, with the backward hooks set up around `forward`."""
        full_hooks, regular_hooks = self._get_backward_hooks()
        pre_hooks = self._get_backward_pre_hooks()
        finished = set()

        def run():
            nonlocal args, kwargs
            args, kwargs = self._run_forward_pre_hooks(args, kwargs)
            backward_hook = None
            if full_hooks or pre_hooks:
                backward_hook = BackwardHook(self, full_hooks, pre_hooks)
                args = backward_hook.setup_input_hook(args)
            result = self.forward(*args, **kwargs)
            for hook_id, hook, takes_kwargs in self._forward_hook_list():
                finished.add(hook_id)
                new = hook(self, args, kwargs, result) if takes_kwargs else hook(self, args, result)
                if new is not None:
                    result = new
            if backward_hook is not None:
                if not isinstance(result, (Tensor, tuple)):
                    warnings.warn(
                        "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                        f"but received {type(result)}",
                        stacklevel=4,
                    )
                else:
                    result = backward_hook.setup_output_hook(result)
            if regular_hooks:
                self._attach_regular_backward_hooks(args, result, regular_hooks)
            return result

        if not (self._forward_hooks_always_called or _global_forward_hooks_always_called):
            return run()
        try:
            return run()
        except Exception:
            self._run_always_called_hooks(args, kwargs, finished)
            raise

    _wrapped_call_impl = _call_impl

    def _run_always_called_hooks(self, args, kwargs, finished) -> None:
        for hook_id, hook, takes_kwargs in self._forward_hook_list():
            always = hook_id in self._forward_hooks_always_called or hook_id in _global_forward_hooks_always_called
            if not always or hook_id in finished:
                continue
            try:
                hook(self, args, kwargs, None) if takes_kwargs else hook(self, args, None)
            except Exception as error:
                # The error of forward matters more.
                warnings.warn(
                    "module forward hook with ``always_call=True`` raised an exception that was silenced as another "
                    f"error was raised in forward: {error}",
                    stacklevel=4,
                )

    def _attach_regular_backward_hooks(self, args, results, hooks) -> None:
        result = results
        while not isinstance(result, Tensor):
            if isinstance(result, dict):
                result = next(value for value in result.values() if isinstance(value, Tensor))
            else:
                result = result[0]
        if result.grad_fn is not None:
            for hook in hooks:
                result.grad_fn.register_hook(_WrappedHook(hook, self))
            warn_of_missing_gradients(args, results, result.grad_fn)

    # ---- attributes --------------------------------------------------------------------------------------------

    def __getattr__(self, name: str):
        # Only called when the instance and its class have no such attribute.
        own = self.__dict__
        if "_parameters" in own:
            members = own["_parameters"]
            if name in members:
                return members[name]
        if "_buffers" in own:
            members = own["_buffers"]
            if name in members:
                return members[name]
        if "_modules" in own:
            members = own["_modules"]
            if name in members:
                return members[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _forget(self, name: str, keep) -> None:
        """Removes `name` from the instance and from every registry but `keep`."""
        own = self.__dict__
        own.pop(name, None)
        for registry in (own.get("_parameters"), own.get("_buffers"), own.get("_modules")):
            if registry and registry is not keep:
                registry.pop(name, None)
        unsaved = own.get("_non_persistent_buffers_set")
        if unsaved:
            unsaved.discard(name)

    def __setattr__(self, name: str, value) -> None:
        own = self.__dict__
        if isinstance(value, Tensor):
            params = own.get("_parameters")
            if isinstance(value, Parameter):
                if params is None:
                    raise AttributeError("cannot assign parameters before Module.__init__() call")
                self._forget(name, params)
                self.register_parameter(name, value)
                return
            self._set_tensor(name, value, params)
            return
        if isinstance(value, Module):
            modules = own.get("_modules")
            if modules is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, modules)
            modules[name] = self._registered_child(name, value)
            return
        for registry, kind, wanted in _REGISTRIES:
            members = own.get(registry)
            if members and name in members:
                if value is not None:
                    raise TypeError(f"cannot assign '{torch.typename(value)}' as {kind} '{name}' ({wanted} expected)")
                if registry == "_parameters":
                    self.register_parameter(name, None)
                elif registry == "_modules":
                    members[name] = self._registered_child(name, None)
                else:
                    self.register_buffer(name, None, name not in self._non_persistent_buffers_set)
                return
        super().__setattr__(name, value)

    def _set_tensor(self, name, value, params) -> None:
        """Assigns a tensor that is no parameter: a buffer if it is one or replaces one, else a plain attribute."""
        own = self.__dict__
        if params and name in params:
            raise TypeError(
                f"cannot assign '{torch.typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
            )
        if name in own.get("_modules", ()):
            raise TypeError(
                f"cannot assign '{torch.typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
            )
        buffers = own.get("_buffers")
        is_buffer = isinstance(value, Buffer)
        if not is_buffer and (buffers is None or name not in buffers):
            super().__setattr__(name, value)
            return
        if buffers is None:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        persistent = value.persistent if is_buffer else name not in self._non_persistent_buffers_set
        own.pop(name, None)
        self.register_buffer(name, value, persistent)

    def __delattr__(self, name) -> None:
        if name in self._parameters:
            del self._parameters[name]
        elif name in self._buffers:
            del self._buffers[name]
            self._non_persistent_buffers_set.discard(name)
        elif name in self._modules:
            del self._modules[name]
        else:
            super().__delattr__(name)

    def __dir__(self):
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        # "0", "1", ... of a Sequential cannot be written as attributes.
        return sorted(name for name in names if not name[0].isdigit())

    def __getstate__(self):
        return self.__dict__.copy()

    def __setstate__(self, state) -> None:
        self.__dict__.update(state)
        # Hooks that the version which pickled the module did not know.
        for name in _HOOK_DICTS:
            self.__dict__.setdefault(name, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)

    # ---- modes -------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Module:
        """Sets training mode, or evaluation mode for ``mode=False``, here and in all descendants (dropout, norms)."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Sets evaluation mode: the same as ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Switches gradient recording of all parameters on or off, in place."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the gradients of all parameters, or fills them with zeros for ``set_to_none=False``."""
        for param in self.parameters():
            _reset_grad(param, set_to_none)

    # ---- printing ----------------------------------------------------------------------------------------------

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses; layers show their arguments."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_addindent(repr(module), 2)}" for name, module in self._modules.items()]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({extra})"
        if not lines and not children:
            return f"{self._get_name()}()"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


def _reset_grad(param, set_to_none: bool) -> None:
    grad = param.grad
    if grad is None:
        return
    if set_to_none:
        param.grad = None
        return
    if grad.grad_fn is not None:
        grad.detach_()
    else:
        grad.requires_grad_(False)
    grad.zero_()
