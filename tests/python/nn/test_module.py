"""Module: registration, traversal, hooks, state."""

import copy
import pickle
from collections import OrderedDict

import pytest

import tiny_torch as torch
from tiny_torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(3, 4)
        self.out = nn.Linear(4, 2)
        self.tied = self.hidden
        self.register_buffer("scale", torch.ones(2))
        self.register_buffer("scratch", torch.zeros(1), persistent=False)

    def forward(self, x):
        return self.out(self.hidden(x).relu()) * self.scale


def test_registration_and_traversal():
    net = Net()
    names = ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert [name for name, _ in net.named_parameters()] == names
    with_tied = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert with_tied == names + ["tied.weight", "tied.bias"]
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == []
    assert [name for name, _ in net.named_buffers("net")] == ["net.scale", "net.scratch"]
    assert [name for name, _ in net.named_modules()] == ["", "hidden", "out"]
    assert list(net.children()) == [net.hidden, net.out]
    assert list(net.state_dict()) == ["scale"] + names + ["tied.weight", "tied.bias"]
    assert net.get_submodule("hidden") is net.hidden and net.get_parameter("out.bias") is net.out.bias
    assert net.get_buffer("scale") is net.scale
    assert "hidden" in dir(net) and "scale" in dir(net)


def test_assignment_moves_between_registries():
    m = nn.Module()
    m.x = torch.ones(2)
    assert "x" in m.__dict__ and not m._parameters
    m.x = nn.Parameter(torch.ones(2))
    assert "x" not in m.__dict__ and "x" in m._parameters
    with pytest.raises(TypeError, match="cannot assign 'torch.FloatTensor' as parameter 'x'"):
        m.x = torch.zeros(2)
    m.x = nn.Linear(1, 1)
    assert "x" in m._modules and not m._parameters
    with pytest.raises(TypeError, match="as child module 'x'"):
        m.x = 3
    m.x = None
    assert m._modules["x"] is None
    m.b = nn.Buffer(torch.ones(1), persistent=False)
    assert "b" in m._buffers and "b" not in m.state_dict()
    m.b = torch.zeros(3)
    assert m._buffers["b"].shape == (3,) and "b" not in m.state_dict()
    with pytest.raises(TypeError, match="as buffer 'b'"):
        m.b = "text"
    del m.b
    assert not m._buffers
    with pytest.raises(AttributeError, match="'Module' object has no attribute 'b'"):
        m.b  # noqa: B018


def test_wrong_registrations():
    m = nn.Module()
    m.plain = 1
    for register in (m.register_parameter, m.register_buffer, m.add_module):
        for name, error in (("a.b", KeyError), ("", KeyError), ("plain", KeyError), (3, TypeError)):
            with pytest.raises(error):
                register(name, None)
    with pytest.raises(TypeError):
        m.register_parameter("p", torch.ones(1))
    with pytest.raises(ValueError, match="non-leaf"):
        m.register_parameter("p", nn.Parameter(torch.ones(1)).clone().as_subclass(nn.Parameter))
    with pytest.raises(TypeError):
        m.add_module("m", 3)
    with pytest.raises(TypeError):
        nn.Module(3)
    with pytest.raises(NotImplementedError):
        nn.Module()()

    class Late(nn.Module):
        def __init__(self):
            self.p = nn.Parameter(torch.ones(1))

    with pytest.raises(AttributeError, match="before Module.__init__"):
        Late()


def test_forward_hooks():
    net = nn.Linear(2, 2, bias=False)
    calls = []
    x = torch.ones(1, 2)
    plain = net(x)
    pre = net.register_forward_pre_hook(lambda m, args: calls.append("pre") or (args[0] * 2,))
    first = net.register_forward_pre_hook(lambda m, args: calls.append("first"), prepend=True)
    post = net.register_forward_hook(lambda m, args, out: calls.append("post") or out + 1)
    assert torch.equal(net(x), plain * 2 + 1) and calls == ["first", "pre", "post"]
    for handle in (pre, first, post):
        handle.remove()
    assert torch.equal(net(x), plain)
    with net.register_forward_pre_hook(lambda m, args, kwargs: ((kwargs["input"],), {}), with_kwargs=True):
        assert torch.equal(net(input=x), plain)
    with net.register_forward_hook(lambda m, args, kwargs, out: out * kwargs["input"], with_kwargs=True):
        assert torch.equal(net(input=x), plain * x)
    seen = []
    net.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with pytest.raises(Exception):  # noqa: B017
        net(torch.ones(1, 5))
    assert seen == [None]


