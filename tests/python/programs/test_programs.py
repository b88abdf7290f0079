"""Runs the programs of programs.py with PyTorch and with tiny-torch: the same numbers, in float64, from the same seed."""

import ast
import json
import math
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOURCE = HERE / "programs.py"
NAMES = [
    element.id
    for file in (SOURCE, HERE / "models.py")
    for node in ast.parse(file.read_text()).body
    if isinstance(node, ast.Assign) and node.targets[0].id == "PROGRAMS"
    for element in node.value.elts
]


@pytest.fixture(scope="module")
def results():
    pytest.importorskip("torch", reason="compares with PyTorch")
    found = {}
    for library in ("torch", "tiny_torch"):
        command = [sys.executable, *(["-m", "tiny_torch"] if library == "tiny_torch" else []), str(SOURCE)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        found[library] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_program(results, name):
    theirs, mine = results["torch"][name], results["tiny_torch"][name]
    assert isinstance(theirs, list), theirs
    assert isinstance(mine, list), mine
    assert len(mine) == len(theirs) > 3 and all(math.isfinite(value) for value in theirs)
    # Rounding grows over the few steps; 1e-9 is what 100 steps of a training are held to.
    assert all(abs(a - b) <= 1e-9 * (1 + abs(b)) for a, b in zip(mine, theirs)), list(zip(mine, theirs))
