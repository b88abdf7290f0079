"""torch.backends and torch.compiler tell the truth, and keep what programs set."""

import importlib

import tiny_torch as torch


def test_backends():
    for name in torch.backends.__all__:
        assert getattr(torch.backends, name) is importlib.import_module(f"tiny_torch.backends.{name}")
    assert not torch.backends.cudnn.is_available() and torch.backends.cudnn.version() is None
    assert not torch.backends.mps.is_available() and not torch.backends.mkl.is_available()
    assert torch.backends.openmp.is_available()
    assert torch.backends.cpu.get_cpu_capability() in ("AVX512", "AVX2", "DEFAULT")
    torch.backends.cudnn.benchmark = True
    with torch.backends.cudnn.flags(enabled=True, benchmark=False):
        assert torch.backends.cudnn.benchmark is False
    assert torch.backends.cudnn.benchmark is True
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cuda.enable_flash_sdp(False)
    assert not torch.backends.cuda.flash_sdp_enabled()


def test_nothing_is_compiled():
    assert not torch.compiler.is_compiling() and not hasattr(torch, "compile")

    @torch.compiler.disable
    def f(x):
        return x

    assert f(1) == 1 and torch.compiler.disable(recursive=False)(f)(2) == 2


def test_config_tells_what_the_library_has():
    text = torch.__config__.show()
    assert torch.TINY_TORCH_VERSION in text and torch.backends.cpu.get_cpu_capability() in text
    assert f"at::get_num_threads() : {torch.get_num_threads()}" in torch.__config__.parallel_info()
