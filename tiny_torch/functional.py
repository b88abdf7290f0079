"""Functions of the top-level namespace that are written in Python."""

from __future__ import annotations

import tiny_torch as torch

__all__ = [
    "block_diag",
    "broadcast_tensors",
    "broadcast_shapes",
    "cartesian_prod",
    "cdist",
    "chain_matmul",
    "einsum",
    "is_tensor",
    "is_storage",
    "is_floating_point",
    "is_complex",
    "lu",
    "numel",
    "norm",
    "split",
    "tensordot",
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


_CDIST_MODES = {
    "use_mm_for_euclid_dist_if_necessary": None,
    "use_mm_for_euclid_dist": 1,
    "donot_use_mm_for_euclid_dist": 2,
}


def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """p-norm distances (..., P, R) between the rows of `x1` (..., P, M) and of `x2` (..., R, M), floating.

    `compute_mode` is one of PyTorch's words for how to compute it; all give the same here. ValueError for others.
    """
    if compute_mode not in _CDIST_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    return torch._C._VariableFunctions.cdist(x1, x2, p, _CDIST_MODES[compute_mode])


def split(tensor, split_size_or_sections, dim=0):
    """Views of pieces of `tensor` along `dim`: of one size, or of the sizes in a list."""
    return tensor.split(split_size_or_sections, dim)


def _dims(dim):
    return None if dim is None else [dim] if isinstance(dim, int) else list(dim)


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The norm of all elements, or of vectors or matrices along `dim`.

    Args:
        p: a number for the p-norm of vectors, "fro" for the 2-norm of all elements, "nuc" for the sum of the singular
            values of matrices (two dims).
        dim: an int or a tuple; all dims if None.
        dtype: computes in this dtype.

    Raises:
        RuntimeError: integers, an unknown `p`, "nuc" with other than two dims.
    """
    dims = _dims(dim)
    kwargs = {} if out is None else {"out": out}
    if isinstance(p, str) and p != "fro":
        if p != "nuc":
            raise RuntimeError(f"only valid string values are 'fro' and 'nuc', found {p}")
        if dims is None and input.dim() != 2:
            raise RuntimeError(f"norm(): the nuclear norm takes a matrix or two dims, got a {input.dim()}-d tensor")
        x = input if dtype is None else input.to(dtype)
        return torch._C._VariableFunctions.nuclear_norm(x, [-2, -1] if dims is None else dims, keepdim, **kwargs)
    order = 2.0 if p in (None, "fro") else p
    if not isinstance(order, (int, float)):
        raise RuntimeError(f"only valid string values are 'fro' and 'nuc', found {p}")
    if dtype is not None:
        kwargs["dtype"] = dtype
    return torch._C._VariableFunctions.norm(input, order, dims or [], keepdim, **kwargs)


def lu(A, pivot=True, get_infos=False, out=None):
    """The LU factorisation with partial pivoting in packed form.

    Returns:
        (LU, pivots), with `get_infos` also LAPACK's verdict on each matrix.
    """
    if out is not None and len(out) != 2 + int(get_infos):
        raise TypeError(f"expected tuple of {2 + int(get_infos)} elements but got {len(out)}")
    result = torch._C._VariableFunctions._lu_with_info(A, pivot, not get_infos)
    if not get_infos:
        result = tuple(result)[:2]
    if out is None:
        return result
    for target, value in zip(out, result):
        target.resize_as_(value).copy_(value)
    return out


def chain_matmul(*matrices, out=None):
    """Product of matrices in the cheapest order; see :func:`torch.linalg.multi_dot`."""
    kwargs = {} if out is None else {"out": out}
    return torch._C._VariableFunctions.chain_matmul(matrices, **kwargs)


def _sublists_to_equation(args):
    """einsum's other form, operand, [labels], operand, [labels], ..., [output], as an equation."""

    def letters(labels):
        def letter(label):
            if label is Ellipsis:
                return "..."
            if not 0 <= label < 52:
                raise ValueError(f"einsum(): subscript {label} is not within the valid range [0, 52)")
            return chr(ord("A") + label) if label < 26 else chr(ord("a") + label - 26)

        return "".join(letter(label) for label in labels)

    equation = ",".join(letters(labels) for labels in args[1::2])
    if len(args) % 2 == 1:
        equation = ",".join(letters(labels) for labels in args[1:-1:2]) + "->" + letters(args[-1])
        args = args[:-1]
    return equation, list(args[::2])


def einsum(*args):
    """Sums of products of tensors in Einstein's notation, ``einsum("bij,bjk->bik", a, b)``.

    A label that the output lacks is summed over; one that an operand has twice takes its diagonal; ``...`` stands for
    the dimensions without a label. Operands may also come with lists of numbers instead of an equation.

    Raises:
        ValueError: fewer than two arguments.
        RuntimeError: an equation that does not fit the operands, sizes that do not broadcast.
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand "
            "and its subscripts list"
        )
    if isinstance(args[0], torch.Tensor):
        equation, operands = _sublists_to_equation(args)
    else:
        equation, operands = args[0], args[1:]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = operands[0]
    return torch._C._VariableFunctions.einsum(equation, list(operands))


def tensordot(a, b, dims=2, out=None):
    """Sums of products over dimensions of `a` paired with dimensions of `b`.

    Args:
        dims: an int n for the last n dims of `a` and the first n of `b`, or two lists of dims.

    Raises:
        RuntimeError: lists of different lengths, sizes that do not match.
    """
    if not isinstance(dims, (tuple, list, torch.Tensor, int)):
        raise RuntimeError(f"tensordot expects dims to be int or tuple[list[int], list[int]], but got dims={dims}")
    if isinstance(dims, torch.Tensor):
        dims = dims.tolist() if dims.numel() > 1 else dims.item()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = (list(range(-dims, 0)), list(range(dims)))
    first, second = ([d] if isinstance(d, int) else list(d) for d in dims)
    kwargs = {} if out is None else {"out": out}
    return torch._C._VariableFunctions.tensordot(a, b, first, second, **kwargs)


def block_diag(*tensors):
    """Matrix with the tensors (at most 2-d, vectors as rows) as blocks along its diagonal, zeros elsewhere."""
    return torch._C._VariableFunctions.block_diag(tensors)


def cartesian_prod(*tensors):
    """All combinations of one element of each vector, as the rows of a matrix; of a single vector the vector."""
    return torch._C._VariableFunctions.cartesian_prod(tensors)
