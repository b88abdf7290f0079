"""Softmax over very many classes by frequency."""

from __future__ import annotations

from collections import namedtuple

import tiny_torch as torch
from tiny_torch.nn import functional as F
from tiny_torch.nn.modules.container import ModuleList, Sequential
from tiny_torch.nn.modules.linear import Linear
from tiny_torch.nn.modules.module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log softmax over classes sorted by frequency, rare ones in clusters of smaller width (Grave et al., 2016).

    Args:
        in_features: features of the input.
        n_classes: number of classes, the most frequent first.
        cutoffs: first classes of the clusters, increasing, each in [1, n_classes - 1].
        div_value: each cluster is narrower than the one before by this factor.
        head_bias: add a bias to the head.

    Called with an input (N, in_features) and targets (N,), or without N, it gives a named tuple: the log
    probabilities of the targets and the mean negative one, the loss.

    Raises:
        ValueError: wrong cutoffs.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs,
        div_value: float = 4.0,
        head_bias: bool = False,
        device=None,
        dtype=None,
    ):
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        increasing = all(a < b for a, b in zip(cutoffs, cutoffs[1:])) and all(int(c) == c for c in cutoffs)
        if not increasing or cutoffs[0] <= 0 or cutoffs[-1] > n_classes - 1:
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                "value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for number, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:]), start=1):
            width = int(in_features // div_value**number)
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, device=device, dtype=dtype),
                    Linear(width, high - low, bias=False, device=device, dtype=dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draws new starting values."""
        self.head.reset_parameters()
        for narrow, wide in self.tail:
            narrow.reset_parameters()
            wide.reset_parameters()

    def _check(self, input, target) -> None:
        if target.dim() > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if target.dim() == 1 and input.size(0) != target.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input.dim() != target.dim() + 1:
            raise RuntimeError(
                f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found inputs with size "
                f"{input.size()}"
            )

    def forward(self, input_, target_):
        self._check(input_, target_)
        is_batched = target_.dim() > 0
        input = input_ if is_batched else input_.unsqueeze(0)
        target = target_ if is_batched else target_.unsqueeze(0)
        output = input.new_zeros(target.size(0))
        head_index = target.new_empty(target.size(0))
        used = 0
        for number, (low, high) in enumerate(zip([0, *self.cutoffs], self.cutoffs)):
            mask = (target >= low) & (target < high)
            rows = mask.nonzero().squeeze(1)
            used += rows.numel()
            if rows.numel() == 0:
                continue
            if number == 0:
                head_index.index_copy_(0, rows, target[mask])
                continue
            log_prob = F.log_softmax(self.tail[number - 1](input.index_select(0, rows)), dim=1)
            own = log_prob.gather(1, (target[mask] - low).unsqueeze(1))
            head_index.index_fill_(0, rows, self.shortlist_size + number - 1)
            output.index_copy_(0, rows, own.squeeze(1))
        if used != target.size(0):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )
        head = F.log_softmax(self.head(input), dim=1)
        output = output + head.gather(1, head_index.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if is_batched else output.squeeze(0), loss)

    def _get_full_log_prob(self, input, head_output):
        head = F.log_softmax(head_output, dim=1)
        parts = [head[:, : self.shortlist_size]]
        for number, cluster in enumerate(self.tail):
            own = F.log_softmax(cluster(input), dim=1)
            parts.append(own + head[:, self.shortlist_size + number].unsqueeze(1))
        return torch.cat(parts, dim=1)

    def log_prob(self, input):
        """The log probabilities of all classes, (N, n_classes)."""
        return self._get_full_log_prob(input, self.head(input))

    def predict(self, input):
        """The most probable class of each row; clusters are computed only where they may win."""
        head_output = self.head(input)
        best = torch.argmax(head_output, dim=1)
        in_cluster = best >= self.shortlist_size
        if not bool(in_cluster.any()):
            return best
        if bool(in_cluster.all()):
            return torch.argmax(self._get_full_log_prob(input, head_output), dim=1)
        log_prob = self._get_full_log_prob(input[in_cluster], head_output[in_cluster])
        best[in_cluster] = torch.argmax(log_prob, dim=1)
        return best
