"""Modules over several devices of one process; source: ``torch.nn.parallel``."""

from tiny_torch.nn.parallel.data_parallel import DataParallel, data_parallel

__all__ = ["DataParallel", "data_parallel"]