def test_global_hooks():
    seen = []
    with nn.modules.module.register_module_forward_hook(lambda m, args, out: seen.append(type(m).__name__)):
        nn.Sequential(nn.ReLU(), nn.Tanh())(torch.ones(1))
    assert seen == ["ReLU", "Tanh", "Sequential"]
    with nn.modules.module.register_module_parameter_registration_hook(lambda m, name, p: seen.append(name)):
        nn.Linear(1, 1)
    assert seen[3:] == ["weight", "bias"]


def test_full_backward_hooks():
    layer = nn.Linear(2, 3)
    seen = {}

    def hook(module, grad_input, grad_output):
        seen["in"], seen["out"] = grad_input, grad_output
        return None if grad_input[0] is None else (grad_input[0] * 10,)

    layer.register_full_backward_hook(hook)
    pre = layer.register_full_backward_pre_hook(lambda m, grads: (grads[0] * 2,))
    x = torch.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    assert torch.equal(seen["out"][0], torch.full((1, 3), 2.0))
    expected = layer.weight.detach().sum(0, keepdim=True) * 2
    assert torch.allclose(seen["in"][0], expected) and torch.allclose(x.grad, expected * 10)
    pre.remove()
    layer(torch.ones(1, 2)).sum().backward()
    assert seen["in"] == (None,)
    with pytest.raises(RuntimeError, match="Cannot use both"):
        layer.register_backward_hook(lambda *a: None)


def test_state_dict_round_trip_and_errors():
    net, other = Net(), Net()
    result = other.load_state_dict(net.state_dict())
    assert str(result) == "<All keys matched successfully>"
    x = torch.ones(1, 3)
    assert torch.equal(net(x), other(x))
    state = net.state_dict()
    assert state._metadata["hidden"] == {"version": 1}
    state["out.weight"] = torch.zeros(5, 5)
    state["extra"] = torch.zeros(1)
    del state["out.bias"]
    with pytest.raises(RuntimeError) as info:
        other.load_state_dict(state)
    text = str(info.value)
    assert text.startswith("Error(s) in loading state_dict for Net:\n\t")
    assert 'Missing key(s) in state_dict: "out.bias". ' in text and 'Unexpected key(s) in state_dict: "extra". ' in text
    assert (
        "size mismatch for out.weight: copying a param with shape torch.Size([5, 5]) from checkpoint, "
        "the shape in current model is torch.Size([2, 4])." in text
    )
    del state["out.weight"]
    result = other.load_state_dict(state, strict=False)
    assert set(result.missing_keys) == {"out.weight", "out.bias"} and result.unexpected_keys == ["extra"]
    with pytest.raises(TypeError, match="dict-like"):
        net.load_state_dict(3)


def test_load_assign_and_tied_weights():
    net = Net()
    state = OrderedDict((k, v.double()) for k, v in net.state_dict().items())
    net.load_state_dict(state)
    assert net.out.weight.dtype == torch.float32
    net.load_state_dict(state, assign=True)
    assert net.out.weight.dtype == torch.float64 and isinstance(net.out.weight, nn.Parameter)
    assert net.out.weight.requires_grad
    weight = net.hidden.weight
    net.float()
    assert net.hidden.weight is weight and net.tied.weight is weight and weight.dtype == torch.float32


