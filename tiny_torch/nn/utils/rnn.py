"""Batches of sequences of different lengths: padded, or packed step by step without padding."""

from __future__ import annotations

from collections import namedtuple

import tiny_torch as torch

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]

PackedSequence_ = namedtuple("PackedSequence", ["data", "batch_sizes", "sorted_indices", "unsorted_indices"])


class PackedSequence(PackedSequence_):
    """Sequences laid out step by step, the longest first; `pack_padded_sequence` makes one.

    `data` is (sum of lengths, ...), `batch_sizes` (longest length,) on the CPU: how many sequences have each step.
    `sorted_indices` tells where the sequences came from, `unsorted_indices` where they go back to (or both are None).
    """

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if batch_sizes is None:
            # An old form: the first two fields as one pair.
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                "They should be instantiated by functions like pack_sequence and pack_padded_sequences in "
                f"nn.utils.rnn. Got a tensor on {batch_sizes.device}"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def pin_memory(self):
        """The same with `data` in memory that GPUs can read."""
        return self._replace(data=self.data.pin_memory())

    def to(self, *args, **kwargs):
        """The same with `data` moved or cast as by `Tensor.to`; the indices follow to the device."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        options = {key: value for key, value in kwargs.items() if key not in ("device", "dtype")}

        def move(index):
            return None if index is None else index.to(data.device, **options)

        return type(self)(data, self.batch_sizes, move(self.sorted_indices), move(self.unsorted_indices))

    def cuda(self, *args, **kwargs):
        """The same on a GPU."""
        if self.data.is_cuda and not args and not kwargs:
            return self
        return self.to(*(args or ("cuda",)), **kwargs)

    def cpu(self, *args, **kwargs):
        """The same on the CPU."""
        return self.to(*args, device="cpu", **kwargs)

    def double(self):
        return self.to(dtype=torch.double)

    def float(self):
        return self.to(dtype=torch.float)

    def half(self):
        return self.to(dtype=torch.half)

    def long(self):
        return self.to(dtype=torch.long)

    def int(self):
        return self.to(dtype=torch.int)

    def short(self):
        return self.to(dtype=torch.short)

    def char(self):
        return self.to(dtype=torch.int8)

    def byte(self):
        return self.to(dtype=torch.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether `data` is on a GPU."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Whether `data` is in memory that GPUs can read."""
        return self.data.is_pinned()


def invert_permutation(permutation):
    """The permutation that undoes one given as an index tensor; ``None`` stays ``None``."""
    if permutation is None:
        return None
    result = torch.empty_like(permutation, memory_format=torch.legacy_contiguous_format)
    result.scatter_(0, permutation, torch.arange(0, permutation.numel(), device=permutation.device))
    return result


def pack_padded_sequence(input, lengths, batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """Packs a padded batch.

    Args:
        input: (T, B, ...), or (B, T, ...) with `batch_first`.
        lengths: list or CPU tensor of B lengths, each in [1, T].
        enforce_sorted: the lengths have to decrease; otherwise the sequences are sorted.

    Raises:
        RuntimeError: lengths that do not decrease although they have to, or are not positive.
    """
    if not isinstance(lengths, torch.Tensor):
        lengths = torch.as_tensor(lengths, dtype=torch.int64, device="cpu")
    sorted_indices = None
    if not enforce_sorted:
        lengths, sorted_indices = torch.sort(lengths, descending=True)
        sorted_indices = sorted_indices.to(input.device)
        input = input.index_select(0 if batch_first else 1, sorted_indices)
    data, batch_sizes = torch._C._VariableFunctions._pack_padded_sequence(input, lengths, batch_first)
    return PackedSequence(data, batch_sizes, sorted_indices, None)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length=None
):
    """Undoes `pack_padded_sequence`.

    Args:
        batch_first: give (B, T, ...) instead of (T, B, ...).
        padding_value: what lies behind the shorter sequences.
        total_length: T, by default the longest length.

    Returns:
        The padded batch and the lengths, an int64 CPU tensor, in the order the sequences came in.

    Raises:
        ValueError: `total_length` is shorter than a sequence.
    """
    longest = sequence.batch_sizes.size(0)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {longest}"
            )
        longest = total_length
    padded, lengths = torch._C._VariableFunctions._pad_packed_sequence(
        sequence.data, sequence.batch_sizes, batch_first, padding_value, longest
    )
    order = sequence.unsorted_indices
    if order is not None:
        return padded.index_select(0 if batch_first else 1, order), lengths[order.cpu()]
    return padded, lengths


def pad_sequence(sequences, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"):
    """Stacks tensors of shape (length, ...) into (T, B, ...), or (B, T, ...) with `batch_first`, by padding them."""
    if isinstance(sequences, torch.Tensor):
        sequences = sequences.unbind(0)
    elif not isinstance(sequences, (list, tuple)):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    return torch._C._nn.pad_sequence(sequences, batch_first, padding_value, padding_side)


def unpad_sequence(padded_sequences, lengths, batch_first: bool = False) -> list:
    """Undoes `pad_sequence`: a list of contiguous (length, ...) tensors, copies."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    pairs = zip(padded_sequences, lengths.tolist(), strict=True)
    return [sequence[:length].clone(memory_format=torch.contiguous_format) for sequence, length in pairs]


def pack_sequence(sequences, enforce_sorted: bool = True) -> PackedSequence:
    """Packs a list of (length, ...) tensors; `enforce_sorted` as in `pack_padded_sequence`."""
    lengths = torch.as_tensor([sequence.size(0) for sequence in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list:
    """Undoes `pack_sequence`."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
