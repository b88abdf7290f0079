"""Questions about tensors and the library's settings."""

import pytest

import tiny_torch as torch


def test_result_type():
    x, i = torch.ones(2), torch.ones(2, dtype=torch.int32)
    assert torch.result_type(i, 1.0) is torch.float32 and torch.result_type(i, 1) is torch.int32
    assert torch.result_type(x, torch.ones((), dtype=torch.float64)) is torch.float32
    assert torch.result_type(1, 2.0) is torch.float32 and torch.result_type(True, i) is torch.int32
    with pytest.raises(TypeError):
        torch.result_type("a", x)


def test_predicates():
    assert torch.is_nonzero(torch.tensor(2)) and not torch.is_nonzero(torch.tensor([0.0]))
    with pytest.raises(RuntimeError):
        torch.is_nonzero(torch.ones(2))
    assert torch.is_same_size(torch.ones(2), torch.zeros(2)) and torch.is_signed(torch.ones(1))
    assert not torch.is_conj(torch.ones(1)) and not torch.is_neg(torch.ones(1))
    assert torch.get_device(torch.ones(1)) == -1
    with torch.inference_mode():
        assert torch.is_inference(torch.ones(1))
    with pytest.raises(TypeError, match="must be Tensor, not int"):
        torch.is_signed(1)


def test_settings_are_read_back():
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.are_deterministic_algorithms_enabled() and torch.get_deterministic_debug_mode() == 1
    torch.set_deterministic_debug_mode("default")
    assert not torch.are_deterministic_algorithms_enabled()
    torch.set_float32_matmul_precision("high")
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision("highest")
    with pytest.warns(UserWarning, match="low is not one of"):
        torch.set_float32_matmul_precision("low")
    assert torch.get_float32_matmul_precision() == "highest"
    with pytest.raises(RuntimeError):
        torch.set_float32_matmul_precision(5)


def test_broadcast_tensors_gives_a_tuple():
    parts = torch.broadcast_tensors(torch.ones(2, 1), torch.zeros(3))
    assert isinstance(parts, tuple) and [tuple(part.shape) for part in parts] == [(2, 3)] * 2


def test_names_that_programs_look_up():
    functional = torch.nn.functional
    assert functional.has_torch_function((torch.ones(1),)) is False
    assert functional.handle_torch_function is torch.overrides.handle_torch_function
    assert torch.nn.Module.T_destination is torch.nn.Linear.T_destination
    assert torch.get_device_module("cpu") is torch.cpu and torch.get_device_module(torch.device("cuda")) is torch.cuda
    with pytest.raises(RuntimeError):
        torch.get_device_module("no such")
    assert torch.compiled_with_cxx11_abi() is True and torch.is_vulkan_available() is False


@pytest.mark.skipif(torch.cuda.is_available(), reason="what machines without a device answer")
def test_streams_are_classes():
    for kind in (torch.cuda.Stream, torch.cuda.Event, torch.cuda.ExternalStream):
        assert isinstance(kind, type) and not isinstance(torch.ones(1), kind)
        with pytest.raises(RuntimeError):
            kind()
    assert isinstance(torch.cuda.memory_summary(), str)
