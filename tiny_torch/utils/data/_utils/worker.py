"""What runs in a worker process of a loader."""

import os

import tiny_torch as torch
from tiny_torch._utils import ExceptionWrapper

_CHECK_INTERVAL = 5.0


class WorkerInfo:
    """What a dataset can learn about the worker that it is in.

    Attributes:
        id (int): number of this worker, from 0.
        num_workers (int): how many there are.
        seed (int): seed of this worker's generators.
        dataset: this process's copy of the dataset.
    """

    __slots__ = ("id", "num_workers", "seed", "dataset")

    def __init__(self, id, num_workers, seed, dataset):
        for name, value in zip(self.__slots__, (id, num_workers, seed, dataset)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name, value):
        raise AttributeError(f"cannot assign to field '{name}'")

    def __repr__(self):
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"WorkerInfo({fields})"


_worker_info = None


def get_worker_info():
    """The :class:`WorkerInfo` of this worker process; None in the main process."""
    return _worker_info


class _EndOfStream:
    """Says that the stream of one worker has ended."""


class _Task:
    """What a worker is given at its start; everything in it pickles where the start method needs that."""

    def __init__(self, kind, dataset, auto_collation, collate_fn, drop_last, base_seed, init_fn, id, num_workers):
        self.kind, self.dataset, self.auto_collation = kind, dataset, auto_collation
        self.collate_fn, self.drop_last = collate_fn, drop_last
        self.base_seed, self.init_fn = base_seed, init_fn
        self.id, self.num_workers = id, num_workers

    def make_fetcher(self):
        from tiny_torch.utils.data.dataloader import _DatasetKind

        arguments = (self.dataset, self.auto_collation, self.collate_fn, self.drop_last)
        return _DatasetKind.create_fetcher(self.kind, *arguments)


class _Sender:
    """Sends messages from a thread, so that a full pipe does not keep the worker from its next batch."""

    def __init__(self, pipe):
        import queue
        import threading
        from multiprocessing.reduction import ForkingPickler

        self._dumps = ForkingPickler.dumps
        self._pipe = pipe
        self._queue = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def send(self, message):
        # Pickled here: what does not pickle must raise where it can be reported.
        self._queue.put(self._dumps(message))

    def _run(self):
        try:
            while True:
                self._pipe.send_bytes(self._queue.get())
        except (OSError, ValueError):
            pass


class _Inbox:
    """The tasks of a worker; the last word of the main process overtakes the tasks before it."""

    def __init__(self, pipe):
        self._pipe = pipe
        self._messages = []

    def get(self):
        """The next message; None when the worker shall end or the main process is gone."""
        from multiprocessing import connection, parent_process

        parent = parent_process()
        while not self._messages:
            connection.wait([self._pipe, *([parent.sentinel] if parent else [])], timeout=_CHECK_INTERVAL)
            if not self._drain():
                return None
            if not self._messages and parent is not None and not parent.is_alive():
                return None
        return self._messages.pop(0)

    def _drain(self):
        try:
            while self._pipe.poll(0):
                message = self._pipe.recv()
                if message is None:
                    return False
                if message[0] == "reset":
                    self._messages.clear()
                self._messages.append(message)
        except (EOFError, OSError):
            return False
        return True


def _seed_everything(base_seed, worker_id):
    import random

    from tiny_torch._import_hooks import when_imported

    seed = base_seed + worker_id
    random.seed(seed)
    torch.manual_seed(seed)

    def seed_numpy(numpy_random):
        # The words of PyTorch's own derivation: they keep NumPy's stream apart from the others.
        words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
        numpy_random.seed(numpy_random.SeedSequence(words).generate_state(4).tolist())

    when_imported("numpy.random", seed_numpy)
    return seed


def _worker_loop(task, tasks_pipe, results_pipe, unrelated_pipes):
    """Runs until the main process says so or is gone."""
    for pipe in unrelated_pipes:
        # Copies that a fork made: a pipe only ends when all copies of its other end are closed.
        pipe.close()
    try:
        _run_worker(task, tasks_pipe, results_pipe)
    except KeyboardInterrupt:
        # The main process is interrupted as well.
        pass


def _run_worker(task, tasks_pipe, results_pipe):
    global _worker_info
    from tiny_torch.multiprocessing import reductions

    torch.set_num_threads(1)
    reductions.enable_handover()
    seed = _seed_everything(task.base_seed, task.id)
    _worker_info = WorkerInfo(task.id, task.num_workers, seed, task.dataset)
    where = f"in DataLoader worker process {task.id}"
    inbox, sender = _Inbox(tasks_pipe), _Sender(results_pipe)
    fetcher, failure, ended = None, None, False
    try:
        if task.init_fn is not None:
            task.init_fn(task.id)
        fetcher = task.make_fetcher()
    except Exception:
        failure = ExceptionWrapper(where=where)
    while True:
        message = inbox.get()
        if message is None:
            return
        if message[0] == "reset":
            ended = False
            try:
                fetcher = task.make_fetcher()
            except Exception:
                failure = ExceptionWrapper(where=where)
            continue
        _, epoch, number, index = message
        if ended:
            continue
        if failure is not None:
            data, failure = failure, None
        else:
            data = _fetch(fetcher, index, where)
        ended = isinstance(data, _EndOfStream)
        try:
            sender.send((epoch, number, data))
        except Exception:
            sender.send((epoch, number, ExceptionWrapper(where=where)))
        del data


def _fetch(fetcher, index, where):
    from tiny_torch.utils.data._utils.fetch import _IterableDatasetFetcher

    try:
        return fetcher.fetch(index)
    except Exception as error:
        if isinstance(error, StopIteration) and isinstance(fetcher, _IterableDatasetFetcher):
            return _EndOfStream()
        return ExceptionWrapper(where=where)


def discard_leftovers(pid):
    """Removes shared memory that a worker which has ended had sent and nobody received."""
    from tiny_torch.multiprocessing.shared_memory import discard_names_of

    if os.name == "posix":
        discard_names_of(pid)
