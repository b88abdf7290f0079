"""torch.utils.checkpoint; every test runs on PyTorch, too."""

import importlib
import warnings

import pytest

FORMS = [True, False]


@pytest.fixture(params=["torch", "tiny_torch"])
def torch(request):
    if request.param == "torch":
        module = pytest.importorskip("torch", reason="PyTorch is the oracle")
    else:
        module = importlib.import_module("tiny_torch")
    importlib.import_module(f"{request.param}.utils.checkpoint")
    return module


def counted(function):
    def call(*args, **kwargs):
        call.count += 1
        return function(*args, **kwargs)

    call.count = 0
    return call


@pytest.mark.parametrize("reentrant", FORMS)
def test_gradients_are_those_of_the_plain_call(torch, reentrant):
    weight = torch.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True)
    x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    function = counted(lambda a, b: torch.tanh(a @ b).exp())
    torch.utils.checkpoint.checkpoint(function, x, weight, use_reentrant=reentrant).sum().backward()
    assert function.count == 2
    got = [x.grad.tolist(), weight.grad.tolist()]
    x.grad = weight.grad = None
    torch.tanh(x @ weight).exp().sum().backward()
    assert got == [x.grad.tolist(), weight.grad.tolist()]


@pytest.mark.parametrize("reentrant", FORMS)
def test_random_numbers_are_repeated(torch, reentrant):
    torch.manual_seed(3)
    x = torch.ones(200, requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(lambda a: torch.nn.functional.dropout(a * a, 0.5), x, use_reentrant=reentrant)
    after = torch.rand(1).item()
    y.sum().backward()
    assert x.grad.tolist() == (y * 2).tolist()
    torch.manual_seed(3)
    torch.nn.functional.dropout(x * x, 0.5)
    assert after == torch.rand(1).item()


def test_keyword_arguments_and_structures(torch):
    x = torch.ones(2, requires_grad=True)
    out = torch.utils.checkpoint.checkpoint(
        lambda a, *, scale: {"y": (a * a * scale, a.exp())}, x, use_reentrant=False, scale=3.0
    )
    (out["y"][0].sum() + out["y"][1].sum()).backward()
    assert x.grad.tolist() == (6.0 * x + x.exp()).tolist()
    with pytest.raises(ValueError, match="Unexpected keyword arguments"):
        torch.utils.checkpoint.checkpoint(lambda a: a, x, use_reentrant=True, scale=3.0)


def test_backward_twice_and_higher_order(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(lambda a: torch.sin(a).exp() * a, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    first = x.grad.tolist()
    x.grad = None
    y.backward(retain_graph=True)
    assert x.grad.tolist() == first
    (grad,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(grad.sum(), x)
    s, c, e = torch.sin(x), torch.cos(x), torch.sin(x).exp()
    expected = e * c * c * x - e * s * x + 2 * e * c
    assert torch.allclose(second, expected)


def test_nested(torch):
    checkpoint = torch.utils.checkpoint.checkpoint
    inner = counted(lambda a: torch.sin(a).exp())
    x = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    y = checkpoint(lambda a: checkpoint(inner, a * 2, use_reentrant=False) * a, x, use_reentrant=False)
    y.sum().backward()
    e = torch.sin(2 * x).exp()
    assert torch.allclose(x.grad, e + x * e * torch.cos(2 * x) * 2)
    assert inner.count >= 2


def test_a_function_that_changes_is_an_error(torch):
    calls = []

    def fewer(a):
        calls.append(1)
        return a.sin() * a if len(calls) == 1 else a.cos()

    def smaller(a):
        calls.append(1)
        return a.sin() * a if len(calls) == 1 else a[:1].sin() * a[:1]

    x = torch.ones(2, requires_grad=True)
    for function, message in ((fewer, "different number of tensors"), (smaller, "different metadata")):
        calls.clear()
        y = torch.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
        with pytest.raises(torch.utils.checkpoint.CheckpointError, match=message):
            y.sum().backward()


def test_reentrant_refuses_grad(torch):
    x = torch.ones(2, requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(lambda a: a * a, x, use_reentrant=True)
    with pytest.raises(RuntimeError, match="incompatible with .grad()"):
        torch.autograd.grad(y.sum(), x)


def test_early_stop(torch):
    seen = []

    def function(a):
        b = a.sin().exp()
        seen.append("end")
        return b.neg()

    x = torch.ones(2, requires_grad=True)
    torch.utils.checkpoint.checkpoint(function, x, use_reentrant=False).sum().backward()
    assert seen == ["end"]
    with torch.utils.checkpoint.set_checkpoint_early_stop(False):
        y = torch.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
    y.sum().backward()
    assert seen == ["end"] * 3


@pytest.mark.parametrize("reentrant", FORMS)
def test_sequential(torch, reentrant):
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    x = torch.ones(2, 3, requires_grad=True)
    net(x).sum().backward()
    expected = [p.grad.tolist() for p in net.parameters()]
    net.zero_grad()
    torch.utils.checkpoint.checkpoint_sequential(net, 2, x, use_reentrant=reentrant).sum().backward()
    assert [p.grad.tolist() for p in net.parameters()] == expected


def test_without_gradients(torch):
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        y = torch.utils.checkpoint.checkpoint(lambda a: a * a, x, use_reentrant=False)
    assert not y.requires_grad
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.utils.checkpoint.checkpoint(lambda a: a * a, torch.ones(2), use_reentrant=True)
    assert any("None of the inputs have requires_grad=True" in str(w.message) for w in caught)


@pytest.mark.parametrize("reentrant", FORMS)
def test_the_second_run_has_the_autocast_of_the_first(torch, reentrant):
    weight = torch.full((3, 3), 0.3, requires_grad=True)
    x = torch.full((2, 3), 1.1, requires_grad=True)
    dtypes = []

    def function(a):
        y = a @ weight
        dtypes.append(y.dtype)
        return torch.tanh(y)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = torch.utils.checkpoint.checkpoint(function, x, use_reentrant=reentrant)
    inside.float().sum().backward()
    assert dtypes == [torch.bfloat16] * 2 and weight.grad.dtype == torch.float32
    outside = torch.utils.checkpoint.checkpoint(function, x, use_reentrant=reentrant)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outside.sum().backward()
    assert dtypes[2:] == [torch.float32] * 2
