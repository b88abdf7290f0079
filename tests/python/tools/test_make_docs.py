"""tools/make_docs.py: what it documents, how it treats links, and that its pages have what they should."""

import importlib.util
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def make_docs():
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_public_modules(make_docs):
    names = make_docs.public_modules()
    assert {"tiny_torch", "tiny_torch.nn", "tiny_torch.nn.functional", "tiny_torch.utils.data.datasets"} <= set(names)
    assert not any("._" in name for name in names) and len(names) == len(set(names))


def test_links(make_docs, tmp_path):
    source, other = ROOT / "docs" / "README.md", ROOT / "docs" / "dev" / "autograd.md"
    pages = {source: tmp_path / "index.html", other: tmp_path / "dev" / "autograd.html"}
    wrong = []

    def rewritten(target, label="x"):
        return make_docs.rewritten(f'<a href="{target}">{label}</a>', source, pages, wrong)

    assert rewritten("dev/autograd.md") == '<a href="dev/autograd.html">x</a>'
    assert rewritten("dev/autograd.md#tests") == '<a href="dev/autograd.html#tests">x</a>'
    assert rewritten("https://example.org/a.md") == '<a href="https://example.org/a.md">x</a>'
    assert rewritten("../Makefile") == "<code>Makefile</code>" and wrong == []
    rewritten("dev/nowhere.md")
    assert wrong == ["docs/README.md: dev/nowhere.md"]


def test_all_of_it(tmp_path):
    pytest.importorskip("pdoc", reason="pdoc is not installed (requirements-dev.txt)")
    ops = tmp_path / "ops.md"
    ops.write_text("# Operators\n\n| operator | kind |\n|---|---|\n| `add(Tensor self) -> Tensor` | pointwise |\n")
    out = tmp_path / "out"
    command = [sys.executable, "tools/make_docs.py", "--out", str(out), "--ops", str(ops)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "<td><code>add(Tensor self) -&gt; Tensor</code></td>" in (out / "ops.html").read_text()
    assert 'href="tutorials/first_network.html"' in (out / "index.html").read_text()
    page = (out / "api" / "tiny_torch.html").read_text()
    assert all(f'id="{name}"' in page for name in ("Tensor", "Tensor.add_", "softmax", "manual_seed", "save"))
    assert 'id="Linear.forward"' in (out / "api" / "tiny_torch" / "nn.html").read_text()
    tutorial = (out / "tutorials" / "tensors_in_memory.html").read_text()
    assert '<a href="../index.html">' in tutorial and "<table>" in tutorial and 'class="codehilite"' in tutorial
