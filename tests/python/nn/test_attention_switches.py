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
