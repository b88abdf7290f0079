"""The fused steps as operators: values against PyTorch's, and wrong calls."""

import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
pytestmark = pytest.mark.skipif(not hasattr(torch, "_fused_adam_"), reason="this build has no fused steps")

ADAM = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "weight_decay": 0.1, "maximize": False}
SGD = {"lr": 0.1, "weight_decay": 0.1, "dampening": 0.3, "nesterov": False, "maximize": True, "is_first_step": False}
# Lengths around vectors and around the pieces that threads take.
SIZES = [(5,), (0,), (33,), (70001,), ()]


def lists(count, dtype="float32"):
    """`count` lists of the same random tensors for both libraries."""
    oracle.manual_seed(0)
    theirs = [[oracle.rand(size, dtype=getattr(oracle, dtype)) for size in SIZES] for _ in range(count)]
    mine = [[torch.from_numpy(t.numpy().copy()) for t in tensors] for tensors in theirs]
    return mine, theirs


def assert_same(mine, theirs):
    for a, b in zip(mine, theirs):
        for x, y in zip(a, b):
            oracle.testing.assert_close(oracle.from_numpy(x.numpy()), y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["_fused_adam_", "_fused_adamw_"])
@pytest.mark.parametrize("amsgrad, scale", [(False, None), (True, 4.0)])
def test_adam(name, dtype, amsgrad, scale):
    mine, theirs = lists(5, dtype)
    for module, tensors in ((torch, mine), (oracle, theirs)):
        steps = [module.tensor(float(3 + i)) for i in range(len(SIZES))]
        extra = {} if scale is None else {"grad_scale": module.tensor(scale)}
        greatest = tensors[4] if amsgrad else []
        getattr(module, name)(*tensors[:4], greatest, steps, amsgrad=amsgrad, **ADAM, **extra)
    assert_same(mine, theirs)


@pytest.mark.parametrize("momentum, first", [(0.0, False), (0.9, False), (0.9, True)])
def test_sgd(momentum, first):
    mine, theirs = lists(3)
    for module, tensors in ((torch, mine), (oracle, theirs)):
        buffers = tensors[2] if momentum else []
        module._fused_sgd_(*tensors[:2], buffers, momentum=momentum, **{**SGD, "is_first_step": first})
    assert_same(mine, theirs)


def test_infinite_gradients_skip_the_step():
    mine, _ = lists(4)
    before = [t.clone() for t in mine[0]]
    steps = [torch.tensor(1.0) for _ in SIZES]
    torch._fused_adam_(*mine, [], steps, amsgrad=False, found_inf=torch.tensor(1.0), **ADAM)
    assert all(a.tolist() == b.tolist() for a, b in zip(mine[0], before))


def test_a_nothing_step():
    torch._fused_adam_([], [], [], [], [], [], amsgrad=False, **ADAM)


def test_an_infinite_parameter_stays_so():
    p = [torch.tensor([float("inf")])]
    torch._fused_sgd_(p, [torch.ones(1)], [], momentum=0.0, **{**SGD, "weight_decay": 0.0})
    assert p[0].item() == float("inf")


def test_versions_move():
    mine, _ = lists(4)
    versions = [t._version for t in mine[0]]
    torch._fused_adam_(*mine, [], [torch.tensor(1.0) for _ in SIZES], amsgrad=False, **ADAM)
    assert all(t._version > v for t, v in zip(mine[0], versions))


def with_change(position, index, tensor):
    mine, _ = lists(4)
    steps = [torch.tensor(1.0) for _ in SIZES]
    arguments = [*mine, steps]
    if tensor is None:
        arguments[position].pop()
    else:
        arguments[position][index] = tensor
    torch._fused_adam_(*arguments[:4], [], arguments[4], amsgrad=False, **ADAM)


@pytest.mark.parametrize(
    "position, index, tensor",
    [
        (1, 0, None),
        (2, 0, None),
        (4, 0, None),
        (1, 0, torch.ones(4)),
        (2, 0, torch.ones(6)),
        (3, 0, torch.ones(5, dtype=torch.float64)),
        (1, 0, torch.ones(5, dtype=torch.int64)),
        (1, 0, torch.ones(10)[::2]),
        (4, 0, torch.ones(2)),
        (0, 0, torch.ones(5, requires_grad=True)),
        (0, 0, torch.ones(5, dtype=torch.float16)),
    ],
)
def test_wrong_lists_are_refused(position, index, tensor):
    with pytest.raises(RuntimeError):
        with_change(position, index, tensor)


def test_missing_maxima_are_refused():
    mine, _ = lists(4)
    with pytest.raises(RuntimeError, match="max_exp_avg_sqs"):
        torch._fused_adam_(*mine, [], [torch.tensor(1.0) for _ in SIZES], amsgrad=True, **ADAM)
