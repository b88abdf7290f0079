"""Causal masks of `scaled_dot_product_attention` as objects; source: ``torch.nn.attention.bias``."""

import enum
import warnings

import tiny_torch as torch

__all__ = ["causal_upper_left", "causal_lower_right", "CausalVariant", "CausalBias"]


class CausalVariant(enum.IntEnum):
    """Which corner the diagonal of a causal mask starts from, where queries and keys differ in number."""

    UPPER_LEFT = 1
    LOWER_RIGHT = 2


class CausalBias(torch.Tensor):
    """The causal mask of `seq_len_q` queries and `seq_len_kv` keys, bool, for `attn_mask` of attention.

    Made by `causal_upper_left` and `causal_lower_right`. Nothing is stored but the three arguments.
    """

    def __new__(cls, variant, seq_len_q, seq_len_kv):
        base = torch.ones(1, 1, 1, dtype=torch.bool).expand(1, seq_len_q, seq_len_kv)
        return torch.Tensor._make_subclass(cls, base)

    def __init__(self, variant, seq_len_q, seq_len_kv):
        if not isinstance(variant, CausalVariant):
            raise AssertionError(f"CausalBias: expected a CausalVariant, got {type(variant).__name__}")
        self.variant, self.seq_len_q, self.seq_len_kv = variant, seq_len_q, seq_len_kv
        if variant == CausalVariant.LOWER_RIGHT and seq_len_q > seq_len_kv:
            warnings.warn(
                "CausalBias: with more queries than keys and the diagonal in the lower right the first queries see no "
                "key at all.",
                stacklevel=2,
            )

    def _materialize(self, device=None):
        """The mask as an ordinary tensor (seq_len_q, seq_len_kv), True where a query sees a key."""
        lower_right = self.variant == CausalVariant.LOWER_RIGHT
        diagonal = self.seq_len_kv - self.seq_len_q if lower_right else 0
        return torch.ones(self.seq_len_q, self.seq_len_kv, dtype=torch.bool, device=device).tril(diagonal)

    def __repr__(self):
        return repr(self._materialize())

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is not torch.nn.functional.scaled_dot_product_attention:
            return super().__torch_function__(func, types, args, kwargs)
        args = list(args)
        mask = args[3] if len(args) > 3 else kwargs["attn_mask"]
        if kwargs.get("is_causal") or (len(args) > 5 and args[5]):
            raise ValueError("CausalBias should not be used with causal=True")
        mask = mask._materialize(args[0].device if args else kwargs["query"].device)
        if len(args) > 3:
            args[3] = mask
        else:
            kwargs["attn_mask"] = mask
        return func(*args, **kwargs)


def causal_upper_left(*size):
    """The mask (queries, keys) in which query i sees keys 0 to i; what ``is_causal=True`` means.

    Examples:
        >>> from tiny_torch.nn.attention.bias import causal_upper_left
        >>> causal_upper_left(2, 3)
        tensor([[ True, False, False],
                [ True,  True, False]])
    """
    if len(size) != 2:
        raise AssertionError(f"causal_upper_left(): expected 2 sizes, got {len(size)}")
    return CausalBias(CausalVariant.UPPER_LEFT, *size)


def causal_lower_right(*size):
    """The mask (queries, keys) in which the last query sees all keys and each before it one less."""
    if len(size) != 2:
        raise AssertionError(f"causal_lower_right(): expected 2 sizes, got {len(size)}")
    return CausalBias(CausalVariant.LOWER_RIGHT, *size)
