"""Embeddings and other sums of bags of them."""

from __future__ import annotations

import tiny_torch as torch

_VF = torch._C._VariableFunctions

__all__ = ["embedding", "embedding_bag"]


def _checked_padding_idx(weight, padding_idx):
    """`padding_idx` counted from the front, -1 for none."""
    if padding_idx is None:
        return -1
    rows = weight.size(0)
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx + rows if padding_idx < 0 else padding_idx


def _renorm_rows(weight, indices, max_norm, norm_type) -> None:
    """Rescales the rows of `weight` named by `indices` whose norm is above `max_norm`, in place."""
    with torch.no_grad():
        named = torch.zeros(weight.size(0), dtype=torch.bool, device=weight.device)
        named[indices.reshape(-1)] = True
        norms = weight.norm(norm_type, 1)
        factors = torch.where(named & (norms > max_norm), max_norm / (norms + 1e-7), torch.ones_like(norms))
        weight.mul_(factors.unsqueeze(1))


def embedding(
    input,
    weight,
    padding_idx=None,
    max_norm=None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
):
    """Looks up rows of `weight` by index.

    Args:
        input: indices, int32 or int64, any shape.
        weight: (rows, width), floating.
        padding_idx: row whose gradient is not accumulated.
        max_norm: rescale, in place, the rows looked up whose `norm_type` norm is greater.
        scale_grad_by_freq: divide gradients by how often their row occurs in `input`.
        sparse: ask for a sparse gradient.

    Returns:
        (*input.shape, width).

    Raises:
        AssertionError: `padding_idx` is no row of `weight`.
        IndexError: an index is out of range.
    """
    padding_idx = _checked_padding_idx(weight, padding_idx)
    if max_norm is not None:
        _renorm_rows(weight, input, max_norm, norm_type)
    return _VF.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


_BAG_MODES = {"sum": 0, "mean": 1, "max": 2}


def embedding_bag(
    input,
    weight,
    offsets=None,
    max_norm=None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights=None,
    include_last_offset: bool = False,
    padding_idx=None,
):
    """Sums, averages or maximises the rows of `weight` that each bag of indices names.

    Args:
        input: (bags, length) of int32 or int64, or the bags one after another with their starts in `offsets`.
        weight: (rows, width), floating.
        offsets: (bags,) starts within a one-dimensional `input`; with `include_last_offset` also the end.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        per_sample_weights: factors of the shape of `input`, for ``"sum"``.
        padding_idx: row that bags leave out.

    Returns:
        (bags, width).

    Raises:
        ValueError: shapes of `input`, `offsets` or `per_sample_weights` do not fit, or the mode is unknown.
    """
    if weight.dtype == torch.long and input.is_floating_point():
        # An old order of arguments.
        input, weight = weight, input
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        offsets = torch.arange(0, input.numel(), input.size(1), dtype=input.dtype, device=input.device)
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode not in _BAG_MODES:
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}')."
        )
    if padding_idx is not None:
        rows = weight.size(0)
        if not -rows <= padding_idx < rows:
            raise AssertionError("padding_idx must be within the number of embeddings")
        padding_idx = padding_idx + rows if padding_idx < 0 else padding_idx
    if max_norm is not None:
        _renorm_rows(weight, input, max_norm, norm_type)
    result, _, _, _ = _VF.embedding_bag(
        weight,
        input,
        offsets,
        scale_grad_by_freq,
        _BAG_MODES[mode],
        sparse,
        per_sample_weights,
        include_last_offset,
        padding_idx,
    )
    return result
