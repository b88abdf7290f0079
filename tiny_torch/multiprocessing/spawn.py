"""Starting a function in several processes and waiting for all of them; source: ``torch.multiprocessing.spawn``."""

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import tempfile
import time

__all__ = [
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "spawn",
    "start_processes",
]


class ProcessException(Exception):
    """A process started by :func:`spawn` failed."""

    def __init__(self, msg, error_index, pid):
        super().__init__(msg)
        self.msg = msg
        self.error_index = error_index
        self.pid = pid

    def __reduce__(self):
        return type(self), (self.msg, self.error_index, self.pid)


class ProcessRaisedException(ProcessException):
    """The function raised an exception; its traceback is in the message."""


class ProcessExitedException(ProcessException):
    """The process ended by a signal or with an exit code."""

    def __init__(self, msg, error_index, error_pid, exit_code, signal_name=None):
        super().__init__(msg, error_index, error_pid)
        self.exit_code = exit_code
        self.signal_name = signal_name

    def __reduce__(self):
        return type(self), (self.msg, self.error_index, self.pid, self.exit_code, self.signal_name)


def _run(fn, index, args, error_file):
    try:
        fn(index, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        import traceback

        with open(error_file, "wb") as file:
            pickle.dump(traceback.format_exc(), file)
        raise SystemExit(1) from None


class ProcessContext:
    """The processes of one :func:`start_processes` call."""

    def __init__(self, processes, error_files):
        self.error_files = error_files
        self.processes = processes
        self.sentinels = {process.sentinel: index for index, process in enumerate(processes)}

    def pids(self):
        return [process.pid for process in self.processes]

    def join(self, timeout=None, grace_period=None):
        """Waits for one or more processes to end; True when all have.

        If one failed the others are ended and its failure is raised.
        """
        if not self.sentinels:
            return True
        ready = multiprocessing.connection.wait(list(self.sentinels), timeout=timeout)
        failed = None
        for sentinel in ready:
            index = self.sentinels.pop(sentinel)
            self.processes[index].join()
            if self.processes[index].exitcode != 0:
                failed = index
                break
        if failed is None:
            if not self.sentinels:
                self._remove_error_files()
            return not self.sentinels
        self._end_others(grace_period)
        self._raise(failed)

    def _end_others(self, grace_period):
        deadline = time.monotonic() + (30 if grace_period is None else grace_period)
        for process in self.processes:
            if process.is_alive():
                process.terminate()
        for process in self.processes:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()

    def _remove_error_files(self):
        for path in self.error_files:
            if os.path.exists(path):
                os.unlink(path)

    def _raise(self, index):
        process = self.processes[index]
        path = self.error_files[index]
        trace = None
        if os.path.exists(path) and os.path.getsize(path):
            with open(path, "rb") as file:
                trace = pickle.load(file)
        self._remove_error_files()
        if trace is not None:
            text = f"\n\n-- Process {index} terminated with the following error:\n{trace}"
            raise ProcessRaisedException(text, index, process.pid)
        code = process.exitcode
        if code < 0:
            name = _signal_name(-code)
            text = f"process {index} terminated with signal {name}"
            raise ProcessExitedException(text, index, process.pid, code, name)
        raise ProcessExitedException(f"process {index} terminated with exit code {code}", index, process.pid, code)


class SpawnContext(ProcessContext):
    """A :class:`ProcessContext` of processes started by the spawn method."""


def _signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"<Unknown signal {number}>"


def start_processes(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """Runs ``fn(i, *args)`` in `nprocs` processes.

    Args:
        fn: function at the top level of a module.
        args (tuple): further arguments.
        join (bool): wait for all of them; else return the :class:`ProcessContext`.
        daemon (bool): end them with this process.
        start_method (str): 'spawn', 'fork' or 'forkserver'.

    Raises:
        ProcessRaisedException, ProcessExitedException: the first failure, after the others were ended.
    """
    context = multiprocessing.get_context(start_method)
    processes, error_files = [], []
    for index in range(nprocs):
        descriptor, path = tempfile.mkstemp(prefix="tiny_torch-errors-")
        os.close(descriptor)
        error_files.append(path)
        process = context.Process(target=_run, args=(fn, index, args, path), daemon=daemon)
        process.start()
        processes.append(process)
    kind = SpawnContext if start_method == "spawn" else ProcessContext
    running = kind(processes, error_files)
    if not join:
        return running
    while not running.join():
        pass
    return None


def spawn(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """:func:`start_processes` with the spawn method."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)
