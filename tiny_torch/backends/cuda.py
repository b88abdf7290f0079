"""CUDA: whether this build has it, and switches of its matrix products."""

from tiny_torch import cuda as _cuda


def is_built():
    """Whether the library has CUDA kernels; a device may still be missing."""
    return _cuda.is_available()


class _MatmulSwitches:
    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True
    allow_fp16_accumulation = False
    fp32_precision = "none"


class _PlanCache:
    size = 0
    max_size = 0

    def clear(self):
        """There are no plans to forget."""


matmul = _MatmulSwitches()
cufft_plan_cache = _PlanCache()
_kernels = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def flash_sdp_enabled():
    """What `enable_flash_sdp` set."""
    return _kernels["flash"]


def enable_flash_sdp(enabled):
    """Whether attention on CUDA may use the flash kernel."""
    _kernels["flash"] = bool(enabled)


def mem_efficient_sdp_enabled():
    """What `enable_mem_efficient_sdp` set."""
    return _kernels["mem_efficient"]


def enable_mem_efficient_sdp(enabled):
    """Whether attention on CUDA may use the kernel that saves memory."""
    _kernels["mem_efficient"] = bool(enabled)


def math_sdp_enabled():
    """What `enable_math_sdp` set."""
    return _kernels["math"]


def enable_math_sdp(enabled):
    """Whether attention on CUDA may use plain matrix products."""
    _kernels["math"] = bool(enabled)


def cudnn_sdp_enabled():
    """What `enable_cudnn_sdp` set."""
    return _kernels["cudnn"]


def enable_cudnn_sdp(enabled):
    """Whether attention on CUDA may use cuDNN."""
    _kernels["cudnn"] = bool(enabled)
