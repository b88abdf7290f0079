"""Says what of a build's needs this machine has, what is missing and how to get it.

    python tools/check_env.py [--json]

Exit status 1 when a build would fail (a line marked MISSING), 0 when only optional parts are absent.
Run it with the interpreter that the build would use; `make diagnose` does.
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile

REQUIRED, OPTIONAL = "required", "optional"


def output_of(command):
    """The combined output of `command`, or None when it can't be run or fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def version_in(text):
    match = re.search(r"\d+(\.\d+)+", text or "")
    return match.group(0) if match else None


def at_least(version, wanted):
    return [int(part) for part in version.split(".")[: len(wanted)]] >= list(wanted)


def compiler():
    return os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")


def compiles(source, *flags):
    """Whether the C++ compiler builds `source` into a shared library."""
    if not compiler():
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "probe.cpp")
        with open(path, "w") as file:
            file.write(source)
        command = [compiler(), "-std=c++17", "-fPIC", "-shared", path, "-o", os.path.join(folder, "probe.so")]
        return output_of(command + list(flags)) is not None


def program(name, wanted, remedy, kind=REQUIRED):
    """A check for a program on PATH or beside the interpreter, of at least version `wanted`."""
    path = shutil.which(name, path=os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", ""))
    version = version_in(output_of([path, "--version"])) if path else None
    good = path is not None and (wanted is None or (version is not None and at_least(version, wanted)))
    return {"name": name, "kind": kind, "ok": good, "found": f"{version} ({path})" if path else None, "remedy": remedy}


def module(name, package, kind=REQUIRED, why=""):
    """A check for an importable Python module."""
    found = None
    if importlib.util.find_spec(name) is not None:
        from importlib import metadata

        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            found = "found"
    return {
        "name": package + why,
        "kind": kind,
        "ok": found is not None,
        "found": found,
        "remedy": f"pip install {package}",
    }


def check_python():
    version = platform.python_version()
    python = {
        "name": "Python >= 3.10",
        "kind": REQUIRED,
        "ok": sys.version_info >= (3, 10),
        "found": f"{version} ({sys.executable})",
        "remedy": "install a newer Python, or name one: make PYTHON=python3.12",
    }
    header = os.path.join(sysconfig.get_paths()["include"], "Python.h")
    yield python
    yield {
        "name": "Python.h",
        "kind": REQUIRED,
        "ok": os.path.exists(header),
        "found": header if os.path.exists(header) else None,
        "remedy": "apt-get install python3-dev",
    }
    in_venv = sys.prefix != sys.base_prefix
    yield {
        "name": "venv",
        "kind": REQUIRED,
        "ok": in_venv or importlib.util.find_spec("ensurepip") is not None,
        "found": sys.prefix if in_venv else "available" if importlib.util.find_spec("ensurepip") else None,
        "remedy": "apt-get install python3-venv",
    }


def check_compiler():
    path = compiler()
    banner = (output_of([path, "--version"]) or "").splitlines() if path else []
    yield {
        "name": "C++17 compiler",
        "kind": REQUIRED,
        "ok": compiles("#include <optional>\nstd::optional<int> f() { return 1; }\n"),
        "found": f"{banner[0]} ({path})" if banner else None,
        "remedy": "apt-get install g++ (9 or newer)",
    }
    openmp = compiles("#include <omp.h>\nint f() { return omp_get_max_threads(); }\n", "-fopenmp")
    yield {
        "name": "OpenMP",
        "kind": OPTIONAL,
        "ok": openmp,
        "found": "-fopenmp works" if openmp else None,
        "remedy": "apt-get install g++; without it threads come from std::thread and oneDNN is left out",
    }
    for name, header, package, why in (
        ("Highway (SIMD)", "hwy/highway.h", "libhwy-dev", "without it kernels run as scalar code"),
        ("GoogleTest", "gtest/gtest.h", "libgtest-dev", "without it the C++ tests are not built"),
    ):
        good = compiles(f"#include <{header}>\n")
        yield {
            "name": name,
            "kind": OPTIONAL,
            "ok": good,
            "found": header if good else None,
            "remedy": f"apt-get install {package}; {why}",
        }


def check_onednn():
    found = None
    from importlib import metadata

    try:
        found = "PyPI package, " + metadata.version("onednn-devel-cpu-gomp")
    except metadata.PackageNotFoundError:
        if compiles("#include <dnnl.hpp>\n#if DNNL_VERSION_MAJOR < 3\n#error old\n#endif\n", "-ldnnl"):
            found = "on the system"
    return {
        "name": "oneDNN >= 3.0",
        "kind": OPTIONAL,
        "ok": found is not None,
        "found": found,
        "remedy": "pip install onednn-devel-cpu-gomp; without it matrix products and convolutions are slow",
    }


def check_cuda():
    home = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    nvcc = shutil.which("nvcc") or shutil.which(os.path.join(home, "bin", "nvcc"))
    release = re.search(r"release ([\d.]+)", output_of([nvcc, "--version"]) or "") if nvcc else None
    return {
        "name": "CUDA (nvcc)",
        "kind": OPTIONAL,
        "ok": nvcc is not None,
        "found": f"{release.group(1) if release else 'unknown version'} ({nvcc})" if nvcc else None,
        "remedy": "install NVIDIA's CUDA toolkit (12.9 or newer), or set CUDA_HOME; without it the build is CPU-only",
    }


def check_memory():
    try:
        gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError):
        gib = 0.0
    free = shutil.disk_usage(os.getcwd()).free / 2**30
    yield {
        "name": "memory >= 2 GiB",
        "kind": OPTIONAL,
        "ok": gib >= 2,
        "found": f"{gib:.1f} GiB, {os.cpu_count()} processors",
        "remedy": "build with JOBS=1",
    }
    yield {
        "name": "disk >= 2 GiB",
        "kind": REQUIRED,
        "ok": free >= 2,
        "found": f"{free:.1f} GiB free",
        "remedy": "free some space, or build elsewhere: make BUILD=/other/disk",
    }


def all_checks():
    yield from check_python()
    yield from check_compiler()
    yield program("cmake", (3, 22), "pip install cmake")
    yield program("ninja", None, "pip install ninja; or build with USE_NINJA=0", OPTIONAL)
    yield program("strip", None, "apt-get install binutils")
    yield module("yaml", "pyyaml")
    yield module("nanobind", "nanobind")
    yield module("scikit_build_core", "scikit-build-core", OPTIONAL, " (for pip install .)")
    yield check_onednn()
    yield module("scipy_openblas32", "scipy-openblas32", OPTIONAL, " (LAPACK for linear algebra)")
    yield check_cuda()
    yield program("ccache", None, "apt-get install ccache; rebuilds get faster", OPTIONAL)
    yield program("mold", None, "apt-get install mold; links get faster", OPTIONAL)
    yield module("numpy", "numpy", OPTIONAL)
    yield module("torch", "torch", OPTIONAL, " (the tests' oracle)")
    yield from check_memory()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a list of records instead of a table")
    as_json = parser.parse_args().json
    checks = list(all_checks())
    failed = [check for check in checks if check["kind"] == REQUIRED and not check["ok"]]
    if as_json:
        print(json.dumps(checks, indent=2))
        return 1 if failed else 0
    for check in checks:
        mark = "ok     " if check["ok"] else "MISSING" if check["kind"] == REQUIRED else "absent "
        line = f"{mark}  {check['name']:<36} {check['found'] or '-'}"
        print(line.rstrip() if check["ok"] else f"{line}\n{'':9}-> {check['remedy']}")
    print(f"A build would fail: {len(failed)} missing." if failed else "A build can be made here.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
