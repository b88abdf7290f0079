"""Attention with several heads (Vaswani et al., 2017)."""

from __future__ import annotations

import math
import warnings

import tiny_torch as torch

_VF = torch._C._VariableFunctions
_nn = torch._C._nn

__all__ = ["multi_head_attention_forward"]


def _none_or_dtype(input):
    return None if input is None else input.dtype


def _canonical_mask(mask, mask_name, other_type, other_name, target_type, check_other: bool = True):
    """A mask that is added to the scores: a bool one becomes 0 and -inf, a floating one stays.

    Raises:
        AssertionError: `mask` is of another dtype.
    """
    if mask is None:
        return None
    if mask.dtype != torch.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype != other_type:
        warnings.warn(
            f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=4,
        )
    if mask.is_floating_point():
        return mask
    return torch.zeros_like(mask, dtype=target_type).masked_fill_(mask, float("-inf"))


def _check_dims(query, key, value, key_padding_mask, attn_mask, num_heads) -> bool:
    """Raises AssertionError unless the numbers of dimensions go together; whether there is a batch dimension."""
    dims = query.dim()
    if dims not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {dims}-D query tensor")
    kind = "batched (3-D)" if dims == 3 else "unbatched (2-D)"
    if key.dim() != dims or value.dim() != dims:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {dims}-D but found {key.dim()}-D and "
            f"{value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != dims - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {dims - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None:
        if attn_mask.dim() not in (2, 3):
            raise AssertionError(
                f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D "
                "tensor instead"
            )
        if dims == 2 and attn_mask.dim() == 3:
            expected = (num_heads, query.shape[0], key.shape[0])
            if attn_mask.shape != expected:
                raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}")
    return dims == 3


def _project_packed(query, key, value, weight, bias):
    """Projects with the weight (3 * E, E) of all three, in as few products as the same tensors allow."""
    width = query.size(-1)
    if key is value and query is key:
        return _nn.linear(query, weight, bias).chunk(3, dim=-1)
    if key is value:
        q_weight, kv_weight = weight.split([width, 2 * width])
        q_bias, kv_bias = (None, None) if bias is None else bias.split([width, 2 * width])
        k, v = _nn.linear(key, kv_weight, kv_bias).chunk(2, dim=-1)
        return _nn.linear(query, q_weight, q_bias), k, v
    weights = weight.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return [_nn.linear(t, w, b) for t, w, b in zip((query, key, value), weights, biases)]


def _project(query, key, value, packed, packed_bias, separate):
    """q, k, v of shape (length, batch, E)."""
    if separate is None:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if packed is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        return _project_packed(query, key, value, packed, packed_bias)
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    for name, weight in zip("qkv", separate):
        if weight is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
    biases = (None, None, None) if packed_bias is None else packed_bias.chunk(3)
    return [_nn.linear(t, w, b) for t, w, b in zip((query, key, value), separate, biases)]


def _batched_mask(attn_mask, tgt_len, src_len, bsz, num_heads):
    """`attn_mask` as (1, 1, T, S) or (B, H, T, S).

    Raises:
        RuntimeError: it is of another size.
    """
    if attn_mask.dim() == 2:
        if attn_mask.shape != (tgt_len, src_len):
            raise RuntimeError(
                f"The shape of the 2D attn_mask is {attn_mask.shape}, but should be {(tgt_len, src_len)}."
            )
        return attn_mask.unsqueeze(0).unsqueeze(0)
    if attn_mask.dim() != 3:
        raise RuntimeError(f"attn_mask's dimension {attn_mask.dim()} is not supported")
    expected = (bsz * num_heads, tgt_len, src_len)
    if attn_mask.shape != expected:
        raise RuntimeError(f"The shape of the 3D attn_mask is {attn_mask.shape}, but should be {expected}.")
    return attn_mask.view(bsz, num_heads, tgt_len, src_len)


def _static_heads(name, tensor, bsz, num_heads, head_dim):
    if tensor.size(0) != bsz * num_heads:
        raise AssertionError(f"expecting static_{name}.size(0) of {bsz * num_heads}, but got {tensor.size(0)}")
    if tensor.size(2) != head_dim:
        raise AssertionError(f"expecting static_{name}.size(2) of {head_dim}, but got {tensor.size(2)}")
    return tensor.view(bsz, num_heads, tensor.size(1), head_dim)


class _Masks:
    """The two masks, each padded by one column whenever a position is added to the keys."""

    def __init__(self, attention, padding):
        self.attention = attention
        self.padding = padding

    def add_column(self) -> None:
        for name in ("attention", "padding"):
            mask = getattr(self, name)
            if mask is not None:
                setattr(self, name, _nn.pad(mask, (0, 1)))

    def merged(self, bsz, src_len):
        """What is added to the scores (B, H, T, S), or ``None``."""
        if self.padding is None:
            return self.attention
        if self.padding.shape != (bsz, src_len):
            raise AssertionError(
                f"key_padding_mask: expected shape {(bsz, src_len)}, but got {tuple(self.padding.shape)}"
            )
        padding = self.padding.view(bsz, 1, 1, src_len)
        return padding if self.attention is None else self.attention + padding


