"""Formats the C++ and CUDA sources that git tracks with clang-format, or with --check says which would change.

python tools/format_cpp.py [--check] [FILE...]
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

SUFFIXES = (".h", ".cpp", ".cu", ".cuh")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a file is not formatted")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    beside = pathlib.Path(sys.executable).parent / "clang-format"
    program = str(beside) if beside.exists() else shutil.which("clang-format")
    if program is None:
        sys.exit("clang-format not found: `pip install clang-format`")
    files = arguments.files
    if not files:
        listed = subprocess.run(["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True).stdout
        files = [name for name in listed.splitlines() if name.endswith(SUFFIXES)]
    if not files:
        return 0
    options = ["--dry-run", "--Werror"] if arguments.check else ["-i"]
    return subprocess.run([program, *options, *files], cwd=root).returncode


if __name__ == "__main__":
    sys.exit(main())
