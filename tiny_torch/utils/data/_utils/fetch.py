"""From indices to a collated batch, in the main process and in workers alike."""

import tiny_torch as torch
from tiny_torch.utils.data._utils import collate


class _BaseDatasetFetcher:
    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last

    def fetch(self, possibly_batched_index):
        raise NotImplementedError


class _IterableDatasetFetcher(_BaseDatasetFetcher):
    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        super().__init__(dataset, auto_collation, collate_fn, drop_last)
        self.dataset_iter = iter(dataset)
        self.ended = False

    def fetch(self, possibly_batched_index):
        """The next batch of the stream; the values of the indices do not matter. StopIteration at the end."""
        if self.ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self.dataset_iter))
        data = []
        for _ in possibly_batched_index:
            try:
                data.append(next(self.dataset_iter))
            except StopIteration:
                self.ended = True
                break
        if not data or (self.drop_last and len(data) < len(possibly_batched_index)):
            raise StopIteration
        return self.collate_fn(data)


class _MapDatasetFetcher(_BaseDatasetFetcher):
    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        super().__init__(dataset, auto_collation, collate_fn, drop_last)
        self._tensors = _plain_tensors(dataset) if collate_fn is collate.default_collate else None

    def fetch(self, possibly_batched_index):
        """The collated samples at the indices."""
        if not self.auto_collation:
            return self.collate_fn(self.dataset[possibly_batched_index])
        if self._tensors is not None and all(type(i) is int for i in possibly_batched_index):
            # One gather per tensor gives what stacking single rows would.
            rows = self._tensors[0].size(0)
            indices = torch.tensor(
                [i + rows if i < 0 else i for i in possibly_batched_index], device=self._tensors[0].device
            )
            return [tensor.index_select(0, indices) for tensor in self._tensors]
        if getattr(self.dataset, "__getitems__", None):
            data = self.dataset.__getitems__(possibly_batched_index)
        else:
            data = [self.dataset[index] for index in possibly_batched_index]
        return self.collate_fn(data)


def _plain_tensors(dataset):
    """The tensors of an unmodified TensorDataset whose rows can be gathered all at once, else None."""
    from tiny_torch.utils.data.dataset import TensorDataset

    if type(dataset) is not TensorDataset:
        return None
    device = dataset.tensors[0].device if dataset.tensors else None
    plain = all(
        type(t) is torch.Tensor and not t.requires_grad and t.dim() > 0 and t.device == device for t in dataset.tensors
    )
    return dataset.tensors if plain and dataset.tensors else None
