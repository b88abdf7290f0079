"""The traps named in the design: threads and fork, two libraries in one process, the alias, symbols, writes before checks."""

import glob
import os
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = os.environ.get("TINY_TORCH_TEST_LIBRARY", "tiny_torch")


def run(source, *arguments, timeout=120, folder=None, **variables):
    """Runs Python source in a process of its own; returns its output, fails with its errors or when it hangs."""
    source = textwrap.dedent(source).replace("LIBRARY", NAME)
    command = [sys.executable, *arguments] if arguments else [sys.executable, "-c", source]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")]), **variables}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=folder or ROOT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        pytest.fail(f"hung for {timeout} s\n{output[-2000:]}", pytrace=False)
    if process.returncode:
        pytest.fail(f"status {process.returncode}\n{output[-3000:]}", pytrace=False)
    return output


@pytest.fixture(scope="module")
def library():
    import importlib

    return importlib.import_module(NAME)


# ------------------------------------------------------------------------------------------------------- threads and fork
USE_POOL = """
import LIBRARY as torch
torch.set_num_threads(4)

def compute():
    x = torch.ones(1 << 20)
    total = ((x + 1).exp() * 0).sum().item() + x.sum().item()
    product = torch.ones(300, 300) @ torch.ones(300, 300)
    assert total == 1 << 20, total
    assert product[7, 8].item() == 300

def train():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.randn(256, 64), torch.randint(10, (256,))
    losses = []
    for _ in range(5):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0], losses
    return losses
"""


def test_fork_after_parallel_region():
    run(
        USE_POOL
        + """
import os
compute()
before = train()
for generation in range(3):
    child = os.fork()
    if child == 0:
        compute()
        after = train()
        assert all(abs(a - b) < 1e-5 for a, b in zip(before, after)), (before, after)
        grandchild = os.fork()
        if grandchild == 0:
            compute()
            os._exit(0)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
compute()
train()
"""
    )


def test_fork_while_other_threads_work():
    run(
        USE_POOL
        + """
import os, threading
stop = threading.Event()
def work():
    while not stop.is_set():
        compute()
threads = [threading.Thread(target=work) for _ in range(2)]
for t in threads:
    t.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        compute()
        train()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
for t in threads:
    t.join()
"""
    )


def test_backward_from_many_threads():
    run(
        USE_POOL
        + """
import threading
wrong = []
def work(seed):
    try:
        w = torch.full((64,), float(seed), requires_grad=True)
        for step in range(50):
            w.grad = None
            (w * w).sum().backward()
            assert (w.grad == 2.0 * seed).all().item()
    except Exception as error:
        wrong.append(repr(error))
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert not wrong, wrong
"""
    )


def test_arguments_of_large_calls_are_read_with_the_gil():
    """Large calls run without the GIL; reading -1, a list or a float from Python needs it."""
    run("""
    import LIBRARY as torch
    x = torch.ones(300, 400)
    assert tuple(x.reshape(-1).shape) == (120000,)
    assert tuple(x.view([-1, 400]).shape) == (300, 400)
    assert tuple(x.expand(-1, 400).shape) == (300, 400)
    assert x.sum(-1)[0].item() == 400
    assert x.add(x, alpha=-1.0)[5, 5].item() == 0
    assert tuple(torch.cat([x, x], -1).shape) == (300, 800)
    assert tuple(x.transpose(-1, -2).shape) == (400, 300)
    """)


@pytest.mark.parametrize(
    "operation",
    [
        "x.sum()",
        "x.sum(0)",
        "x.sum(1)",
        "x.mean()",
        "x.exp()",
        "x.softmax(1)",
        "x.logsumexp(0)",
        "x.cumsum(1)",
        "x.sort(1)[0]",
        "torch.nn.functional.layer_norm(x, (1000,))",
        "torch.randn(300, 1000)",
        "torch.rand(300000)",
        "torch.randperm(100000)",
        "torch.nn.functional.dropout(x, 0.3)",
        "x.index_select(0, torch.arange(299, -1, -1))",
    ],
)
def test_results_do_not_depend_on_thread_count(library, operation):
    if NAME == "torch":
        pytest.skip("PyTorch's sums depend on the number of threads")
    torch, results, threads = library, [], library.get_num_threads()
    torch.manual_seed(5)
    x = torch.randn(300, 1000)
    try:
        for count in (1, 2, 3, 8):
            torch.set_num_threads(count)
            torch.manual_seed(6)
            results.append(eval(operation, {"torch": torch, "x": x}).clone())
    finally:
        torch.set_num_threads(threads)
    assert all((r == results[0]).all().item() for r in results)


def test_one_thread_starts_no_pool():
    """With one thread no OpenMP region is entered: the process keeps the threads that it had after the import."""
    run(
        """
    import os
    import LIBRARY as torch
    torch.set_num_threads(1)
    before = len(os.listdir("/proc/self/task"))
    x = torch.ones(1 << 20)
    (x + x).exp().sum().item()
    torch.softmax(x.view(1024, 1024), -1)
    torch.ones(256, 256) @ torch.ones(256, 256)
    after = len(os.listdir("/proc/self/task"))
    assert before == after, (before, after)
    """,
        OMP_NUM_THREADS="4",
    )


