"""Samples of the losses on probabilities, margins and distances, and of recurrent networks."""

import torch as oracle

from .samples import Sample, samples

SMALL = ["float32", "float64", "bfloat16"]
EXACT = ["float32", "float64"]
REDUCTIONS = [0, 1, 2]


@samples("kl_div", dtypes=SMALL)
def kl_div(op, make):
    for reduction in REDUCTIONS:
        for shape in [(3, 4), ()]:
            yield Sample(make(*shape, high=0), make(*shape, low=0.05, high=1), reduction, length=16)
            yield Sample(make(*shape, high=0), make(*shape, high=0), reduction, log_target=True, length=16)


@samples("poisson_nll_loss", dtypes=SMALL)
def poisson_nll_loss(op, make):
    for reduction in REDUCTIONS:
        for log_input in [True, False]:
            for full in [True, False]:
                rates = make(3, 4, low=0.1)
                yield Sample(rates, make(3, 4, low=0.1, high=6), log_input, full, 1e-8, reduction, length=16)


def signs(make, *shape):
    return (make.index(*shape, high=2) * 2 - 1).to(make.dtype)


@samples("hinge_embedding_loss", "soft_margin_loss", dtypes=SMALL)
def signed_loss(op, make):
    for reduction in REDUCTIONS:
        for shape in [(3, 4), ()]:
            yield Sample(make(*shape), signs(make, *shape), reduction=reduction, fixed=(1,), length=16)


@samples("margin_ranking_loss", dtypes=SMALL)
def margin_ranking_loss(op, make):
    for reduction in REDUCTIONS:
        yield Sample(make(3, 4), make(3, 4), signs(make, 3, 4), 0.3, reduction, fixed=(2,), length=16)


@samples("cosine_embedding_loss", dtypes=SMALL)
def cosine_embedding_loss(op, make):
    for reduction in REDUCTIONS:
        for shape in [(5, 3), (3,)]:
            yield Sample(make(*shape), make(*shape), signs(make, *shape[:-1]), 0.2, reduction, fixed=(2,), length=16)


@samples("triplet_margin_loss", dtypes=SMALL)
def triplet_margin_loss(op, make):
    for reduction in REDUCTIONS:
        for swap in [False, True]:
            for p in [1.0, 2.0]:
                sets = [make(5, 3) for _ in range(3)]
                yield Sample(*sets, margin=0.7, p=p, swap=swap, reduction=reduction, length=16)


@samples("multi_margin_loss", dtypes=EXACT)
def multi_margin_loss(op, make):
    for reduction in REDUCTIONS:
        for p in [1, 2]:
            for shape in [(4, 5), (5,)]:
                target = make.index(*shape[:-1], high=5)
                yield Sample(make(*shape), target, p, 0.7, None, reduction, length=16, layouts=False)
                weight = make(5, low=0.1)
                yield Sample(make(*shape), target, p, 0.7, weight, reduction, fixed=(4,), length=16, layouts=False)


@samples("multilabel_margin_loss", dtypes=EXACT)
def multilabel_margin_loss(op, make):
    target = oracle.tensor([[1, 3, -1, 0], [0, -1, 2, 2], [3, 2, 1, 0], [-1, 0, 0, 0]])
    for reduction in REDUCTIONS:
        yield Sample(make(4, 4), target, reduction, length=16, layouts=False)
        yield Sample(make(4), target[0], reduction, length=16, layouts=False)


def labels(make, batch, length):
    """Labels without the blank, 0, some of them repeated."""
    return make.index(batch, length, high=4) + 1


@samples("ctc_loss", dtypes=EXACT)
def ctc_loss(op, make):
    # The gradient takes the input for normalised, which differences do not keep.
    pack = (lambda v: v) if op.overload == "IntList" else oracle.tensor
    for reduction in REDUCTIONS:
        probs = make(12, 3, 6).log_softmax(-1)
        yield Sample(
            probs, labels(make, 3, 5), pack([12, 9, 10]), pack([5, 3, 4]), 0, reduction, length=256, smooth=False
        )
        target = labels(make, 1, 12)[0]
        yield Sample(
            probs, target, pack([12, 9, 10]), pack([5, 3, 4]), 0, reduction, length=256, layouts=False, smooth=False
        )
        # Too few steps: infinite, or zero.
        yield Sample(
            probs, labels(make, 3, 5), pack([12, 2, 10]), pack([5, 4, 0]), 0, reduction, True, length=256, smooth=False
        )


CELLS = {"rnn_tanh_cell": 1, "rnn_relu_cell": 1, "gru_cell": 3, "lstm_cell": 4}


@samples(*CELLS, dtypes=EXACT)
def cell(op, make):
    rows = CELLS[op.name] * 4
    for biases in [[], [make(rows), make(rows)]]:
        state = [make(2, 4), make(2, 4)] if op.name == "lstm_cell" else make(2, 4)
        yield Sample(make(2, 3), state, make(rows, 3), make(rows, 4), *biases, length=64, layouts=False)


NETWORKS = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


@samples(*[f"{name}.{form}" for name in NETWORKS for form in ("input", "data")], dtypes=EXACT)
def network(op, make):
    rows, hidden = NETWORKS[op.name] * 4, 4
    for layers, both, biases in [(1, False, True), (2, True, True), (2, False, False)]:
        directions = 2 if both else 1
        params = []
        for layer in range(layers):
            for _ in range(directions):
                width = 3 if layer == 0 else hidden * directions
                params += [make(rows, width, low=-0.5, high=0.5), make(rows, hidden, low=-0.5, high=0.5)]
                params += [make(rows), make(rows)] if biases else []
        state = make(layers * directions, 2, hidden)
        hx = [state, make(layers * directions, 2, hidden)] if op.name == "lstm" else state
        if op.overload == "data":
            sizes = oracle.tensor([2, 2, 1])
            yield Sample(
                make(5, 3), sizes, hx, params, biases, layers, 0.0, True, both, length=256, layouts=False, meta=False
            )
        else:
            for batch_first in [True, False]:
                x = make(2, 5, 3) if batch_first else make(5, 2, 3)
                yield Sample(
                    x, hx, params, biases, layers, 0.0, True, both, batch_first, length=256, layouts=False, meta=False
                )


@samples("_pack_padded_sequence", dtypes=SMALL)
def pack_padded_sequence(op, make):
    for batch_first in [True, False]:
        x = make(3, 5, 2) if batch_first else make(5, 3, 2)
        yield Sample(x, oracle.tensor([5, 3, 3]), batch_first, meta=False)


@samples("_pad_packed_sequence", dtypes=SMALL)
def pad_packed_sequence(op, make):
    for batch_first in [True, False]:
        for total in [0, 6]:
            yield Sample(make(8, 2), oracle.tensor([3, 2, 2, 1]), batch_first, 0.5, total, meta=False)


@samples("pad_sequence", dtypes=SMALL)
def pad_sequence(op, make):
    for batch_first in [True, False]:
        for side in ["left", "right"]:
            yield Sample([make(3, 2), make(5, 2), make(1, 2)], batch_first, 0.5, side, layouts=False)
