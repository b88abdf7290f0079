"""Every layer against PyTorch's: names and printing, state, results, gradients."""

import pytest

import tiny_torch as torch
from tiny_torch import nn

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

# (class, arguments, keyword arguments, shape of the input)
LAYERS = [
    ("Linear", (4, 3), {}, (2, 5, 4)),
    ("Linear", (4, 3), {"bias": False}, (4,)),
    ("Conv2d", (4, 6, 3), {"padding": 1, "stride": 2}, (2, 4, 7, 8)),
    ("Conv2d", (4, 6, (1, 3)), {"groups": 2, "dilation": 2, "bias": False}, (2, 4, 7, 8)),
    ("Conv2d", (4, 6, 3), {"padding": "same"}, (4, 7, 8)),
    ("MaxPool2d", (2,), {}, (2, 3, 6, 7)),
    ("MaxPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, (2, 3, 6, 8)),
    ("AvgPool2d", (2,), {"count_include_pad": False, "padding": 1}, (2, 3, 6, 7)),
    ("AdaptiveAvgPool2d", ((2, None),), {}, (2, 3, 6, 7)),
    ("BatchNorm1d", (4,), {}, (6, 4)),
    ("BatchNorm1d", (4,), {"momentum": None}, (6, 4, 3)),
    ("BatchNorm2d", (4,), {"affine": False}, (6, 4, 3, 2)),
    ("BatchNorm3d", (2,), {"track_running_stats": False}, (3, 2, 3, 2, 2)),
    ("LayerNorm", (5,), {}, (2, 3, 5)),
    ("LayerNorm", ((3, 5),), {"bias": False}, (2, 3, 5)),
    ("Dropout", (0.0,), {}, (3, 4)),
    ("Flatten", (), {}, (2, 3, 4)),
    ("Unflatten", (1, (2, 3)), {}, (2, 6)),
    ("Identity", (), {}, (2, 3)),
    ("ReLU", (True,), {}, (2, 3)),
    ("GELU", (), {"approximate": "tanh"}, (2, 3)),
    ("SiLU", (), {}, (2, 3)),
    ("Sigmoid", (), {}, (2, 3)),
    ("Tanh", (), {}, (2, 3)),
    ("Softmax", (-1,), {}, (2, 3)),
    ("LogSoftmax", (), {"dim": 0}, (2, 3)),
    ("Softmin", (1,), {}, (2, 3)),
]


def from_oracle(tensor):
    return torch.from_numpy(tensor.detach().numpy().copy())


def to_oracle(tensor):
    return oracle.from_numpy(tensor.detach().numpy().copy())


def assert_close(mine, theirs, tolerance=2e-5):
    theirs = theirs.detach()
    assert tuple(mine.shape) == tuple(theirs.shape)
    oracle.testing.assert_close(to_oracle(mine), theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name, args, kwargs, shape", LAYERS, ids=lambda value: str(value))
@pytest.mark.parametrize("training", [True, False])
def test_layer(name, args, kwargs, shape, training):
    mine = getattr(nn, name)(*args, **kwargs).train(training)
    theirs = getattr(oracle.nn, name)(*args, **kwargs).train(training)
    assert repr(mine) == repr(theirs)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    mine.load_state_dict({key: from_oracle(value) for key, value in theirs.state_dict().items()})
    oracle.manual_seed(0)
    x = oracle.randn(shape)
    for _ in range(2):
        a, b = from_oracle(x).requires_grad_(), x.clone().requires_grad_()
        # In-place layers may not write to a leaf.
        out, expected = mine(a * 1), theirs(b * 1)
        assert_close(out, expected)
        cotangent = oracle.randn(expected.shape)
        out.backward(from_oracle(cotangent))
        expected.backward(cotangent)
        assert_close(a.grad, b.grad)
        for (key, p), q in zip(mine.named_parameters(), theirs.parameters()):
            assert_close(p.grad, q.grad), key
    for (key, value), other in zip(mine.state_dict().items(), theirs.state_dict().values()):
        assert_close(value, other), key


@pytest.mark.parametrize("name", ["Linear", "Conv2d", "Embedding"])
def test_starting_values_are_the_same_draws(name):
    args = {"Linear": (7, 5), "Conv2d": (3, 5, 3), "Embedding": (11, 4)}[name]
    torch.manual_seed(3)
    mine = getattr(nn, name)(*args)
    oracle.manual_seed(3)
    theirs = getattr(oracle.nn, name)(*args)
    for (key, value), other in zip(mine.state_dict().items(), theirs.state_dict().values()):
        assert oracle.equal(to_oracle(value), other), key


@pytest.mark.parametrize("kwargs", [{}, {"padding_idx": 1}, {"padding_idx": -1}, {"max_norm": 1.0}])
def test_embedding(kwargs):
    mine, theirs = nn.Embedding(5, 3, **kwargs), oracle.nn.Embedding(5, 3, **kwargs)
    assert repr(mine) == repr(theirs)
    mine.load_state_dict({"weight": from_oracle(theirs.weight)})
    index = oracle.tensor([[0, 1, 4], [1, 1, 2]])
    out, expected = mine(from_oracle(index)), theirs(index)
    assert_close(out, expected)
    out.sum().backward()
    expected.sum().backward()
    assert_close(mine.weight.grad, theirs.weight.grad)
    assert_close(mine.weight, theirs.weight)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(
    "name, kwargs",
    [
        ("CrossEntropyLoss", {}),
        ("CrossEntropyLoss", {"label_smoothing": 0.1, "ignore_index": 2}),
        ("NLLLoss", {}),
        ("MSELoss", {}),
    ],
)
def test_losses(name, kwargs, reduction):
    mine = getattr(nn, name)(reduction=reduction, **kwargs)
    theirs = getattr(oracle.nn, name)(reduction=reduction, **kwargs)
    assert repr(mine) == repr(theirs)
    oracle.manual_seed(0)
    x = oracle.randn(6, 4)
    target = oracle.randn(6, 4) if name == "MSELoss" else oracle.tensor([0, 1, 2, 3, 2, 1])
    a, b = from_oracle(x).requires_grad_(), x.clone().requires_grad_()
    out, expected = mine(a, from_oracle(target)), theirs(b, target)
    assert_close(out, expected)
    # A gradient other than one: a loss that ignores it is wrong inside a larger expression.
    (out * 3).sum().backward()
    (expected * 3).sum().backward()
    assert_close(a.grad, b.grad)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: n.Dropout(1.5),
        lambda n: n.Conv2d(3, 4, 3, groups=2),
        lambda n: n.Conv2d(4, 4, 3, groups=0),
        lambda n: n.Conv2d(4, 4, 3, padding="all"),
        lambda n: n.Conv2d(4, 4, 3, padding="same", stride=2),
        lambda n: n.Conv2d(4, 4, 3, padding_mode="mirror"),
        lambda n: n.Embedding(3, 4, padding_idx=3),
        lambda n: n.Unflatten(1, "a"),
        lambda n: n.Unflatten(1, (1, "a")),
        lambda n: n.Linear(2, 3, 4, 5, 6, 7),
        lambda n: n.functional.dropout(None, -0.1),
        lambda n: n.functional.adaptive_avg_pool2d((n.Linear(2, 2).weight), (2, 2)),
        lambda n: n.BatchNorm2d(3)(n.Linear(3, 2).weight),
        lambda n: n.BatchNorm1d(3)(n.Linear(3, 1).weight),
        lambda n: n.functional.batch_norm(n.Linear(3, 2).weight, None, None, training=True, eps=-1),
        lambda n: n.CrossEntropyLoss(reduction="max")(n.Linear(3, 2).weight, n.Linear(3, 2).weight),
        lambda n: n.functional.glu(n.Linear(3, 2).weight.sum()),
        lambda n: n.functional.hardtanh(n.Linear(3, 2).weight, 1, -1),
    ],
)
def test_wrong_calls_raise_what_pytorch_raises(make):
    with pytest.raises(Exception) as expected:  # noqa: B017
        make(oracle.nn)
    with pytest.raises(type(expected.value)):
        make(nn)


def test_batch_norm_loads_states_without_batch_counter():
    layer = nn.BatchNorm1d(2)
    state = layer.state_dict()
    del state["num_batches_tracked"]
    state._metadata[""] = {}
    layer.load_state_dict(state)
    assert layer.num_batches_tracked.item() == 0


def test_max_pool_pads_with_negative_infinity():
    x = torch.full((1, 2, 4, 4), -5.0)
    assert torch.equal(nn.MaxPool2d(3, 1, padding=1)(x), x)
