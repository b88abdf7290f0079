"""Functions of the top-level namespace that are written in Python."""

from __future__ import annotations

import functools

import tiny_torch as torch
from tiny_torch._queries import warn_once
from tiny_torch.overrides import overridable

__all__ = [
    "block_diag",
    "broadcast_tensors",
    "broadcast_shapes",
    "cartesian_prod",
    "cdist",
    "chain_matmul",
    "detach",
    "detach_",
    "einsum",
    "gradient",
    "histogramdd",
    "is_tensor",
    "is_storage",
    "is_floating_point",
    "is_complex",
    "lu",
    "numel",
    "norm",
    "resize_as_",
    "split",
    "tensordot",
    "unique",
    "unique_consecutive",
    "unravel_index",
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
    return tuple(torch._C._VariableFunctions.broadcast_tensors(tensors))


_CDIST_MODES = {
    "use_mm_for_euclid_dist_if_necessary": None,
    "use_mm_for_euclid_dist": 1,
    "donot_use_mm_for_euclid_dist": 2,
}


def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """p-norm distances (..., P, R) between the rows of `x1` (..., P, M) and of `x2` (..., R, M), floating.

    `compute_mode` is one of PyTorch's words for how to compute it; all give the same here. ValueError for others.
    """
    if not isinstance(compute_mode, (str, type(None))) or compute_mode not in _CDIST_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    return torch._C._VariableFunctions.cdist(x1, x2, p, _CDIST_MODES[compute_mode])


def split(tensor, split_size_or_sections, dim=0):
    """Views of pieces of `tensor` along `dim`: of one size, or of the sizes in a list."""
    return tensor.split(split_size_or_sections, dim)


def _dims(dim):
    return None if dim is None else [dim] if isinstance(dim, int) else list(dim)


@overridable
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
    if input.layout != torch.strided:
        raise NotImplementedError(f"norm(): expected a strided tensor, got {input.layout}")
    dims = [dim] if isinstance(dim, int) else dim
    if isinstance(p, str) and not (p == "fro" and (dims is None or len(dims) <= 2)):
        if dims is None:
            dims = list(range(input.ndim))
        return torch.linalg.matrix_norm(input, p, dims, keepdim, dtype=dtype, out=out)
    order = 2.0 if p is None or isinstance(p, str) else p
    return torch.linalg.vector_norm(input, order, dims, keepdim, dtype=dtype, out=out)


@overridable
def lu(A, pivot=True, get_infos=False, out=None):
    """The LU factorisation with partial pivoting in packed form.

    Returns:
        (LU, pivots), with `get_infos` also LAPACK's verdict on each matrix.
    """
    warn_once("torch.lu is deprecated in favor of torch.linalg.lu_factor and torch.linalg.lu_factor_ex.", stacklevel=4)
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
    warn_once("torch.chain_matmul is deprecated in favor of torch.linalg.multi_dot, which takes a list of matrices.")
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
    if len(operands) == 0:
        raise ValueError("einsum(): must specify at least one operand")
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
        if dims.numel() > 1 and dims.size(0) != 2:
            raise AssertionError(f"dims tensor must have size 2 in first dimension, got {dims.size(0)}")
        dims = dims.tolist() if dims.numel() > 1 else int(dims.item())
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = (list(range(-dims, 0)), list(range(dims)))
    first, second = dims
    kwargs = {} if out is None else {"out": out}
    return torch._C._VariableFunctions.tensordot(a, b, first, second, **kwargs)


def detach(input):
    """`input` without its history; see ``Tensor.detach``."""
    return input.detach()


def detach_(input):
    """Takes `input` out of the graph; see ``Tensor.detach_``."""
    return input.detach_()


def block_diag(*tensors):
    """Matrix with the tensors (at most 2-d, vectors as rows) as blocks along its diagonal, zeros elsewhere."""
    return torch._C._VariableFunctions.block_diag(tensors)


def cartesian_prod(*tensors):
    """All combinations of one element of each vector, as the rows of a matrix; of a single vector the vector."""
    return torch._C._VariableFunctions.cartesian_prod(tensors)


@overridable
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different elements of `input`, or slices of `dim`, in order.

    With `return_inverse` also where each element stands among them, with `return_counts` how often each occurs (int64).
    """
    functions = torch._C._VariableFunctions
    if dim is None:
        result = functions._unique2(input, sorted, return_inverse, return_counts)
    else:
        result = functions.unique_dim(input, dim, sorted, return_inverse, return_counts)
    return _asked_for(*result, return_inverse, return_counts)


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """One element, or slice of `dim`, of each run of equal ones; the run of each and the lengths as for unique."""
    result = torch._C._VariableFunctions.unique_consecutive(input, return_inverse, return_counts, dim)
    return _asked_for(*result, return_inverse, return_counts)


def _asked_for(values, inverse, counts, return_inverse, return_counts):
    extra = ([inverse] if return_inverse else []) + ([counts] if return_counts else [])
    return (values, *extra) if extra else values


def histogramdd(input, bins, range=None, weight=None, density=False):
    """How many points, whose coordinates are the last dimension of `input`, fall into each box of a grid.

    Args:
        bins: how many equal bins each coordinate has, one number or one per coordinate, or a tensor of edges for each.
        range: lowest and highest edge of each coordinate in turn; by default those of the points.
        weight: what each point counts, of the shape of `input` without its last dimension.
        density: divide by the total and by the volume of each box.

    Returns:
        The named tuple (hist, bin_edges).

    Raises:
        RuntimeError: other than two or more dimensions, a number of bins that does not fit, infinite ranges.
    """
    functions = torch._C._VariableFunctions
    if isinstance(bins, int):
        bins = [bins] * (input.shape[-1] if input.dim() > 0 else 0)
    if not all(isinstance(b, torch.Tensor) for b in bins):
        bins = functions._histogramdd_bin_edges(input, bins, range=range, weight=weight, density=density)
    hist = functions._histogramdd_from_bin_tensors(input, bins, weight=weight, density=density)
    return _histogramdd_type()(hist, tuple(bins))


@functools.cache
def _histogramdd_type():
    import collections

    return collections.namedtuple("histogramdd", ["hist", "bin_edges"])


def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """Derivatives along `dim` (all dims by default) from neighbouring values, one tensor of input's shape per dimension.

    Inside by central differences of second order (Fornberg, 1988), at the ends from `edge_order` + 1 values.

    Args:
        spacing: the distance between neighbours, a number for all dimensions or one for each, or the coordinates of the
            values along each, as 1-d tensors.

    Raises:
        RuntimeError: an `edge_order` other than 1 and 2, too few values, `spacing` that does not fit the dimensions.
    """
    spacing = 1 if spacing is None else spacing
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = list(range(input.dim())) if dim is None else _dims(dim)
    if any(not -input.dim() <= d < input.dim() for d in dims):
        raise IndexError(f"gradient(): expected dims in [{-input.dim()}, {input.dim() - 1}], got {dims}")
    if len({d % input.dim() for d in dims}) < len(dims):
        raise RuntimeError(f"gradient(): a dim appears multiple times in {dims}")
    is_list = isinstance(spacing, (list, tuple))
    steps = list(spacing) if is_list else [spacing] * len(dims)
    if len(steps) != len(dims):
        raise RuntimeError(f"torch.gradient expected spacing to be a number or a list of {len(dims)}, got {len(steps)}")
    if any(input.shape[d] < edge_order + 1 for d in dims):
        raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple(_gradient_along(input, step, d, edge_order) for step, d in zip(steps, dims))


def _gradient_along(x, step, dim, edge_order):
    n = x.shape[dim]
    at = lambda start, length: x.narrow(dim, start % n, length)
    if isinstance(step, torch.Tensor) and step.dim() > 0:
        if step.dim() != 1 or step.numel() != n:
            raise RuntimeError(f"torch.gradient expected {n} coordinates for dim {dim}, got shape {tuple(step.shape)}")
        shape = [-1 if d == dim % x.dim() else 1 for d in range(x.dim())]
        widths = torch.diff(step).reshape(shape)
    else:
        widths = None
    width = lambda start, length: step if widths is None else widths.narrow(dim, start % (n - 1), length)
    if widths is None:
        inner = (at(2, n - 2) - at(0, n - 2)) / (2 * step) if n > 2 else at(0, 0) / step
    else:
        left, right = width(0, n - 2), width(1, n - 2)
        both = left + right
        inner = at(2, n - 2) * (left / (right * both)) + at(1, n - 2) * ((right - left) / (left * right))
        inner = inner - at(0, n - 2) * (right / (left * both))
    if edge_order == 1:
        first, last = (at(1, 1) - at(0, 1)) / width(0, 1), (at(-1, 1) - at(-2, 1)) / width(-1, 1)
    else:
        first = _edge([at(i, 1) for i in (0, 1, 2)], width(0, 1), width(1, 1))
        last = -_edge([at(i, 1) for i in (-1, -2, -3)], width(-1, 1), width(-2, 1))
    return torch.cat([first, inner, last], dim)


def _edge(values, near, far):
    """The derivative at the first of three values, `near` and `far` being the distances between them."""
    a, b, c = values
    both = near + far
    return b * (both / (near * far)) - a * ((near + both) / (near * both)) - c * (near / (far * both))


def unravel_index(indices, shape):
    """The coordinates in a tensor of `shape` of positions in its flattened form, one tensor per dimension.

    Raises:
        TypeError: indices that are no integers, a shape that is no int or sequence of ints.
        ValueError: negative sizes.
    """
    if indices.is_floating_point() or indices.is_complex() or indices.dtype == torch.bool:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    if isinstance(shape, torch.Tensor):
        shape = shape.tolist()
    sizes = [shape] if isinstance(shape, int) else list(shape)
    if not all(isinstance(size, int) for size in sizes):
        raise TypeError(f"expected 'shape' sequence to only contain ints, but got {sizes}")
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    coordinates, rest = [], indices.to(torch.int64)
    for size in reversed(sizes):
        coordinates.append(rest % size)
        rest = rest.div(size, rounding_mode="floor")
    return torch.stack(coordinates[::-1], -1).unbind(-1) if coordinates else ()


def resize_as_(input, the_template, *, memory_format=None):
    """Resizes `input` in place to the size of `the_template`; new elements are not initialised."""
    return input.resize_as_(the_template, memory_format=memory_format)
