"""Which implementations `scaled_dot_product_attention` may use; source: ``torch.nn.attention``."""

import contextlib
import enum

from tiny_torch.backends import cuda as _switches

__all__ = ["SDPBackend", "WARN_FOR_UNFUSED_KERNELS", "sdpa_kernel"]

# Read by programs; there is no unfused kernel to warn about.
WARN_FOR_UNFUSED_KERNELS = False


class SDPBackend(enum.IntEnum):
    """The implementations of attention."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __repr__(self):
        return f"<SDPBackend.{self.name}: {self.value}>"

    __str__ = enum.Enum.__str__


_KERNELS = {
    SDPBackend.CUDNN_ATTENTION: "cudnn",
    SDPBackend.FLASH_ATTENTION: "flash",
    SDPBackend.EFFICIENT_ATTENTION: "mem_efficient",
    SDPBackend.MATH: "math",
}


@contextlib.contextmanager
def sdpa_kernel(backends, set_priority=False):
    """Within it, attention on CUDA may use only the given implementations; also a decorator.

    The CPU has one implementation, which works without the matrix of scores, and the switches leave it alone.

    Args:
        backends (SDPBackend or list of SDPBackend): what may be used.
        set_priority (bool): their order is that of preference; accepted.

    Raises:
        AssertionError: `backends` is nothing of the kind.

    Examples:
        >>> from tiny_torch.nn.attention import SDPBackend, sdpa_kernel
        >>> q = torch.ones(1, 1, 2, 4)
        >>> with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        ...     y = F.scaled_dot_product_attention(q, q, q)
        >>> y.shape
        torch.Size([1, 1, 2, 4])
    """
    wanted = [backends] if isinstance(backends, SDPBackend) else backends
    if not isinstance(wanted, list) or not all(isinstance(backend, SDPBackend) for backend in wanted):
        raise AssertionError(
            f"Backend must be an instance of SDPBackend or a list of SDPBackend instances, got {type(backends).__name__}"
        )
    before = dict(_switches._kernels)
    _switches._kernels.update({name: backend in wanted for backend, name in _KERNELS.items()})
    try:
        yield {}
    finally:
        _switches._kernels.update(before)
