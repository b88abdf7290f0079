"""The class `Tensor`: the C++ type `_C.TensorBase` plus the methods that are better written in Python.

Operators, indexing, properties and every op of the op list live in `_C.TensorBase`.
"""

import functools

import tiny_torch as torch
from tiny_torch import _C, _utils


def _overridable(method):
    """Lets subclasses with their own ``__torch_function__`` intercept a method written in Python."""

    @functools.wraps(method)
    def call(self, *args, **kwargs):
        if type(self) is not Tensor:
            from tiny_torch import overrides

            if overrides.has_torch_function((self,)):
                return overrides.handle_torch_function(call, (self,), self, *args, **kwargs)
        return method(self, *args, **kwargs)

    return call


def _rebuild_from_type(func, new_type, args, attributes):
    result = func(*args)
    if new_type is not Tensor:
        result = result.as_subclass(new_type)
        result.__dict__ = attributes
    return result


def _rebuild_from_type_v2(func, new_type, args, state):
    """Rebuilds a subclass instance or a tensor with Python attributes; a name in PyTorch's file format."""
    result = func(*args)
    if type(result) is not new_type:
        result = result.as_subclass(new_type)
    if getattr(type(result), "__setstate__", Tensor.__setstate__) is not Tensor.__setstate__:
        result.__setstate__(state)
        return result
    return _utils._set_obj_state(result, state)


_TYPESTRS = {
    "complex64": "<c8",
    "complex128": "<c16",
    "bfloat16": "<V2",
    "float16": "<f2",
    "float32": "<f4",
    "float64": "<f8",
    "uint8": "|u1",
    "int8": "|i1",
    "uint16": "<u2",
    "int16": "<i2",
    "uint32": "<u4",
    "int32": "<i4",
    "uint64": "<u8",
    "int64": "<i8",
    "bool": "|b1",
}


