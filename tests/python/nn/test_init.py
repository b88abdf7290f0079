"""nn.init draws PyTorch's numbers; gradient clipping; one vector of all parameters."""

import pytest

import tiny_torch as torch
from tiny_torch import nn

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")


@pytest.mark.parametrize("shape", [(5, 7), (6, 4, 3, 3)])
@pytest.mark.parametrize(
    "name, args",
    [
        ("uniform_", (-1.0, 2.0)),
        ("normal_", (1.0, 0.5)),
        ("constant_", (3.0,)),
        ("ones_", ()),
        ("zeros_", ()),
        ("xavier_uniform_", (2.0,)),
        ("xavier_normal_", ()),
        ("kaiming_uniform_", (0.1, "fan_out")),
        ("kaiming_normal_", (0, "fan_in", "relu")),
        ("trunc_normal_", (0.0, 1.0, -0.5, 2.0)),
        ("trunc_normal_", (1.0, 2.0, 3.0, 4.0)),
        ("orthogonal_", (2.0,)),
        ("dirac_", (2,)),
        ("eye_", ()),
        ("sparse_", (0.4,)),
    ],
)
def test_init(name, args, shape):
    mine, theirs = torch.empty(shape), oracle.empty(shape)
    oracle.manual_seed(5)
    try:
        getattr(oracle.nn.init, name)(theirs, *args)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error).split("(")[0][:20]):
            getattr(nn.init, name)(mine, *args)
        return
    torch.manual_seed(5)
    assert getattr(nn.init, name)(mine, *args) is mine
    oracle.testing.assert_close(oracle.from_numpy(mine.numpy().copy()), theirs, rtol=1e-5, atol=1e-6)


def test_init_leaves_no_trace_in_autograd():
    p = nn.Parameter(torch.empty(3, 3))
    nn.init.kaiming_uniform_(p)
    nn.init.eye_(p)
    assert p.is_leaf and p.grad_fn is None and p.requires_grad


@pytest.mark.parametrize("args", [("tanh",), ("relu",), ("leaky_relu", 0.2), ("selu",), ("conv2d",), ("leaky_relu",)])
def test_gain(args):
    assert nn.init.calculate_gain(*args) == oracle.nn.init.calculate_gain(*args)


@pytest.mark.parametrize("args", [("softmax",), ("leaky_relu", "x"), ("leaky_relu", True)])
def test_unknown_gain(args):
    with pytest.raises(ValueError):
        nn.init.calculate_gain(*args)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clip_grad_norm(norm_type, max_norm):
    oracle.manual_seed(0)
    grads = [oracle.randn(3, 4), oracle.randn(5)]
    mine, theirs = [], []
    for g in grads:
        mine.append(nn.Parameter(torch.zeros(tuple(g.shape))))
        mine[-1].grad = torch.from_numpy(g.numpy().copy())
        theirs.append(oracle.nn.Parameter(oracle.zeros(g.shape)))
        theirs[-1].grad = g.clone()
    total = nn.utils.clip_grad_norm_((p for p in mine), max_norm, norm_type)
    expected = oracle.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert abs(total.item() - expected.item()) < 1e-5
    for p, q in zip(mine, theirs):
        oracle.testing.assert_close(oracle.from_numpy(p.grad.numpy()), q.grad)
    nn.utils.clip_grad_value_(mine, 0.1)
    assert all(p.grad.abs().max() <= torch.tensor(0.1) for p in mine)


def test_clip_refuses_nonfinite_norms_on_request():
    p = nn.Parameter(torch.zeros(2))
    p.grad = torch.full((2,), float("inf"))
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)


def test_parameters_as_one_vector():
    layer = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (9,)
    nn.utils.vector_to_parameters(torch.arange(9.0), layer.parameters())
    assert layer.weight.tolist() == [[0, 1], [2, 3], [4, 5]] and layer.bias.tolist() == [6, 7, 8]
    with pytest.raises(TypeError):
        nn.utils.vector_to_parameters([1.0], layer.parameters())
