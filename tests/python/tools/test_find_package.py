"""An installed tiny-torch serves a C++ program of its own: find_package(TinyTorch), <torch/torch.h>, autograd and SGD."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"

pytestmark = [
    pytest.mark.skipif(not (BUILD / "CMakeCache.txt").exists(), reason="needs the build tree in build/ (make build)"),
    pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not on PATH"),
]


def run(*command, cwd=ROOT):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def test_an_installed_library_fits_a_line(tmp_path):
    prefix = tmp_path / "prefix"
    run("cmake", "--install", BUILD, "--prefix", prefix)
    program = tmp_path / "program"
    shutil.copytree(ROOT / "examples" / "cpp" / "line_fit", program)
    run("cmake", "-B", program / "build", "-S", program, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", program / "build")
    # Away from the source tree, so that nothing is found there by chance.
    output = run(program / "build" / "line_fit", cwd=tmp_path)
    slope, offset = map(float, re.search(r"y = (\S+) x \+ (\S+)", output).groups())
    assert abs(slope - 3) < 0.05
    assert abs(offset + 2) < 0.05
    losses = [float(loss) for loss in re.findall(r"loss (\S+)", output)]
    assert losses[-1] < 1e-3 * losses[0]
