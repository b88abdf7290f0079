"""Programs ask for devices that are not there: the answers and errors of PyTorch's builds for the CPU."""

import pytest

import tiny_torch

if tiny_torch.cuda.is_available():
    pytest.skip("there is a GPU", allow_module_level=True)

REFUSED = [
    "t.zeros(1, device='cuda')",
    "t.empty(2, device='cuda:1')",
    "t.zeros(1).cuda()",
    "t.zeros(1).to('cuda')",
    "t.zeros(1).to(t.device('cuda', 0), t.float64)",
    "t.nn.Linear(1, 1).cuda()",
    "t.nn.Linear(1, 1, device='cuda')",
    "t.tensor([1.0], device='cuda')",
    "t.cuda.current_device()",
    "t.cuda.synchronize()",
    "t.cuda.get_device_name()",
    "t.cuda.get_device_name(0)",
    "t.cuda.get_device_properties(0)",
    "t.cuda.get_device_capability()",
    "t.cuda.get_rng_state()",
    "t.cuda.initial_seed()",
    "t.cuda.current_stream()",
    "t.cuda.init()",
    "t.cuda.ipc_collect()",
    "t.cuda.default_stream()",
    "t.cuda.mem_get_info()",
]

ANSWERED = [
    "t.cuda.is_available()",
    "t.cuda.device_count()",
    "t.cuda.is_initialized()",
    "t.cuda.is_bf16_supported()",
    "t.cuda.get_arch_list()",
    "t.cuda.manual_seed(3)",
    "t.cuda.manual_seed_all(3)",
    "t.cuda.seed()",
    "t.cuda.seed_all()",
    "t.cuda.empty_cache()",
    "t.cuda.memory_allocated()",
    "t.cuda.max_memory_allocated()",
    "t.cuda.memory_reserved()",
    "t.cuda.max_memory_reserved()",
    "dict(t.cuda.memory_stats())",
    "t.cuda.get_rng_state_all()",
    "t.cuda.set_rng_state_all([])",
    "t.cuda.OutOfMemoryError is t.OutOfMemoryError",
    "issubclass(t.cuda.OutOfMemoryError, RuntimeError)",
    "isinstance(t.ones(1), t.cuda.FloatTensor)",
    "t.cuda.stream(None).__enter__()",
    "t.cuda.device(-1).__enter__()",
    "t.cuda.device_of(t.ones(1)).__enter__()",
    "t.accelerator.is_available()",
    "t.accelerator.device_count()",
    "t.accelerator.current_accelerator()",
    "t.accelerator.current_accelerator(check_available=True)",
    "t.xpu.is_available()",
    "t.xpu.device_count()",
    "t.xpu.is_bf16_supported()",
    "t.xpu.manual_seed_all(1)",
    "t.xpu.empty_cache()",
    "t.mps.is_available()",
    "t.mps.device_count()",
    "t.distributed.is_initialized()",
]


@pytest.fixture(scope="module")
def oracle():
    oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    if oracle.cuda.is_available():
        pytest.skip("this PyTorch is no build for the CPU")
    return oracle


@pytest.mark.parametrize("call", REFUSED)
def test_what_needs_a_gpu_is_refused(call):
    with pytest.raises(AssertionError, match="^Torch not compiled with CUDA enabled$"):
        eval(call, {"t": tiny_torch})


@pytest.mark.parametrize("call", REFUSED)
def test_pytorch_refuses_it_too(oracle, call):
    with pytest.raises(AssertionError, match="^Torch not compiled with CUDA enabled$"):
        eval(call, {"t": oracle})


@pytest.mark.parametrize("call", ANSWERED)
def test_questions_have_pytorchs_answers(oracle, call):
    assert eval(call, {"t": tiny_torch}) == eval(call, {"t": oracle})


@pytest.mark.parametrize(
    "call",
    [
        "t.accelerator.current_device_index()",
        "t.accelerator.set_device_index(0)",
        "t.accelerator.current_stream()",
        "t.accelerator.synchronize()",
        "t.accelerator.device_index(0).__enter__()",
        "t.accelerator.memory_allocated()",
        "t.accelerator.empty_cache()",
        "t.tensor(1, device=0)",
        "t.ones(1).to(0)",
    ],
)
def test_accelerators_are_refused(oracle, call):
    for library in (oracle, tiny_torch):
        with pytest.raises(RuntimeError):
            eval(call, {"t": library})


def test_a_device_is_chosen_as_in_the_first_tutorial():
    torch = tiny_torch
    device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
    assert torch.nn.Linear(2, 1).to(device)(torch.ones(1, 2, device=device)).device == torch.device("cpu")


def test_data_parallel_is_the_module_itself_without_gpus():
    torch = tiny_torch
    module = torch.nn.Linear(2, 1)
    parallel = torch.nn.DataParallel(module, device_ids=None)
    x = torch.ones(3, 2)
    assert torch.equal(parallel(x), module(x)) and parallel.module is module and parallel.device_ids == []
    assert list(parallel.state_dict()) == ["module.weight", "module.bias"]
    assert torch.equal(torch.nn.parallel.data_parallel(module, x), module(x))
