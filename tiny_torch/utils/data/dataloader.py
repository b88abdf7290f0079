"""The loader: batches of a dataset, made here or by worker processes; source: ``torch.utils.data.dataloader``.

Note [Worker processes]
Each worker has two pipes of its own, one for tasks and one for results, and nothing else is shared: no lock can be
left behind by a worker that dies. The main process waits for any result or for the end of any worker, so a worker
that is killed is noticed at once. A loader ends its workers by a last word through their pipes of tasks.
"""

import itertools
import os
import sys
import time
import warnings

import tiny_torch as torch
from tiny_torch._utils import ExceptionWrapper
from tiny_torch.utils.data import _utils
from tiny_torch.utils.data.dataset import Dataset, IterableDataset
from tiny_torch.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

default_collate = _utils.collate.default_collate
default_convert = _utils.collate.default_convert
get_worker_info = _utils.worker.get_worker_info


class _DatasetKind:
    Map = 0
    Iterable = 1

    @staticmethod
    def create_fetcher(kind, dataset, auto_collation, collate_fn, drop_last):
        fetch = _utils.fetch
        cls = fetch._MapDatasetFetcher if kind == _DatasetKind.Map else fetch._IterableDatasetFetcher
        return cls(dataset, auto_collation, collate_fn, drop_last)


class _InfiniteConstantSampler(Sampler):
    """None forever: a stream decides by itself when it ends."""

    def __iter__(self):
        while True:
            yield None


def _available_cpus():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


