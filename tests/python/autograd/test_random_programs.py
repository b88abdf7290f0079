"""Random programs of views, in-place changes, arithmetic, hooks and backward passes do in both libraries the same."""

import warnings

import pytest
import random_programs as programs

import tiny_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")

SEEDS, BLOCKS = 400, 20


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_programs(block):
    libs = (torch, tiny_torch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(block, SEEDS, BLOCKS):
            program = programs.make(seed)
            difference = programs.compare(libs, program, seed)
            if difference is not None:
                short = programs.reduce_program(libs, program, seed)
                pytest.fail(f"seed {seed}: {difference}\n" + "\n".join(map(str, short)))


def test_the_programs_cover_what_they_should():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logs = [programs.run(torch, programs.make(seed), seed) for seed in range(150)]
    flat = [entry for log in logs for entry in log]
    tensors = [e for e in flat if isinstance(e, tuple) and len(e) == 10]
    errors = [e[1] for e in flat if isinstance(e, tuple) and len(e) == 2 and isinstance(e[1], str)]
    assert sum(e[0] and e[3] for e in tensors) > 100, "recorded views"
    assert sum(e[0] and e[2] > 0 for e in tensors) > 100, "recorded in-place changes"
    assert sum("modified by an inplace operation" in e for e in errors) > 20, "stale saved tensors"
    assert sum("a leaf Variable" in e for e in errors) > 10, "changed leaves"
    assert sum("multiple views" in e for e in errors) > 5, "changed outputs of several views"
    assert sum(isinstance(e, list) for e in flat) > 500, "gradients"
    assert sum(len(log[-1]) > 0 for log in logs) > 10, "hooks that were called"


def test_a_wrong_gradient_is_found():
    class Wrong:
        """PyTorch with a gradient of exp that is off by a thousandth."""

        def __getattr__(self, name):
            return getattr(torch, name)

        @staticmethod
        def exp(x):
            return torch.exp(x) * 1.001 - torch.exp(x).detach() * 0.001

    seed = next(s for s in range(200) if any(name == "unary" for name, *_ in programs.make(s)[:4]))
    assert any(programs.compare((torch, Wrong()), programs.make(s), s) for s in range(seed, seed + 60))
