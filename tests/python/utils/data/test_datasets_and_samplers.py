"""Datasets and samplers give what PyTorch's give, from the same seed and for wrong arguments."""

import pytest

import tiny_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle for its samplers")


def both(run):
    """Runs the same program on both libraries; exceptions count by class."""
    results = []
    for library in (tiny_torch, torch):
        library.manual_seed(5)
        try:
            results.append(run(library, library.utils.data))
        except Exception as error:
            results.append((type(error), str(error)[:30]))
    return results


SAMPLERS = [
    lambda library, data: data.SequentialSampler(range(7)),
    lambda library, data: data.RandomSampler(range(50)),
    lambda library, data: data.RandomSampler(range(50), num_samples=120),
    lambda library, data: data.RandomSampler(range(50), num_samples=7),
    lambda library, data: data.RandomSampler(range(50), replacement=True, num_samples=70),
    lambda library, data: data.RandomSampler(range(10), generator=library.Generator().manual_seed(3)),
    lambda library, data: data.SubsetRandomSampler([3, 1, 4, 1, 5]),
    lambda library, data: data.BatchSampler(data.RandomSampler(range(10)), 3, False),
    lambda library, data: data.BatchSampler(range(10), 3, True),
    lambda library, data: data.BatchSampler(iter(range(9)), 3, False),
    lambda library, data: data.BatchSampler([], 3, False),
    lambda library, data: data.DistributedSampler(range(10), 3, 1),
    lambda library, data: data.DistributedSampler(range(10), 3, 2, drop_last=True),
    lambda library, data: data.DistributedSampler(range(2), 5, 4, shuffle=False),
    lambda library, data: data.DistributedSampler(range(9), 3, 0, drop_last=True, seed=4),
    lambda library, data: data.RandomSampler([]),
    lambda library, data: data.RandomSampler(range(3), replacement=1),
    lambda library, data: data.RandomSampler(range(3), num_samples=0),
    lambda library, data: data.BatchSampler(range(3), 0, False),
    lambda library, data: data.BatchSampler(range(3), 2, 1),
    lambda library, data: data.WeightedRandomSampler([0.1, 0.9], 0),
    lambda library, data: data.WeightedRandomSampler([0.1, 0.9], 2, replacement=1),
    lambda library, data: data.WeightedRandomSampler([[0.1, 0.9]], 2),
    lambda library, data: data.DistributedSampler(range(3), 3, 3),
    lambda library, data: data.DistributedSampler(range(3)),
    lambda library, data: data.DistributedSampler(range(3), num_replicas=2),
]


@pytest.mark.parametrize("number", range(len(SAMPLERS)))
def test_sampler(number):
    def run(library, data):
        sampler = SAMPLERS[number](library, data)
        first = list(sampler)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(1)
        length = len(sampler) if number != 9 else None
        return first, list(sampler), length, library.rand(2).tolist()

    ours, theirs = both(run)
    assert ours == theirs


def test_distributed_sampler_leaves_the_default_generator_alone():
    tiny_torch.manual_seed(0)
    before = tiny_torch.get_rng_state().tolist()
    list(tiny_torch.utils.data.DistributedSampler(range(10), 2, 0))
    assert tiny_torch.get_rng_state().tolist() == before


def test_weighted_random_sampler():
    if not hasattr(tiny_torch, "multinomial"):
        pytest.skip("multinomial is not there yet")

    def run(library, data):
        weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6]
        return [list(data.WeightedRandomSampler(weights, 5, replacement=r)) for r in (True, False)]

    ours, theirs = both(run)
    assert ours == theirs


@pytest.mark.parametrize("lengths", [[6, 4], [0.5, 0.5], [0.33, 0.33, 0.34], [1.0], [6, 5], [0.7, 0.7, -0.4], [0, 10]])
@pytest.mark.filterwarnings("ignore:Length of split")
def test_random_split(lengths):
    def run(library, data):
        return [list(part) for part in data.random_split(range(10), lengths)]

    ours, theirs = both(run)
    assert ours == theirs


DATASETS = [
    lambda library, data: [data.ConcatDataset([[1, 2], [3], [4, 5, 6]])[i] for i in (0, 2, 5, -1, -6)],
    lambda library, data: data.ConcatDataset([[1, 2]])[-3],
    lambda library, data: data.ConcatDataset([]),
    lambda library, data: len(data.ConcatDataset([[1], [2, 3]])),
    lambda library, data: data.StackDataset([1, 2], ["a", "b"])[1],
    lambda library, data: data.StackDataset(a=[1, 2], b=["a", "b"]).__getitems__([1, 0]),
    lambda library, data: data.StackDataset([1, 2], [1]),
    lambda library, data: data.StackDataset(),
    lambda library, data: data.StackDataset([1], a=[2]),
    lambda library, data: list(data.Subset("abcdef", [5, 0])),
    lambda library, data: data.Subset("abcdef", [5, 0]).__getitems__([1, 0]),
    lambda library, data: [x.tolist() for x in data.TensorDataset(library.arange(4), library.ones(4))[2]],
    lambda library, data: data.TensorDataset(library.arange(4), library.ones(3)),
    lambda library, data: data.Dataset()[0],
    lambda library, data: len(data.Dataset()),
    lambda library, data: list(data.ChainDataset([[1]])),
]


@pytest.mark.parametrize("number", range(len(DATASETS)))
def test_dataset(number):
    ours, theirs = both(DATASETS[number])
    assert ours == theirs


def test_sums_and_subclasses():
    def run(library, data):
        class Stream(data.IterableDataset):
            def __init__(self, items):
                self.items = items

            def __iter__(self):
                return iter(self.items)

            def __len__(self):
                return len(self.items)

        class Typed(data.Dataset[int]):
            def __getitem__(self, i):
                return i

            def __len__(self):
                return 3

        chain = Stream([1, 2]) + Stream([3])
        return list(chain), len(chain), [(Typed() + Typed())[i] for i in range(6)]

    ours, theirs = both(run)
    assert ours == theirs


def test_subset_subclasses_must_override_both():
    def run(library, data):
        class Half(data.Subset):
            def __getitem__(self, i):
                return 0

        return Half([1], [0])

    ours, theirs = both(run)
    assert ours[0] is theirs[0] is NotImplementedError
