"""Fails on source files of 800 lines or more: a longer file is to be split by operator or by concern.

python tools/check_lengths.py [FILE...]      (without files: everything that git tracks)
"""

import pathlib
import subprocess
import sys

LIMIT = 800
SUFFIXES = {".h", ".cpp", ".cu", ".cuh", ".py", ".pyi", ".cmake", ".yaml", ".sh"}


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    names = sys.argv[1:]
    if not names:
        names = subprocess.run(
            ["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True
        ).stdout.splitlines()
    wrong = 0
    for name in names:
        path = root / name
        if path.suffix in SUFFIXES and path.is_file():
            lines = path.read_bytes().count(b"\n")
            if lines >= LIMIT:
                print(f"{name}: {lines} lines, the limit is {LIMIT}")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
