"""Trains a transformer to guess the next word of this project's documentation: a plain PyTorch program.

    python -m tiny_torch examples/transformer/main.py       # with tiny-torch
    python examples/transformer/main.py                     # with PyTorch, unmodified

The encoder of torch.nn (Vaswani et al., "Attention Is All You Need", 2017) with a causal mask. Prints the perplexity on the
last tenth of the text, which is not trained on, and writes a few words. --text trains on another file or folder.
"""

import argparse
import collections
import json
import math
import os
import re
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs")


def read_words(path):
    """Words, numbers and punctuation marks of a text file, or of all .md files below a folder, in order."""
    if os.path.isdir(path):
        files = sorted(
            os.path.join(at, name) for at, _, names in os.walk(path) for name in names if name.endswith(".md")
        )
    else:
        files = [path]
    words = []
    for file in files:
        try:
            with open(file, encoding="utf-8") as text:
                words += re.findall(r"\w+|[^\w\s]", text.read().lower())
        except OSError as error:
            sys.exit(f"{file}: {error.strerror}")
    if len(words) < 500:
        sys.exit(f"{path}: only {len(words)} words; give a longer text with --text")
    return words


class Model(nn.Module):
    """Word numbers int64 [B, T] -> scores of the next word [B, T, vocabulary]."""

    def __init__(self, vocabulary, context, width=64, heads=4, layers=2, dropout=0.1):
        super().__init__()
        self.context = context
        self.embedding = nn.Embedding(vocabulary, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.head = nn.Linear(width, vocabulary)
        nn.init.normal_(self.embedding.weight, std=0.1)
        nn.init.zeros_(self.head.bias)

        place = torch.arange(context).unsqueeze(1)
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        waves = torch.stack([torch.sin(place * rate), torch.cos(place * rate)], dim=-1).flatten(1)
        self.register_buffer("positions", 0.1 * waves, persistent=False)
        self.register_buffer("mask", torch.ones(context, context, dtype=torch.bool).triu(1), persistent=False)

    def forward(self, words):
        length = words.size(1)
        x = self.embedding(words) + self.positions[:length]
        x = self.encoder(x, mask=self.mask[:length, :length], is_causal=True)
        return self.head(x)


@torch.no_grad()
def perplexity(model, data):
    """exp of the mean cross entropy per word over `data` (int64 [N]), in windows of the model's context."""
    model.eval()
    total, count = 0.0, 0
    for start in range(0, len(data) - 1, model.context):
        part = data[start : start + model.context + 1]
        total += F.cross_entropy(model(part[None, :-1])[0], part[1:], reduction="sum").item()
        count += len(part) - 1
    return math.exp(total / count)


@torch.no_grad()
def generate(model, words, count):
    """Appends `count` sampled words to `words` (int64 [1, T])."""
    model.eval()
    for _ in range(count):
        chances = F.softmax(model(words[:, -model.context :])[:, -1] / 0.8, dim=-1)
        words = torch.cat([words, torch.multinomial(chances, 1)], dim=1)
    return words


def train(model, data, args, report):
    """Runs args.steps steps of AdamW on random windows of `data` (int64 [N]); returns the losses as floats."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=args.steps, pct_start=0.1)
    window = torch.arange(model.context)
    losses = []
    model.train()
    for step in range(args.steps):
        index = torch.randint(len(data) - model.context, (args.batch, 1)) + window
        scores = model(data[index])
        loss = F.cross_entropy(scores.flatten(0, 1), data[index + 1].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        report(step, losses[-1])
    return losses


def main():
    parser = argparse.ArgumentParser(description="Trains a transformer to guess the next word.")
    parser.add_argument("--text", default=DOCS, metavar="PATH", help="a text, or a folder of .md files (docs/)")
    parser.add_argument("--vocabulary", type=int, default=1000, help="the most frequent words (%(default)s)")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0 leaves the library's own choice")
    parser.add_argument("--sample", type=int, default=60, metavar="N", help="words to write at the end")
    parser.add_argument("--losses", metavar="FILE", help="write the losses as a JSON list")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_default_dtype(getattr(torch, args.dtype))
    torch.manual_seed(args.seed)

    words = read_words(args.text)
    kept = [word for word, _ in collections.Counter(words).most_common(args.vocabulary - 1)]
    number = {word: i + 1 for i, word in enumerate(kept)}  # 0 stands for all others
    data = torch.tensor([number.get(word, 0) for word in words])
    cut = len(data) - max(len(data) // 10, args.context + 1)
    model = Model(len(kept) + 1, args.context, dropout=args.dropout)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{len(words)} words, {len(kept) + 1} different ones kept; {parameters} parameters")
    print(f"before: perplexity {perplexity(model, data[cut:]):.1f}")

    start = time.perf_counter()

    def report(step, loss):
        if step % 50 == 0 or step == args.steps - 1:
            print(f"step {step:4d}   loss {loss:.4f}   {time.perf_counter() - start:6.1f} s", flush=True)

    losses = train(model, data[:cut], args, report)
    print(f"after: perplexity {perplexity(model, data[cut:]):.1f}")
    if args.losses:
        with open(args.losses, "w", encoding="utf-8") as file:
            json.dump(losses, file)
    if args.sample:
        kept.insert(0, "...")
        print(" ".join(kept[i] for i in generate(model, data[:1].view(1, 1), args.sample)[0].tolist()))


if __name__ == "__main__":
    main()
