"""Holds wrong calls against PyTorch: the same built-in exception class, or a valid result where PyTorch gives one; never a crash.

    python tests/python/fuzz/wrong_calls.py --calls 10000 --seed 0
    python tests/python/fuzz/wrong_calls.py --only 4711            # one call, with both tracebacks

Half of the calls are near misses: a valid call with one dimension, dtype, index or argument off. The calls run in a child process
under faulthandler with its memory limited; after a crash or a hang a new child goes on with the next call.
"""

import argparse
import collections
import faulthandler
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
# The repository comes last, so that a library built elsewhere can be tested (PYTHONPATH).
sys.path.insert(0, os.path.dirname(HERE))
sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(HERE))))

FAULTS = ["CRASH", "HANG", "CLASS", "ACCEPTED", "REFUSED", "DIFFERENT"]
EXPLAIN = {
    "CRASH": "the process died",
    "HANG": "no answer in time",
    "CLASS": "another exception class than PyTorch's",
    "ACCEPTED": "a result where PyTorch refuses",
    "REFUSED": "refused where PyTorch gives a result",
    "DIFFERENT": "a result of another dtype, shape or structure",
    "same refusal": "both refuse alike",
    "both valid": "not wrong after all: both give a result of the same form",
    "beyond PyTorch": "PyTorch has no kernel for the dtype",
    "known": "a difference listed in known.py with its reason",
    "alone": "not asked of PyTorch, whose memory it would damage",
    "not run": "an argument cannot be moved over, or PyTorch itself crashes",
}


# -------------------------------------------------------------------------------------------------------- the child process
def limit_memory(extra):
    """Lets the address space grow by `extra` bytes at most, so that absurd sizes fail instead of filling the machine."""
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + extra, resource.RLIM_INFINITY))


def resolve(library, call):
    """The callable of a call in one library: a front function, indexing, or a dotted path."""
    from ops import calls

    from fuzz.near_misses import FRONT

    if call.path in FRONT:
        function = FRONT[call.path][0]
        return lambda *args, **kwargs: function(library, *args, **kwargs)
    if call.path in calls.SPECIAL:
        return calls.SPECIAL[call.path](library)
    return calls.find(library, call.path)


def form(result):
    """Structure, dtypes and shapes of a result."""
    from ops import compare

    leaves = []
    for path, kind, leaf in compare.flatten(result):
        if kind == "tensor":
            leaves.append((path, str(leaf.dtype), tuple(leaf.shape)))
        else:
            leaves.append((path, leaf if kind == "sequence" else type(leaf).__name__))
    return leaves


def judge(call, stage):
    """(verdict, text) for one call; `stage` is told which library is running."""
    from ops.calls import Raised, attempt
    from ops.libraries import oracle, tiny, to_tiny, unsupported

    try:
        moved = to_tiny(call.args), to_tiny(call.kwargs)
    except Exception as error:  # noqa: BLE001 for instance a dtype that cannot be moved
        return "not run", repr(error)
    if call.is_unsafe_in_oracle:
        stage("tiny")
        attempt(resolve(tiny, call), *moved)
        return "alone", ""
    stage("oracle")
    theirs = attempt(resolve(oracle, call), call.args, call.kwargs)
    their_form = None if isinstance(theirs, Raised) else form(theirs)
    stage("tiny")
    try:
        function = resolve(tiny, call)
    except AttributeError as error:
        return "REFUSED", f"missing: {error}"
    mine = attempt(function, *moved)
    if isinstance(theirs, Raised):
        if isinstance(mine, Raised):
            if issubclass(mine.kind, theirs.kind):
                return "same refusal", ""
            return ("beyond PyTorch" if unsupported(theirs.error) else "CLASS"), f"{mine}   PyTorch: {theirs}"
        return ("beyond PyTorch" if unsupported(theirs.error) else "ACCEPTED"), f"PyTorch: {theirs}"
    if isinstance(mine, Raised):
        return "REFUSED", f"{mine}"
    my_form = form(mine)
    if my_form != their_form and not (str(my_form) == str(their_form).replace("torch.", f"{tiny.__name__}.")):
        return "DIFFERENT", f"{my_form}   PyTorch: {their_form}"[:500]
    return "both valid", ""


def child(args):
    faulthandler.enable()
    import warnings

    warnings.simplefilter("ignore")
    from ops.libraries import oracle, tiny

    from fuzz.near_misses import Source

    for library in (oracle, tiny):
        library.set_num_threads(1)
    source = Source(args.seed, args.ops)
    oracle.randn(2, device="meta")  # what PyTorch imports late has to be there before memory is short
    if not args.sanitized:  # shadow memory is no memory; there, the sanitizer refuses large blocks
        limit_memory(3 << 30)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**what):
        print(json.dumps(what), file=answers, flush=True)

    for i in range(args.start, args.calls):
        call = source.call(i)
        say(i=i, call=repr(call))
        verdict, text = judge(call, lambda where: say(stage=where))
        say(verdict=verdict, text=text)
    say(end=True)