class DataLoader:
    """Iterates over batches of a dataset.

    Args:
        dataset (Dataset): with ``[index]`` and ``len()``, or an :class:`IterableDataset`.
        batch_size (int): samples per batch (1); None switches batching off.
        shuffle (bool): a new random order in each epoch.
        sampler (iterable): order of the indices, instead of `shuffle`.
        batch_sampler (iterable): lists of indices, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers (int): processes that load; 0 loads in this process.
        collate_fn: list of samples -> batch; :func:`default_collate` if omitted.
        pin_memory (bool): copy batches to pinned memory, if there is an accelerator.
        drop_last (bool): leave out a last batch that is smaller.
        timeout (float): seconds to wait for a batch from the workers; 0 waits without limit.
        worker_init_fn: called with the worker's number in each worker, after seeding.
        multiprocessing_context (str or context): how workers are started.
        generator (Generator): source of the order and of the workers' seeds.
        prefetch_factor (int): batches loaded in advance per worker (2).
        persistent_workers (bool): keep the workers from epoch to epoch.
        pin_memory_device (str): deprecated and ignored.
        in_order (bool): with False, batches come as workers finish them.

    Raises:
        ValueError: arguments that exclude each other or are out of range.
        RuntimeError: while iterating: a worker died, or a batch took longer than `timeout`. An exception in a worker
            is raised again here with the text of its traceback.

    Examples:
        >>> from tiny_torch.utils.data import DataLoader, TensorDataset
        >>> data = TensorDataset(torch.arange(5.0), torch.arange(5))
        >>> for x, y in DataLoader(data, batch_size=2):
        ...     print(x, y)
        tensor([0., 1.]) tensor([0, 1])
        tensor([2., 3.]) tensor([2, 3])
        tensor([4.]) tensor([4])
    """

    _initialized = False
    _FROZEN = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")

    def __init__(
        self,
        dataset: Dataset,
        batch_size=1,
        shuffle=None,
        sampler=None,
        batch_sampler=None,
        num_workers=0,
        collate_fn=None,
        pin_memory=False,
        drop_last=False,
        timeout=0,
        worker_init_fn=None,
        multiprocessing_context=None,
        generator=None,
        *,
        prefetch_factor=None,
        persistent_workers=False,
        pin_memory_device="",
        in_order=True,
    ):
        _check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator
        self.persistent_workers = persistent_workers
        is_stream = isinstance(dataset, IterableDataset)
        self._dataset_kind = _DatasetKind.Iterable if is_stream else _DatasetKind.Map
        if is_stream:
            _check_stream_options(shuffle, sampler, batch_sampler)
        shuffle = bool(shuffle)
        batch_size, drop_last = _check_batch_options(batch_size, shuffle, sampler, batch_sampler, drop_last)
        if sampler is None:
            if is_stream:
                sampler = _InfiniteConstantSampler()
            else:
                sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        if collate_fn is None:
            collate_fn = default_collate if self._auto_collation else default_convert
        self.collate_fn = collate_fn
        self._initialized = True
        self._IterableDataset_len_called = None
        self._iterator = None
        self.check_worker_number_rationality()

    @classmethod
    def __class_getitem__(cls, item):
        import types

        return types.GenericAlias(cls, item)

    @property
    def multiprocessing_context(self):
        """The multiprocessing context that workers are started by; None for the default."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context):
        if context is not None:
            if self.num_workers == 0:
                raise ValueError(
                    "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
                    f"num_workers={self.num_workers}"
                )
            context = _checked_context(context)
        self._multiprocessing_context = context

    def __setattr__(self, name, value):
        if self._initialized and name in self._FROZEN:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _auto_collation(self):
        return self.batch_sampler is not None

    @property
    def _index_sampler(self):
        return self.batch_sampler if self._auto_collation else self.sampler

    def _get_iterator(self):
        if self.num_workers == 0:
            return _SingleProcessDataLoaderIter(self)
        return _MultiProcessingDataLoaderIter(self)

    def __iter__(self):
        if not self.persistent_workers or self.num_workers == 0:
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()
        else:
            self._iterator._reset(self)
        return self._iterator

    def __len__(self):
        if self._dataset_kind == _DatasetKind.Map:
            return len(self._index_sampler)
        # Remembered, to warn when the stream turns out to be longer.
        length = self._IterableDataset_len_called = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self):
        """Warns if there are more workers than processors to run them."""
        cpus = _available_cpus()
        if self.num_workers and (cpus is None or self.num_workers > cpus):
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our suggested max number "
                f"of worker in current system is {cpus}; more of them may make loading slower, not faster.",
                stacklevel=3,
            )


def _check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers):
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_stream_options(shuffle, sampler, batch_sampler):
    # A stream has no indices that any of these could choose.
    expected = "DataLoader with IterableDataset: expected unspecified"
    if shuffle not in (False, None):
        raise ValueError(f"{expected} shuffle option, but got shuffle={shuffle}")
    if sampler is not None:
        raise ValueError(f"{expected} sampler option, but got sampler={sampler}")
    if batch_sampler is not None:
        raise ValueError(f"{expected} batch_sampler option, but got batch_sampler={batch_sampler}")


def _check_batch_options(batch_size, shuffle, sampler, batch_sampler, drop_last):
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None:
        if batch_size != 1 or shuffle or sampler is not None or drop_last:
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
            )
        return None, False
    if batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
    return batch_size, drop_last


def _checked_context(context):
    from tiny_torch import multiprocessing

    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
                f"multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    from multiprocessing.context import BaseContext

    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start "
            f"method, but got multiprocessing_context={context}"
        )
    return context


def _draw_seed(generator):
    seed = torch.empty((), dtype=torch.int64, device="cpu" if generator is None else generator.device)
    return seed.random_(generator=generator).item()


def _accelerator_available():
    return torch.cuda.is_available()


class _BaseDataLoaderIter:
    def __init__(self, loader):
        self._loader_length = lambda: len(loader._index_sampler)
        self._dataset = loader.dataset
        self._dataset_kind = loader._dataset_kind
        self._IterableDataset_len_called = loader._IterableDataset_len_called
        self._auto_collation = loader._auto_collation
        self._drop_last = loader.drop_last
        self._index_sampler = loader._index_sampler
        self._num_workers = loader.num_workers
        self._pin_memory = loader.pin_memory and _accelerator_available()
        if loader.pin_memory and not self._pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't "
                "be used.",
                stacklevel=4,
            )
        self._timeout = loader.timeout
        self._collate_fn = loader.collate_fn
        self._sampler_iter = iter(self._index_sampler)
        # Drawn for every iterator, with workers or without: it moves the generator.
        self._base_seed = _draw_seed(loader.generator)
        self._persistent_workers = loader.persistent_workers
        self._num_yielded = 0

    def __iter__(self):
        return self

    def _reset(self, loader):
        self._sampler_iter = iter(self._index_sampler)
        self._num_yielded = 0
        self._IterableDataset_len_called = loader._IterableDataset_len_called

    def _next_data(self):
        raise NotImplementedError

    def __next__(self):
        data = self._next_data()
        self._num_yielded += 1
        promised = self._IterableDataset_len_called
        if self._dataset_kind == _DatasetKind.Iterable and promised is not None and self._num_yielded > promised:
            warnings.warn(
                f"Length of IterableDataset {self._dataset} was reported to be {promised} (when accessing "
                f"len(dataloader)), but {self._num_yielded} samples have been fetched. With several workers this "
                "happens when each of them yields the whole stream; see get_worker_info().",
                stacklevel=2,
            )
        return data

    def __len__(self):
        return self._loader_length()

    def __getstate__(self):
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    def __init__(self, loader):
        super().__init__(loader)
        if self._timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._dataset_fetcher = _DatasetKind.create_fetcher(
            self._dataset_kind, self._dataset, self._auto_collation, self._collate_fn, self._drop_last
        )

    def _next_data(self):
        data = self._dataset_fetcher.fetch(next(self._sampler_iter))
        return _utils.pin_memory.pin_memory(data) if self._pin_memory else data


class _Worker:
    """One worker process and the two pipes to it."""

    def __init__(self, context, task, related_pipes):
        tasks_out, self.tasks = context.Pipe(duplex=False)
        self.results, results_in = context.Pipe(duplex=False)
        inherited = [*related_pipes, self.tasks, self.results] if context.get_start_method() == "fork" else []
        arguments = (task, tasks_out, results_in, inherited)
        self.process = context.Process(target=_utils.worker._worker_loop, args=arguments, daemon=True)
        self.process.start()
        tasks_out.close()
        results_in.close()
        self.streaming = True  # False once its stream has ended
        self.outstanding = 0

    def send(self, message):
        try:
            self.tasks.send(message)
        except OSError:
            raise RuntimeError(self.death_message()) from None

    def death_message(self):
        self.process.join(0.5)
        text = f"DataLoader worker (pid(s) {self.process.pid}) exited unexpectedly"
        code = self.process.exitcode
        if code is not None and code < 0:
            import signal

            text += f": it is killed by signal: {signal.strsignal(-code) or -code}."
        elif code:
            text += f" with exit code {code}"
        return text

    def dismiss(self):
        """Tells the process to end; closing alone would not where a process forked later has a copy of the pipe."""
        try:
            self.tasks.send(None)
        except OSError:
            pass
        self.tasks.close()

    def finish(self, deadline):
        """Waits for the process to end, then makes it."""
        self.process.join(max(0.0, deadline - time.monotonic()))
        for end in (self.process.terminate, self.process.kill):
            if self.process.is_alive():
                end()
                self.process.join(_utils.MP_STATUS_CHECK_INTERVAL)
        self.results.close()
        _utils.worker.discard_leftovers(self.process.pid)


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    def __init__(self, loader):
        super().__init__(loader)
        self._prefetch_factor = loader.prefetch_factor
        self._in_order = loader.in_order
        self._closed = False
        self._pid = os.getpid()
        self._workers = []
        self._epoch = -1
        context = loader.multiprocessing_context
        if context is None:
            from tiny_torch import multiprocessing

            context = multiprocessing.get_context()
        try:
            self._start_workers(context, loader.worker_init_fn)
        except BaseException:
            self._shutdown_workers()
            raise
        self._begin_epoch()

    def _start_workers(self, context, init_fn):
        pipes = []
        for i in range(self._num_workers):
            task = _utils.worker._Task(
                self._dataset_kind, self._dataset, self._auto_collation, self._collate_fn, self._drop_last,
                self._base_seed, init_fn, i, self._num_workers,
            )  # fmt: skip
            worker = _Worker(context, task, pipes)
            self._workers.append(worker)
            pipes += [worker.tasks, worker.results]

    def _reset(self, loader):
        super()._reset(loader)
        for worker in self._workers:
            worker.send(("reset",))
        self._begin_epoch()

    def _begin_epoch(self):
        # Results carry the number of their epoch: what an abandoned one left in the pipes is dropped.
        self._epoch += 1
        self._sent = 0
        self._next_number = 0
        self._owners = {}
        self._arrived = {}
        self._turn = itertools.cycle(range(self._num_workers))
        for worker in self._workers:
            worker.streaming = True
            worker.outstanding = 0
        for _ in range(self._prefetch_factor * self._num_workers):
            self._send_task()

    def _choose_worker(self):
        active = sum(worker.streaming for worker in self._workers)
        for _ in range(self._num_workers):
            worker = self._workers[next(self._turn)]
            if not worker.streaming:
                continue
            capacity = self._prefetch_factor * self._num_workers // active
            if self._in_order or worker.outstanding < capacity:
                return worker
        return None

    def _send_task(self):
        try:
            index = next(self._sampler_iter)
        except StopIteration:
            return
        worker = self._choose_worker()
        if worker is None:
            return
        worker.send(("task", self._epoch, self._sent, index))
        self._owners[self._sent] = worker
        worker.outstanding += 1
        self._sent += 1

    def _next_data(self):
        while True:
            self._skip_numbers_that_never_come()
            if self._next_number == self._sent:
                if not self._persistent_workers:
                    self._shutdown_workers()
                raise StopIteration
            if self._next_number in self._arrived:
                return self._deliver(self._next_number, self._arrived.pop(self._next_number))
            number, data = self._receive()
            if isinstance(data, _utils.worker._EndOfStream):
                worker = self._owners.pop(number)
                worker.streaming = False
                self._send_task()
            elif number == self._next_number or not self._in_order:
                return self._deliver(number, data)
            else:
                self._arrived[number] = data

    def _skip_numbers_that_never_come(self):
        while self._next_number < self._sent and self._next_number not in self._arrived:
            owner = self._owners.get(self._next_number)
            if owner is not None and owner.streaming:
                return
            # Delivered out of order already, or given to a worker whose stream ended before it.
            self._owners.pop(self._next_number, None)
            self._next_number += 1

    def _deliver(self, number, data):
        self._owners.pop(number).outstanding -= 1
        if number == self._next_number:
            self._next_number += 1
        self._send_task()
        if isinstance(data, ExceptionWrapper):
            data.reraise()
        return _utils.pin_memory.pin_memory(data) if self._pin_memory else data

    def _receive(self):
        """The next (number, data) of this epoch from any worker."""
        from multiprocessing.connection import wait

        deadline = time.monotonic() + self._timeout if self._timeout > 0 else None
        while True:
            expected = self._owners.get(self._next_number)
            worker = expected if expected is not None and expected.results.poll(0) else None
            if worker is None:
                by_handle = {w.results: w for w in self._workers}
                by_handle.update({w.process.sentinel: w for w in self._workers})
                ready = wait(list(by_handle), None if deadline is None else max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
                # Results first: a worker may have sent its last ones before it died.
                worker = next((by_handle[h] for h in ready if h in by_handle and not isinstance(h, int)), None)
                if worker is None:
                    raise RuntimeError(by_handle[ready[0]].death_message())
            try:
                epoch, number, data = worker.results.recv()
            except (EOFError, ConnectionResetError):
                raise RuntimeError(worker.death_message()) from None
            if epoch == self._epoch:
                return number, data

    def _shutdown_workers(self):
        if self._closed or self._pid != os.getpid():
            # A copy of this object in a forked process has no workers.
            return
        self._closed = True
        for worker in self._workers:
            worker.dismiss()
        deadline = time.monotonic() + _utils.MP_STATUS_CHECK_INTERVAL
        for worker in self._workers:
            worker.finish(deadline)

    def __del__(self):
        # At the end of the interpreter multiprocessing ends the workers, which are daemons.
        if not sys.is_finalizing() and getattr(self, "_workers", None) is not None:
            self._shutdown_workers()