class Tensor(_C.TensorBase):
    """A multi-dimensional array of one dtype on one device, which autograd can follow."""

    # NumPy hands binary operators with tensors over to the tensor.
    __array_priority__ = 1000
    __hash__ = object.__hash__

    # Text.

    @_overridable
    def __repr__(self, *, tensor_contents=None):
        from tiny_torch import _tensor_str

        return _tensor_str._str(self, tensor_contents=tensor_contents)

    @_overridable
    def __format__(self, format_spec):
        if self.dim() == 0 and not self.is_meta and type(self) is Tensor:
            return format(self.detach().item(), format_spec)
        return object.__format__(self, format_spec)

    @_overridable
    def __dir__(self):
        names = set(dir(type(self))) | set(self.__dict__)
        if not self.is_cuda:
            names.discard("__cuda_array_interface__")
        return sorted(names)

    # Copying and pickling.

    @_overridable
    def __deepcopy__(self, memo):
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment; use detach() or clone() for results of differentiable operations"
            )
        if id(self) in memo:
            return memo[id(self)]
        from copy import deepcopy

        with torch.no_grad():
            result = _deepcopy_data(self, memo)
            if self.requires_grad:
                result.requires_grad_()
            if self.grad is not None:
                result.grad = self.grad.__deepcopy__(memo)
            if type(self) is not Tensor:
                result = result if type(result) is type(self) else result.as_subclass(type(self))
                _deepcopy_slots(self, result, memo)
            if self.__dict__:
                result.__dict__ = deepcopy(self.__dict__, memo)
        memo[id(self)] = result
        return result

    def __reduce_ex__(self, protocol):
        if type(self) is Tensor and not self.__dict__:
            return self._reduce_ex_internal(protocol)
        from tiny_torch import overrides

        if type(self) is not Tensor and overrides.has_torch_function((self,)):
            return overrides.handle_torch_function(Tensor.__reduce_ex__, (self,), self, protocol)
        state = _utils._get_obj_state(self)
        func, args = self._reduce_ex_internal(protocol)
        return (_rebuild_from_type_v2, (func, type(self), args, state))

    def _reduce_ex_internal(self, protocol):
        """(function of `_utils`, arguments): what PyTorch's file format says about a tensor."""
        from collections import OrderedDict

        from tiny_torch import storage

        if self._backward_hooks:
            from tiny_torch.utils.hooks import warn_if_has_hooks

            warn_if_has_hooks(self)
        size, stride = tuple(self.size()), tuple(self.stride())
        if self.is_meta:
            return (_utils._rebuild_meta_tensor_no_storage, (self.dtype, size, stride, self.requires_grad))
        untyped = self.untyped_storage()
        is_typed = storage._dtype_to_storage_name(self.dtype) is not None
        if is_typed:
            untyped = storage.TypedStorage(wrap_storage=untyped, dtype=self.dtype, _internal=True)
        # Hooks are never saved, but the format has a place for them.
        args = (untyped, self.storage_offset(), size, stride, self.requires_grad, OrderedDict())
        if not is_typed:
            args += (self.dtype,)
        metadata = _utils.get_tensor_metadata(self)
        if metadata:
            args += (metadata,)
        return (_utils._rebuild_tensor_v2 if is_typed else _utils._rebuild_tensor_v3, args)

    @_overridable
    def __setstate__(self, state):
        if not self.is_leaf:
            raise RuntimeError("__setstate__ can be only called on leaf Tensors")
        if not isinstance(state, tuple) or len(state) not in (3, 4, 5):
            raise RuntimeError("__setstate__(): expected a tuple of 3, 4 or 5 items")
        if len(state) == 4:
            storage, offset, size, stride = state
            self.data = _utils._rebuild_tensor(storage, offset, size, stride)
            return
        if len(state) == 5:
            self.data = state[0]
            state = (state[3], state[4], state[2])
        self.requires_grad, _, hooks = state
        if hooks:
            self._backward_hooks = hooks

    # Storage.

    def _typed_storage(self):
        from tiny_torch import storage

        return storage.TypedStorage(wrap_storage=self.untyped_storage(), dtype=self.dtype, _internal=True)

    @_overridable
    def storage(self):
        """The storage as elements of this tensor's dtype (deprecated; see :meth:`untyped_storage`)."""
        from tiny_torch import storage

        storage._warn_typed_storage_removal(stacklevel=3)
        return self._typed_storage()

    @_overridable
    def storage_type(self):
        """The legacy storage class of this dtype, for example ``torch.FloatStorage``."""
        from tiny_torch import storage

        name = storage._dtype_to_storage_name(self.dtype)
        return getattr(storage, name) if name else storage.TypedStorage

    @_overridable
    def is_shared(self):
        """True if the memory is shared between processes; always for CUDA tensors."""
        return self.untyped_storage().is_shared()

    @_overridable
    def share_memory_(self):
        """Moves the storage into memory shared with other processes, for all tensors that use it; returns self."""
        self.untyped_storage().share_memory_()
        return self

    # Autograd.

    @_overridable
    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Accumulates the gradient of this tensor into the ``.grad`` of the leaves it was computed from.

        Args:
            gradient (Tensor): gradient with respect to this tensor, of its shape; may be omitted for one element.
            retain_graph (bool): keep the graph for another call; by default what `create_graph` says.
            create_graph (bool): make the gradients differentiable themselves.
            inputs (sequence of Tensor): accumulate into these tensors only.
        """
        torch.autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    @_overridable
    def register_hook(self, hook):
        """Calls ``hook(grad) -> Tensor or None`` when the gradient of this tensor is computed.

        A returned tensor replaces the gradient. Returns a handle whose ``remove()`` takes the hook away.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._backward_hooks is None:
            from collections import OrderedDict

            self._backward_hooks = OrderedDict()
            if self.grad_fn is not None:
                self.grad_fn._register_hook_dict(self)
        return _add_hook(self._backward_hooks, hook)

    @_overridable
    def register_post_accumulate_grad_hook(self, hook):
        """Calls ``hook(tensor)`` each time a gradient has been accumulated into ``.grad`` of this leaf."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._post_accumulate_grad_hooks is None:
            from collections import OrderedDict

            self._post_accumulate_grad_hooks = OrderedDict()
        return _add_hook(self._post_accumulate_grad_hooks, hook)

    @_overridable
    def module_load(self, other, assign=False):
        """What ``load_state_dict`` puts in the place of this tensor; a new tensor, neither self nor `other`."""
        return other.detach() if assign else self.copy_(other).detach()

    @_overridable
    def norm(self, p="fro", dim=None, keepdim=False, dtype=None):
        """The norm of the elements, or along `dim`; see :func:`torch.norm`."""
        return torch.norm(self, p, dim, keepdim, dtype=dtype)

    @_overridable
    def lu(self, pivot=True, get_infos=False):
        """The LU factorisation in packed form; see :func:`torch.lu`."""
        return torch.lu(self, pivot=pivot, get_infos=get_infos)

    @_overridable
    def stft(self, *args, **kwargs):
        """Fourier transforms of frames; see :func:`torch.stft`."""
        return torch.stft(self, *args, **kwargs)

    @_overridable
    def istft(self, *args, **kwargs):
        """The signal of Fourier transforms of frames; see :func:`torch.istft`."""
        return torch.istft(self, *args, **kwargs)

    def eig(self, eigenvectors=False):
        """Removed from PyTorch; raises RuntimeError. Use `torch.linalg.eig`."""
        return torch.eig(self, eigenvectors)

    def lstsq(self, other):
        """Removed from PyTorch; raises RuntimeError. Use `torch.linalg.lstsq`."""
        return torch.lstsq(self, other)

    def solve(self, other):
        """Removed from PyTorch; raises RuntimeError. Use `torch.linalg.solve`."""
        return torch.solve(self, other)

    def symeig(self, eigenvectors=False):
        """Removed from PyTorch; raises RuntimeError. Use `torch.linalg.eigh`."""
        return torch.symeig(self, eigenvectors)

    @_overridable
    def unflatten(self, dim, sizes):
        """A view with dimension `dim` split into `sizes`, of which one may be -1."""
        if not sizes:
            raise RuntimeError("unflatten: sizes must be non-empty")
        return super().unflatten(dim, sizes)

    @_overridable
    def unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None):
        """The different elements, or slices of `dim`; see :func:`torch.unique`."""
        return torch.unique(self, sorted, return_inverse, return_counts, dim)

    @_overridable
    def unique_consecutive(self, return_inverse=False, return_counts=False, dim=None):
        """One element, or slice of `dim`, of each run of equal ones; see :func:`torch.unique_consecutive`."""
        return torch.unique_consecutive(self, return_inverse, return_counts, dim)

    @_overridable
    def polygamma_(self, n):
        """The derivative of order `n` of digamma, in place; RuntimeError for integers."""
        if not self.is_floating_point():
            raise RuntimeError(f"polygamma_(): result type Float can't be cast to the desired output type {self.dtype}")
        # Of a copy, since the gradient needs the old values.
        return self.copy_(self.clone().polygamma(n))

    @_overridable
    def float_power_(self, exponent):
        """pow in place, for float64 and complex128 alone, which it computes in."""
        if self.dtype not in (torch.float64, torch.complex128):
            raise RuntimeError(f"float_power_(): expected a tensor of dtype float64 or complex128, got {self.dtype}")
        return self.pow_(exponent)

    @_overridable
    def fill_diagonal_(self, fill_value, wrap=False):
        """Fills the main diagonal; with `wrap` it begins anew, a row further down, when a tall matrix goes on.

        RuntimeError for less than two dimensions, and for more than two of different sizes.
        """
        if self.dim() < 2:
            raise RuntimeError(f"fill_diagonal_(): dimensions must larger than 1, got {self.dim()}")
        if self.dim() > 2 and len(set(self.shape)) > 1:
            raise RuntimeError(
                f"fill_diagonal_(): all dimensions of input must be of equal length, got {list(self.shape)}"
            )
        rows, columns = self.shape[:2]
        step, start = (sum(self.stride()),), self.storage_offset()
        self.as_strided((min(self.shape),), step, start).fill_(fill_value)
        if wrap and self.dim() == 2 and rows > columns + 1:
            count = (self.numel() + columns) // (columns + 1) - columns
            self.as_strided((count,), step, start + self.stride(0) * (columns + 1)).fill_(fill_value)
        return self

    @_overridable
    def to_dense(self, dtype=None, *, masked_grad=None):
        """The tensor itself, in `dtype` where given: there are no sparse layouts."""
        return self if dtype is None else self.to(dtype)

    @_overridable
    def to_sparse(self, *args, **kwargs):
        """NotImplementedError: there are no sparse layouts."""
        raise NotImplementedError("to_sparse(): sparse layouts are not supported")

    @_overridable
    def type(self, dtype=None, non_blocking=False):
        """The name of the type, as ``torch.FloatTensor``; with `dtype`, this tensor in that type."""
        from tiny_torch import _legacy_tensor

        if dtype is None:
            return _legacy_tensor.type_name(self.dtype, self.device)
        return _legacy_tensor.convert(self, dtype, non_blocking)

    def __rdiv__(self, other):
        """Division's name in Python 2, which old programs call."""
        return self.__rtruediv__(other)

    # The sequence protocol.

    @_overridable
    def __reversed__(self):
        return self if self.dim() == 0 or self.shape[0] == 0 else torch.stack(self.unbind(0)[::-1])

    @_overridable
    def __contains__(self, element):
        if isinstance(element, (Tensor, int, float, complex)):
            return bool((element == self).any().item())
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")

    # Other libraries.

    @_overridable
    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        if dtype is not None:
            array = array.astype(dtype, copy=False)
        return array.copy() if copy else array

    @_overridable
    def __array_wrap__(self, array, context=None, return_scalar=False):
        if array.dtype == bool:
            array = array.astype("uint8")
        return torch.from_numpy(array)

    @property
    def __cuda_array_interface__(self):
        if not self.is_cuda:
            # AttributeError, so that hasattr() tells consumers the truth.
            raise AttributeError(
                f"Can't get __cuda_array_interface__ on non-CUDA tensor type: {self.type()} "
                "If CUDA data is required use tensor.cuda() to copy tensor to device memory."
            )
        if self.requires_grad:
            raise RuntimeError(
                "Can't get __cuda_array_interface__ on Variable that requires grad. "
                "If gradients aren't required, use var.detach() to get Variable that doesn't require grad."
            )
        width = self.element_size()
        return {
            "typestr": _TYPESTRS[str(self.dtype).removeprefix("torch.")],
            "shape": tuple(self.shape),
            "strides": None if self.is_contiguous() else tuple(step * width for step in self.stride()),
            "data": (self.data_ptr() if self.numel() else 0, False),
            "version": 2,
        }

    @_overridable
    def __dlpack__(self, *, stream=-1, max_version=None, dl_device=None, copy=None):
        """A DLPack capsule of this tensor's memory, for ``from_dlpack`` of other libraries.

        Raises:
            BufferError: the tensor requires grad or is conjugated, which a capsule cannot express.
        """
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        if self.is_conj():
            raise BufferError("Can't export tensors with the conjugate bit set")
        if self.layout != torch.strided:
            raise BufferError("Can't export tensors with layout other than torch.strided")
        if stream is not None and type(stream) is not int:
            raise TypeError("stream must be ``int`` or ``none``")
        if self.device.type == "cpu" and stream is not None and stream != -1:
            raise AssertionError("stream should be None on cpu.")
        if max_version is None or max_version[0] < 1:
            return _C._to_dlpack(self, dl_device=dl_device, copy=copy)
        return _C._to_dlpack_versioned(self, dl_device=dl_device, copy=copy)

    @_overridable
    def __dlpack_device__(self):
        """(DLPack device type, device index) of this tensor."""
        kinds = {"cpu": 1, "cuda": 2, "privateuseone": 12}
        device = self.device
        if device.type not in kinds:
            raise ValueError(f"Unknown device type {device.type} for Dlpack")
        from tiny_torch.utils.dlpack import DLDeviceType

        return (DLDeviceType(kinds[device.type]), device.index or 0)

    @_overridable
    def dim_order(self, *, ambiguity_check=False):
        """The dimensions from the outermost to the innermost in memory.

        Args:
            ambiguity_check (bool or list of memory_format): with True, RuntimeError if the order is not unique; with a
                list, if it is not unique and not exactly one of the formats fits.
        """
        formats = ambiguity_check if isinstance(ambiguity_check, list) else []
        is_valid = isinstance(ambiguity_check, (bool, list))
        if not is_valid or not all(isinstance(f, torch.memory_format) for f in formats):
            raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
        if ambiguity_check is not False and _has_several_dim_orders(self):
            if sum(self.is_contiguous(memory_format=f) for f in formats) != 1:
                raise RuntimeError(
                    "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats."
                )
        return _dim_order(self, bool(ambiguity_check))

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        """Runs `func` and turns plain results into `cls`; subclasses call it through ``super()``."""
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        if cls is Tensor and types:
            # Never asked for by our own functions: another library met one of our tensors.
            return NotImplemented
        with _C.DisableTorchFunctionSubclass():
            result = func(*args, **(kwargs or {}))
        from tiny_torch import overrides

        return result if func in overrides.get_default_nowrap_functions() else _convert(result, cls)


