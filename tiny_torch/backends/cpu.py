"""The CPU."""

from tiny_torch import _C


def get_cpu_capability():
    """The widest vector instructions that kernels use here: ``"AVX512"``, ``"AVX2"`` or ``"DEFAULT"``."""
    report = getattr(_C, "_simd_target", None)
    return report() if report is not None else _from_processor()


def _from_processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii") as file:
            flags = next((line for line in file if line.startswith("flags")), "").split()
    except OSError:
        return "DEFAULT"
    return "AVX512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "DEFAULT"
