"""`import torch` gives tiny_torch in unmodified programs: in scripts, modules, code and worker processes."""

import os
import subprocess
import sys
import textwrap

import pytest

import tiny_torch

# The package under test, also where it was not installed.
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(tiny_torch.__file__)))
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")])}


def run(*arguments, cwd=None):
    command = [sys.executable, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300, env=ENVIRONMENT)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def run_code(code):
    return run("-c", "import tiny_torch\ntiny_torch.install_as_torch()\n" + textwrap.dedent(code))


def test_modules_are_the_same_objects():
    run_code("""
        import sys
        import torch
        import torch.nn as nn
        import torch.nn.functional as F
        from torch.utils.data import DataLoader
        import torch.utils.data._utils.collate
        import tiny_torch.serialization

        assert torch is tiny_torch and torch.nn is tiny_torch.nn is nn
        assert F is tiny_torch.nn.functional and DataLoader is tiny_torch.utils.data.DataLoader
        for name in [n for n in sys.modules if n == "torch" or n.startswith("torch.")]:
            assert sys.modules[name] is sys.modules["tiny_" + name], name
            assert sys.modules[name].__spec__.name == "tiny_" + name, name
        tiny_torch.install_as_torch()
    """)


def test_public_classes_say_torch():
    run_code("""
        import io, pickle
        import torch
        from torch.utils.data import Dataset, TensorDataset

        assert torch.Tensor.__module__ == "torch" and repr(torch.Tensor) == "<class 'torch.Tensor'>"
        assert torch.nn.Linear.__module__ == "torch.nn.modules.linear"
        assert torch.nn.Parameter.__module__ == "torch.nn.parameter"
        assert TensorDataset.__module__ == "torch.utils.data.dataset"
        assert torch.Size.__module__ == torch.device.__module__ == "torch"
        values = [torch.ones(2), torch.nn.Parameter(torch.ones(2)), torch.float16, torch.Size([1]),
                  torch.device("cpu"), TensorDataset(torch.ones(2)), torch.nn.Linear(2, 2)]
        for value in values:
            assert type(pickle.loads(pickle.dumps(value))) is type(value)
        buffer = io.BytesIO()
        torch.save(values, buffer)
        assert b"tiny_torch" not in buffer.getvalue()
        buffer.seek(0)
        assert len(torch.load(buffer, weights_only=False)) == len(values)
    """)


def test_everything_pickles_without_the_alias():
    run(
        "-c",
        textwrap.dedent("""
        import pickle
        import tiny_torch as torch

        values = [torch.ones(2), torch.nn.Parameter(torch.ones(2)), torch.float16, torch.Size([1]),
                  torch.device("cpu"), torch.strided, torch.contiguous_format, torch.Generator(),
                  torch.ones(2).untyped_storage(), torch.nn.Linear(2, 2)]
        for value in values:
            assert type(pickle.loads(pickle.dumps(value))) is type(value), value
    """),
    )


def test_missing_submodules():
    run_code("""
        import torch
        try:
            import torch.there_is_no_such_module
        except ModuleNotFoundError as error:
            assert "torch.there_is_no_such_module" in str(error)
        else:
            raise AssertionError
    """)


def test_version_of_the_distribution():
    out = run_code("""
        import importlib.metadata
        print(importlib.metadata.version("torch"), importlib.metadata.distribution("torch").metadata["Name"])
    """)
    assert out.split() == ["2.13.0", "torch"]
    run_code("""
        import torch, torch.version
        assert torch.__version__.startswith("2.13.0+") and torch.__version__ == torch.version.__version__
        assert torch.__version__ >= (2, 1) and torch.__version__ > "2.9.1" and torch.__version__ < "2.14"
    """)


def test_refuses_when_pytorch_is_imported():
    pytest.importorskip("torch", reason="needs the real PyTorch to be refused")
    run(
        "-c",
        textwrap.dedent("""
        import torch
        import tiny_torch
        try:
            tiny_torch.install_as_torch()
        except RuntimeError as error:
            assert "imported already" in str(error)
        else:
            raise AssertionError
        assert torch is not tiny_torch
    """),
    )


PROGRAM = """\
import sys
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

class Rows(Dataset):
    def __init__(self):
        self.layer = nn.Linear(3, 2)
    def __len__(self):
        return 4
    def __getitem__(self, i):
        import torch.nn.functional
        return self.layer(torch.ones(3)).detach().shape[0] + i

def main():
    print(sys.argv[1:], __name__, torch.nn.__name__)
    for method in ("fork", "spawn", "forkserver"):
        loader = DataLoader(Rows(), batch_size=2, num_workers=1, multiprocessing_context=method)
        print(method, [batch.tolist() for batch in loader])

if __name__ == "__main__":
    main()
"""
EXPECTED = "['a', '-b'] __main__ tiny_torch.nn\n" + "".join(
    f"{method} [[2, 3], [4, 5]]\n" for method in ("fork", "spawn", "forkserver")
)


def test_script_with_workers(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    assert run("-m", "tiny_torch", "program.py", "a", "-b", cwd=tmp_path) == EXPECTED
    assert run("-m", "tiny_torch", "-m", "program", "a", "-b", cwd=tmp_path) == EXPECTED


def test_code_and_usage():
    assert run("-m", "tiny_torch", "-c", "import torch, sys; print(torch.__name__, sys.argv)", "x") == (
        "tiny_torch ['-c', 'x']\n"
    )
    assert "usage: python -m tiny_torch" in run("-m", "tiny_torch", "--help")
    for arguments in ([], ["missing.py"], ["-c"]):
        command = [sys.executable, "-m", "tiny_torch", *arguments]
        result = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
        assert result.returncode != 0 and "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "other", ["2.13.0", "2.13", "2.13.0+cpu", "2.13.0+zzz", "2.14.0a0", "2.9.1", "2.13.1.dev3", "3", "2.13.0rc1"]
)
def test_versions_compare_like_pytorchs(other):
    torch_version = pytest.importorskip("torch.torch_version", reason="PyTorch is the oracle")
    from tiny_torch.torch_version import TorchVersion

    for text in ("2.13.0+cpu", "2.13.0", "2.13.0a0+git12"):
        ours, theirs = TorchVersion(text), torch_version.TorchVersion(text)
        for operation in ("__lt__", "__le__", "__gt__", "__ge__", "__eq__"):
            assert getattr(ours, operation)(other) == getattr(theirs, operation)(other), (text, operation)
    assert TorchVersion("2.13.0") >= (2, 13) and hash(TorchVersion("1")) == hash("1")


def test_every_name_that_a_package_lists_is_there():
    """inspect, help() and documentation tools walk through dir(); a missing module must look like a missing attribute."""
    for package in (
        tiny_torch,
        tiny_torch.utils,
        tiny_torch.nn,
        tiny_torch.nn.utils,
        tiny_torch.optim,
        tiny_torch.backends,
    ):
        assert [name for name in dir(package) if not hasattr(package, name)] == []
        assert not hasattr(package, "no_such_module")