Tensor.__module__ = torch.__name__


def _convert(result, cls):
    if cls is Tensor:
        return result
    if isinstance(result, Tensor) and not isinstance(result, cls):
        return result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        converted = [_convert(item, cls) for item in result]
        # A named tuple takes its fields one by one, a struct sequence as one iterable.
        return type(result)(*converted) if hasattr(result, "_fields") else type(result)(converted)
    return result


def _deepcopy_data(tensor, memo):
    if tensor.is_meta:
        return tensor.clone()
    storage = tensor.untyped_storage().__deepcopy__(memo)
    size, stride = tuple(tensor.size()), tuple(tensor.stride())
    result = _C._rebuild_from_storage(storage, tensor.dtype, tensor.storage_offset(), size, stride)
    metadata = _utils.get_tensor_metadata(tensor)
    if metadata:
        _utils.set_tensor_metadata(result, metadata)
    return result


def _deepcopy_slots(source, target, memo):
    import copyreg
    from copy import deepcopy

    for name in copyreg._slotnames(type(source)):
        if hasattr(source, name):
            setattr(target, name, deepcopy(getattr(source, name), memo))


def _add_hook(hooks, hook):
    from tiny_torch.utils.hooks import RemovableHandle

    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def _has_several_dim_orders(tensor):
    strides = tensor.stride()
    return 1 in tensor.size() or any(a == b for a, b in zip(strides, strides[1:]))


def _dim_order(tensor, must_be_unique):
    sizes, strides = tensor.size(), tensor.stride()
    dims = len(sizes)
    is_contiguous = tensor.is_contiguous()
    is_channels_last = dims == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
    if dims < 2 or (is_contiguous and not is_channels_last):
        return tuple(range(dims))
    if is_channels_last and not is_contiguous:
        return (0, 2, 3, 1)

    def compare(a, b):
        if strides[a] == 0 or strides[b] == 0:
            return 0
        if strides[a] != strides[b]:
            return 1 if strides[a] > strides[b] else -1
        return 1 if sizes[a] > sizes[b] else 0

    # An insertion sort that lets equal and broadcast dimensions stay, like the element-wise kernels' own order.
    order = list(reversed(range(dims)))
    for i in range(1, dims):
        current = i
        for previous in reversed(range(i)):
            comparison = compare(order[previous], order[current])
            if comparison > 0:
                order[previous], order[current] = order[current], order[previous]
                current = previous
            elif comparison < 0:
                break
    if must_be_unique and any(compare(a, b) == 0 for a, b in zip(order, order[1:])):
        raise RuntimeError("The tensor does not have unique dim order.")
    return tuple(reversed(order))
