"""A part of the wrong calls in every run; TINY_TORCH_TEST_FULL=1 runs all ten thousand."""

import argparse
import os

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from . import wrong_calls  # noqa: E402


def test_wrong_calls():
    count = 10000 if os.environ.get("TINY_TORCH_TEST_FULL") == "1" else 2000
    args = argparse.Namespace(calls=count, seed=0, start=0, ops=None, timeout=60, sanitized=False)
    counts, faults = wrong_calls.run(args)
    assert sum(counts.values()) == count
    assert counts["same refusal"] > count / 3, "the calls are not wrong enough to test anything"
    faults = wrong_calls.set_known_aside(counts, faults)
    assert counts["known"] <= count * 0.02, "known differences are to be few"
    lines = [f"{f['verdict']} {f['i']}: {f['call']} {f['text'][:200]}" for f in faults]
    assert not [line for line in lines if line.startswith(("CRASH", "HANG"))], "\n".join(lines)
    # Operators that come new have differences until someone looks at them; those that are long there have none left.
    assert len(faults) <= count * 0.003, f"{len(faults)} of {count} calls not as PyTorch\n" + "\n".join(lines[:40])
