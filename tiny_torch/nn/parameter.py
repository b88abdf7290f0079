"""Tensors that a module owns: parameters, which are trained, and buffers, which are only kept and saved."""

from __future__ import annotations

from collections import OrderedDict

import tiny_torch as torch

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]

_TensorMeta = type(torch.Tensor)


class _ParameterMeta(_TensorMeta):
    # A tensor subclass marked with `_is_param` counts as a parameter too.
    def __instancecheck__(cls, instance):
        if cls is Parameter and type(instance) is not Parameter:
            if isinstance(instance, torch.Tensor) and getattr(instance, "_is_param", False):
                return True
        return super().__instancecheck__(instance)


class Parameter(torch.Tensor, metaclass=_ParameterMeta):
    """A tensor that a `Module` lists among its parameters when it is assigned as an attribute.

    Args:
        data: tensor of any shape whose memory the parameter shares; ``None`` gives an empty one.
        requires_grad: whether autograd records operations on it. Needs a floating or complex dtype.
    """

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = torch.empty(0)
        kind = type(data)
        if kind is torch.Tensor or kind is Parameter:
            return torch.Tensor._make_subclass(cls, data, requires_grad)
        # Other subclasses keep their type and are only marked.
        param = data.detach().requires_grad_(requires_grad)
        if type(param) is not kind:
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {kind.__name__} requires that detach() returns an "
                f"instance of the same type, but return type {type(param).__name__} was found instead."
            )
        param._is_param = True
        return param

    def __deepcopy__(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        copied = type(self)(self.data.clone(memory_format=torch.preserve_format), self.requires_grad)
        memo[id(self)] = copied
        return copied

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, proto):
        hooks = OrderedDict()
        state = torch._utils._get_obj_state(self)
        if not state:
            return torch._utils._rebuild_parameter, (self.data, self.requires_grad, hooks)
        return torch._utils._rebuild_parameter_with_state, (self.data, self.requires_grad, hooks, state)

    __torch_function__ = torch._C._disabled_torch_function_impl


def _refusing(name):
    """A method that an uninitialized parameter or buffer cannot answer; the core's own one asks no ``__torch_function__``."""
    method = getattr(torch.Tensor, name)

    def refuse(self, *args, **kwargs):
        return self.__torch_function__(method, (type(self),), (self, *args), kwargs)

    refuse.__name__ = name
    return refuse


class UninitializedTensorMixin:
    """A parameter or buffer without a shape yet; `materialize` gives it one."""

    # What neither reads the shape nor the values may be used before.
    _allowed_methods = [
        getattr(torch.Tensor, name)
        for name in (
            "__hash__ size copy_ is_complex is_floating_point half float double char short int long "
            "cuda cpu to get_device"
        ).split()
        if hasattr(torch.Tensor, name)
    ]

    def materialize(self, shape, device=None, dtype=None) -> None:
        """Allocates memory of `shape`, uninitialised, and turns the object into an ordinary one."""
        device = self.data.device if device is None else device
        dtype = self.data.dtype if dtype is None else dtype
        self.data = torch.empty(shape, device=device, dtype=dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self):
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call "
            "`forward` to initialize the parameters before accessing their attributes."
        )

    numel, nelement, dim = _refusing("numel"), _refusing("nelement"), _refusing("dim")
    element_size, stride, data_ptr = _refusing("element_size"), _refusing("stride"), _refusing("data_ptr")
    is_contiguous, storage_offset = _refusing("is_contiguous"), _refusing("storage_offset")
    requires_grad_ = _refusing("requires_grad_")

    def share_memory_(self):
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    def __repr__(self):
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, proto):
        return type(self), (self.requires_grad,)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        # Attribute getters arrive as method-wrappers.
        if func in cls._allowed_methods or type(func).__name__ == "method-wrapper":
            return super().__torch_function__(func, types, args, kwargs or {})
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {func}. This error happens when you are using a "
            "`LazyModule` or explicitly manipulating `torch.nn.parameter.UninitializedParameter` objects. When using "
            "LazyModules Call `forward` with a dummy batch to initialize the parameters before calling torch functions"
        )


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is found at the first forward call of a lazy module."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return torch.Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)

    def __deepcopy__(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        copied = type(self)(self.requires_grad, self.data.device, self.data.dtype)
        memo[id(self)] = copied
        return copied


class _BufferMeta(_TensorMeta):
    def __instancecheck__(cls, instance):
        if cls is Buffer and isinstance(instance, torch.Tensor) and getattr(instance, "_is_buffer", False):
            return True
        return super().__instancecheck__(instance)


class Buffer(torch.Tensor, metaclass=_BufferMeta):
    """A tensor that a `Module` registers as a buffer when it is assigned as an attribute.

    Args:
        data: tensor of any shape and dtype; ``None`` gives an empty one.
        persistent: whether the buffer becomes part of the module's `state_dict`.
    """

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = torch.empty(0)
        buffer = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer

    __torch_function__ = torch._C._disabled_torch_function_impl


class UninitializedBuffer(UninitializedTensorMixin, torch.Tensor):
    """A buffer whose shape is found at the first forward call of a lazy module."""

    cls_to_become = torch.Tensor

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        made = torch.Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)
        made.persistent = persistent
        made._is_buffer = True
        return made


def is_lazy(param) -> bool:
    """Whether `param` is a parameter or buffer without a shape yet."""
    return isinstance(param, UninitializedTensorMixin)
