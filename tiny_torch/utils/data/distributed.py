"""A sampler that gives each process of a distributed program its part; source: ``torch.utils.data.distributed``."""

import math

import tiny_torch as torch
from tiny_torch.utils.data.sampler import Sampler, randperm

__all__ = ["DistributedSampler"]


def _from_process_group(function):
    distributed = getattr(torch, "distributed", None)
    if distributed is None or not distributed.is_available():
        raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")
    return getattr(distributed, function)()


class DistributedSampler(Sampler):
    """Every `num_replicas`-th index from `rank` on, of an order that all processes agree on.

    Call :meth:`set_epoch` before each epoch, or the order is the same in all of them.

    Args:
        dataset: object with ``len()``.
        num_replicas (int): number of processes; by default from the process group.
        rank (int): number of this process; by default from the process group.
        shuffle (bool): shuffle, from `seed` and the epoch.
        seed (int): equal in all processes.
        drop_last (bool): drop what does not divide evenly, instead of repeating the first samples.

    Raises:
        ValueError: `rank` is not in [0, num_replicas), or one of both is to come from a process group that is not there.
    """

    def __init__(self, dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False):
        if num_replicas is None:
            num_replicas = _from_process_group("get_world_size")
        if rank is None:
            rank = _from_process_group("get_rank")
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        count = len(dataset)
        self.num_samples = count // num_replicas if drop_last else math.ceil(count / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def _order(self):
        count = len(self.dataset)
        if not self.shuffle:
            return list(range(count))
        # A generator of its own: the default one must not be reseeded.
        generator = torch.Generator()
        generator.manual_seed(self.seed + self.epoch)
        return randperm(count, generator).tolist()

    def __iter__(self):
        indices = self._order()
        missing = self.total_size - len(indices)
        if missing > 0:
            indices += (indices * math.ceil(missing / len(indices)))[:missing]
        indices = indices[self.rank : self.total_size : self.num_replicas]
        if len(indices) != self.num_samples:
            raise AssertionError(
                f"Number of subsampled indices ({len(indices)}) does not match num_samples ({self.num_samples})"
            )
        return iter(indices)

    def __len__(self):
        return self.num_samples

    def set_epoch(self, epoch):
        """Sets the epoch that the shuffling depends on."""
        self.epoch = epoch
