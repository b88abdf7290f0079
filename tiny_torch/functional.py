"""Functions of the top-level namespace that are written in Python."""

from __future__ import annotations

import tiny_torch as torch

__all__ = [
    "broadcast_tensors",
    "broadcast_shapes",
    "is_tensor",
    "is_storage",
    "is_floating_point",
    "is_complex",
    "numel",
    "norm",
    "split",
]


def is_tensor(obj, /) -> bool:
    """Whether `obj` is a Tensor."""
    return isinstance(obj, torch.Tensor)


def is_storage(obj, /) -> bool:
    """Whether `obj` is a storage."""
    return isinstance(obj, (torch.UntypedStorage, torch.TypedStorage))


def is_floating_point(input) -> bool:
    """Whether the dtype of `input` is one of the floating-point dtypes."""
    if not isinstance(input, torch.Tensor):
        raise TypeError(
            f"is_floating_point(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    return input.dtype.is_floating_point


def is_complex(input) -> bool:
    """Whether the dtype of `input` is complex."""
    if not isinstance(input, torch.Tensor):
        raise TypeError(f"is_complex(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return input.dtype.is_complex


def numel(input) -> int:
    """The number of elements of `input`."""
    if not isinstance(input, torch.Tensor):
        raise TypeError(f"numel(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return input.numel()


def broadcast_shapes(*shapes):
    """The shape that all `shapes` broadcast to; RuntimeError when there is none."""
    result: list[int] = []
    for shape in shapes:
        sizes = [shape] if isinstance(shape, int) else list(shape)
        if any(size < 0 for size in sizes):
            raise RuntimeError(f"Trying to create tensor with negative dimension: {sizes}")
        result = [1] * (len(sizes) - len(result)) + result
        offset = len(result) - len(sizes)
        for i, size in enumerate(sizes):
            if size != 1 and result[offset + i] not in (1, size):
                raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape")
            if size != 1:
                result[offset + i] = size
    return torch.Size(result)


def broadcast_tensors(*tensors):
    """Views of `tensors` expanded to their common shape."""
    shape = broadcast_shapes(*(t.shape for t in tensors))
    return [t.expand(shape) for t in tensors]


def split(tensor, split_size_or_sections, dim=0):
    """Views of pieces of `tensor` along `dim`: of one size, or of the sizes in a list."""
    return tensor.split(split_size_or_sections, dim)


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The p-norm over `dim` (all dims if None); "fro" is the 2-norm. Nuclear norms are not supported."""
    if p == "nuc":
        raise NotImplementedError("norm(): the nuclear norm is not supported")
    order = 2.0 if p in (None, "fro") else p
    if not isinstance(order, (int, float)):
        raise RuntimeError(f"only valid string values are 'fro' and 'nuc', found {p}")
    dims = [] if dim is None else [dim] if isinstance(dim, int) else list(dim)
    kwargs = {} if dtype is None else {"dtype": dtype}
    if out is not None:
        kwargs["out"] = out
    return torch._C._VariableFunctions.norm(input, order, dims, keepdim, **kwargs)
