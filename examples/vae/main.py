"""Trains a variational autoencoder on Fashion-MNIST and draws garments of its own: a plain PyTorch program.

    python -m tiny_torch examples/vae/main.py       # with tiny-torch
    python examples/vae/main.py                     # with PyTorch, unmodified

Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2013. Prints the negative evidence lower bound per image in
nats, on training and test images, and writes demo/vae.png: test images, what the network makes of them, and samples.
"""

import argparse
import gzip
import math
import os
import struct
import sys
import time
import zlib

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F

DEFAULT_DATA = "/usr/share/datasets/fashion-mnist"


def read_images(folder, split, limit):
    """Returns float images [N, 784] in 0 to 1; `split` is "train" or "t10k"."""
    path = os.path.join(folder, f"{split}-images-idx3-ubyte.gz")
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        sys.exit(
            f"{path}: {error}. Fashion-MNIST comes with Debian and Ubuntu (apt-get install dataset-fashion-mnist)."
        )
    if len(data) < 16 or data[:4] != b"\0\0\x08\x03":
        sys.exit(f"{path}: not an idx file of images of unsigned bytes")
    shape = struct.unpack(">3I", data[4:16])
    if shape[1:] != (28, 28) or len(data) - 16 != math.prod(shape):
        sys.exit(f"{path}: the header says {list(shape)}, the file holds {len(data) - 16} bytes; expected [N, 28, 28]")
    pixels = numpy.frombuffer(data, numpy.uint8, offset=16).reshape(-1, 784)[:limit].copy()
    return torch.from_numpy(pixels).float() / 255


class VAE(nn.Module):
    """Float images [N, 784] -> scores of the pixels [N, 784], mean and log variance of the code [N, `code`]."""

    def __init__(self, hidden=400, code=20):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, hidden), nn.ReLU())
        self.mean = nn.Linear(hidden, code)
        self.log_variance = nn.Linear(hidden, code)
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, 784))

    def forward(self, x):
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        # Written as a function of the noise, the sample has a gradient with respect to mean and variance.
        code = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean) if self.training else mean
        return self.decoder(code), mean, log_variance


def negative_elbo(scores, images, mean, log_variance):
    """Reconstruction error plus Kullback-Leibler divergence from a standard normal code; a 0-d tensor, summed."""
    error = F.binary_cross_entropy_with_logits(scores, images, reduction="sum")
    divergence = -0.5 * torch.sum(1 + log_variance - mean**2 - log_variance.exp())
    return error + divergence


@torch.no_grad()
def evaluate(model, images):
    """Mean of `negative_elbo` per image, with the code at its mean."""
    model.eval()
    total = 0.0
    for part in images.split(500):
        scores, mean, log_variance = model(part)
        total += negative_elbo(scores, part, mean, log_variance).item()
    return total / len(images)


def write_png(path, pixels):
    """Writes uint8 [H, W] as a grayscale PNG file."""
    height, width = pixels.shape

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(row) for row in pixels.tolist())
    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        )


@torch.no_grad()
def draw(model, images, path):
    """A grid of 16 columns: images, their reconstructions, and three rows of samples."""
    model.eval()
    code = torch.randn(48, model.mean.out_features)
    rows = torch.cat([images[:16], torch.sigmoid(model(images[:16])[0]), torch.sigmoid(model.decoder(code))])
    grid = rows.view(-1, 16, 28, 28).transpose(1, 2).reshape(-1, 16 * 28)
    write_png(path, (grid * 255).round().to(torch.uint8))
    print(f"{path} drawn")


def main():
    parser = argparse.ArgumentParser(description="Trains a variational autoencoder on Fashion-MNIST.")
    parser.add_argument("--data", default=DEFAULT_DATA, metavar="DIR", help="folder with the idx files (%(default)s)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--code", type=int, default=20, help="numbers in the code (%(default)s)")
    parser.add_argument("--limit", type=int, default=60000, help="use the first N training images (%(default)s)")
    parser.add_argument("--steps", type=int, default=0, help="stop after N steps")
    parser.add_argument("--threads", type=int, default=0, help="0 leaves the library's own choice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="demo", metavar="DIR", help="folder for vae.png (%(default)s)")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    images = read_images(args.data, "train", args.limit)
    test_images = read_images(args.data, "t10k", 2000)
    model = VAE(code=args.code)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    print(f"{len(images)} images, {sum(p.numel() for p in model.parameters())} parameters")
    print(f"before: test {evaluate(model, test_images):.2f}")

    step = 0
    for epoch in range(1, args.epochs + 1):
        start, total, seen = time.perf_counter(), 0.0, 0
        model.train()
        for index in torch.randperm(len(images)).split(args.batch_size):
            batch = images[index]
            scores, mean, log_variance = model(batch)
            loss = negative_elbo(scores, batch, mean, log_variance) / len(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
            seen += len(batch)
            step += 1
            if step == args.steps:
                break
        seconds = time.perf_counter() - start
        print(
            f"epoch {epoch}: {seconds:.1f} s, train {total / seen:.2f}, test {evaluate(model, test_images):.2f}",
            flush=True,
        )
        if step == args.steps:
            break
    os.makedirs(args.out, exist_ok=True)
    draw(model, test_images, os.path.join(args.out, "vae.png"))


if __name__ == "__main__":
    main()
