"""Trains a small convolutional network on Fashion-MNIST: a plain PyTorch program.

    python -m tiny_torch examples/mnist/main.py     # with tiny-torch
    python examples/mnist/main.py                   # with PyTorch, unmodified

Reads the four idx files (gzipped or not) from --data, prints progress, time and test accuracy of every epoch, saves the
weights to demo/model.pt, loads them back, and draws demo/training.png.
"""

import argparse
import gzip
import json
import math
import os
import struct
import sys
import time

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
DEFAULT_DATA = "/usr/share/datasets/fashion-mnist"


# ---------------------------------------------------------------------------------------------------------------- data
def read_idx(folder, name):
    """Reads one idx file of unsigned bytes, `name` or `name`.gz, as a uint8 tensor of the shape its header gives."""
    path = os.path.join(folder, name)
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz", "rb") as file:
            data = file.read()
    elif os.path.exists(path):
        with open(path, "rb") as file:
            data = file.read()
    else:
        sys.exit(
            f"{path}[.gz] not found. Fashion-MNIST comes with Debian and Ubuntu (apt-get install "
            "dataset-fashion-mnist); another copy in idx format is named with --data DIR."
        )
    if len(data) < 4 or data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        sys.exit(f"{path}: not an idx file of unsigned bytes")
    start = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    if len(data) - start != math.prod(shape):
        sys.exit(f"{path}: the header promises {math.prod(shape)} bytes, the file holds {len(data) - start}")
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=start).reshape(shape).copy())


def read_split(folder, split):
    """Returns images, floats [N, 1, 28, 28] in 0 to 1, and labels, int64 [N]; `split` is "train" or "t10k"."""
    images = read_idx(folder, f"{split}-images-idx3-ubyte").to(torch.get_default_dtype()).div(255).unsqueeze(1)
    labels = read_idx(folder, f"{split}-labels-idx1-ubyte").to(torch.int64)
    if images.size(0) != labels.size(0):
        sys.exit(f"{folder}: {images.size(0)} images, but {labels.size(0)} labels")
    return images, labels