# ----------------------------------------------------------------------------------------------------------------- the parent
class Child:
    """A process that runs calls from `start` on; messages() ends when it does, with why."""

    def __init__(self, args, start):
        command = [
            sys.executable,
            os.path.abspath(__file__),
            "--child",
            "--start",
            str(start),
            "--calls",
            str(args.calls),
            "--seed",
            str(args.seed),
        ]
        command += (["--ops", args.ops] if args.ops else []) + (["--sanitized"] if args.sanitized else [])
        environment = dict(os.environ, OMP_NUM_THREADS="1")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    def messages(self, timeout):
        pending, errors, limit = b"", b"", 5 * timeout  # both libraries are imported before the first call
        streams = {self.process.stdout.fileno(): "out", self.process.stderr.fileno(): "err"}
        while True:
            ready, _, _ = select.select(list(streams), [], [], limit)
            if not ready:
                self.process.kill()
                self.process.wait()
                yield {"ended": "HANG", "text": f"no answer for {limit} s"}
                return
            for number in ready:
                data = os.read(number, 1 << 16)
                if streams[number] == "err":
                    errors = (errors + data)[-(1 << 16) :]
                    if not data:
                        del streams[number]
                    continue
                if not data:
                    status = self.process.wait()
                    text = errors.decode(errors="replace").strip()
                    report = [at for at in map(text.find, ("ERROR: AddressSanitizer", "runtime error:")) if at >= 0]
                    text = text[min(report) :] if report else text[-4000:]
                    yield {"ended": "CRASH", "text": f"status {status}: {text[:1500]}"}
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    limit = timeout
                    yield json.loads(line)


def run(args):
    """All verdicts: a Counter, and the faults as dictionaries."""
    counts, faults, start = collections.Counter(), [], args.start
    while start < args.calls:
        current, stage = None, "start"
        for message in Child(args, start).messages(args.timeout):
            if "call" in message:
                current, stage = message, "start"
            elif "stage" in message:
                stage = message["stage"]
            elif "verdict" in message:
                counts[message["verdict"]] += 1
                if message["verdict"] in FAULTS:
                    faults.append({**current, **message})
                start = current["i"] + 1
            elif "end" in message:
                start = args.calls
                break
            elif current is None or current["i"] < start:
                raise SystemExit(f"the child ended before its first call: {message['text']}")
            else:
                verdict = message["ended"] if stage == "tiny" else "not run"
                # Where bad_alloc would be thrown without a sanitizer, and what is slow or too much with one: 2^31 elements.
                given_up = message["ended"] == "HANG" or message["text"].startswith(f"status {-signal.SIGKILL}:")
                too_large = args.sanitized and given_up and str(2**31) in current["call"]
                if too_large or "allocator is out of memory" in message["text"]:
                    verdict = "not run"
                counts[verdict] += 1
                if verdict in FAULTS:
                    faults.append({**current, "verdict": verdict, "text": message["text"]})
                start = current["i"] + 1
    return counts, faults


def set_known_aside(counts, faults):
    """The faults that are not in known.py; the others are counted as known."""
    from fuzz import known

    left = []
    for fault in faults:
        if known.reason(fault) is None:
            left.append(fault)
        else:
            counts[fault["verdict"]] -= 1
            counts["known"] += 1
    return left


def show(counts, faults, limit):
    for verdict in FAULTS:
        group = [f for f in faults if f["verdict"] == verdict]
        for fault in group[:limit]:
            print(f"{verdict} {fault['i']}: {fault['call']}\n    {fault['text'][:600]}")
        if len(group) > limit:
            print(f"... {len(group) - limit} more {verdict}")
    total = sum(counts.values())
    for verdict, count in counts.most_common():
        if count == 0:
            continue
        print(f"{count:7d}  {verdict:15} {EXPLAIN[verdict]}")
    print(
        f"{total - len(faults)} of {total} calls as PyTorch, {len(faults)} not; {counts['CRASH']} crashes, {counts['HANG']} hangs"
    )


def only(args):
    """Runs one call here and prints what both libraries say to it."""
    from ops.libraries import oracle, tiny, to_tiny

    from fuzz.near_misses import Source

    call = Source(args.seed, args.ops).call(args.only)
    print(call)
    for value in call.args + list(call.kwargs.items()):
        print("   ", value)
    for library in (oracle, tiny):
        print(f"--- {library.__name__}")
        moved = (to_tiny(call.args), to_tiny(call.kwargs)) if library is tiny else (call.args, call.kwargs)
        try:
            print(resolve(library, call)(*moved[0], **moved[1]))
        except Exception:  # noqa: BLE001
            traceback.print_exc(limit=-3)


def main(argv=None):
    parser = argparse.ArgumentParser(description="Holds wrong calls against PyTorch.")
    parser.add_argument("--calls", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--ops", metavar="REGEX", help="only ops whose name matches")
    parser.add_argument("--only", type=int, metavar="I", help="run call I alone and show it")
    parser.add_argument("--show", type=int, default=10, help="faults to print of each kind (%(default)s)")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--json", metavar="FILE", help="write all faults")
    parser.add_argument(
        "--sanitized", action="store_true", help="the library was built with sanitizers: only crashes count"
    )
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child:
        return child(args)
    if args.only is not None:
        return only(args)
    begin = time.time()
    counts, faults = run(args)
    faults = set_known_aside(counts, faults)
    show(counts, faults, args.show)
    print(f"seed {args.seed}, {time.time() - begin:.0f} s")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"counts": counts, "faults": faults}, file, indent=1)
    if args.sanitized:
        return 1 if counts["CRASH"] else 0  # without a limit of memory, billions of elements are computed
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
