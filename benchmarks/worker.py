"""The process that one library lives in: builds, checks and times the cases that the runner asks for.

Talks JSON lines: a request on standard input, an answer on the original standard output (prints go to standard error).
"""

import gc
import importlib
import itertools
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.cases import CASES, Data  # noqa: E402


def load(name, threads):
    torch = importlib.import_module(name)
    torch.set_num_threads(threads)
    return torch


def compiled(statement):
    """(function(names, count) that runs the statement count times, code that leaves its value in `value`)."""
    try:
        first = compile(f"value = ({statement})", "case", "exec")
    except SyntaxError:
        first = compile(statement, "case", "exec")
    names = "\n".join("        " + line for line in statement.splitlines())
    source = f"def loop(_rounds, {{arguments}}):\n    for _ in _rounds:\n{names}\n"
    return source, first


class Running:
    """One case, built: its operands, its checked value, and a loop to time."""

    def __init__(self, torch, case):
        self.statement, self.names = case.build(torch, Data(torch))
        source, first = compiled(self.statement)
        scope = dict(self.names)
        exec(first, scope)
        self.value = numbers(scope.get("value"))
        made = {}
        exec(source.format(arguments=", ".join(self.names)), made)
        self.loop = made["loop"]

    def run(self, count):
        """Seconds that `count` executions take."""
        rounds = itertools.repeat(None, count)
        start = time.perf_counter()
        self.loop(rounds, **self.names)
        return time.perf_counter() - start

    def count_for(self, seconds):
        """How many executions take about `seconds`, at least 1."""
        count, spent = 1, self.run(1)
        spent = min(spent, self.run(1))
        while spent < seconds / 10 and count < 10**7:
            count *= 4
            spent = self.run(count)
        return max(1, int(count * seconds / max(spent, 1e-9)))


def numbers(value):
    """Up to 64 evenly spaced elements and the mean of a result, as floats; None when there is nothing to compare."""
    if value is None:
        return None
    if isinstance(value, (tuple, list)):
        return [n for part in value for n in numbers(part)]
    flat = value.detach().reshape(-1).numpy().astype("float64")
    return [float(v) for v in flat[:: max(1, flat.size // 64)][:64]] + [float(flat.mean())]


def serve():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch, running, count = load(sys.argv[1], int(sys.argv[2])), None, 1
    gc.disable()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "build":
                running = None
                gc.collect()
                running = Running(torch, CASES[request["case"]])
                count = running.count_for(request["seconds"])
                answer = {"value": running.value, "count": count}
            else:
                answer = {"seconds": running.run(count) / count}
        except Exception as error:  # noqa: BLE001 the runner reports it with the case
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve()
