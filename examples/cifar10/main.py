"""Trains a convolutional network on small colour images: a plain PyTorch program.

    python -m tiny_torch examples/cifar10/main.py --data cifar-10-binary.tar.gz     # with tiny-torch
    python examples/cifar10/main.py --data cifar-10-binary.tar.gz                   # with PyTorch, unmodified

--data names CIFAR-10's archive (its "binary version") or the folder it was unpacked to. Without it the program colours
Fashion-MNIST, so that there is something to train on: the garment is the class, its colour and the background's are noise.
"""

import argparse
import gzip
import math
import os
import struct
import sys
import tarfile
import time

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F

FASHION = "/usr/share/datasets/fashion-mnist"
RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue planes
PARTS = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}


# ---------------------------------------------------------------------------------------------------------------- data
def read_files(path, names):
    """Yields the contents of the named files in a folder or a tar archive (bytes)."""
    if os.path.isdir(path):
        nested = os.path.join(path, "cifar-10-batches-bin")
        folder = nested if os.path.isdir(nested) else path
        for name in names:
            try:
                with open(os.path.join(folder, name), "rb") as file:
                    yield file.read()
            except OSError as error:
                sys.exit(f"{error.filename}: {error.strerror}; expected CIFAR-10's binary version")
        return
    try:
        with tarfile.open(path) as archive:
            members = {os.path.basename(member.name): member for member in archive if member.isfile()}
            for name in names:
                if name not in members:
                    sys.exit(f"{path}: {name} is not in it; expected CIFAR-10's binary version")
                yield archive.extractfile(members[name]).read()
    except (OSError, EOFError, tarfile.TarError) as error:
        sys.exit(f"{path}: {error}")


def read_cifar(path, split):
    """Returns images, uint8 [N, 3, 32, 32], and labels, int64 [N], of "train" or "test"."""
    images, labels = [], []
    for name, data in zip(PARTS[split], read_files(path, PARTS[split])):
        if not data or len(data) % RECORD:
            sys.exit(f"{path}: {name} has {len(data)} bytes, not a multiple of {RECORD}")
        records = torch.from_numpy(numpy.frombuffer(data, numpy.uint8).reshape(-1, RECORD).copy())
        if records[:, 0].max() > 9:
            sys.exit(f"{path}: {name} has a label of {records[:, 0].max().item()}, expected 0 to 9")
        labels.append(records[:, 0].long())
        images.append(records[:, 1:].reshape(-1, 3, 32, 32))
    return torch.cat(images), torch.cat(labels)


def read_idx(path):
    """Reads a gzipped idx file of unsigned bytes as a uint8 tensor of the shape its header gives."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        sys.exit(f"{path}: {error}. Give CIFAR-10 with --data, or apt-get install dataset-fashion-mnist.")
    if len(data) < 4 or data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        sys.exit(f"{path}: not an idx file of unsigned bytes")
    start = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    if len(data) - start != math.prod(shape):
        sys.exit(f"{path}: the header promises {math.prod(shape)} bytes, the file holds {len(data) - start}")
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=start).reshape(shape).copy())


def coloured_fashion(folder, split, limit, generator):
    """Fashion-MNIST as colour images: uint8 [N, 3, 32, 32], each a mixture of a random fore- and background colour."""
    name = {"train": "train", "test": "t10k"}[split]
    gray = read_idx(os.path.join(folder, f"{name}-images-idx3-ubyte.gz"))
    labels = read_idx(os.path.join(folder, f"{name}-labels-idx1-ubyte.gz")).long()
    if gray.dim() != 3 or labels.dim() != 1 or len(gray) != len(labels):
        sys.exit(f"{folder}: {list(gray.shape)} images do not fit {list(labels.shape)} labels")
    gray, labels = gray[:limit], labels[:limit]
    amount = F.pad(gray.float() / 255, (2, 2, 2, 2)).unsqueeze(1)
    colours = torch.rand(2, len(gray), 3, 1, 1, generator=generator)
    front, back = 0.5 + 0.5 * colours[0], 0.5 * colours[1]
    return ((front * amount + back * (1 - amount)) * 255).round().to(torch.uint8), labels


def augment(images):
    """Shifts a batch [N, 3, 32, 32] by up to 4 pixels and mirrors half of it; the shift is one for the batch."""
    row, column = torch.randint(0, 9, (2,)).tolist()
    images = F.pad(images, (4, 4, 4, 4))[:, :, row : row + 32, column : column + 32]
    mirrored = torch.rand(len(images), 1, 1, 1) < 0.5
    return torch.where(mirrored, images.flip(3), images)


# --------------------------------------------------------------------------------------------------------------- model
def block(inputs, outputs):
    """Two 3x3 convolutions, the second halving height and width."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Net(nn.Module):
    """Three blocks and a linear layer on the mean over the image: float [N, 3, 32, 32] -> scores [N, 10]."""

    def __init__(self, width=32):
        super().__init__()
        self.features = nn.Sequential(block(3, width), block(width, 2 * width), block(2 * width, 4 * width))
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(4 * width, 10)

    def forward(self, x):
        return self.head(self.dropout(self.features(x).mean((2, 3))))