# -------------------------------------------------------------------------------------------- both libraries in one process
@pytest.mark.parametrize("order", ["torch, tiny_torch", "tiny_torch, torch"])
def test_both_libraries_in_one_process(order):
    pytest.importorskip("torch", reason="needs PyTorch beside tiny_torch")
    run(f"""
    import {order.replace("tiny_torch", NAME)}
    import torch as theirs
    import LIBRARY as ours
    theirs.set_num_threads(3)
    ours.set_num_threads(2)
    assert theirs.get_num_threads() == (2 if ours is theirs else 3)
    assert ours.get_num_threads() == 2
    values = {{}}
    for _ in range(3):
        for torch in (theirs, ours):
            torch.manual_seed(1)
            model = torch.nn.Sequential(torch.nn.Linear(100, 200), torch.nn.ReLU(), torch.nn.Linear(200, 10))
            x, y = torch.randn(500, 100), torch.randint(10, (500,))
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            big = (torch.ones(1 << 20) * 2).exp().sum().item()
            conv = torch.nn.functional.conv2d(torch.ones(2, 3, 20, 20), torch.ones(4, 3, 3, 3)).sum().item()
            try:
                torch.ones(2) @ torch.ones(3)
            except RuntimeError:
                pass
            values[torch.__name__] = [loss.item(), model[0].weight.grad.sum().item(), big, conv]
    first, second = values["torch"], values["LIBRARY"]
    assert all(abs(a - b) <= 1e-5 * max(1, abs(a)) for a, b in zip(first, second)), values
    """)


def test_tensors_of_both_do_not_mix(library):
    theirs = pytest.importorskip("torch", reason="needs PyTorch beside tiny_torch")
    if library is theirs:
        pytest.skip("needs two libraries")
    with pytest.raises(TypeError):
        library.ones(2) + theirs.ones(2)
    with pytest.raises(TypeError):
        library.add(library.ones(2), theirs.ones(2))


# --------------------------------------------------------------------------------------------------------------- the alias
ALIASED = """
import multiprocessing, sys

def check(queue):
    import torch
    import torch.nn.functional as F
    import tiny_torch
    queue.put((torch is tiny_torch, F is tiny_torch.nn.functional, torch.ones(2).sum().item()))

if __name__ == "__main__":
    import torch
    import torch.nn as nn
    from torch.utils.data import DataLoader
    import tiny_torch
    assert torch is tiny_torch and nn is tiny_torch.nn and sys.modules["torch.nn"] is sys.modules["tiny_torch.nn"]
    assert nn.Linear.__module__.startswith("torch.nn"), nn.Linear.__module__
    import importlib.metadata
    assert importlib.metadata.version("torch").split("+")[0] == torch.__version__.split("+")[0]
    for method in ("spawn", "forkserver", "fork"):
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=check, args=(queue,))
        process.start()
        answer = queue.get(timeout=60)
        process.join()
        assert answer == (True, True, 2.0), (method, answer)
    print("aliased")
"""


