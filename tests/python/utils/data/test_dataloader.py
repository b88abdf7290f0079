"""The loader against PyTorch's: same batches, same order and seeds from the same seed, same errors; no leaks."""

import collections
import glob
import os
import random
import subprocess
import sys
import time
import warnings

import pytest

import tiny_torch
import tiny_torch.utils.data as data

warnings.filterwarnings("ignore", message="This DataLoader will create")
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")
START_METHODS = ["fork", "spawn", "forkserver"]


def oracle():
    return pytest.importorskip("torch", reason="PyTorch is the oracle for the order of its loader")


def plain(value):
    """Numbers and containers only, to compare values of two libraries."""
    if hasattr(value, "tolist"):
        return (str(getattr(value, "dtype", "")), value.tolist())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(plain, value)]
    return value


Point = collections.namedtuple("Point", "x y")


def make_samples(library):
    class Samples(library.utils.data.Dataset):
        def __len__(self):
            return 23

        def __getitem__(self, i):
            info = library.utils.data.get_worker_info()
            numbers = [info.id, info.num_workers, info.seed, random.random()] if info else [0, 0, 0, 0.0]
            drawn = library.rand(2).tolist() if info else [0.0, 0.0]
            image = library.full((3, 40), float(i))
            return image, i, i * 0.5, {"k": [f"text{i}"]}, Point(i, library.tensor(i)), numbers, drawn

    return Samples()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": True},
        {"batch_size": 5, "shuffle": True},
        {"batch_size": 5, "drop_last": True},
        {"batch_size": None},
        {"batch_size": 4, "shuffle": True, "num_workers": 2},
        {"batch_size": 4, "shuffle": True, "num_workers": 2, "persistent_workers": True},
        {"batch_size": 4, "num_workers": 1, "prefetch_factor": 1},
        {"batch_size": None, "num_workers": 2},
    ],
    ids=str,
)
def test_batches_equal_pytorchs(options):
    torch = oracle()
    results = []
    for library in (tiny_torch, torch):
        library.manual_seed(3)
        loader = library.utils.data.DataLoader(make_samples(library), **options)
        results.append([len(loader), *[[plain(batch) for batch in loader] for _ in range(2)]])
    assert results[0] == results[1]


def test_generator_decides_the_order():
    torch = oracle()
    results = []
    for library in (tiny_torch, torch):
        generator = library.Generator()
        generator.manual_seed(11)
        dataset = library.utils.data.TensorDataset(library.arange(20))
        loader = library.utils.data.DataLoader(dataset, batch_size=3, shuffle=True, generator=generator)
        results.append([[batch[0].tolist() for batch in loader] for _ in range(2)])
    assert results[0] == results[1]


def test_tensor_dataset_is_gathered_like_stacked_rows():
    x, y = tiny_torch.arange(24.0).reshape(6, 4), tiny_torch.arange(6)
    dataset = data.TensorDataset(x, y)
    order = [[0, 5, -1], [2, 2, 3]]
    fast = list(data.DataLoader(dataset, batch_sampler=order))
    slow = list(data.DataLoader(dataset, batch_sampler=order, collate_fn=lambda batch: data.default_collate(batch)))
    assert plain(fast) == plain(slow)
    with pytest.raises(IndexError):
        list(data.DataLoader(dataset, batch_sampler=[[6]]))

    class Changed(data.TensorDataset):
        def __getitem__(self, i):
            return super().__getitem__(i)[0] + 100

    assert next(iter(data.DataLoader(Changed(x, y), batch_size=2)))[0].tolist() == [100, 101, 102, 103]


class Numbers(data.Dataset):
    """23 small tensors; some can fail, kill their worker or sleep."""

    def __init__(self, fail=None, die=None, nap=None, size=4):
        self.fail, self.die, self.nap, self.size = fail, die, nap, size

    def __len__(self):
        return 23

    def __getitem__(self, i):
        if i == self.fail:
            raise ValueError(f"bad item {i}")
        if i == self.die:
            os.kill(os.getpid(), 9)
        if i == self.nap:
            time.sleep(30)
        return tiny_torch.full((self.size,), float(i))


class Stream(data.IterableDataset):
    def __iter__(self):
        info = data.get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return iter(range(first, 20, step))


def set_flag(worker_id):
    os.environ["TINY_TORCH_TEST_WORKER"] = str(worker_id)


