"""Samplers: in which order a loader visits a dataset; source: ``torch.utils.data.sampler``.

The random ones draw PyTorch's numbers from the same seed.
"""

import itertools
from typing import Generic, TypeVar

import tiny_torch as torch

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

_T_co = TypeVar("_T_co", covariant=True)


def randperm(count, generator=None):
    """A random order of `count` indices, made where the generator is and not on the default device."""
    device = "cpu" if generator is None else generator.device
    return torch.randperm(count, generator=generator, device=device)


class Sampler(Generic[_T_co]):
    """An iterable of indices, or of lists of indices; subclasses define ``__iter__`` and may define ``__len__``."""

    def __iter__(self):
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ... up to the length of `data_source`."""

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices in random order.

    Args:
        data_source: object with ``len()``.
        replacement (bool): draw each index independently.
        num_samples (int): how many; by default as many as `data_source` has.
        generator (Generator): source of randomness; by default one seeded from the default generator.
    """

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self):
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def _own_generator(self):
        if self.generator is not None:
            return self.generator
        generator = torch.Generator()
        generator.manual_seed(int(torch.empty((), dtype=torch.int64, device="cpu").random_().item()))
        return generator

    def __iter__(self):
        count, total = len(self.data_source), self.num_samples
        generator = self._own_generator()
        if self.replacement:
            # Drawn in blocks of 32: that decides which numbers come out of the generator.
            for size in [*[32] * (total // 32), total % 32]:
                yield from torch.randint(
                    high=count, size=(size,), dtype=torch.int64, generator=generator, device=generator.device
                ).tolist()
            return
        for _ in range(total // count):
            yield from randperm(count, generator).tolist()
        # Drawn even if nothing of it is needed: it moves the generator.
        yield from randperm(count, generator).tolist()[: total % count]

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.

    Args:
        indices (sequence): what to shuffle.
        generator (Generator): source of randomness.
    """

    def __init__(self, indices, generator=None):
        self.indices = indices
        self.generator = generator

    def __iter__(self):
        for i in randperm(len(self.indices), self.generator).tolist():
            yield self.indices[i]

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with given probabilities.

    Args:
        weights (sequence of float): one per index; need not sum to 1.
        num_samples (int): how many to draw.
        replacement (bool): whether an index can be drawn more than once.
        generator (Generator): source of randomness.
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        weights = torch.as_tensor(weights, dtype=torch.double)
        if len(weights.shape) != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {tuple(weights.shape)}")
        self.weights = weights
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self):
        drawn = torch.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self):
        return self.num_samples


class BatchSampler(Sampler[list]):
    """Lists of `batch_size` indices from another sampler.

    Args:
        sampler (iterable): where the indices come from.
        batch_size (int): how many per batch.
        drop_last (bool): leave out a last batch that is smaller.
    """

    def __init__(self, sampler, batch_size, drop_last):
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self):
        indices = iter(self.sampler)
        batch = list(itertools.islice(indices, self.batch_size))
        while len(batch) == self.batch_size or (batch and not self.drop_last):
            yield batch
            batch = list(itertools.islice(indices, self.batch_size))

    def __len__(self):
        count = len(self.sampler)
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
