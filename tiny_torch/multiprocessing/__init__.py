"""Python's multiprocessing with tensors that are shared instead of copied; source: ``torch.multiprocessing``.

Everything of the standard module is here too. A tensor sent through a queue or pipe is moved to shared memory; the
receiver sees the same memory, in both directions.
"""

import multiprocessing
import sys
from multiprocessing import *  # noqa: F403

from tiny_torch.multiprocessing.reductions import init_reductions
from tiny_torch.multiprocessing.shared_memory import SharedMemory
from tiny_torch.multiprocessing.spawn import (
    ProcessContext,
    ProcessException,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

__all__ = [
    *multiprocessing.__all__,
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SharedMemory",
    "SpawnContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]


def get_all_sharing_strategies():
    """Names that :func:`set_sharing_strategy` takes. All of them share memory by files that live in memory."""
    return {"file_descriptor", "file_system"} if sys.platform == "linux" else {"file_system"}


_strategy = ["file_descriptor" if sys.platform == "linux" else "file_system"]


def get_sharing_strategy():
    """The name of the current strategy."""
    return _strategy[0]


def set_sharing_strategy(new_strategy):
    """Accepted for programs written for PyTorch; there is one way to share memory, without its limits."""
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"expected one of {sorted(get_all_sharing_strategies())}, got {new_strategy!r}")
    _strategy[0] = new_strategy


init_reductions()