class Flags(data.Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return int(os.environ["TINY_TORCH_TEST_WORKER"])


@pytest.mark.parametrize("method", START_METHODS)
def test_start_methods(method):
    options = {"batch_size": 4, "num_workers": 2, "multiprocessing_context": method}
    batches = list(data.DataLoader(Numbers(size=5000), **options))
    assert [batch[:, -1].tolist() for batch in batches] == [list(range(i, min(i + 4, 23))) for i in range(0, 23, 4)]
    flags = data.DataLoader(Flags(), num_workers=2, worker_init_fn=set_flag, multiprocessing_context=method)
    assert [batch.tolist() for batch in flags] == [[0], [1]]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_exceptions_are_raised_again(num_workers):
    loader = iter(data.DataLoader(Numbers(fail=5), batch_size=4, num_workers=num_workers))
    assert next(loader).shape == (4, 4)
    with pytest.raises(ValueError, match="bad item 5") as failure:
        next(loader)
    if num_workers:
        assert "Caught ValueError in DataLoader worker process 1.\nOriginal Traceback" in str(failure.value)
        assert "__getitem__" in str(failure.value)
        assert next(loader)[0, 0].item() == 8


def fail_to_start(worker_id):
    raise KeyError("missing")


def test_failures_in_worker_init_fn_and_in_pickling():
    with pytest.raises(KeyError, match="missing"):
        list(data.DataLoader(Numbers(), num_workers=1, worker_init_fn=fail_to_start))
    loader = data.DataLoader(Numbers(), num_workers=1, collate_fn=lambda batch: lambda: 0)
    with pytest.raises(Exception, match="(?i)pickle"):
        list(loader)


def test_killed_worker_is_noticed_at_once():
    begin = time.monotonic()
    with pytest.raises(RuntimeError, match="DataLoader worker .* is killed by signal: Killed"):
        list(data.DataLoader(Numbers(die=9), batch_size=4, num_workers=2))
    assert time.monotonic() - begin < 10


def test_timeout_and_end_of_a_sleeping_worker():
    begin = time.monotonic()
    with pytest.raises(RuntimeError, match="DataLoader timed out after 0.5 seconds"):
        list(data.DataLoader(Numbers(nap=0), batch_size=4, num_workers=1, timeout=0.5))
    assert time.monotonic() - begin < 15


def test_abandoned_iterators_end_their_workers():
    loader = data.DataLoader(Numbers(size=5000), batch_size=4, num_workers=2)
    iterator = iter(loader)
    next(iterator)
    processes = [worker.process for worker in iterator._workers]
    begin = time.monotonic()
    del iterator
    assert time.monotonic() - begin < 4
    assert not any(process.is_alive() for process in processes)


def test_workers_end_though_other_processes_have_copies_of_their_pipes():
    iterators = [iter(data.DataLoader(Numbers(size=5000), batch_size=4, num_workers=1)) for _ in range(3)]
    for iterator in iterators:
        next(iterator)
    begin = time.monotonic()
    while iterators:
        del iterators[0]
    del iterator
    assert time.monotonic() - begin < 4, "the oldest loader waited for the workers of the later ones"


def shared_names():
    return glob.glob("/dev/shm/tiny_torch-*")


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="looks at /dev/shm")
def test_shared_memory_does_not_leak():
    before = set(shared_names())
    loader = data.DataLoader(Numbers(size=50000), batch_size=2, num_workers=2, prefetch_factor=4)
    kept = list(loader)
    iterator = iter(loader)
    next(iterator)
    del iterator
    with pytest.raises(RuntimeError):
        list(data.DataLoader(Numbers(size=50000, die=20), batch_size=2, num_workers=2))
    assert set(shared_names()) <= before
    assert kept[3][1, -1].item() == 7
    kept[0].add_(1)
    assert kept[0][0, 0].item() == 1


def test_large_batches_survive_their_workers():
    batches = list(data.DataLoader(Numbers(size=100000), batch_size=1, num_workers=2))
    assert [batch.sum().item() for batch in batches] == [i * 100000 for i in range(23)]


class Views(data.Dataset):
    def __init__(self):
        self.all = tiny_torch.arange(40000.0).reshape(20, 2000)

    def __len__(self):
        return 20

    def __getitem__(self, i):
        return self.all[i]


def test_a_view_travels_without_the_rest_of_its_storage():
    for batch in data.DataLoader(Views(), batch_size=None, num_workers=1):
        assert batch.untyped_storage().nbytes() <= 8192
        assert batch[1].item() - batch[0].item() == 1


def test_streams():
    expected = [[0, 2, 4], [1, 3, 5], [6, 8, 10], [7, 9, 11], [12, 14, 16], [13, 15, 17], [18], [19]]
    assert [b.tolist() for b in data.DataLoader(Stream(), batch_size=3, num_workers=2)] == expected
    dropped = data.DataLoader(Stream(), batch_size=3, num_workers=2, drop_last=True)
    assert [b.tolist() for b in dropped] == expected[:6]
    assert [b.tolist() for b in data.DataLoader(Stream(), batch_size=8)] == [
        list(range(8)),
        list(range(8, 16)),
        list(range(16, 20)),
    ]
    kept = data.DataLoader(Stream(), batch_size=3, num_workers=2, persistent_workers=True)
    for _ in range(2):
        assert [b.tolist() for b in kept] == expected
    next(iter(kept))
    assert [b.tolist() for b in kept] == expected


