"""The wrong-call machinery itself: it repeats, it notices each kind of fault, and it outlives a crash and a hang."""

import argparse
import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from ops import libraries  # noqa: E402

from . import near_misses, wrong_calls  # noqa: E402


def test_calls_repeat():
    first = [repr(near_misses.Source(3).call(i)) for i in range(40)]
    assert first == [repr(near_misses.Source(3).call(i)) for i in range(40)]
    assert first != [repr(near_misses.Source(4).call(i)) for i in range(40)]
    assert sum("wild" not in call for call in first) >= 15


def verdict(monkeypatch, mine, theirs):
    """The verdict when the two libraries behave as the given functions do."""
    functions = {libraries.tiny: mine, libraries.oracle: theirs}
    if libraries.tiny is libraries.oracle:
        pytest.skip("needs two libraries")
    monkeypatch.setattr(wrong_calls, "resolve", lambda library, call: functions[library])
    return wrong_calls.judge(near_misses.Call("f", [], {}, ""), lambda stage: None)[0]


def refuse(error):
    def function():
        raise error

    return function


def test_verdicts(monkeypatch):
    tiny, oracle = libraries.tiny, libraries.oracle
    index, runtime = refuse(IndexError("x")), refuse(RuntimeError("x"))
    assert verdict(monkeypatch, index, index) == "same refusal"
    assert verdict(monkeypatch, refuse(NotImplementedError("x")), runtime) == "same refusal"
    assert verdict(monkeypatch, runtime, index) == "CLASS"
    assert verdict(monkeypatch, lambda: tiny.empty(2), index) == "ACCEPTED"
    assert verdict(monkeypatch, index, lambda: oracle.empty(2)) == "REFUSED"
    assert verdict(monkeypatch, lambda: tiny.empty(2), lambda: oracle.empty(3)) == "DIFFERENT"
    assert verdict(monkeypatch, lambda: tiny.empty(2), lambda: oracle.empty(2)) == "both valid"


class Script(wrong_calls.Child):
    """A child whose messages a script writes instead: it dies at call 1 and hangs at call 2."""

    SOURCE = """
import json, os, sys, time
for i in range(int(sys.argv[1]), 4):
    print(json.dumps({"i": i, "call": "f"}), flush=True)
    print(json.dumps({"stage": "tiny"}), flush=True)
    if i == 1:
        os.kill(os.getpid(), 11)
    if i == 2:
        time.sleep(60)
    print(json.dumps({"verdict": "same refusal", "text": ""}), flush=True)
print(json.dumps({"end": True}), flush=True)
"""

    def __init__(self, args, start):
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.SOURCE, str(start)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )


def test_crash_and_hang_cost_one_call(monkeypatch):
    monkeypatch.setattr(wrong_calls, "Child", Script)
    begin = time.time()
    counts, faults = wrong_calls.run(argparse.Namespace(start=0, calls=4, timeout=5, sanitized=False))
    assert counts == {"same refusal": 2, "CRASH": 1, "HANG": 1}
    assert [f["i"] for f in faults] == [1, 2] and str(-signal.SIGSEGV) in faults[0]["text"]
    assert time.time() - begin < 40 and os.getpid()
