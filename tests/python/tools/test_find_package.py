"""An installed tiny-torch serves C++ programs of their own: find_package(TinyTorch), and find_package(Torch) for programs
written for libtorch. Most programs of examples/cpp take a while to compile; TINY_TORCH_TEST_FULL=1 runs them all."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")

pytestmark = [
    pytest.mark.skipif(not (BUILD / "CMakeCache.txt").exists(), reason="needs the build tree in build/ (make build)"),
    pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not on PATH"),
]
all_programs = pytest.mark.skipif(
    os.environ.get("TINY_TORCH_TEST_FULL") != "1", reason="TINY_TORCH_TEST_FULL=1 builds all programs"
)


def run(*command, cwd=ROOT):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", BUILD, "--prefix", folder)
    return folder


def build_and_run(name, prefix, folder, *arguments):
    """Builds a copy of the program by its own CMakeLists and runs it away from the source tree."""
    program = folder / "program"
    shutil.copytree(ROOT / "examples" / "cpp" / name, program)
    run("cmake", "-B", program / "build", "-S", program, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", program / "build")
    return run(program / "build" / name, *arguments, cwd=folder)


def test_an_installed_library_fits_a_line(prefix, tmp_path):
    output = build_and_run("line_fit", prefix, tmp_path)
    slope, offset = map(float, re.search(r"y = (\S+) x \+ (\S+)", output).groups())
    assert abs(slope - 3) < 0.05
    assert abs(offset + 2) < 0.05
    losses = [float(loss) for loss in re.findall(r"loss (\S+)", output)]
    assert losses[-1] < 1e-3 * losses[0]


def test_the_headers_that_programs_include_one_by_one_are_installed(prefix, tmp_path):
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        pytest.skip("no C++ compiler on PATH")
    headers = []
    for line in (ROOT / "include" / "forwarding.txt").read_text().splitlines():
        if "<-" in line and not line.startswith("#"):
            folder, names = line.split("<-")[1].split(":")
            headers += [f"{folder.strip()}/{name}.h" for name in names.split()]
    assert len(headers) == len(set(headers)) > 200
    program = tmp_path / "headers.cpp"
    uses = "int main() { return static_cast<int>(torch::nn::Linear(2, 3)(torch::ones({4, 2})).size(1)); }"
    program.write_text("".join(f"#include <{header}>\n" for header in headers) + uses + "\n")
    include = prefix / "include"
    run(compiler, "-std=c++17", "-fsyntax-only", "-Werror", f"-I{include}", f"-I{include / 'tiny_torch'}", program)


def test_a_libtorch_program_with_a_custom_function(tmp_path):
    # Found as users find it: through the path that the Python package names.
    code = "import tiny_torch; print(tiny_torch.utils.cmake_prefix_path)"
    output = build_and_run("custom_function", run(sys.executable, "-c", code).strip(), tmp_path)
    assert "gradients of LinearFunction equal those of linear: true" in output
    assert "quantised weight: 1.5" in output


@all_programs
def test_a_libtorch_program_with_modules_of_its_own(prefix, tmp_path):
    assert "blocks.0.layers.0.weight [64, 32]" in build_and_run("custom_module", prefix, tmp_path)


@all_programs
def test_a_libtorch_program_that_saves_and_resumes(prefix, tmp_path):
    output = build_and_run("serialization", prefix, tmp_path)
    without, resumed = re.search(r"without interruption (\S+), resumed (\S+)", output).groups()
    assert without == resumed
    torch = pytest.importorskip("torch")
    if torch.__name__ == "torch" and hasattr(torch, "jit") and "tiny" not in torch.__file__:
        names = [name for name, _ in torch.jit.load(str(tmp_path / "model.pt")).named_parameters()]
        assert names[:2] == ["hidden.weight", "hidden.bias"]


@all_programs
def test_a_libtorch_gan(prefix, tmp_path):
    output = build_and_run("dcgan", prefix, tmp_path, 20)
    assert "step 20/20" in output
    assert (tmp_path / "dcgan_samples.pgm").read_bytes().startswith(b"P5\n256 32\n255\n")


@all_programs
@pytest.mark.skipif(not FASHION_MNIST.exists(), reason="needs Fashion-MNIST (Debian's dataset-fashion-mnist)")
def test_a_libtorch_data_loader_trains_mnist(prefix, tmp_path):
    for packed in FASHION_MNIST.glob("*.gz"):
        (tmp_path / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    output = build_and_run("mnist", prefix, tmp_path, tmp_path, 1, 6000, 2)
    assert float(re.search(r"test accuracy (\S+) %", output).group(1)) > 65
