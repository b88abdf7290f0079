"""nn.utils.prune against PyTorch: the same masks from the same seed, the same names in a state dict, the same errors."""

import importlib
import pickle

import numpy as np
import pytest

import tiny_torch

oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests")


def both(program):
    """The results of program(torch, prune) with PyTorch and here."""
    results = []
    for library in (oracle, tiny_torch):
        prune = importlib.import_module(f"{library.__name__}.nn.utils.prune")
        library.manual_seed(4)
        results.append(program(library, prune))
    return results


def state(module):
    return {name: value.detach().numpy().copy() for name, value in module.state_dict().items()}


def check_same(program):
    theirs, mine = both(program)
    assert list(mine) == list(theirs)
    for name in theirs:
        np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-6, err_msg=name)


PROGRAMS = {
    "identity": lambda p, m: p.identity(m, "bias"),
    "random_unstructured share": lambda p, m: p.random_unstructured(m, "weight", 0.3),
    "random_unstructured count": lambda p, m: p.random_unstructured(m, name="weight", amount=5),
    "none of them": lambda p, m: p.random_unstructured(m, "weight", 0),
    "all of them": lambda p, m: p.l1_unstructured(m, "weight", 1.0),
    "l1_unstructured": lambda p, m: p.l1_unstructured(m, "weight", 0.45),
    "random_structured": lambda p, m: p.random_structured(m, "weight", 2, dim=0),
    "random_structured last": lambda p, m: p.random_structured(m, "weight", 0.5, dim=-1),
    "ln_structured 1": lambda p, m: p.ln_structured(m, "weight", 0.4, n=1, dim=1),
    "ln_structured inf": lambda p, m: p.ln_structured(m, "weight", 2, n=float("inf"), dim=-2),
    "twice": lambda p, m: p.l1_unstructured(p.random_unstructured(m, "weight", 0.4), "weight", 0.5),
    "structured after unstructured": lambda p, m: p.ln_structured(p.l1_unstructured(m, "weight", 7), "weight", 2, 2, 0),
    "structured twice": lambda p, m: p.ln_structured(p.ln_structured(m, "weight", 2, 2, 0), "weight", 1, 2, 0),
    "three times": lambda p, m: p.identity(p.l1_unstructured(p.identity(m, "weight"), "weight", 3), "weight"),
    "two parameters": lambda p, m: p.l1_unstructured(p.l1_unstructured(m, "bias", 1), "weight", 3),
    "removed": lambda p, m: p.remove(p.l1_unstructured(m, "weight", 0.5), "weight"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_masks(name):
    def program(torch, prune):
        module = torch.nn.Linear(5, 4)
        x = torch.arange(10.0).view(2, 5)
        assert PROGRAMS[name](prune, module) is module
        module(x).square().sum().backward()
        found = {**state(module), "weight": module.weight.detach().numpy().copy(), "result": module(x).detach().numpy()}
        grads = {f"grad of {n}": p.grad.numpy().copy() for n, p in module.named_parameters()}
        return {**found, **grads, "is_pruned": prune.is_pruned(torch.nn.Sequential(module))}

    check_same(program)


def test_scores_and_masks_of_ones_own():
    def program(torch, prune):
        module = torch.nn.Conv2d(2, 3, 2)
        scores = torch.arange(24.0).view(3, 2, 2, 2).flip(0)
        prune.l1_unstructured(module, "weight", 5, importance_scores=scores)
        prune.ln_structured(module, "weight", 1, n=2, dim=1, importance_scores=scores)
        mask = torch.ones(3)
        mask[1] = 0
        prune.custom_from_mask(module, "bias", mask)
        tensor = torch.tensor([3.0, -1.0, 2.0, 0.5])
        return {**state(module), "tensor": prune.L1Unstructured(2).prune(tensor).numpy()}

    check_same(program)


def test_several_parameters_as_one_vector():
    def program(torch, prune):
        net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
        prune.l1_unstructured(net[0], "weight", 2)
        parameters = [(net[0], "weight"), (net[2], "weight"), (net[2], "bias")]
        scores = {(net[2], "bias"): torch.tensor([9.0, 0.0])}
        prune.global_unstructured(parameters, prune.L1Unstructured, scores, amount=0.5)
        prune.global_unstructured(parameters, prune.RandomUnstructured, amount=2)
        return state(net)

    check_same(program)


def test_pruned_weights_stay_zero_while_the_others_train():
    def program(torch, prune):
        module = prune.l1_unstructured(torch.nn.Linear(5, 4, dtype=torch.float64), "weight", 0.5)
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
        for _ in range(4):
            optimizer.zero_grad()
            module(torch.ones(2, 5, dtype=torch.float64)).square().sum().backward()
            optimizer.step()
        prune.remove(module, "weight")
        assert (module.weight == 0).sum() == 10 and isinstance(module.weight, torch.nn.Parameter)
        return state(module)

    check_same(program)


def test_a_pruned_state_is_loaded_into_another_module():
    torch, prune = tiny_torch, tiny_torch.nn.utils.prune
    module, other = (prune.l1_unstructured(torch.nn.Linear(3, 2), "weight", 2) for _ in range(2))
    other.load_state_dict(pickle.loads(pickle.dumps(module.state_dict())))
    x = torch.ones(1, 3)
    assert torch.equal(other(x), module(x)) and torch.equal(other.weight, module.weight)


WRONG = [
    lambda t, p, m: p.random_unstructured(m, "weight", "a"),
    lambda t, p, m: p.random_unstructured(m, "weight", -1),
    lambda t, p, m: p.random_unstructured(m, "weight", 1.1),
    lambda t, p, m: p.random_unstructured(m, "weight", 21),
    lambda t, p, m: p.random_unstructured(m, "no such", 1),
    lambda t, p, m: p.random_structured(m, "bias", 1, dim=0),
    lambda t, p, m: p.random_structured(m, "weight", 1, dim=2),
    lambda t, p, m: p.ln_structured(m, "weight", 6, n=2, dim=1),
    lambda t, p, m: p.ln_structured(p.identity(m, "weight"), "weight", 1, n=2, dim=-3),
    lambda t, p, m: p.l1_unstructured(m, "weight", 1, importance_scores=t.ones(3)),
    lambda t, p, m: p.L1Unstructured(1).prune(t.ones(2), importance_scores=t.ones(3)),
    lambda t, p, m: p.custom_from_mask(m, "weight", t.ones(2)),
    lambda t, p, m: p.remove(m, "weight"),
    lambda t, p, m: p.global_unstructured(3, p.L1Unstructured, amount=1),
    lambda t, p, m: p.global_unstructured([(m, "weight")], p.L1Unstructured, [1], amount=1),
    lambda t, p, m: p.global_unstructured([(m, "weight")], p.LnStructured, amount=1, n=2),
    lambda t, p, m: p.PruningContainer().add_pruning_method(3),
    lambda t, p, m: p.BasePruningMethod(),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_calls(number):
    def program(torch, prune):
        module = torch.nn.Linear(5, 4)
        try:
            WRONG[number](torch, prune, module)
        except Exception as error:  # noqa: BLE001
            # Here, a refused call leaves the module as it was.
            assert torch is oracle or len(module._forward_pre_hooks) + 2 == len(module.state_dict())
            return type(error)
        raise AssertionError("not refused")

    theirs, mine = both(program)
    assert issubclass(mine, theirs), (mine, theirs)
