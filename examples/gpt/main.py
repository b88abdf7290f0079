"""Trains a small GPT, character by character, on a short story: a plain PyTorch program.

    python -m tiny_torch examples/gpt/main.py       # with tiny-torch
    python examples/gpt/main.py                     # with PyTorch, unmodified

With the same --seed both print the same losses up to rounding; --losses FILE writes them as JSON to compare.
"""

import argparse
import json
import math
import os
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

TEXT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "text.txt")


class Attention(nn.Module):
    """Causal self-attention with `heads` heads: [B, T, C] -> [B, T, C]."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        batch, time_steps, width = x.shape
        parts = self.qkv(x).split(width, dim=2)
        q, k, v = (p.view(batch, time_steps, self.heads, width // self.heads).transpose(1, 2) for p in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(batch, time_steps, width))


class Block(nn.Module):
    """One layer of the transformer, normalised before attention and before the two linear layers."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.mlp(self.norm2(x)))


class GPT(nn.Module):
    """Token ids int64 [B, T] -> scores of the next token [B, T, vocabulary]; T at most `context`."""

    def __init__(self, vocabulary, context, width=64, heads=4, layers=2, dropout=0.0):
        super().__init__()
        self.context = context
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.ModuleList([Block(width, heads, dropout) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight  # tied: one matrix for reading and for writing
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions(torch.arange(ids.size(1)))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def train(model, data, steps, batch, lr, report):
    """Runs `steps` steps of AdamW on random windows of `data` (int64 [N]); returns the losses as floats."""
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=lr, betas=(0.9, 0.99)
    )
    window = torch.arange(model.context)
    losses = []
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = lr * min((step + 1) / 20, 0.1 + 0.45 * (1 + math.cos(math.pi * step / steps)))
        index = torch.randint(len(data) - model.context - 1, (batch, 1)) + window
        scores = model(data[index])
        loss = F.cross_entropy(scores.view(-1, scores.size(-1)), data[index + 1].view(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        report(step, losses[-1])
    return losses


@torch.no_grad()
def generate(model, ids, count, temperature=0.8):
    """Appends `count` sampled tokens to `ids` (int64 [1, T])."""
    model.eval()
    for _ in range(count):
        scores = model(ids[:, -model.context :])[:, -1]
        chances = F.softmax(scores / temperature, dim=-1).cumsum(-1)
        choice = (chances < torch.rand(1, 1) * chances[:, -1:]).sum(-1, keepdim=True)
        ids = torch.cat([ids, choice], dim=1)
    return ids


def main():
    parser = argparse.ArgumentParser(description="Trains a small GPT on a short story.")
    parser.add_argument("--text", default=TEXT, metavar="FILE")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0 leaves the library's own choice")
    parser.add_argument("--sample", type=int, default=200, metavar="N", help="characters to write at the end")
    parser.add_argument("--losses", metavar="FILE", help="write the losses as a JSON list")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    with open(args.text, encoding="utf-8") as file:
        text = file.read()
    letters = sorted(set(text))
    number = {letter: i for i, letter in enumerate(letters)}
    data = torch.tensor([number[letter] for letter in text])
    model = GPT(len(letters), args.context, dropout=args.dropout)
    print(f"{len(text)} characters, {len(letters)} different; {sum(p.numel() for p in model.parameters())} parameters")

    start = time.perf_counter()

    def report(step, loss):
        if step % 50 == 0 or step == args.steps - 1:
            print(f"step {step:4d}   loss {loss:.4f}   {time.perf_counter() - start:6.1f} s", flush=True)

    losses = train(model, data, args.steps, args.batch, args.lr, report)
    if args.losses:
        with open(args.losses, "w", encoding="utf-8") as file:
            json.dump(losses, file)
    if args.sample:
        ids = generate(model, data[:1].view(1, 1), args.sample)
        print("".join(letters[i] for i in ids[0].tolist()))


if __name__ == "__main__":
    main()
