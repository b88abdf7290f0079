"""Trains a ResNet on Fashion-MNIST: a plain PyTorch program.

    python -m tiny_torch examples/resnet/main.py                      # with tiny-torch
    python examples/resnet/main.py                                    # with PyTorch, unmodified
    python -m tiny_torch examples/resnet/main.py --weights resnet18.pth   # starts from torchvision's file of weights

The networks are in resnet.py. The images are brought to three channels and --size pixels; the last layer has ten classes.
"""

import argparse
import gzip
import math
import os
import struct
import sys
import time

import numpy
import resnet
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

DEFAULT_DATA = "/usr/share/datasets/fashion-mnist"
NETWORKS = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


def read_idx(path):
    """Reads a gzipped idx file of unsigned bytes as a uint8 tensor of the shape its header gives."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        sys.exit(
            f"{path}: {error}. Fashion-MNIST comes with Debian and Ubuntu (apt-get install dataset-fashion-mnist)."
        )
    if len(data) < 4 or data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        sys.exit(f"{path}: not an idx file of unsigned bytes")
    start = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    if len(data) - start != math.prod(shape):
        sys.exit(f"{path}: the header promises {math.prod(shape)} bytes, the file holds {len(data) - start}")
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=start).reshape(shape).copy())


def read_split(folder, split, limit, size):
    """Returns normalised images, float [N, 3, size, size], and labels, int64 [N]; `split` is "train" or "t10k"."""
    images = read_idx(os.path.join(folder, f"{split}-images-idx3-ubyte.gz"))[:limit]
    labels = read_idx(os.path.join(folder, f"{split}-labels-idx1-ubyte.gz"))[:limit].long()
    if images.dim() != 3 or labels.dim() != 1 or len(images) != len(labels):
        sys.exit(f"{folder}: {list(images.shape)} images do not fit {list(labels.shape)} labels")
    images = (images.float().unsqueeze(1) / 255 - 0.286) / 0.353
    images = F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    return images.expand(-1, 3, -1, -1), labels


def load_weights(model, path):
    """Loads all of torchvision's weights except those of the last layer, which is for other classes."""
    weights = torch.load(path, map_location="cpu", weights_only=True)
    weights = {name: value for name, value in weights.items() if not name.startswith("fc.")}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if sorted(missing) != ["fc.bias", "fc.weight"] or unexpected:
        sys.exit(f"{path}: does not fit; missing {missing}, unexpected {unexpected}")


@torch.no_grad()
def accuracy(model, images, labels):
    """Share of correct answers, in per cent."""
    model.eval()
    right = sum((model(x).argmax(1) == y).sum().item() for x, y in zip(images.split(250), labels.split(250)))
    return 100 * right / len(labels)


def main():
    parser = argparse.ArgumentParser(description="Trains a ResNet on Fashion-MNIST.")
    parser.add_argument("--arch", choices=NETWORKS, default="resnet18")
    parser.add_argument("--data", default=DEFAULT_DATA, metavar="DIR", help="folder with the idx files (%(default)s)")
    parser.add_argument("--weights", metavar="FILE", help="a state dict with torchvision's names to start from")
    parser.add_argument("--size", type=int, default=32, help="height and width of the images (%(default)s)")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--limit", type=int, default=6000, help="use the first N training images (%(default)s)")
    parser.add_argument("--test-limit", type=int, default=1000, help="use the first N test images (%(default)s)")
    parser.add_argument("--steps", type=int, default=0, help="stop after N steps")
    parser.add_argument("--threads", type=int, default=0, help="0 leaves the library's own choice")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    images, labels = read_split(args.data, "train", args.limit, args.size)
    test_images, test_labels = read_split(args.data, "t10k", args.test_limit, args.size)
    model = getattr(resnet, args.arch)(num_classes=10)
    if args.weights:
        load_weights(model, args.weights)
    loader = DataLoader(TensorDataset(images, labels), batch_size=args.batch_size, shuffle=True, drop_last=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{args.arch}: {parameters} parameters, {len(images)} images, {torch.get_num_threads()} threads", flush=True)

    step = 0
    for epoch in range(1, args.epochs + 1):
        start, losses = time.perf_counter(), []
        model.train()
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if step == args.steps:
                break
        schedule.step()
        seconds = time.perf_counter() - start
        print(
            f"epoch {epoch}: {seconds:.1f} s, loss {sum(losses) / max(len(losses), 1):.4f}, "
            f"test accuracy {accuracy(model, test_images, test_labels):.2f} %",
            flush=True,
        )
        if step == args.steps:
            break


if __name__ == "__main__":
    main()
