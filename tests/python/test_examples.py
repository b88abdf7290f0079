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


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    """A folder of made-up images in Fashion-MNIST's files."""
    numpy = pytest.importorskip("numpy")
    folder = tmp_path_factory.mktemp("fashion")
    generator = numpy.random.default_rng(0)
    for split, count in (("train", 200), ("t10k", 50)):
        write_idx(folder / f"{split}-images-idx3-ubyte.gz", generator.integers(0, 256, (count, 28, 28)))
        write_idx(folder / f"{split}-labels-idx1-ubyte.gz", generator.integers(0, 10, count))
    return str(folder)


def test_cifar10_program_without_the_archive(fashion):
    output = run(NAME, "cifar10/main.py", "--fashion", fashion, "--steps", "4", "--width", "8", "--batch-size", "16")
    assert "200 training images" in output and "test accuracy" in output


def test_cifar10_program_with_the_archive(tmp_path):
    import io
    import tarfile

    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
            # Class 0 is dark, class 1 bright.
            data = b"".join(bytes([i % 2]) + bytes([60 + 120 * (i % 2) + i]) * 3072 for i in range(40))
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    options = ["--width", "8", "--batch-size", "20", "--epochs", "2", "--lr", "0.05"]
    output = run(NAME, "cifar10/main.py", "--data", str(archive), *options)
    assert "200 training images" in output and float(output.split("test accuracy ")[-1].split(" %")[0]) > 80, output
    with gzip.open(archive, "rb") as file:
        data = file.read()
    with gzip.open(archive, "wb") as file:
        file.write(data[: len(data) // 2])
    with pytest.raises(AssertionError, match="cifar-10-binary.tar.gz"):
        run(NAME, "cifar10/main.py", "--data", str(archive))


@pytest.mark.parametrize("network", ["resnet18", "resnet50"])
def test_resnet_program(fashion, network):
    options = ["--arch", network, "--steps", "2", "--batch-size", "4", "--limit", "8", "--test-limit", "4"]
    output = run(NAME, "resnet/main.py", "--data", fashion, *options)
    assert network in output and "test accuracy" in output


RESNETS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import torch, resnet

described = {}
with torch.device("meta"):
    for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"):
        model = getattr(resnet, name)()
        described[name] = [sum(p.numel() for p in model.parameters()), list(model.state_dict())]
model = resnet.resnet18(zero_init_residual=True)
assert model(torch.zeros(2, 3, 64, 48)).shape == (2, 1000) and model.layer1[0].bn2.weight.eq(0).all()
print(json.dumps(described))
"""


def test_resnet_has_the_parameters_of_torchvision(tmp_path):
    """Names and counts as torchvision documents them."""
    script = tmp_path / "resnets.py"
    script.write_text(RESNETS)
    described = json.loads(run(NAME, str(script), os.path.join(ROOT, "examples", "resnet")))
    assert {name: (count, len(names)) for name, (count, names) in described.items()} == {
        "resnet18": (11689512, 122),
        "resnet34": (21797672, 218),
        "resnet50": (25557032, 320),
        "resnet101": (44549160, 626),
        "resnet152": (60192808, 932),
    }
    assert {
        "conv1.weight",
        "bn1.running_mean",
        "bn1.num_batches_tracked",
        "layer1.0.downsample.0.weight",
        "layer1.0.downsample.1.bias",
        "layer3.5.conv3.weight",
        "layer4.2.bn3.weight",
        "fc.bias",
    } <= set(described["resnet50"][1])


def test_vae_program(fashion, tmp_path):
    output = run(NAME, "vae/main.py", "--data", fashion, "--steps", "20", "--epochs", "9", "--out", str(tmp_path))
    values = [float(line.split("test ")[1]) for line in output.splitlines() if "test " in line]
    assert values[-1] < values[0], output
    assert (tmp_path / "vae.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_transformer_program(tmp_path):
    text = os.path.join(ROOT, "examples", "gpt", "text.txt")
    losses = tmp_path / "losses.json"
    options = ["--text", text, "--steps", "30", "--batch", "8", "--context", "32", "--sample", "5"]
    output = run(NAME, "transformer/main.py", *options, "--losses", str(losses))
    before, after = (float(part.split()[0]) for part in output.split("perplexity ")[1:])
    assert after < 0.8 * before and len(json.loads(losses.read_text())) == 30, output


PROGRAMS = {"mnist": 30, "transformer": 12}


@pytest.fixture(scope="module")
def same_training():
    pytest.importorskip("torch", reason="compares with PyTorch")
    sys.path.insert(0, ROOT)
    from benchmarks import same_training

    return same_training


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_train_as_with_pytorch(same_training, program):
    """100 steps of both take `python -m benchmarks.same_training`; here fewer, unless everything is asked for."""
    if program == "mnist" and not os.path.isdir(same_training.FASHION):
        pytest.skip("Fashion-MNIST is not installed (dataset-fashion-mnist)")
    steps = 100 if os.environ.get("TINY_TORCH_TEST_FULL") else PROGRAMS[program]
    assert same_training.compare_single(program, steps) == []
    assert same_training.compare_double(program, steps) == []


def test_mnist_program_says_where_data_comes_from(tmp_path):
    script = os.path.join(ROOT, "examples", "mnist", "main.py")
    command = [sys.executable, *(["-m", "tiny_torch"] if NAME == "tiny_torch" else []), script, "--data", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 1 and "dataset-fashion-mnist" in done.stderr, done.stderr
