"""Comparisons and random tensors for tests."""

from tiny_torch.testing._comparison import assert_allclose, assert_close
from tiny_torch.testing._creation import make_tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]
