"""The code in README, tutorials and docstrings does what it says there.

Of a page, the ```python blocks run in order in one namespace, each page in a process of its own; those that start with >>>
are doctests. A block that can't run by itself has a reason in `NOT_RUN`. Other languages are quoted from `examples`.
"""

import ast
import importlib
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "tiny_torch"
PAGES = sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")]
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)

# Start of a block -> why it isn't run here.
NOT_RUN = {
    "import tiny_torch as torch\n\nx = torch.tensor([[-3.0, 0.5, 3.0]]": "needs a build with them: test_extra_ops.py",
    'torch.ops.load_library("libmylib.so")': "needs the library: test_library.py",
}

RUNNER = """
import doctest, json, sys
blocks, names = json.load(sys.stdin), {"__name__": "page"}
failed = 0
for line, source in blocks:
    place = f"{sys.argv[1]}:{line}"
    if source.startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(source, names, place, sys.argv[1], line)
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        runner.run(test, clear_globs=False)
        names.update(test.globs)
        failed += runner.failures
    else:
        exec(compile("\\n" * line + source, sys.argv[1], "exec", dont_inherit=True), names)
sys.exit(failed > 0)
"""


def blocks(page, *languages):
    """Pairs of (line, text) of a page's blocks in some languages."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start()) + 1, m[2]) for m in BLOCK.finditer(text) if m[1] in languages]


def runnable(page):
    return [(line, source) for line, source in blocks(page, "python") if not source.startswith(tuple(NOT_RUN))]


def test_every_reason_is_needed():
    sources = [source for page in PAGES for _, source in blocks(page, "python")]
    assert all(any(source.startswith(start) for source in sources) for start in NOT_RUN)


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)])
def test_python_on_pages_runs(page):
    import json

    pytest.importorskip("numpy")
    first = "" if f"import {NAME} as torch" in (ROOT / page).read_text() else f"import {NAME} as torch\n"
    found = [(0, first), *runnable(page)]
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, page],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def squeezed(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def is_part(part, whole):
    """Whether the lines of `part` stand one after the other in `whole`, whatever their indentation."""
    part, whole = squeezed(part), squeezed(whole)
    return any(whole[i : i + len(part)] == part for i in range(len(whole)))


@pytest.mark.parametrize(
    "page, folder",
    [
        ("docs/tutorials/adding_an_operator.md", "examples/extra_ops"),
        ("docs/tutorials/training_from_cpp.md", "examples/cpp"),
    ],
)
def test_quotations_are_true(page, folder):
    files = [path.read_text() for path in (ROOT / folder).rglob("*") if path.is_file() and "build" not in path.parts]
    quoted = blocks(page, "cpp", "cmake", "yaml")
    assert quoted
    for line, text in quoted:
        assert any(is_part(text, file) for file in files), f"{page}:{line} is not in {folder}"


def example(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_autograd_in_a_hundred_lines():
    """The program of the tutorial: what the page shows of it, its size, and that it is right."""
    path = ROOT / "examples" / "autograd_from_scratch.py"
    source = path.read_text()
    assert len(squeezed(source)) <= 110

    def functions(text):
        return {ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}

    shown = [text for _, text in blocks("docs/tutorials/autograd_from_scratch.md", "python") if text[:3] != ">>>"]
    assert len(functions("\n".join(shown))) >= 12 and functions("\n".join(shown)) <= functions(source)
    scratch = example("autograd_from_scratch")
    answers = scratch.train()
    assert all(abs(answer - right) < 0.01 for answer, right in zip(answers, [0, 1, 1, 0])), answers

    torch = importlib.import_module(NAME)

    def program(x, y):
        return (x * y).tanh() / (1 + x**2) - (2 - y).exp() * x + 3 / y

    mine = [scratch.Value(0.7), scratch.Value(-1.3)]
    theirs = [torch.tensor(v.data, dtype=torch.float64, requires_grad=True) for v in mine]
    slopes = scratch.gradients(program(*mine))
    first = torch.autograd.grad(program(*theirs), theirs, create_graph=True)
    for value, tensor, gradient in zip(mine, theirs, first):
        assert slopes[value].data == pytest.approx(gradient.item(), rel=1e-12)
        again = scratch.gradients(slopes[value])[value].data
        assert again == pytest.approx(torch.autograd.grad(gradient, tensor, retain_graph=True)[0].item(), rel=1e-12)
    x = scratch.Value(2)
    for times in (1, 2):
        (x * x + x).backward()
        assert x.grad.data == 5 * times


DOCSTRINGS = sorted(
    str(path.relative_to(ROOT).with_suffix("")).replace(os.sep, ".").removesuffix(".__init__")
    for path in (ROOT / NAME).rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


def docstrings(path):
    """Pairs of (name, docstring) of a file's module, classes and functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            yield getattr(node, "name", "module"), ast.get_docstring(node) or ""


@pytest.mark.parametrize("module", DOCSTRINGS)
def test_examples_in_docstrings(module):
    import doctest

    pytest.importorskip("numpy")
    torch = importlib.import_module(NAME)
    loaded = importlib.import_module(module)
    names = {**vars(loaded), "torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for name, text in docstrings(pathlib.Path(loaded.__file__)):
        runner.run(doctest.DocTestParser().get_doctest(text, dict(names), f"{module}.{name}", loaded.__file__, 0))
    assert runner.tries > 0 and runner.failures == 0


def test_links_lead_somewhere():
    wrong = []
    for page in PAGES:
        for target in re.findall(
            r"\]\(([^)#]+?)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.S)
        ):
            if "://" not in target and not (ROOT / page).parent.joinpath(target).exists():
                wrong.append(f"{page}: {target}")
    assert wrong == []
