"""tools/check_env.py and tools/diagnose_build.py: what they find, what they miss, and their exit status."""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]


def run(tool, *arguments, **environment):
    command = [sys.executable, str(ROOT / "tools" / tool), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


def test_check_env_lists_every_check_with_a_remedy():
    done = run("check_env.py", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert checks["Python >= 3.10"]["ok"]
    assert sys.executable in checks["Python >= 3.10"]["found"]
    assert all(check["remedy"] for check in checks.values())
    assert done.returncode == any(check["kind"] == "required" and not check["ok"] for check in checks.values())


def test_check_env_fails_without_a_compiler():
    done = run("check_env.py", CXX="/nonexistent/c++")
    assert done.returncode == 1
    assert "MISSING  C++17 compiler" in done.stdout
    assert "apt-get install g++" in done.stdout


def test_diagnose_without_a_build(tmp_path):
    done = run("diagnose_build.py", "--build", tmp_path)
    assert done.returncode == 1
    assert "no build here" in done.stdout


def test_diagnose_names_stale_paths_and_slow_objects(tmp_path):
    (tmp_path / "CMakeCache.txt").write_text(
        f"CMAKE_HOME_DIRECTORY:INTERNAL={ROOT}\nOneDNN_LIBRARY:FILEPATH=/gone/libdnnl.so.3\n"
        "CMAKE_BUILD_TYPE:STRING=Release\n"
    )
    (tmp_path / ".ninja_log").write_text(
        "# ninja log v6\n0\t1500\t1\tfast.cpp.o\tab\n0\t90500\t1\tslow.cpp.o\tcd\n0\t99999\t1\tlib.so\tef\n"
    )
    done = run("diagnose_build.py", "--build", tmp_path, "--slowest", "1")
    assert done.returncode == 1
    assert "OneDNN_LIBRARY is gone: /gone/libdnnl.so.3" in done.stdout
    assert "90.5  slow.cpp.o" in done.stdout
    assert "fast.cpp.o" not in done.stdout
    assert "lib.so\n" not in done.stdout