def _attend_with_weights(q, k, v, mask, dropout_p):
    """Attention that also gives its weights (B, H, T, S)."""
    scores = torch.matmul(q * math.sqrt(1.0 / float(q.size(-1))), k.transpose(-2, -1))
    if mask is not None:
        scores = scores + mask
    weights = scores.softmax(-1)
    if dropout_p > 0.0:
        weights = _VF.dropout(weights, dropout_p, True)
    return torch.matmul(weights, v), weights


def _prepared_masks(query, attn_mask, key_padding_mask, is_causal, need_weights):
    """Masks as numbers, and whether attention may rely on the hint `is_causal` alone."""
    padding = _canonical_mask(key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and padding is None and not need_weights:
        return None, None, True
    return _canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, check_other=False), padding, False


def multi_head_attention_forward(
    query,
    key,
    value,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight,
    in_proj_bias,
    bias_k,
    bias_v,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight,
    out_proj_bias,
    training: bool = True,
    key_padding_mask=None,
    need_weights: bool = True,
    attn_mask=None,
    use_separate_proj_weight: bool = False,
    q_proj_weight=None,
    k_proj_weight=None,
    v_proj_weight=None,
    static_k=None,
    static_v=None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
):
    """Projects queries, keys and values, attends with `num_heads` heads and projects the result.

    Args:
        query: (T, B, E) or (T, E).
        key, value: (S, B, E) or (S, E), with widths of their own if the weights are separate.
        embed_dim_to_check: E.
        in_proj_weight, in_proj_bias: (3 * E, E) and (3 * E,), or with `use_separate_proj_weight` `q_proj_weight`,
            `k_proj_weight` and `v_proj_weight`.
        bias_k, bias_v: (1, 1, E), a learned position added to keys and values, or ``None``.
        add_zero_attn: add a position of zeros as well.
        dropout_p: probability of dropout on the attention weights, in training.
        key_padding_mask: (B, S) or (S,), true (or added to the scores) where a key does not count.
        need_weights: give the weights too, which is slower.
        attn_mask: (T, S) or (B * num_heads, T, S), true (or added) where a query must not see a key.
        static_k, static_v: (B * num_heads, S, E / num_heads), in the place of the projected keys and values.
        average_attn_weights: give the mean of the heads' weights.
        is_causal: says that `attn_mask` is the causal one.

    Returns:
        (T, B, E) or (T, E), and the weights, (B, T, S) or (B, num_heads, T, S), or ``None``.

    Raises:
        AssertionError, RuntimeError: shapes that do not go together.
    """
    is_batched = _check_dims(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not is_batched:
        # Tensors that are one object stay one, which the projection makes use of.
        same_key, same_value = key is query, value is key
        query = query.unsqueeze(1)
        key = query if same_key else key.unsqueeze(1)
        value = key if same_value else value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    tgt_len, bsz, embed_dim = query.shape
    attn_mask, key_padding_mask, is_causal = _prepared_masks(
        query, attn_mask, key_padding_mask, is_causal, need_weights
    )
    if embed_dim != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {embed_dim}")
    head_dim = embed_dim // num_heads
    if head_dim * num_heads != embed_dim:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {num_heads}")
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = _project(query, key, value, in_proj_weight, in_proj_bias, separate)
    if attn_mask is not None:
        attn_mask = _batched_mask(attn_mask, tgt_len, key.shape[0], bsz, num_heads)
    masks = _Masks(attn_mask, key_padding_mask)
    if (bias_k is None) != (bias_v is None):
        raise AssertionError("bias_k and bias_v must be given together")
    if bias_k is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError("bias cannot be added to static key or value.")
        k = torch.cat([k, bias_k.expand(1, bsz, embed_dim)])
        v = torch.cat([v, bias_v.expand(1, bsz, embed_dim)])
        masks.add_column()

    def heads(t):
        return t.reshape(t.shape[0], bsz, num_heads, head_dim).permute(1, 2, 0, 3)

    q = heads(q)
    k = heads(k) if static_k is None else _static_heads("k", static_k, bsz, num_heads, head_dim)
    v = heads(v) if static_v is None else _static_heads("v", static_v, bsz, num_heads, head_dim)
    if add_zero_attn:
        zero = torch.zeros((bsz, num_heads, 1, head_dim), dtype=k.dtype, device=k.device)
        k = torch.cat([k, zero], dim=2)
        v = torch.cat([v, zero], dim=2)
        masks.add_column()
    mask = masks.merged(bsz, k.size(2))
    dropout_p = dropout_p if training else 0.0
    weights = None
    if need_weights:
        output, weights = _attend_with_weights(q, k, v, mask, dropout_p)
    else:
        output = _nn.scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    output = _nn.linear(output.permute(2, 0, 1, 3).reshape(tgt_len, bsz, embed_dim), out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = weights.mean(dim=1)
    if not is_batched:
        return output.squeeze(1), None if weights is None else weights.squeeze(0)
    return output, weights
