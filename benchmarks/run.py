"""Compares tiny_torch with PyTorch case by case.

    python benchmarks/run.py                                  # everything: table with ratios and whether targets are met
    python benchmarks/run.py --cases 'overhead|a \\+ b' --rounds 10 --threads 1
    python benchmarks/run.py --callgrind                      # also the instructions of the overhead cases (needs valgrind)

Each library lives in its own process with the same number of threads; they are timed in turn, and the best of several rounds
counts. Before timing, the values of both are compared. --cases is a regular expression searched in the name and the kind.
"""

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from benchmarks import callgrind, report  # noqa: E402
from benchmarks.cases import CASES, TARGETS  # noqa: E402

IMPORT = """
import os, sys, time
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before, start = resident(), time.perf_counter()
import {library}
print(time.perf_counter() - start, resident() - before)
"""


def environment(threads):
    variables = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), PYTHONHASHSEED="0")
    variables["PYTHONPATH"] = os.pathsep.join([ROOT] + [p for p in [os.environ.get("PYTHONPATH")] if p])
    return variables


class Library:
    """A worker process with one library loaded."""

    def __init__(self, name, threads):
        self.name = name
        command = [sys.executable, os.path.join(ROOT, "benchmarks", "worker.py"), name, str(threads)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads)
        )

    def ask(self, **request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SystemExit(f"{self.name}: its process ended with status {self.process.wait()} at {request}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def equal(mine, theirs):
    """Whether two checked values agree up to float32 rounding."""
    if mine is None or theirs is None:
        return mine is theirs
    scale = max([abs(v) for v in theirs if math.isfinite(v)] or [0.0])
    return len(mine) == len(theirs) and all(
        math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-4 * scale) or a == b for a, b in zip(mine, theirs)
    )


def compare(case, theirs, ours, rounds, seconds):
    """One row of the result: best seconds per call of both, ratio, and what went wrong, if anything."""
    row = {"case": case.name, "kind": case.kind, "target": TARGETS[case.kind]}
    built = {}
    for library in (theirs, ours):
        built[library] = library.ask(do="build", case=case.name, seconds=seconds)
        if "error" in built[library]:
            return {**row, "error": f"{library.name}: {built[library]['error']}"}
    if not equal(built[ours]["value"], built[theirs]["value"]):
        row["error"] = f"values differ: {built[ours]['value'][:4]} and {built[theirs]['value'][:4]}"
        return row
    best = {theirs: math.inf, ours: math.inf}
    for _ in range(rounds):
        for library in (theirs, ours):
            answer = library.ask(do="time")
            if "error" in answer:
                return {**row, "error": f"{library.name}: {answer['error']}"}
            best[library] = min(best[library], answer["seconds"])
    return finish({**row, "theirs": best[theirs], "ours": best[ours]})


def finish(row):
    row["ratio"] = row["ours"] / row["theirs"]
    row["reached"] = row["ratio"] <= row["target"]
    return row


def imports(theirs, ours, rounds, threads):
    """Rows for the time and the resident memory that importing takes, each import in a process of its own."""
    best = {name: [math.inf, math.inf] for name in (theirs, ours)}
    for _ in range(rounds):
        for name in (theirs, ours):
            output = subprocess.run(
                [sys.executable, "-c", IMPORT.format(library=name)],
                env=environment(threads),
                capture_output=True,
                text=True,
                cwd=ROOT,
            )
            if output.returncode:
                last = output.stderr.strip().splitlines()[-1:]
                return [
                    {
                        "case": "import",
                        "kind": "import",
                        "target": TARGETS["import"],
                        "error": f"{name}: {' '.join(last)}",
                    }
                ]
            best[name] = [min(a, float(b)) for a, b in zip(best[name], output.stdout.split())]
    rows = []
    for i, case in enumerate(["import, time", "import, resident memory"]):
        row = {
            "case": case,
            "kind": "import",
            "target": TARGETS["import"],
            "theirs": best[theirs][i],
            "ours": best[ours][i],
        }
        rows.append(finish({**row, "unit": "bytes" if i else "s"}))
    return rows


def arguments(argv):
    parser = argparse.ArgumentParser(description="Compares tiny_torch with PyTorch, each in its own process.")
    parser.add_argument("--cases", default="", metavar="REGEX", help="only cases whose name or kind matches")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7, help="the best round counts (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of one timing (%(default)s)")
    parser.add_argument("--callgrind", action="store_true", help="count the instructions of the overhead cases")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--plot", metavar="FILE", help="bar chart (needs matplotlib)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed or a case fails")
    parser.add_argument("--list", action="store_true", help="only list the cases")
    parser.add_argument("--theirs", default="torch", metavar="MODULE")
    parser.add_argument("--ours", default="tiny_torch", metavar="MODULE")
    return parser.parse_args(argv)


def main(argv=None):
    args = arguments(argv)
    cases = [c for c in CASES.values() if re.search(args.cases, c.name) or re.search(args.cases, c.kind)]
    if args.list:
        for c in cases:
            print(f"{c.kind:10} {c.name}")
        return
    report.header(args)
    rows = []
    if re.search(args.cases, "import"):
        rows += imports(args.theirs, args.ours, max(3, args.rounds // 2), args.threads)
        for row in rows:
            report.line(row)
    if cases:
        theirs, ours = (Library(args.theirs, args.threads), Library(args.ours, args.threads))
        for c in cases:
            rows.append(compare(c, theirs, ours, args.rounds, args.seconds))
            report.line(rows[-1])
        theirs.close()
        ours.close()
    if args.callgrind:
        callgrind.add_counts(
            rows, [c.name for c in cases if c.kind == "overhead"], args.theirs, args.ours, environment(1)
        )
    report.summary(rows)
    if args.json:
        facts = {
            "threads": args.threads,
            "python": platform.python_version(),
            "machine": report.processor(),
            "rows": rows,
        }
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(facts, file, indent=1)
    if args.plot:
        report.plot(rows, args.plot)
    if args.check and not all(row.get("reached") for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
