"""Trains the example programs with PyTorch and with tiny-torch from the same seed, and compares the losses step by step.

    python -m benchmarks.same_training [--steps N] [mnist] [transformer]

In float32 two correct libraries drift apart, because they add in different orders. How far is tolerable is measured: the
distance between PyTorch on one thread and PyTorch on two, from the first step up to each step. Ours may be `FACTOR` times
that; the first step, before anything has drifted, is held to `FIRST`. In float64 nothing has room to drift: `DOUBLE`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FASHION = "/usr/share/datasets/fashion-mnist"
FIRST, FACTOR, DOUBLE = 1e-6, 3.0, 1e-9


def command(program, steps, dtype, threads, losses, folder):
    """Arguments of an example program, for so many steps."""
    common = ["--seed", "3", "--threads", str(threads), "--dtype", dtype, "--losses", losses]
    script = os.path.join(ROOT, "examples", program, "main.py")
    if program == "mnist":
        batch = 64 if dtype == "float32" else 16
        size = ["--epochs", "1", "--limit", str(batch * steps), "--batch-size", str(batch), "--test-limit", "100"]
        return [script, *common, *size, "--out", folder]
    text = os.path.join(ROOT, "examples", "gpt", "text.txt")
    return [script, *common, "--steps", str(steps), "--batch", "8", "--sample", "0", "--text", text, "--dropout", "0.1"]


def losses_of(library, program, steps, dtype, threads):
    """The losses of all steps, from a run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "losses.json")
        start = [sys.executable, *(["-m", "tiny_torch"] if library == "tiny_torch" else [])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")])}
        done = subprocess.run(
            start + command(program, steps, dtype, threads, file, folder),
            capture_output=True,
            text=True,
            env=environment,
            cwd=ROOT,
            timeout=580,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} with {library} failed:\n{done.stderr[-3000:]}")
        with open(file, encoding="utf-8") as text:
            return json.load(text)


def distances(left, right):
    """The largest difference up to each step."""
    largest, result = 0.0, []
    for a, b in zip(left, right):
        largest = max(largest, abs(a - b))
        result.append(largest)
    return result


def compare_single(program, steps, show=print):
    """Returns what is wrong in float32 (a list of str, empty if nothing)."""
    one, two = (losses_of("torch", program, steps, "float32", threads) for threads in (1, 2))
    ours, theirs = distances(losses_of("tiny_torch", program, steps, "float32", 2), two), distances(one, two)
    show(f"{program}, float32, {len(two)} steps: loss {two[0]:.4f} -> {two[-1]:.4f}")
    show("  step      tiny-torch to PyTorch   PyTorch, 1 to 2 threads")
    for step in sorted({0, 1, 2, 4, 9, 19, 49, 99, 199, len(two) - 1}):
        if step < len(two):
            show(f"  {step + 1:4d}   {ours[step]:22.2e}   {theirs[step]:22.2e}")
    wrong = []
    if ours[0] > FIRST:
        wrong.append(f"{program}: first step differs by {ours[0]:.2e}, allowed {FIRST:.0e}")
    for step in range(1, len(two)):
        # Below FIRST both are the rounding of a single loss, which says nothing.
        if ours[step] > max(FACTOR * theirs[step], FIRST):
            wrong.append(
                f"{program}: step {step + 1} differs by {ours[step]:.2e}, PyTorch from itself by {theirs[step]:.2e}"
            )
            break
    return wrong


def compare_double(program, steps, show=print):
    """The same in float64."""
    theirs = losses_of("torch", program, steps, "float64", 2)
    ours = distances(losses_of("tiny_torch", program, steps, "float64", 2), theirs)
    show(f"{program}, float64, {len(theirs)} steps: first {ours[0]:.2e}, largest {ours[-1]:.2e}")
    return [] if ours[-1] <= DOUBLE else [f"{program}: float64 differs by {ours[-1]:.2e}, allowed {DOUBLE:.0e}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", default=["mnist", "transformer"])
    parser.add_argument("--steps", type=int, default=100)
    args = parser.parse_args()
    wrong = []
    for program in args.programs:
        wrong += compare_single(program, args.steps)
        wrong += compare_double(program, args.steps)
    print("\n".join(wrong) or "no loss is further away than it may be")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
