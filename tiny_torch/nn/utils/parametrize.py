"""Parameters computed by modules from other parameters.

A parametrized tensor becomes a property of its module: reading it runs the parametrizations on the original
parameters, assigning to it runs their inverses.
"""

from __future__ import annotations

import copy

import tiny_torch as torch
from tiny_torch.nn.modules.container import ModuleDict, ModuleList
from tiny_torch.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

_cache_depth = 0
_cache = {}


class cached:
    """Within this context each parametrized tensor is computed once, at its first use."""

    def __enter__(self):
        global _cache_depth
        _cache_depth += 1

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        global _cache_depth
        _cache_depth -= 1
        if _cache_depth == 0:
            _cache.clear()


def _register(module, name, tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check_same(what, old, new) -> None:
    for name in ("dtype", "device", "shape"):
        a, b = getattr(old, name), getattr(new, name)
        if a != b:
            raise ValueError(
                f"Registering a parametrization may not change the {name} of the tensor, unless `unsafe` flag is "
                f"enabled.\n{what}: {name} {b}, before: {a}"
            )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order they apply, and the original parameters.

    Args:
        modules: the parametrizations; each may have a method `right_inverse`.
        original: the tensor that they get to compute.
        unsafe: let them change dtype and shape.
    """

    def __init__(self, modules, original, unsafe: bool = False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original
        with torch.no_grad():
            value = original
            for module in reversed(self):
                if hasattr(module, "right_inverse"):
                    try:
                        value = module.right_inverse(value)
                    except NotImplementedError:
                        pass
        if not isinstance(value, (torch.Tensor, list, tuple)):
            raise ValueError(
                f"'right_inverse' must return a Tensor or a Sequence of tensors. Got {type(value).__name__}"
            )
        self.is_tensor = isinstance(value, torch.Tensor)
        self.ntensors = 1 if self.is_tensor else len(value)
        if self.is_tensor:
            if value.dtype != original.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {value.dtype}"
                )
            # The object stays the same, since an optimizer may hold it.
            with torch.no_grad():
                original.data = value.data
            _register(self, "original", original)
        else:
            for index, tensor in enumerate(value):
                if not isinstance(tensor, torch.Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors. "
                        f"Got element {index} of the sequence with type {type(tensor).__name__}."
                    )
                tensor = tensor.detach().clone() if tensor is original else tensor
                if isinstance(original, Parameter):
                    tensor = Parameter(tensor, original.requires_grad)
                _register(self, f"original{index}", tensor)
        if not unsafe:
            result = self()
            if not isinstance(result, torch.Tensor):
                raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
            _check_same("parametrized tensor", before, result)

    def _originals(self) -> list:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{index}") for index in range(self.ntensors)]

    def right_inverse(self, value) -> None:
        """Sets the original parameters so that the parametrized tensor becomes `value`, as far as that can be."""
        with torch.no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            values = [value] if self.is_tensor else value
            if len(values) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                    f"length {len(values)}."
                )
            for original, tensor in zip(self._originals(), values):
                if not isinstance(tensor, torch.Tensor):
                    raise ValueError(f"`right_inverse` should return a tensor. Got {type(tensor).__name__}")
                if original.dtype != tensor.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {tensor.dtype}, while the "
                        f"original has dtype {original.dtype}"
                    )
                if tensor.shape != original.shape:
                    original.data = tensor.data.clone()
                else:
                    original.copy_(tensor)

    def forward(self):
        first, *others = self._modules.values()
        x = first(*self._originals())
        for module in others:
            x = module(x)
        return x


def _inject_class(module) -> None:
    """Gives the object a class of its own, whose properties are the parametrized tensors."""
    base = type(module)

    def __deepcopy__(self, memo):
        # The default copy would lose the class made here.
        copied = memo.get(id(self))
        if copied is None:
            copied = self.__new__(type(self))
            memo[id(self)] = copied
            copied.__dict__ = copy.deepcopy(self.__dict__, memo)
        return copied

    def __getstate__(self):
        raise RuntimeError("Serialization of parametrized modules is only supported through state_dict().")

    members = {"__getstate__": __getstate__, "__module__": __name__}
    if not hasattr(base, "__deepcopy__"):
        members["__deepcopy__"] = __deepcopy__
    module.__class__ = type(f"Parametrized{base.__name__}", (base,), members)


def _inject_property(module, name) -> None:
    def get(self):
        parametrization = self.parametrizations[name]
        if not _cache_depth:
            return parametrization()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = parametrization()
        return _cache[key]

    def set(self, value):
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, set))


def register_parametrization(module, tensor_name: str, parametrization, *, unsafe: bool = False):
    """Lets `parametrization` compute the parameter or buffer `tensor_name` of `module`; returns the module.

    Args:
        parametrization: a module from a tensor to one of the same shape, dtype and device. Its method
            `right_inverse`, if there is one, computes what it starts from; it may return several tensors.
        unsafe: allow other shapes and dtypes, and do not try the parametrization.

    Raises:
        ValueError: there is no such tensor, or the parametrization changes its shape or dtype.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        chain = module.parametrizations[tensor_name]
        if not unsafe:
            value = getattr(module, tensor_name)
            _check_same("parametrized tensor", value, parametrization(value))
        if hasattr(parametrization, "right_inverse"):
            with torch.no_grad():
                value = getattr(module, tensor_name)
                inverse = parametrization.right_inverse(value)
                if not isinstance(inverse, torch.Tensor):
                    raise ValueError(
                        f"parametrization.right_inverse must return a tensor. Got: {type(inverse).__name__}"
                    )
                chain.append(parametrization)
                chain.right_inverse(value)
        else:
            chain.append(parametrization)
        chain.unsafe = chain.unsafe or unsafe
        return module
    if tensor_name not in module._buffers and tensor_name not in module._parameters:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    original = getattr(module, tensor_name)
    chain = ParametrizationList([parametrization], original, unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _inject_class(module)
        module.parametrizations = ModuleDict()
    _inject_property(module, tensor_name)
    module.parametrizations[tensor_name] = chain
    return module


def is_parametrized(module, tensor_name=None) -> bool:
    """Whether a tensor of the module, or any, is parametrized."""
    parametrizations = module._modules.get("parametrizations")
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module, tensor_name: str, leave_parametrized: bool = True):
    """Makes a tensor ordinary again, with its computed value or, without `leave_parametrized`, its original one.

    Raises:
        ValueError: it is not parametrized, or has several originals and is not left parametrized.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    chain = module.parametrizations[tensor_name]
    if chain.is_tensor:
        original = chain.original
        if leave_parametrized:
            with torch.no_grad():
                value = getattr(module, tensor_name)
                if type(original) is Parameter or value.dtype == original.dtype:
                    original.data = value.data
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value.detach()) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module) -> type:
    """The class of the module without its parametrizations."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module, to_module, tensor_name=None):
    """Copies parametrizations, of one tensor or of all, and their parameters to another module; returns that."""
    if not is_parametrized(from_module):
        return to_module
    names = from_module.parametrizations if tensor_name is None else [tensor_name]
    for name in list(names):
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach().clone()))
        for parametrization in from_module.parametrizations[name]:
            register_parametrization(to_module, name, copy.deepcopy(parametrization), unsafe=True)
        source, target = from_module.parametrizations[name], to_module.parametrizations[name]
        with torch.no_grad():
            for a, b in zip(source._originals(), target._originals()):
                b.data = a.detach().clone()
    return to_module