def test_persistent_workers_stay():
    loader = data.DataLoader(Numbers(), batch_size=4, num_workers=2, persistent_workers=True)
    list(loader)
    first = [worker.process.pid for worker in loader._iterator._workers]
    iterator = iter(loader)
    next(iterator)
    assert len(list(loader)) == 6
    assert [worker.process.pid for worker in loader._iterator._workers] == first


def test_out_of_order():
    loader = data.DataLoader(Numbers(), batch_size=2, num_workers=2, in_order=False)
    assert sorted(int(x) for batch in loader for x in batch[:, 0].tolist()) == list(range(23))


@pytest.mark.parametrize(
    "options",
    [
        {"num_workers": -1},
        {"timeout": -1},
        {"prefetch_factor": 2},
        {"num_workers": 1, "prefetch_factor": -1},
        {"persistent_workers": True},
        {"shuffle": True, "sampler": [0]},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_sampler": [[0]], "shuffle": True},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"drop_last": 1},
        {"multiprocessing_context": "spawn"},
        {"num_workers": 1, "multiprocessing_context": "teleport"},
        {"num_workers": 1, "multiprocessing_context": 3},
        {"stream": True, "shuffle": True},
        {"stream": True, "sampler": [0]},
        {"stream": True, "batch_sampler": [[0]]},
    ],
    ids=str,
)
def test_wrong_options(options):
    torch = oracle()
    options = dict(options)
    is_stream = options.pop("stream", False)
    errors = []
    for library in (torch, tiny_torch):
        module = library.utils.data
        dataset = (
            type("Stream", (module.IterableDataset,), {"__iter__": lambda self: iter([1])})()
            if is_stream
            else [1, 2, 3]
        )
        with pytest.raises(Exception) as failure:
            module.DataLoader(dataset, **options)
        errors.append(failure)
    assert errors[1].type is errors[0].type
    assert str(errors[1].value)[:40] == str(errors[0].value)[:40]


def test_options_are_fixed():
    loader = data.DataLoader([1, 2, 3])
    with pytest.raises(ValueError, match="batch_size attribute should not be set after DataLoader is initialized"):
        loader.batch_size = 3
    if not tiny_torch.cuda.is_available():
        with pytest.warns(UserWarning, match="no accelerator is found"):
            next(iter(data.DataLoader([1], pin_memory=True)))


@pytest.mark.parametrize(
    "batch",
    [
        [1, 2, 3],
        [1.5, 2.5],
        [True, False],
        ["a", "b"],
        [(1, "a"), (2, "b")],
        [[1, 2], [3, 4]],
        [{"a": 1, "b": [1.0]}, {"a": 2, "b": [2.0]}],
        [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
        [collections.defaultdict(list, a=1), collections.defaultdict(list, a=2)],
        [Point(1, 2), Point(3, 4)],
        [range(3), range(3)],
    ],
    ids=str,
)
def test_collate(batch):
    torch = oracle()
    assert plain(data.default_collate(batch)) == plain(torch.utils.data.default_collate(batch))
    assert plain(data.default_convert(batch)) == plain(torch.utils.data.default_convert(batch))


def test_collate_numpy():
    numpy = pytest.importorskip("numpy", reason="collates NumPy's arrays")
    torch = oracle()
    for batch in (
        [numpy.arange(3), numpy.arange(3)],
        [numpy.float32(1), numpy.float32(2)],
        [numpy.float64(1), numpy.float64(2)],
        [numpy.int8(1), numpy.int8(2)],
        [{"a": numpy.ones((2, 2), dtype=numpy.float32)}] * 2,
    ):
        assert plain(data.default_collate(batch)) == plain(torch.utils.data.default_collate(batch))
        assert plain(data.default_convert(batch)) == plain(torch.utils.data.default_convert(batch))
    with pytest.raises(TypeError, match="default_collate: batch must contain"):
        data.default_collate([numpy.array(["a"])] * 2)


def test_collate_errors():
    with pytest.raises(TypeError, match="default_collate: batch must contain"):
        data.default_collate([object()])
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal size"):
        data.default_collate([[1, 2], [1]])
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        data.default_collate([tiny_torch.ones(2), tiny_torch.ones(3)])


MANY_BATCHES = """
import resource
import tiny_torch
from test_dataloader import Numbers
from tiny_torch.utils.data import DataLoader

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
batches = [list(DataLoader(Numbers(size=3000), num_workers=1)) for _ in range(4)]
assert all(batch[5][0, 0].item() == 5 for batch in batches)
"""


def test_more_batches_than_open_files():
    resource = pytest.importorskip("resource", reason="sets a limit of the process")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 1024:
        pytest.skip("the hard limit of open files is too low")
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(os.path.abspath(tiny_torch.__file__)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, here])}
    result = subprocess.run([sys.executable, "-c", MANY_BATCHES], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr[-2000:]
