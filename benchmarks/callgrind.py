"""Instruction counts of the overhead cases under valgrind: exact where timings on a busy machine are not.

Run as a program (callgrind.py LIBRARY CASE ...) this is the process inside valgrind: it switches counting on around a loop
through client requests, for which a few lines of C are compiled on the way.
"""

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COUNT = 200
EMPTY = "nothing"

REQUESTS = """
#include <valgrind/callgrind.h>
void counting_on(void) { CALLGRIND_ZERO_STATS; CALLGRIND_START_INSTRUMENTATION; }
void counting_off(const char* name) { CALLGRIND_DUMP_STATS_AT(name); CALLGRIND_STOP_INSTRUMENTATION; }
"""


def build_requests(folder):
    source, library = (os.path.join(folder, "requests.c"), os.path.join(folder, "requests.so"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(REQUESTS)
    compiler = next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
    if compiler is None:
        return None
    done = subprocess.run([compiler, "-O1", "-shared", "-fPIC", source, "-o", library], capture_output=True, text=True)
    return library if done.returncode == 0 else None


def counts(library, cases, environment):
    """Instructions per execution of each case, {name: count}, or a text that says why there are none."""
    if shutil.which("valgrind") is None:
        return "valgrind is missing (apt-get install valgrind)"
    with tempfile.TemporaryDirectory() as folder:
        requests = build_requests(folder)
        if requests is None:
            return "no C compiler, or valgrind/callgrind.h is missing"
        command = [
            "valgrind",
            "--tool=callgrind",
            "--instr-atstart=no",
            f"--callgrind-out-file={folder}/out",
            sys.executable,
            os.path.abspath(__file__),
            requests,
            library,
            *cases,
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
        if done.returncode:
            return f"{library} under valgrind: status {done.returncode}: {done.stderr.strip()[-300:]}"
        totals = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                text = file.read()
            trigger = re.search(r"desc: Trigger: Client Request: (.*)", text)
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            if trigger and total:
                totals[trigger.group(1).strip()] = int(total.group(1))
    floor = totals.get(EMPTY, 0)
    return {name: (totals[name] - floor) // COUNT for name in cases if name in totals}


def add_counts(rows, cases, theirs, ours, environment):
    """Counts both libraries and prints the table; adds the numbers to the rows."""
    from benchmarks import report

    found = {}
    for library in (theirs, ours):
        found[library] = counts(library, cases, environment)
        if isinstance(found[library], str):
            print(f"no instruction counts: {found[library]}")
            return
    print("instructions per execution")
    for row in rows:
        pair = [found[library].get(row["case"]) for library in (theirs, ours)]
        if None not in pair:
            row["instructions"] = {"theirs": pair[0], "ours": pair[1]}
            report.counts(row["case"], *pair)


def inside():
    """The part that runs under valgrind."""
    sys.path.insert(0, ROOT)
    from benchmarks import worker
    from benchmarks.cases import CASES

    requests, library, *names = sys.argv[1:]
    switch = ctypes.PyDLL(requests)
    torch = worker.load(library, 1)

    def counted(name, run):
        run(COUNT)
        label = name.encode()
        switch.counting_on()
        run(COUNT)
        switch.counting_off(label)

    def nothing(count):
        for _ in range(count):
            pass

    counted(EMPTY, nothing)
    for name in names:
        counted(name, worker.Running(torch, CASES[name]).run)


if __name__ == "__main__":
    inside()
