"""torch.nn.attention: switches of implementations, and that they are put back."""

import importlib
import os

import pytest

torch = importlib.import_module(os.environ.get("TINY_TORCH_TEST_LIBRARY", "tiny_torch"))
switches = torch.backends.cuda


def state():
    return [
        switches.math_sdp_enabled(),
        switches.flash_sdp_enabled(),
        switches.mem_efficient_sdp_enabled(),
        switches.cudnn_sdp_enabled(),
    ]


def test_sdpa_kernel():
    kinds, sdpa_kernel = torch.nn.attention.SDPBackend, torch.nn.attention.sdpa_kernel
    before = state()
    with sdpa_kernel(kinds.MATH):
        assert state() == [True, False, False, False]
        with sdpa_kernel([kinds.FLASH_ATTENTION, kinds.CUDNN_ATTENTION]):
            assert state() == [False, True, False, True]
        assert state() == [True, False, False, False]
    assert state() == before
    with pytest.raises(KeyError):
        with sdpa_kernel(kinds.EFFICIENT_ATTENTION):
            raise KeyError
    assert state() == before
    assert sdpa_kernel(kinds.MATH)(state)() == [True, False, False, False]
    assert repr(kinds.MATH) == "<SDPBackend.MATH: 0>" and str(kinds.ERROR) == "SDPBackend.ERROR"
    for wrong in (None, 3, (kinds.MATH,)):
        with pytest.raises(AssertionError, match="Backend must be an instance of SDPBackend"):
            with sdpa_kernel(wrong):
                pass


def test_causal_biases():
    bias = importlib.import_module(f"{torch.__name__}.nn.attention.bias")
    attention = torch.nn.functional.scaled_dot_product_attention
    torch.manual_seed(0)
    q, k = torch.randn(1, 1, 2, 4), torch.randn(1, 1, 3, 4)
    for mask, diagonal in ((bias.causal_upper_left(2, 3), 0), (bias.causal_lower_right(2, 3), 1)):
        expected = torch.ones(2, 3, dtype=torch.bool).tril(diagonal)
        assert isinstance(mask, bias.CausalBias) and repr(mask) == repr(expected)
        result = attention(q, k, k, attn_mask=expected)
        assert torch.equal(attention(q, k, k, attn_mask=mask), result)
        assert torch.equal(attention(q, k, k, mask), result)
    with pytest.raises(ValueError, match="causal"):
        attention(q, k, k, attn_mask=mask, is_causal=True)
    with pytest.warns(UserWarning):
        bias.causal_lower_right(3, 2)
