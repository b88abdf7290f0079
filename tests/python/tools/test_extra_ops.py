"""Follows docs/dev/life_of_an_op.md: generates and compiles the operators of examples/extra_ops from their list.

The generator and the compiler always run; a library with the operators is built only when TINY_TORCH_TEST_FULL is set,
because that compiles everything once more.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXTRA = ROOT / "examples" / "extra_ops"
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import tiny_torch as torch
x = torch.tensor([[-3.0, 0.5, 3.0]], dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(lambda t: torch.softclip(t, limit=2), (x,))
assert torch.autograd.gradgradcheck(lambda t: torch.softclip(t, limit=2), (x,))
assert torch.row_range(x.detach()).tolist() == [6.0]
assert torch.ones(2, 3, device="meta").row_range().shape == (2,)
"""


def generate(out):
    command = [
        sys.executable,
        "-m",
        "tools.gen_ops",
        "--ops",
        "csrc/aten/ops",
        "--out",
        str(out),
        "--extra",
        str(EXTRA),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    pytest.importorskip("yaml", reason="the generator reads YAML")
    out = tmp_path_factory.mktemp("extra") / "generated"
    result = generate(out)
    assert result.returncode == 0, result.stderr
    return out


def test_the_page_shows_the_list_as_it_is():
    page = (ROOT / "docs/dev/life_of_an_op.md").read_text()
    shown = re.search(r"```yaml\n(.*?)```", page, re.S).group(1)
    assert shown in (EXTRA / "extra.yaml").read_text()


def test_each_frame_of_the_page_exists(generated):
    page = (ROOT / "docs/dev/life_of_an_op.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", page, re.M)
    assert len(rows) == 8
    for frame, file in rows:
        path = generated / file.removeprefix("build/generated/") if file.startswith("build/") else ROOT / file
        name = frame.split("::")[-1]
        assert name in path.read_text(), f"{frame} is not in {file}"


def test_an_entry_gives_every_form(generated):
    header = (generated / "ops/extra.h").read_text()
    for name in ("softclip(", "softclip_(", "softclip_out(", "softclip_backward(", "row_range("):
        assert name in header
    assert '{"softclip", ' in (generated / "python/methods.cpp").read_text()
    assert "struct SoftclipBackward0 final : Node" in (generated / "autograd/extra.cpp").read_text()


def test_backward_is_mandatory(tmp_path):
    pytest.importorskip("yaml", reason="the generator reads YAML")
    (tmp_path / "bad.yaml").write_text(
        "- op: half_of(Tensor self) -> Tensor\n  kind: pointwise\n  pointwise: self * 0.5\n"
    )
    command = [
        sys.executable,
        "-m",
        "tools.gen_ops",
        "--ops",
        "csrc/aten/ops",
        "--out",
        str(tmp_path / "o"),
        "--extra",
        str(tmp_path),
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "backward is missing" in result.stderr


def test_the_generated_code_compiles(generated):
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++")
    config = ROOT / "build/generated/config.h"
    if not config.exists():
        pytest.skip("needs the configuration of a build in build/")
    shutil.copy(config, generated / "config.h")
    for source in (generated / "autograd/extra.cpp", EXTRA / "row_range.cpp"):
        command = [compiler, "-std=c++17", "-fsyntax-only", f"-I{ROOT / 'csrc'}", f"-I{generated.parent}", str(source)]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr


@pytest.mark.skipif(not os.environ.get("TINY_TORCH_TEST_FULL"), reason="builds the whole library once more")
def test_the_operators_work(tmp_path):
    source, build = tmp_path / "source", tmp_path / "build"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns("build*", ".git", ".venv", "demo", "*.so*"))
    for command in (
        [
            "cmake",
            "-G",
            "Ninja",
            "-S",
            source,
            "-B",
            build,
            "-DTINY_TORCH_EXTRA_OPS=examples/extra_ops",
            f"-DPython_EXECUTABLE={sys.executable}",
        ],
        ["cmake", "--build", build, "--target", "tiny_torch_C"],
        [sys.executable, "-c", PROGRAM, source],
    ):
        subprocess.run([str(part) for part in command], check=True, cwd=tmp_path)
