"""The examples run, and train as they do with PyTorch."""

import gzip
import json
import os
import struct
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = os.environ.get("TINY_TORCH_TEST_LIBRARY", "tiny_torch")


def run(library, example, *arguments, folder=None):
    """Runs an example with a library (under the name torch) and returns what it prints."""
    script = os.path.join(ROOT, "examples", example)
    command = [sys.executable, *(["-m", "tiny_torch"] if library == "tiny_torch" else []), script, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=folder or ROOT, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_line_fit():
    output = run(NAME, "line_fit.py")
    assert "y = 2.98 x + 2.00" in output or "y = 3.0" in output or "y = 2.9" in output, output


@pytest.mark.parametrize("extra", [[], ["--dropout", "0.2"]], ids=["plain", "dropout"])
def test_gpt_losses_equal_those_of_pytorch(tmp_path, extra):
    pytest.importorskip("torch", reason="compares with PyTorch")
    losses = {}
    for library in ("torch", NAME):
        file = tmp_path / f"{library}.json"
        run(library, "gpt/main.py", "--steps", "40", "--sample", "0", "--seed", "3", "--losses", str(file), *extra)
        losses[library] = json.loads(file.read_text())
    theirs, mine = losses["torch"], losses[NAME]
    assert len(mine) == 40 and mine[-1] < mine[0] - 0.5
    # Rounding differences grow with the steps: 1e-5 at first, and a tenth of a per cent after forty.
    assert all(abs(a - b) <= 1e-5 * (1 + i * 5) for i, (a, b) in enumerate(zip(mine, theirs))), list(zip(mine, theirs))


def write_idx(path, array):
    import numpy

    array = numpy.asarray(array, dtype=numpy.uint8)
    with gzip.open(path, "wb") as file:
        file.write(struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes())


def test_mnist_program_on_made_up_images(tmp_path):
    """Bright bars whose place is the class: learnt in one epoch, so that the whole program runs in seconds."""
    numpy = pytest.importorskip("numpy")
    generator = numpy.random.default_rng(0)
    for split, count in (("train", 1280), ("t10k", 200)):
        labels = generator.integers(0, 10, count)
        images = generator.integers(0, 60, (count, 28, 28))
        for image, label in zip(images, labels):
            image[2 * label + 3 : 2 * label + 6] = 255
        write_idx(tmp_path / f"{split}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{split}-labels-idx1-ubyte.gz", labels)
    output = run(NAME, "mnist/main.py", "--data", str(tmp_path), "--epochs", "2", "--out", str(tmp_path / "demo"))
    assert "saved and loaded back" in output
    assert (tmp_path / "demo" / "model.pt").stat().st_size > 1_000_000
    accuracy = float(output.split("test accuracy ")[-1].split(" %")[0])
    assert accuracy > 90, output


def test_mnist_program_says_where_data_comes_from(tmp_path):
    script = os.path.join(ROOT, "examples", "mnist", "main.py")
    command = [sys.executable, *(["-m", "tiny_torch"] if NAME == "tiny_torch" else []), script, "--data", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 1 and "dataset-fashion-mnist" in done.stderr, done.stderr
