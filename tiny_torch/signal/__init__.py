"""Signal processing; see :mod:`tiny_torch.signal.windows`."""

from tiny_torch.signal import windows

__all__ = ["windows"]
