"""Build files: what CUDA detection says, and what stays out of the repository's way."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
CMAKE = shutil.which("cmake")
FOUND = "CUDA automatically detected and enabled"
NOT_FOUND = "CUDA not available, using CPU-only build"
FALLEN_BACK = "Warning: CUDA requested but nvcc not found, falling back to CPU-only build"


@pytest.mark.skipif(CMAKE is None, reason="cmake is not on PATH")
@pytest.mark.parametrize("where", ["PATH", "CUDA_HOME", "CUDA_PATH", None])
@pytest.mark.parametrize(
    "asked, with_nvcc, without",
    [("AUTO", FOUND, NOT_FOUND), ("ON", FOUND, FALLEN_BACK), ("1", FOUND, FALLEN_BACK), ("OFF", NOT_FOUND, NOT_FOUND)],
)
def test_cuda_detection_says_one_line(tmp_path, where, asked, with_nvcc, without):
    nvcc = tmp_path / "bin" / "nvcc"
    nvcc.parent.mkdir()
    nvcc.write_text("#!/bin/sh\n")
    nvcc.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CUDA")}
    without_nvcc = [folder for folder in os.get_exec_path() if not shutil.which("nvcc", path=folder)]
    environment["PATH"] = os.pathsep.join(([str(nvcc.parent)] if where == "PATH" else []) + without_nvcc)
    if where in ("CUDA_HOME", "CUDA_PATH"):
        environment[where] = str(tmp_path)
    command = [CMAKE, f"-DWITH_CUDA={asked}", "-DTINY_TORCH_CUDA_DIRS=", "-P", str(ROOT / "cmake" / "DetectCuda.cmake")]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).strip() == (with_nvcc if where else without)


def test_version_has_one_source():
    version = (ROOT / "version.txt").read_text().strip()
    assert version.count(".") == 2
    for name in ("CMakeLists.txt", "pyproject.toml"):
        assert version not in (ROOT / name).read_text()
