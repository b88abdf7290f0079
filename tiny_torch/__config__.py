"""What this library was built with, as text for bug reports; source: ``torch.__config__``."""

import tiny_torch as torch

__all__ = ["parallel_info", "show"]


def show():
    """Version, processor features and libraries, a line each."""
    backends = torch.backends
    lines = [
        f"tiny-torch {torch.TINY_TORCH_VERSION} built with:",
        f"  - CPU capability usage: {backends.cpu.get_cpu_capability()}",
        f"  - oneDNN: {'on' if backends.mkldnn.is_available() else 'off'}",
        f"  - OpenMP: {'on' if backends.openmp.is_available() else 'off'}",
        f"  - CUDA devices: {torch.cuda.device_count()}",
    ]
    return "\n".join(lines) + "\n"


def parallel_info():
    """How many threads operators and graphs use, a line each."""
    return (
        f"at::get_num_threads() : {torch.get_num_threads()}\n"
        f"at::get_num_interop_threads() : {torch.get_num_interop_threads()}\n"
    )
