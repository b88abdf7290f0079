"""Losses. Unless said otherwise `reduction` is ``"none"``, ``"mean"`` or ``"sum"`` of the single losses, and
`size_average` and `reduce` are its deprecated forerunners."""

from __future__ import annotations

import warnings

import tiny_torch as torch
from tiny_torch.nn import _reduction

_VF = torch._C._VariableFunctions
_nn = torch._C._nn

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "linear_cross_entropy",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def _enum(reduction, size_average=None, reduce=None) -> int:
    if size_average is not None or reduce is not None:
        return _reduction.legacy_get_enum(size_average, reduce)
    return _reduction.get_enum(reduction)


def _reduced(loss, reduction: str):
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction != "none":
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return loss


def _warn_if_sizes_differ(input, target) -> None:
    if target.size() != input.size():
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=4,
        )


def _weighted(loss, weight, size, reduction: str):
    """Reduces elementwise losses with a weight per element; the mean divides by the sum of the weights."""
    if weight.size() != size:
        raise ValueError("Weights and input must have the same size.")
    loss = loss * weight
    if reduction == "mean":
        return loss.sum() / weight.sum()
    return _reduced(loss, reduction)


def nll_loss(
    input, target, weight=None, size_average=None, ignore_index: int = -100, reduce=None, reduction: str = "mean"
):
    """Negative log likelihood of the classes in `target`.

    Args:
        input: log probabilities, (N, C), (C,) or (N, C, d1, ...).
        target: class numbers, int64, of the shape of `input` without C.
        weight: (C,) factors of the classes; the mean divides by their sum over the targets.
        ignore_index: class number that counts nothing.
    """
    return _nn.nll_loss_nd(input, target, weight, _enum(reduction, size_average, reduce), ignore_index)


def cross_entropy(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index: int = -100,
    reduce=None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
):
    """Negative log of the probability that softmax over `input` gives the target class.

    Args:
        input: logits, (N, C), (C,) or (N, C, d1, ...).
        target: class numbers, int64, of the shape of `input` without C; or class probabilities of its whole shape.
        weight: (C,) factors of the classes.
        ignore_index: class number that counts nothing.
        label_smoothing: part in [0, 1] of the target that is spread evenly over all classes.
    """
    enum = _enum(reduction, size_average, reduce)
    return _nn.cross_entropy_loss(input, target, weight, enum, ignore_index, label_smoothing)


def _check_linear_cross_entropy(input, linear_weight, target, linear_bias, ignore_index) -> None:
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    if input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1]} and {linear_weight.shape[-1]}, respectively"
        )
    outputs = tuple(linear_weight.shape[:-1])
    if linear_bias is not None and tuple(linear_bias.shape) != outputs:
        raise RuntimeError(f"expected linear_bias shape {outputs}, got {tuple(linear_bias.shape)}")
    if len(outputs) > 1 and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {input.shape[-1]}), got unbatched input with shape {tuple(input.shape)}"
        )
    if ignore_index is not None and tuple(target.shape) == (*input.shape[:-1], *outputs):
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")


def linear_cross_entropy(
    input,
    linear_weight,
    target,
    *,
    linear_bias=None,
    weight=None,
    reduction: str = "mean",
    ignore_index=None,
    label_smoothing: float = 0.0,
    options=None,
):
    """`cross_entropy` of the logits ``linear(input, linear_weight, linear_bias)``.

    Args:
        input: (N, in_features) or (in_features,).
        linear_weight: (C, in_features), or (C, d1, ..., in_features) for logits (N, C, d1, ...).
        target: class numbers or probabilities, as `cross_entropy` takes them.
        linear_bias: of the shape of `linear_weight` without its last dimension.
        weight: (C,) factors of the classes.
        ignore_index: class number that counts nothing; not together with probabilities.
        label_smoothing: part in [0, 1] of the target that is spread evenly over all classes.
        options: how to trade memory for time; has no influence on the result.

    Raises:
        RuntimeError: shapes that do not fit.
    """
    _check_linear_cross_entropy(input, linear_weight, target, linear_bias, ignore_index)
    outputs = linear_weight.shape[:-1]
    logits = _nn.linear(input, linear_weight.flatten(0, -2), None if linear_bias is None else linear_bias.flatten())
    logits = logits.reshape(*input.shape[:-1], *outputs)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(
        logits, target, weight, ignore_index=ignored, reduction=reduction, label_smoothing=label_smoothing
    )


def poisson_nll_loss(
    input,
    target,
    log_input: bool = True,
    full: bool = False,
    size_average=None,
    eps: float = 1e-8,
    reduce=None,
    reduction: str = "mean",
):
    """Negative log likelihood of counts `target` under a Poisson distribution of mean ``exp(input)``.

    Args:
        log_input: without it `input` is the mean itself and `eps` is added before the logarithm.
        full: add Stirling's approximation of ``log(target!)``.
    """
    if size_average is not None or reduce is not None:
        reduction = _reduction.legacy_get_string(size_average, reduce)
    return _VF.poisson_nll_loss(input, target, log_input, full, eps, _reduction.get_enum(reduction))


