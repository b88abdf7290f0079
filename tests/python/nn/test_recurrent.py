"""Recurrent layers and other modules over the wider operators, held against PyTorch with the same weights."""

import pickle

import numpy as np
import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")


def to_tiny(value):
    return torch.from_numpy(value.detach().numpy().copy())


def copy_weights(target, source):
    target.load_state_dict({name: to_tiny(value) for name, value in source.state_dict().items()})
    return target


def close(mine, theirs, tolerance=1e-10):
    np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


def pair(name, *args, **kwargs):
    """The same module in both libraries, float64."""
    theirs = getattr(oracle.nn, name)(*args, dtype=oracle.float64, **kwargs)
    return copy_weights(getattr(torch.nn, name)(*args, dtype=torch.float64, **kwargs), theirs), theirs


RECURRENT = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu", "num_layers": 2}),
    ("GRU", {"num_layers": 2, "bidirectional": True}),
    ("LSTM", {"num_layers": 2, "bidirectional": True, "bias": False}),
    ("LSTM", {"proj_size": 3, "num_layers": 2}),
]


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_packed_sequences(name, options):
    mine, theirs = pair(name, 5, 6, **options)
    oracle.manual_seed(0)
    data = oracle.randn(7, 4, 5, dtype=oracle.float64)
    lengths = [3, 7, 1, 5]
    results = []
    for library, module, x in ((torch, mine, to_tiny(data)), (oracle, theirs, data.clone())):
        x.requires_grad_()
        utils = library.nn.utils.rnn
        packed = utils.pack_padded_sequence(x, lengths, enforce_sorted=False)
        output, state = module(packed)
        padded, sizes = utils.pad_packed_sequence(output, padding_value=-1.0)
        states = state if isinstance(state, tuple) else (state,)
        (padded.square().sum() + sum(s.sum() for s in states)).backward()
        results.append((padded, *states, x.grad, *[p.grad for p in module.parameters()]))
        assert sizes.tolist() == lengths
    for a, b in zip(*results, strict=True):
        close(a, b)


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_second_derivatives(name, options):
    mine, theirs = pair(name, 3, 4, **options)
    data = oracle.randn(4, 2, 3, dtype=oracle.float64)
    grads = []
    for library, module, x in ((torch, mine, to_tiny(data)), (oracle, theirs, data.clone())):
        x.requires_grad_()
        (first,) = library.autograd.grad(module(x)[0].sum(), x, create_graph=True)
        grads.append(library.autograd.grad(first.square().sum(), x)[0])
    close(*grads)


def test_wrong_batch_sizes_are_refused():
    packed = torch._C._VariableFunctions._pack_padded_sequence
    with pytest.raises(RuntimeError, match="decreasing"):
        packed(torch.zeros(3, 2, 1), torch.tensor([1, 2]), False)
    with pytest.raises(RuntimeError, match="at most 3"):
        packed(torch.zeros(3, 2, 1), torch.tensor([9, 2]), False)
    lstm = torch.nn.LSTM(1, 2)
    bad = torch.nn.utils.rnn.PackedSequence(torch.zeros(5, 1), torch.tensor([2, 2, 2]))
    with pytest.raises(RuntimeError):
        lstm(bad)


def test_cross_map_lrn():
    oracle.manual_seed(0)
    data = oracle.randn(2, 7, 3, 3, dtype=oracle.float64)
    for size in (2, 3, 5):
        results = []
        for library, x in ((torch, to_tiny(data)), (oracle, data.clone())):
            x.requires_grad_()
            out = library.nn.CrossMapLRN2d(size, alpha=0.3)(x)
            out.sum().backward()
            results.append((out, x.grad))
        for a, b in zip(*results, strict=True):
            close(a, b)


def test_linear_cross_entropy():
    data, target = oracle.randn(4, 5, dtype=oracle.float64), oracle.tensor([0, 2, 1, 2])
    mine, theirs = pair("LinearCrossEntropyLoss", 5, 3, label_smoothing=0.1)
    close(mine(to_tiny(data), to_tiny(target)), theirs(data, target))
    with pytest.raises(RuntimeError, match="in_features"):
        torch.nn.functional.linear_cross_entropy(torch.zeros(2, 3), torch.zeros(4, 2), torch.zeros(2).long())


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(7, 9), (31, 20)])
@pytest.mark.parametrize("antialias", [False, True])
def test_bytes_are_resized_as_pytorch_does(mode, size, antialias):
    oracle.manual_seed(0)
    image = oracle.randint(0, 256, (2, 3, 17, 13), dtype=oracle.uint8)
    options = {"size": size, "mode": mode, "antialias": antialias}
    mine = torch.nn.functional.interpolate(to_tiny(image), **options)
    theirs = oracle.nn.functional.interpolate(image, **options)
    difference = np.abs(mine.numpy().astype(int) - theirs.numpy().astype(int))
    assert difference.max() <= 1
    assert (difference != 0).mean() < 0.01


def test_operators_pickle_by_name():
    for function in (torch.nn.functional.gelu, torch.conv2d):
        assert pickle.loads(pickle.dumps(function)) is function


def test_rrelu_draws_as_pytorch_does():
    x = oracle.linspace(-2, 2, 41)
    oracle.manual_seed(3)
    torch.manual_seed(3)
    mine = torch.nn.functional.rrelu(to_tiny(x), 0.1, 0.4, training=True)
    close(mine, oracle.nn.functional.rrelu(x, 0.1, 0.4, training=True), 1e-6)


@pytest.mark.parametrize("wrong", ["input", "batch", "hidden", "cell", "rows"])
def test_cells_name_what_does_not_fit(wrong):
    def call(t):
        states = [t.zeros(2, 4), t.zeros(2, 5 if wrong == "cell" else 4)]
        if wrong == "hidden":
            states[0] = t.zeros(2, 3)
        x = t.zeros(3 if wrong == "batch" else 2, 2 if wrong == "input" else 3)
        rows = 15 if wrong == "rows" else 16
        return t.lstm_cell(x, states, t.zeros(rows, 3), t.zeros(rows, 4))

    with pytest.raises(RuntimeError) as mine:
        call(torch)
    with pytest.raises(RuntimeError) as theirs:
        call(oracle)
    if wrong != "rows":
        assert str(mine.value) == str(theirs.value)
