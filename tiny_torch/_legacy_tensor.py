"""The typed tensor classes of old programs: ``torch.FloatTensor`` and its kin, and ``Tensor.type()``.

They are not real classes of tensors: ``torch.FloatTensor(2, 3)`` makes a plain tensor of that dtype, and
``isinstance(x, torch.FloatTensor)`` looks at dtype and device.
"""

import tiny_torch as torch

_NAMES = {
    "DoubleTensor": "float64",
    "FloatTensor": "float32",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "LongTensor": "int64",
    "IntTensor": "int32",
    "ShortTensor": "int16",
    "CharTensor": "int8",
    "ByteTensor": "uint8",
    "BoolTensor": "bool",
    "ComplexDoubleTensor": "complex128",
    "ComplexFloatTensor": "complex64",
    "UInt16Tensor": "uint16",
    "UInt32Tensor": "uint32",
    "UInt64Tensor": "uint64",
}


def type_name(dtype, device):
    """What ``tensor.type()`` says: 'torch.FloatTensor', 'torch.cuda.LongTensor'."""
    dtype = str(dtype).removeprefix("torch.")
    prefix = "torch." if device.type == "cpu" else f"torch.{device.type}."
    for name, known in _NAMES.items():
        if known == dtype:
            return prefix + name
    return f"{prefix}{dtype}Tensor"


def parse_type(kind):
    """(dtype, device type) of a typed tensor class or of its name; ValueError for anything else."""
    if kind is torch.Tensor:
        return torch.get_default_dtype(), "cpu"
    name = _full_name(kind) if isinstance(kind, _TypedTensorMeta) else kind
    parts = name.split(".") if isinstance(name, str) else []
    if len(parts) not in (2, 3) or parts[0] not in ("torch", "tiny_torch"):
        raise ValueError(f"invalid type: '{kind}'")
    device = parts[1] if len(parts) == 3 else "cpu"
    if parts[-1] == "Tensor":
        return torch.get_default_dtype(), device
    if parts[-1] not in _NAMES:
        raise ValueError(f"invalid type: '{kind}'")
    return getattr(torch, _NAMES[parts[-1]]), device


def convert(tensor, dtype, non_blocking=False):
    """``tensor.type(dtype)``: `dtype` is a dtype, a typed tensor class or its name."""
    if isinstance(dtype, torch.dtype):
        return tensor.to(dtype=dtype, non_blocking=non_blocking)
    dtype, device = parse_type(dtype)
    if tensor.device.type == device:
        device = tensor.device
    return tensor.to(dtype=dtype, device=device, non_blocking=non_blocking)


class _TypedTensorMeta(type):
    def __call__(cls, *args, device=None):
        if device is not None and torch.device(device).type != cls._device:
            raise RuntimeError(
                f"legacy constructor expects device type: {cls._device} but device type: {device} was passed"
            )
        return _construct(cls, args)

    def __instancecheck__(cls, instance):
        return (
            isinstance(instance, torch.Tensor) and instance.dtype == cls.dtype and instance.device.type == cls._device
        )

    def __repr__(cls):
        return f"<class '{_full_name(cls)}'>"


def _full_name(cls):
    return "torch." + ("" if cls._device == "cpu" else f"{cls._device}.") + cls.__name__


def _construct(cls, args):
    if len(args) == 1 and not isinstance(args[0], int):
        data = args[0]
        if isinstance(data, torch.Tensor):
            if data.dtype != cls.dtype:
                raise TypeError(f"expected {_full_name(cls)} (got {data.type()})")
            return data.detach() if data.requires_grad else data.view_as(data)
        if isinstance(data, torch.Size):
            return torch.empty(data, dtype=cls.dtype, device=cls._device)
        if hasattr(data, "_untyped_storage"):
            from tiny_torch import _C

            return _C._rebuild_from_storage(data._untyped_storage, cls.dtype, 0, (len(data),), (1,))
        return torch.tensor(data, dtype=cls.dtype, device=cls._device)
    return torch.empty(args or (0,), dtype=cls.dtype, device=cls._device)


def define_typed_tensors(namespace, device):
    """Puts FloatTensor and so on for `device` into the dict `namespace`; returns the classes."""
    classes = []
    for name, dtype in _NAMES.items():
        module = torch.__name__ + ("" if device == "cpu" else f".{device}")
        members = {"dtype": getattr(torch, dtype), "_device": device, "is_cuda": device == "cuda", "__module__": module}
        members["__doc__"] = f"Tensors of {dtype}; ``{name}(2, 3)`` makes an uninitialised one."
        classes.append(_TypedTensorMeta(name, (), members))
        namespace[name] = classes[-1]
    return classes


# ``torch.FloatTensor`` and so on are the CPU ones.
_tensor_classes = set(define_typed_tensors(globals(), "cpu"))
