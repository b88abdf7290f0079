"""The benchmark runner: both libraries are timed, values compared, faults reported."""

import json
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = os.environ.get("TINY_TORCH_TEST_LIBRARY", "tiny_torch")
sys.path.insert(0, ROOT)


def test_runner(tmp_path):
    pytest.importorskip("torch", reason="compares with PyTorch")
    file = tmp_path / "rows.json"
    command = [
        sys.executable,
        os.path.join(ROOT, "benchmarks", "run.py"),
        "--ours",
        NAME,
        "--cases",
        r"^a \+ b|step, batch|a\.view|softmax",
        "--rounds",
        "1",
        "--seconds",
        "0.002",
        "--json",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = json.loads(file.read_text())["rows"]
    assert len(rows) >= 6
    assert not [row for row in rows if "error" in row]
    assert all(row["ratio"] > 0 and row["reached"] == (row["ratio"] <= row["target"]) for row in rows)
    assert f"of {len(rows)} targets reached" in done.stdout


def test_different_values_are_noticed():
    from benchmarks import run

    assert run.equal([1.0, 2.0], [1.0, 2.0 + 1e-5])
    assert not run.equal([1.0, 2.0], [1.0, 2.1])
    assert not run.equal([1.0], [1.0, 2.0])
    assert not run.equal([float("nan")], [1.0])


def test_a_case_is_declared_once():
    from benchmarks import cases

    with pytest.raises(ValueError):
        cases.case("a + b", "overhead")(lambda torch, data: None)
    with pytest.raises(ValueError):
        cases.case("new", "unknown")(lambda torch, data: None)