@pytest.mark.skipif(NAME == "torch", reason="the alias is tiny_torch's")
def test_alias_reaches_spawned_and_forkserver_workers(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(ALIASED)
    assert "aliased" in run("", "-m", "tiny_torch", str(script), folder=tmp_path)


@pytest.mark.skipif(NAME == "torch", reason="the alias is tiny_torch's")
def test_install_as_torch():
    run("""
    import tiny_torch
    tiny_torch.install_as_torch()
    import torch
    import torch.optim as optim
    import torch.nn.functional as F
    from torch import nn
    from torch.utils.data import Dataset
    assert torch is tiny_torch and optim is tiny_torch.optim and F is tiny_torch.nn.functional
    tiny_torch.install_as_torch()
    """)


@pytest.mark.skipif(NAME == "torch", reason="the alias is tiny_torch's")
def test_alias_after_pytorch_is_refused():
    pytest.importorskip("torch", reason="needs PyTorch beside tiny_torch")
    run("""
    import torch
    import tiny_torch
    try:
        tiny_torch.install_as_torch()
    except (RuntimeError, ImportError):
        pass
    else:
        assert torch is not tiny_torch
        import sys
        raise SystemExit("two libraries under one name: " + repr(sys.modules["torch"]))
    """)


# ----------------------------------------------------------------------------------------------------------------- symbols
def own_libraries():
    import importlib.util

    folder = os.path.dirname(importlib.util.find_spec("tiny_torch").origin)
    found = glob.glob(os.path.join(folder, "**", "*.so*"), recursive=True)
    return [path for path in found if not re.match(r"lib(dnnl|gomp)", os.path.basename(path))]


@pytest.mark.skipif(NAME == "torch", reason="about tiny_torch's files")
@pytest.mark.skipif(shutil.which("nm") is None, reason="nm (binutils) is missing")
def test_no_symbol_in_namespaces_of_pytorch():
    libraries = own_libraries()
    assert libraries
    foreign = re.compile(r"(?<![\w:])(at|c10|torch|caffe2|c10d)::")
    for path in libraries:
        done = subprocess.run(["nm", "-D", "--defined-only", "-C", path], capture_output=True, text=True, check=True)
        bad = [line for line in done.stdout.splitlines() if foreign.search(line)]
        assert not bad, f"{path} exports {len(bad)}, such as {bad[:5]}"


@pytest.mark.skipif(NAME == "torch", reason="about tiny_torch's files")
@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf (binutils) is missing")
def test_openmp_symbols_are_old_enough():
    """PyTorch's libgomp may be the one in the process: nothing newer than GOMP_5.0 may be needed."""
    for path in own_libraries():
        done = subprocess.run(["readelf", "-V", "-W", path], capture_output=True, text=True, check=True)
        needed = set(re.findall(r"Name: (GOMP_[\d.]+|OMP_[\d.]+)", done.stdout))
        newer = [n for n in needed if tuple(map(int, n.split("_")[1].split("."))) > (5, 0)]
        assert not newer, f"{path} needs {newer}"


# ----------------------------------------------------------------------------------------------------- checks before writes
def bad_writes(torch):
    index = torch.tensor([0, 1, 2, 99])
    two = torch.tensor([[0, 1], [99, 0]])
    return {
        "index_put_": lambda x: x.index_put_((index,), torch.tensor(7.0)),
        "index_put_ accumulate": lambda x: x.index_put_((index,), torch.ones(4, 4), accumulate=True),
        "x[index] = v": lambda x: x.__setitem__(index, 7.0),
        "x[index, index] = v": lambda x: x.__setitem__((torch.tensor([0, 1]), torch.tensor([0, -99])), 7.0),
        "scatter_": lambda x: x.scatter_(0, two, torch.ones(2, 2)),
        "scatter_ value": lambda x: x.scatter_(1, two, 7.0),
        "scatter_add_": lambda x: x.scatter_add_(0, two, torch.ones(2, 2)),
        "scatter_ negative": lambda x: x.scatter_(0, torch.tensor([[0, -1]]), 7.0),
        "masked_fill_": lambda x: x.masked_fill_(torch.ones(3, 5, dtype=torch.bool), 7.0),
        "mask of another shape": lambda x: x.__setitem__(torch.ones(5, dtype=torch.bool), 7.0),
        "copy_": lambda x: x.copy_(torch.ones(3, 5)),
        "add_": lambda x: x.add_(torch.ones(2, 3, 4)),
    }


@pytest.mark.parametrize("name", bad_writes(__import__("types").SimpleNamespace(tensor=lambda *a, **k: None)))
def test_nothing_is_written_before_all_indices_are_checked(library, name):
    x = library.zeros(3, 4)
    with pytest.raises((IndexError, RuntimeError)):
        bad_writes(library)[name](x)
    assert (x == 0).all().item()


def test_large_index_is_checked_before_writing(library):
    """Large enough for several threads, with the bad index at the end."""
    index = library.arange(200000) % 1000
    index[-1] = 1000
    x = library.zeros(1000)
    for call in (
        lambda: x.index_put_((index,), library.tensor(1.0)),
        lambda: x.scatter_add_(0, index, library.ones(200000)),
        lambda: x.scatter_(0, index, 1.0),
    ):
        with pytest.raises((IndexError, RuntimeError)):
            call()
        assert (x == 0).all().item()


REFUSALS = {
    "add": lambda t, out: t.add(t.ones(2, 3), t.ones(4), out=out),
    "sum": lambda t, out: t.sum(t.ones(2, 3), 5, out=out),
    "mm": lambda t, out: t.mm(t.ones(2, 3), t.ones(2, 3), out=out),
    "bmm": lambda t, out: t.bmm(t.ones(2, 3, 4), t.ones(2, 3, 4), out=out),
    "cat": lambda t, out: t.cat([t.ones(2, 3), t.ones(2, 4)], out=out),
    "gather": lambda t, out: t.gather(t.ones(2, 3), 0, t.tensor([[9, 0]]), out=out),
    "index_select": lambda t, out: t.index_select(t.ones(2, 3), 0, t.tensor([0, 9]), out=out),
    "cumsum": lambda t, out: t.cumsum(t.ones(2, 3), 7, out=out),
    "topk": lambda t, out: t.topk(t.ones(2, 3), 9, out=(out, t.empty(0, dtype=t.int64))),
    "exp": lambda t, out: t.exp("x", out=out),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_out_keeps_its_size_when_the_call_is_refused(library, name):
    out = library.full((7,), 3.0)
    with pytest.raises((IndexError, RuntimeError, TypeError)):
        REFUSALS[name](library, out)
    if NAME == "torch" and name in ("gather", "index_select"):
        pytest.skip("PyTorch resizes first here")
    assert tuple(out.shape) == (7,)
    assert (out == 3).all().item()


def test_out_of_a_dtype_that_loses_keeps_its_size(library):
    out = library.full((7,), 3)
    with pytest.raises(RuntimeError):
        library.add(library.ones(2), library.ones(2), out=out)
    if NAME != "torch":
        assert tuple(out.shape) == (7,)