# ------------------------------------------------------------------------------------------------------------ training
@torch.no_grad()
def accuracy(model, images, labels, mean, std):
    """Share of correct answers, in per cent."""
    model.eval()
    right = 0
    for part, truth in zip(images.split(500), labels.split(500)):
        right += (model((part.float() / 255 - mean) / std).argmax(1) == truth).sum().item()
    return 100 * right / len(labels)


def main():
    parser = argparse.ArgumentParser(
        description="Trains a convolutional network on CIFAR-10 or coloured Fashion-MNIST."
    )
    parser.add_argument("--data", metavar="PATH", help="CIFAR-10's archive or folder, binary version")
    parser.add_argument("--fashion", default=FASHION, metavar="DIR", help="idx files used without --data (%(default)s)")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--limit", type=int, default=10000, help="use the first N training images (%(default)s)")
    parser.add_argument("--test-limit", type=int, default=2000, help="use the first N test images (%(default)s)")
    parser.add_argument("--steps", type=int, default=0, help="stop after N steps")
    parser.add_argument("--width", type=int, default=32, help="channels of the first block (%(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="0 leaves the library's own choice")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    if args.data:
        images, labels = read_cifar(args.data, "train")
        test_images, test_labels = read_cifar(args.data, "test")
    else:
        generator = torch.Generator().manual_seed(args.seed)
        images, labels = coloured_fashion(args.fashion, "train", args.limit, generator)
        test_images, test_labels = coloured_fashion(args.fashion, "test", args.test_limit, generator)
    images, labels = images[: args.limit], labels[: args.limit]
    test_images, test_labels = test_images[: args.test_limit], test_labels[: args.test_limit]
    std, mean = torch.std_mean(images.float() / 255, dim=(0, 2, 3), keepdim=True)

    model = Net(args.width)
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4, nesterov=True)
    total = args.epochs * math.ceil(len(images) / args.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=total)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{len(images)} training images, {parameters} parameters, {torch.get_num_threads()} threads")

    step = 0
    for epoch in range(1, args.epochs + 1):
        start, losses = time.perf_counter(), []
        model.train()
        for index in torch.randperm(len(images)).split(args.batch_size):
            batch = augment((images[index].float() / 255 - mean) / std)
            loss = F.cross_entropy(model(batch), labels[index], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            step += 1
            if step == args.steps:
                break
        seconds = time.perf_counter() - start
        print(
            f"epoch {epoch}: {seconds:.1f} s, loss {sum(losses) / len(losses):.4f}, "
            f"test accuracy {accuracy(model, test_images, test_labels, mean, std):.2f} %",
            flush=True,
        )
        if step == args.steps:
            break


if __name__ == "__main__":
    main()