# --------------------------------------------------------------------------------------------------------------- model
class Net(nn.Module):
    """Two 3x3 convolutions with pooling and two linear layers: [N, 1, 28, 28] -> [N, 10] scores."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


# ------------------------------------------------------------------------------------------------------------ training
class Progress:
    """A progress bar on standard output; where that is no terminal, only the finished bar is printed."""

    def __init__(self, title, total):
        self.title, self.total = title, total
        self.start = self.shown = time.perf_counter()
        self.live = sys.stdout.isatty()

    def show(self, done, loss):
        now = time.perf_counter()
        last = done >= self.total
        if not last and (not self.live or now - self.shown < 0.1):
            return
        self.shown = now
        filled = 30 * done // self.total
        bar = "#" * filled + "." * (30 - filled)
        rate = done / max(now - self.start, 1e-9)
        print(
            f"{self.title} [{bar}] {100 * done // self.total:3d} %  loss {loss:.4f}  {rate:7.0f} images/s",
            end="\n" if last else "\r",
            flush=True,
        )


def train_epoch(model, optimizer, images, labels, batch_size, title):
    """One pass over the data in a random order; returns the mean loss and the loss of every batch (floats)."""
    model.train()
    progress = Progress(title, images.size(0))
    total, done, curve = 0.0, 0, []
    for index in torch.randperm(images.size(0)).split(batch_size):
        loss = F.cross_entropy(model(images[index]), labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        value = loss.item()
        total += value * len(index)
        done += len(index)
        curve.append(value)
        progress.show(done, total / done)
    return total / done, curve


@torch.no_grad()
def predict(model, images):
    """Predicted classes, int64 [N]."""
    model.eval()
    return torch.cat([model(part).argmax(1) for part in images.split(1000)])


def accuracy(predictions, labels):
    """Share of equal entries, in per cent."""
    return 100 * (predictions == labels).sum().item() / labels.size(0)


# ------------------------------------------------------------------------------------------------------------- picture
def draw(path, losses, epochs, accuracies, images, labels, predictions):
    """Writes loss and accuracy curves and 24 test images with their predictions (wrong ones in red) to `path`."""
    try:
        import matplotlib
    except ImportError:
        print(f"{path} not drawn: matplotlib is missing (pip install matplotlib)")
        return
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(13, 7), constrained_layout=True)
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.2])
    upper, lower = left.subplots(2, 1)
    upper.plot([epochs * i / len(losses) for i in range(len(losses))], losses, linewidth=0.8)
    upper.set(title="training loss", xlabel="epoch", ylim=(0, None))
    lower.plot(range(1, len(accuracies) + 1), accuracies, marker="o")
    lower.set(title="test accuracy (%)", xlabel="epoch")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    right.suptitle("test images and predictions")
    for i, axes in enumerate(right.subplots(4, 6).flat):
        guess, truth = predictions[i].item(), labels[i].item()
        axes.imshow(images[i, 0].numpy(), cmap="gray_r")
        axes.set_axis_off()
        if guess == truth:
            axes.set_title(CLASSES[guess], fontsize=9, color="green")
        else:
            axes.set_title(f"{CLASSES[guess]}\nis {CLASSES[truth]}", fontsize=9, color="red")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(f"{path} drawn")


# ---------------------------------------------------------------------------------------------------------------- main
def parse_arguments():
    parser = argparse.ArgumentParser(description="Trains a convolutional network on Fashion-MNIST.")
    parser.add_argument("--data", default=DEFAULT_DATA, metavar="DIR", help="folder with the idx files (%(default)s)")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=0, help="0 leaves the library's own choice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0, help="use only the first N training images")
    parser.add_argument("--test-limit", type=int, default=0, help="use only the first N test images")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--losses", metavar="FILE", help="write the loss of every step as a JSON list")
    parser.add_argument(
        "--out", default="demo", metavar="DIR", help="folder for model.pt and training.png (%(default)s)"
    )
    return parser.parse_args()


def main():
    args = parse_arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_default_dtype(getattr(torch, args.dtype))
    torch.manual_seed(args.seed)
    images, labels = read_split(args.data, "train")
    if args.limit:
        images, labels = images[: args.limit], labels[: args.limit]
    test_images, test_labels = read_split(args.data, "t10k")
    if args.test_limit:
        test_images, test_labels = test_images[: args.test_limit], test_labels[: args.test_limit]
    os.makedirs(args.out, exist_ok=True)

    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{images.size(0)} training images, {parameters} parameters, {torch.get_num_threads()} threads")

    losses, accuracies, seconds = [], [], []  # losses: of every step
    for epoch in range(1, args.epochs + 1):
        start = time.perf_counter()
        mean, curve = train_epoch(model, optimizer, images, labels, args.batch_size, f"epoch {epoch}/{args.epochs}")
        seconds.append(time.perf_counter() - start)
        losses += curve
        predictions = predict(model, test_images)
        accuracies.append(accuracy(predictions, test_labels))
        print(f"epoch {epoch}: {seconds[-1]:.1f} s, loss {mean:.4f}, test accuracy {accuracies[-1]:.2f} %", flush=True)
    if not seconds:
        sys.exit("nothing to do: --epochs is 0")

    path = os.path.join(args.out, "model.pt")
    torch.save(model.state_dict(), path)
    restored = Net()
    restored.load_state_dict(torch.load(path))
    again = accuracy(predict(restored, test_images), test_labels)
    if again != accuracies[-1]:
        sys.exit(f"{path}: loaded back, the accuracy is {again:.2f} %, not {accuracies[-1]:.2f} %")
    print(f"{path} saved and loaded back: {again:.2f} %")
    if args.losses:
        with open(args.losses, "w", encoding="utf-8") as file:
            json.dump(losses, file)
    draw(
        os.path.join(args.out, "training.png"),
        losses[::20],
        args.epochs,
        accuracies,
        test_images,
        test_labels,
        predictions,
    )
    print(f"{sum(seconds) / len(seconds):.1f} s per epoch (best {min(seconds):.1f} s)")


if __name__ == "__main__":
    main()