def test_state_dict_hooks_and_extra_state():
    class Counting(nn.Linear):
        count = 3

        def get_extra_state(self):
            return self.count

        def set_extra_state(self, state):
            self.count = state

    layer = Counting(1, 1)
    layer.count = 7
    assert layer.state_dict()["_extra_state"] == 7
    fresh = Counting(1, 1)
    fresh.load_state_dict(layer.state_dict())
    assert fresh.count == 7
    order = []
    layer.register_state_dict_pre_hook(lambda m, prefix, keep: order.append("pre"))
    layer.register_state_dict_post_hook(lambda m, state, prefix, meta: state.pop("bias") and None)
    layer.register_load_state_dict_pre_hook(lambda m, state, *rest: order.append(type(m).__name__))
    layer.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    state = layer.state_dict()
    assert "bias" not in state and order == ["pre"]
    layer.load_state_dict(state)
    assert order == ["pre", "Counting"]


def test_copies_and_pickles():
    net = Net()
    net.eval()
    x = torch.ones(1, 3)
    for copied in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert torch.equal(copied(x), net(x)) and not copied.training
        assert copied.tied is copied.hidden and copied.hidden.weight is not net.hidden.weight
        assert isinstance(copied.out.weight, nn.Parameter) and copied.out.weight.requires_grad


def test_modes_and_conversion():
    net = Net()
    assert net.train(False) is net and not net.hidden.training
    net.train()
    assert net.out.training
    with pytest.raises(ValueError):
        net.train(1)
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    net.requires_grad_()
    net(torch.ones(1, 3)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all(torch.equal(p.grad, torch.zeros_like(p)) for p in net.parameters())
    net.to(torch.float64)
    assert net.out.weight.grad.dtype == torch.float64 and net.scale.dtype == torch.float64
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net.to("cpu", torch.float32).scale.dtype == torch.float32
    for wrong in ((torch.int64,), ("cpu", 3), (net,)):
        with pytest.raises(TypeError):
            net.to(*wrong)
    counted = nn.ModuleList([nn.BatchNorm1d(2)]).double()
    assert counted[0].num_batches_tracked.dtype == torch.int64
    seen = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "Linear", "Net"]


def test_parameter_kinds():
    p = nn.Parameter(torch.ones(2))
    assert isinstance(p, torch.Tensor) and p.requires_grad and p.is_leaf
    assert not isinstance(torch.ones(2), nn.Parameter) and not isinstance(torch.ones(2), nn.Buffer)
    assert type(p + 1) is torch.Tensor
    assert repr(p).startswith("Parameter containing:\ntensor([1., 1.]")
    b = nn.Buffer(torch.ones(2))
    assert isinstance(b, nn.Buffer) and b.persistent and not isinstance(b, nn.Parameter)
    assert nn.Parameter().shape == (0,)


@pytest.mark.parametrize(
    "use",
    [
        lambda m, p: p.numel(),
        lambda m, p: m.numel(p),
        lambda m, p: p.dim(),
        lambda m, p: p.stride(),
        lambda m, p: p.element_size(),
        lambda m, p: p.is_contiguous(),
        lambda m, p: p.data_ptr(),
        lambda m, p: p.requires_grad_(),
        lambda m, p: p + 1,
        lambda m, p: p.is_floating_point(),
        lambda m, p: tuple(p.size()),
        lambda m, p: p.requires_grad,
    ],
)
def test_uninitialized_parameters_refuse_what_needs_a_shape(use):
    oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    results = []
    for module in (torch, oracle):
        layer = module.nn.LazyLinear(2)
        try:
            results.append(use(module, layer.weight))
        except ValueError as error:
            results.append(str(error)[:47])
        layer(module.ones(1, 3))
        assert layer.weight.numel() == 6 and layer.weight.is_contiguous() and layer.weight.dim() == 2
    assert results[0] == results[1]


def test_a_deleted_or_replaced_weight_is_found():
    # Linear reads its parameters past __getattr__; pruning keeps them elsewhere.
    layer = nn.Linear(2, 2, bias=False)
    weight = layer.weight
    del layer._parameters["weight"]
    layer.weight = weight.detach() * 2
    x = torch.ones(1, 2)
    assert torch.allclose(layer(x), x @ (weight.detach() * 2).t())
