"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from collections import OrderedDict

import pytest

import tiny_torch as torch
from tiny_torch import nn


def test_sequential():
    a, b, c = nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)
    s = nn.Sequential(a, b, c)
    x = torch.ones(4, 2)
    assert torch.equal(s(x), c(b(a(x))))
    assert s[0] is a and s[-1] is c and list(s[1:]) == [b, c] and type(s[:1]) is nn.Sequential
    assert list(s + nn.Sequential(b)) == [a, b, c, b] and len(s * 2) == 6 and len(2 * s) == 6
    s.append(b).extend([b]).insert(0, b)
    assert list(s) == [b, a, b, c, b, b]
    assert s.pop(0) is b and list(s._modules) == ["0", "1", "2", "3", "4"]
    del s[-2:]
    assert list(s) == [a, b, c]
    s *= 2
    assert len(s) == 6
    s[1] = nn.Tanh()
    assert isinstance(s[1], nn.Tanh)
    for wrong in (9, -9):
        with pytest.raises(IndexError):
            s[wrong]
    named = nn.Sequential(OrderedDict([("first", a), ("act", b)]))
    assert named.first is a and list(named.state_dict()) == ["first.weight", "first.bias"]
    with pytest.raises(ValueError):
        s + [a]
    with pytest.raises(TypeError):
        s * "x"


def test_module_list():
    layers = nn.ModuleList([nn.ReLU() for _ in range(3)] + [nn.Tanh()])
    assert repr(layers) == "ModuleList(\n  (0-2): 3 x ReLU()\n  (3): Tanh()\n)"
    assert len(layers) == 4 and isinstance(layers[-1], nn.Tanh) and len(layers[:2]) == 2
    layers.insert(0, nn.Sigmoid())
    layers += [nn.GELU()]
    assert [type(m).__name__ for m in layers] == ["Sigmoid", "ReLU", "ReLU", "ReLU", "Tanh", "GELU"]
    assert isinstance(layers.pop(0), nn.Sigmoid) and list(layers._modules) == ["0", "1", "2", "3", "4"]
    del layers[1:3]
    assert len(layers) == 3
    with pytest.raises(IndexError):
        layers[3]
    with pytest.raises(TypeError):
        layers.extend(3)
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict():
    d = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)})
    d.update([("c", nn.Tanh())])
    assert list(d) == ["a", "b", "c"] and "a" in d and len(d) == 3
    assert list(d.state_dict()) == ["b.weight", "b.bias"]
    assert isinstance(d.pop("a"), nn.ReLU) and list(d.keys()) == ["b", "c"]
    d.clear()
    assert len(d) == 0
    with pytest.raises(TypeError):
        d.update(3)
    with pytest.raises(ValueError):
        d.update([("a",)])


def test_parameter_list():
    p = nn.ParameterList([torch.ones(2), nn.Parameter(torch.zeros(1))])
    p.append(torch.ones(3, 4))
    assert len(p) == 3 and all(isinstance(x, nn.Parameter) for x in p)
    assert [name for name, _ in p.named_parameters()] == ["0", "1", "2"]
    assert repr(p).splitlines()[1] == "    (0): Parameter containing: [torch.float32 of size 2]"
    assert len(p[1:]) == 2
    with pytest.raises(RuntimeError):
        p()
    with pytest.raises(IndexError):
        p[5]


def test_parameter_dict():
    d = nn.ParameterDict({"b": torch.ones(1), "a": torch.zeros(2), "n": 3})
    assert list(d) == ["a", "b", "n"] and d["n"] == 3 and isinstance(d["a"], nn.Parameter)
    assert d.pop("n") == 3 and d.get("n", 7) == 7 and d.setdefault("z", torch.ones(1)) is d["z"]
    assert list((d | nn.ParameterDict({"y": torch.ones(1)})).keys()) == ["a", "b", "z", "y"]
    key, value = d.popitem()
    assert key == "z" and value.shape == (1,)
    assert list(d.state_dict()) == ["a", "b"]
    with pytest.raises(RuntimeError):
        d(1)
    with pytest.raises(TypeError):
        d[3] = torch.ones(1)
