"""Schedules against PyTorch's: rates, momenta, states, resuming."""

import copy
import warnings

import pytest

import tiny_torch as torch
from tiny_torch import nn, optim

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

SCHEDULES = {
    "lambda": lambda s, o: s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (e + 1)]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda e: 0.95),
    "step": lambda s, o: s.StepLR(o, 3, gamma=0.5),
    "multistep": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 9], gamma=0.3),
    "constant": lambda s, o: s.ConstantLR(o, 0.25, 4),
    "linear": lambda s, o: s.LinearLR(o, 0.1, 0.8, 6),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.9),
    "polynomial": lambda s, o: s.PolynomialLR(o, 7, 2.0),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 4, 0.01),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.01, [0.1, 0.3], 3, 4, mode="triangular2"),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=14, three_phase=True),
    "one cycle, linear": lambda s, o: s.OneCycleLR(o, 0.5, epochs=2, steps_per_epoch=7, anneal_strategy="linear"),
    "sequential": lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=4), s.StepLR(o, 2, 0.5)], [4]),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)]),
}


def setup(module, make, adam=False):
    params = [module.nn.Parameter(module.ones(1)) for _ in range(2)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.2}]
    optimizer = module.optim.Adam(groups, lr=0.05) if adam else module.optim.SGD(groups, lr=0.05, momentum=0.9)
    return optimizer, make(module.optim.lr_scheduler, optimizer)


def observed(optimizer, schedule):
    """All numbers a schedule may change, in a fixed order."""
    values = list(schedule.get_last_lr())
    for group in optimizer.param_groups:
        values += [group[key] for key in ("lr", "momentum", "initial_lr", "max_lr", "min_lr") if key in group]
        values += group.get("betas", ())
    return values


@pytest.mark.parametrize("adam", [False, True])
@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_and_states(name, adam):
    mine, a = setup(torch, SCHEDULES[name], adam)
    theirs, b = setup(oracle, SCHEDULES[name], adam)
    for step in range(14):
        assert observed(mine, a) == pytest.approx(observed(theirs, b), rel=1e-12), step
        for optimizer, schedule in ((mine, a), (theirs, b)):
            optimizer.step()
            if step < 13:
                schedule.step()
        if step == 6:
            # A fresh schedule that takes over the state goes on where the old one was.
            state, group_state = copy.deepcopy(a.state_dict()), copy.deepcopy(mine.state_dict())
            mine, a = setup(torch, SCHEDULES[name], adam)
            mine.load_state_dict(group_state)
            a.load_state_dict(state)
    assert set(a.state_dict()) == set(b.state_dict())


@pytest.mark.parametrize("kwargs", [{}, {"mode": "max", "threshold_mode": "abs", "cooldown": 1, "min_lr": 0.01}])
def test_plateau(kwargs):
    def make(schedules, optimizer):
        return schedules.ReduceLROnPlateau(optimizer, patience=1, factor=0.5, **kwargs)

    mine, a = setup(torch, make)
    theirs, b = setup(oracle, make)
    for metric in (1.0, 0.9, 0.95, 0.93, 0.92, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6):
        for optimizer, schedule in ((mine, a), (theirs, b)):
            optimizer.step()
            schedule.step(metric)
        assert observed(mine, a) == observed(theirs, b)
    assert a.state_dict() == b.state_dict()


def test_wrong_order_warns():
    optimizer, schedule = setup(torch, SCHEDULES["step"])
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        schedule.step()
    optimizer, schedule = setup(torch, SCHEDULES["step"])
    optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule.step()


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.StepLR(3, 1),
        lambda s, o: s.StepLR(o, 3, last_epoch=4),
        lambda s, o: s.LambdaLR(o, [lambda e: 1.0]),
        lambda s, o: s.ConstantLR(o, 2.0),
        lambda s, o: s.LinearLR(o, 0.0),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
        lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="square"),
        lambda s, o: s.OneCycleLR(o, 0.1),
        lambda s, o: s.OneCycleLR(o, 0.1, total_steps=-1),
        lambda s, o: s.OneCycleLR(o, 0.1, total_steps=5, anneal_strategy="none"),
        lambda s, o: s.ReduceLROnPlateau(o, factor=1.5),
        lambda s, o: s.ReduceLROnPlateau(o, mode="mean"),
        lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [1]),
        lambda s, o: s.ChainedScheduler([]),
    ],
)
def test_wrong_calls_raise_what_pytorch_raises(make):
    with pytest.raises(Exception) as expected:  # noqa: B017
        setup(oracle, make)
    with pytest.raises(type(expected.value)):
        setup(torch, make)


def test_the_optimizer_is_not_kept_alive():
    import gc
    import weakref

    optimizer, schedule = setup(torch, SCHEDULES["step"])
    reference = weakref.ref(optimizer)
    del optimizer, schedule
    gc.collect()
    assert reference() is None


def test_parameters_follow_the_schedule():
    p = nn.Parameter(torch.ones(1))
    optimizer = optim.SGD([p], lr=1.0)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        p.grad = torch.ones(1)
        optimizer.step()
        schedule.step()
    assert p.item() == 1 - 1 - 0.5 - 0.25