def gaussian_nll_loss(input, target, var, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
    """Negative log likelihood of `target` under normal distributions of mean `input` and variance `var`.

    Args:
        input: (...).
        target: the shape of `input`, or one that broadcasts to it.
        var: a number, the shape of `input`, that with a last size of 1, or without the last dimension.
        full: add the constant ``log(2 * pi) / 2``.
        eps: smallest variance.

    Raises:
        ValueError: `var` is negative somewhere or of another shape.
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * torch.ones_like(input)
    elif (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        else:
            # One size may be 1 where that of `input` is not: a variance shared along that dimension.
            differing = [b for a, b in zip(input.size(), var.size()) if a != b]
            if input.dim() != var.dim() or differing != [1]:
                raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    var = var.clone()
    with torch.no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (torch.log(var) + (input - target) ** 2 / var)
    if full:
        loss += 0.9189385332046727  # log(2 * pi) / 2
    return _reduced(loss, reduction)


def kl_div(input, target, size_average=None, reduce=None, reduction: str = "mean", log_target: bool = False):
    """Kullback-Leibler divergence ``target * (log(target) - input)``.

    Args:
        input: log probabilities of any shape.
        target: probabilities of that shape, or their logarithms with `log_target`.
        reduction: also ``"batchmean"``, the sum over the first size, which is the divergence itself.
    """
    if size_average is not None or reduce is not None:
        enum = _reduction.legacy_get_enum(size_average, reduce)
    else:
        if reduction == "mean":
            warnings.warn(
                "reduction: 'mean' divides the total loss by both the batch size and the support size."
                "'batchmean' divides only by the batch size, and aligns with the KL div math definition.",
                stacklevel=3,
            )
        enum = _reduction.get_enum("sum" if reduction == "batchmean" else reduction)
    loss = _VF.kl_div(input, target, enum, log_target=log_target)
    if reduction == "batchmean" and input.dim() != 0:
        loss = loss / input.size()[0]
    return loss


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """``-(target * log(input) + (1 - target) * log(1 - input))``, the logarithms no smaller than -100.

    Args:
        input: probabilities in [0, 1], any shape.
        target: values in [0, 1] of the same shape.
        weight: factors that broadcast to that shape.

    Raises:
        ValueError: the shapes differ.
    """
    enum = _enum(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(torch.broadcast_shapes(target.size(), weight.size()))
    return _nn.binary_cross_entropy(input, target, weight, enum)


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean", pos_weight=None
):
    """`binary_cross_entropy` of ``sigmoid(input)`` without its loss of precision.

    Args:
        input: logits, any shape.
        target: values in [0, 1] of the same shape.
        weight: factors that broadcast to that shape.
        pos_weight: factors of the positive part, broadcasting as well.

    Raises:
        ValueError: the shapes differ.
    """
    enum = _enum(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    return _VF.binary_cross_entropy_with_logits(input, target, weight, pos_weight, enum)


def l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", weight=None):
    """``|input - target|``; with `weight`, of the shape of `input`, the mean is a weighted one."""
    if size_average is not None or reduce is not None:
        reduction = _reduction.legacy_get_string(size_average, reduce)
    _warn_if_sizes_differ(input, target)
    a, b = torch.broadcast_tensors(input, target)
    if weight is not None:
        return _weighted(torch.abs(a - b), weight, input.size(), reduction)
    return _nn.l1_loss(a, b, _reduction.get_enum(reduction))


def mse_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", weight=None):
    """``(input - target) ** 2``; with `weight`, of the shape of `input`, the mean is a weighted one.

    Args:
        input: floating tensor of any shape.
        target: tensor of the same shape; other shapes broadcast with a warning.
    """
    if size_average is not None or reduce is not None:
        reduction = _reduction.legacy_get_string(size_average, reduce)
    if weight is None and target.shape == input.shape:
        return _nn.mse_loss(input, target, _reduction.get_enum(reduction))
    _warn_if_sizes_differ(input, target)
    a, b = torch.broadcast_tensors(input, target)
    if weight is not None:
        return _weighted(torch.pow(a - b, 2), weight, input.size(), reduction)
    return _nn.mse_loss(a, b, _reduction.get_enum(reduction))


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", beta: float = 1.0):
    """``0.5 * d ** 2 / beta`` where ``d = |input - target|`` is below `beta`, else ``d - 0.5 * beta``."""
    _warn_if_sizes_differ(input, target)
    enum = _enum(reduction, size_average, reduce)
    a, b = torch.broadcast_tensors(input, target)
    if beta == 0.0:
        return _nn.l1_loss(a, b, enum)
    return _nn.smooth_l1_loss(a, b, enum, beta)


def huber_loss(input, target, reduction: str = "mean", delta: float = 1.0, weight=None):
    """``0.5 * d ** 2`` where ``d = |input - target|`` is below `delta`, else ``delta * (d - 0.5 * delta)``."""
    _warn_if_sizes_differ(input, target)
    a, b = torch.broadcast_tensors(input, target)
    if weight is None:
        return _nn.huber_loss(a, b, _reduction.get_enum(reduction), delta)
    return _weighted(_nn.huber_loss(a, b, 0, delta), weight, input.size(), reduction)


def margin_ranking_loss(
    input1, input2, target, margin: float = 0, size_average=None, reduce=None, reduction: str = "mean"
):
    """``max(0, -target * (input1 - input2) + margin)`` for targets 1 and -1; three tensors of one shape."""
    enum = _enum(reduction, size_average, reduce)
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return _VF.margin_ranking_loss(input1, input2, target, margin, enum)


def hinge_embedding_loss(input, target, margin: float = 1.0, size_average=None, reduce=None, reduction: str = "mean"):
    """`input` where `target` is 1, ``max(0, margin - input)`` where it is -1."""
    return _VF.hinge_embedding_loss(input, target, margin, _enum(reduction, size_average, reduce))


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction: str = "mean"):
    """``log(1 + exp(-target * input))`` for targets 1 and -1."""
    return _nn.soft_margin_loss(input, target, _enum(reduction, size_average, reduce))


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction: str = "mean"):
    """Hinge loss between each class named in `target` and each other one.

    Args:
        input: scores, (N, C) or (C,).
        target: class numbers of the same shape, up to the first -1 of each row.
    """
    return _nn.multilabel_margin_loss(input, target, _enum(reduction, size_average, reduce))


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """Mean over the classes, in the last dimension, of `binary_cross_entropy_with_logits`.

    Args:
        input: logits, (N, C) or (C,).
        target: zeros and ones of the same shape.
        weight: (C,) factors of the classes.
    """
    if size_average is not None or reduce is not None:
        reduction = _reduction.legacy_get_string(size_average, reduce)
    log_sigmoid = _nn.log_sigmoid
    loss = -(target * log_sigmoid(input) + (1 - target) * log_sigmoid(-input))
    if weight is not None:
        loss = loss * weight
    class_dim = input.dim() - 1
    return _reduced(loss.sum(dim=class_dim) / input.size(class_dim), reduction)


def cosine_embedding_loss(
    input1, input2, target, margin: float = 0, size_average=None, reduce=None, reduction: str = "mean"
):
    """``1 - cos`` where `target` is 1, ``max(0, cos - margin)`` where it is -1.

    Args:
        input1, input2: (N, D) or (D,), compared by the cosine of their angle.
        target: (N,) or ().
    """
    return _VF.cosine_embedding_loss(input1, input2, target, margin, _enum(reduction, size_average, reduce))


def multi_margin_loss(
    input,
    target,
    p: int = 1,
    margin: float = 1.0,
    weight=None,
    size_average=None,
    reduce=None,
    reduction: str = "mean",
):
    """``sum(max(0, margin - input[target] + input[i]) ** p) / C`` over the other classes i.

    Args:
        input: scores, (N, C) or (C,).
        target: class numbers, (N,) or ().
        p: 1 or 2.
        weight: (C,) factors of the classes.
    """
    enum = _enum(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    return _nn.multi_margin_loss(input, target, p, margin, weight, enum)


def triplet_margin_loss(
    anchor,
    positive,
    negative,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average=None,
    reduce=None,
    reduction: str = "mean",
):
    """``max(0, dist(anchor, positive) - dist(anchor, negative) + margin)`` with the p-norm as distance.

    Args:
        anchor, positive, negative: (N, D) or (D,).
        eps: added to the differences.
        swap: use the smaller of the negative's distances to `anchor` and `positive`.

    Raises:
        ValueError: `margin` is not positive.
    """
    enum = _enum(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return _VF.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, enum)


def triplet_margin_with_distance_loss(
    anchor,
    positive,
    negative,
    *,
    distance_function=None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
):
    """`triplet_margin_loss` with any distance; that of `pairwise_distance` where it is ``None``.

    Raises:
        RuntimeError: the tensors differ in their number of dimensions.
        ValueError: `margin` is not positive or the reduction unknown.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    distance = _VF.pairwise_distance if distance_function is None else distance_function
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    to_positive = distance(anchor, positive)
    to_negative = distance(anchor, negative)
    if swap:
        to_negative = torch.minimum(to_negative, distance(positive, negative))
    return _reduced(torch.clamp_min(margin + to_positive - to_negative, 0), reduction)


def ctc_loss(
    log_probs,
    targets,
    input_lengths,
    target_lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
):
    """Connectionist temporal classification loss (Graves et al., 2006).

    Args:
        log_probs: (T, N, C) or (T, C) logarithms of the class probabilities at each step.
        targets: (N, S) class numbers, or all of them one after another.
        input_lengths, target_lengths: (N,) lengths.
        blank: number of the blank class.
        zero_infinity: count infinite losses, where the target is too long, and their gradients as zero.
    """
    return _VF.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, _reduction.get_enum(reduction), zero_infinity
    )
