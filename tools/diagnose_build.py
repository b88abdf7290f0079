"""Looks at a build folder: what it was configured with, what is stale or missing, where the time went.

    python tools/diagnose_build.py [--build DIR] [--slowest N]

Exit status 1 when the build is absent, incomplete or can't be imported; every finding comes with its remedy.
"""

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOWN = (
    "CMAKE_BUILD_TYPE",
    "CMAKE_CXX_COMPILER",
    "CMAKE_GENERATOR",
    "Python_EXECUTABLE",
    "_Python_EXECUTABLE",
    "WITH_CUDA",
    "WITH_ONEDNN",
    "OneDNN_LIBRARY",
    "WITH_HIGHWAY",
    "Highway_LIBRARY",
    "TINY_TORCH_SANITIZE",
    "CCACHE_PROGRAM",
    "MOLD_PROGRAM",
)


def read_cache(build):
    """The entries of CMakeCache.txt as a dictionary."""
    entries = {}
    for line in (build / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace").splitlines():
        name, equals, value = line.partition("=")
        if equals and ":" in name and not line.startswith(("#", "//")):
            entries[name.split(":", 1)[0]] = value
    return entries


def slowest_objects(build, count):
    """[(seconds, output)] of the slowest steps of the last builds, from Ninja's log; empty without one."""
    log = build / ".ninja_log"
    if not log.exists():
        return []
    seconds = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        fields = line.split("\t")
        if len(fields) >= 4 and fields[3].endswith(".o"):
            seconds[fields[3]] = (int(fields[1]) - int(fields[0])) / 1000
    return sorted(((time, name) for name, time in seconds.items()), reverse=True)[:count]


def unresolved(library):
    """The needed shared libraries that the loader doesn't find for `library`."""
    try:
        done = subprocess.run(["ldd", str(library)], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.split()[0] for line in done.stdout.splitlines() if "not found" in line]


def find_problems(build, cache):
    """Yields (problem, remedy)."""
    source = pathlib.Path(cache.get("CMAKE_HOME_DIRECTORY", ROOT))
    if source.resolve() != ROOT:
        yield f"{build} belongs to another source tree, {source}", f"rm -rf {build}"
    python = cache.get("Python_EXECUTABLE") or cache.get("_Python_EXECUTABLE")
    if python and not pathlib.Path(python).exists():
        yield f"the interpreter it was configured with is gone: {python}", f"rm {build}/CMakeCache.txt, then make build"
    for name in ("OneDNN_LIBRARY", "Highway_LIBRARY"):
        library = cache.get(name)
        if library and not library.endswith("-NOTFOUND") and not pathlib.Path(library).exists():
            yield f"{name} is gone: {library}", f"rm {build}/CMakeCache.txt, then make build"
    package = ROOT / "tiny_torch" if (ROOT / "tiny_torch" / "lib").is_dir() else build / "tiny_torch"
    for name in ("libtiny_torch.so", "libtiny_torch_python.so"):
        library = package / "lib" / name
        if not library.exists():
            yield f"{library} was not built", "make build"
        for missing in unresolved(library) if library.exists() else []:
            yield f"{library} needs {missing}, which is not found", "make build; if it stays, make clean build"
    if python and pathlib.Path(python).exists():
        done = subprocess.run([python, "-c", "import tiny_torch"], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            yield "import tiny_torch fails: " + (done.stderr.strip().splitlines() or ["no message"])[-1], "make build"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--slowest", type=int, default=10, metavar="N", help="how many object files to list")
    parser.add_argument("--only-slowest", action="store_true", help="list the slowest object files and nothing else")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    if not (build / "CMakeCache.txt").exists():
        print(f"{build}: no build here -> make build")
        return 1
    problems = []
    if not arguments.only_slowest:
        cache = read_cache(build)
        print(f"Build folder {build}")
        for name in SHOWN:
            if cache.get(name):
                print(f"  {name.lstrip('_'):<20} {cache[name]}")
        problems = list(find_problems(build, cache))
        for problem, remedy in problems:
            print(f"PROBLEM  {problem}\n         -> {remedy}")
        if not problems:
            print("No problem found.")
    slow = slowest_objects(build, arguments.slowest)
    if slow:
        print(f"The {len(slow)} slowest object files (seconds, when last compiled):")
    for seconds, name in slow:
        print(f"  {seconds:7.1f}  {name}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
