"""Which dtypes an `out=` may have: for every operator that has one, what PyTorch takes and what it refuses."""

import itertools
import warnings

import pytest

oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from ops import checks, oplist  # noqa: E402
from ops.calls import Raised, attempt, place_of  # noqa: E402

from . import near_misses, wrong_calls  # noqa: E402

DTYPES = [oracle.float32, oracle.float64, oracle.float16, oracle.int64, oracle.int32, oracle.uint8, oracle.bool]
OPS = [op for op in oplist.load() if "out" in op.variants and op.full not in near_misses.UNSAFE_IN_ORACLE]
# Operators that differ, with the reason. One that does not differ any more has to go.
ASIDE = {
    "as_strided_scatter": "PyTorch has its out= in C++ only",
    "diff": "PyTorch's diff of order 0 refuses to convert, unlike that of other orders",
    "ldexp": "an assertion inside of PyTorch fails for another floating dtype",
    "nansum": "PyTorch sums integers in bool, where the sum is lost",
    "normal": "PyTorch adds the means to an out= of another dtype before it has its size",
}


def calls(op, dtype):
    """One valid call for each place and dtype of `out`, that of the result excepted."""
    path = place_of(op.name)
    if path is None or dtype not in checks.dtypes_of(op):
        return
    for sample in checks.samples_of(op, dtype, 2)[:2]:
        args = checks.map_tensors(list(sample.args), near_misses.copied)
        result = attempt(wrong_calls.resolve(oracle, near_misses.Call(path, [], {}, "")), args, dict(sample.kwargs))
        results = result if isinstance(result, (tuple, list)) else (result,)
        if isinstance(result, Raised) or not all(isinstance(t, oracle.Tensor) for t in results):
            continue
        for at, own in enumerate(results):
            for other in [d for d in DTYPES if d != own.dtype]:
                outs = [oracle.empty(0, dtype=other if i == at else t.dtype) for i, t in enumerate(results)]
                kwargs = {**sample.kwargs, "out": outs[0] if len(outs) == 1 else tuple(outs)}
                yield near_misses.Call(path, checks.map_tensors(list(sample.args), near_misses.copied), kwargs, "out")


def test_dtypes_of_out():
    wrong, differ, count = [], set(), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for op, dtype in itertools.product(OPS, ["float32", "int64"]):
            for call in calls(op, dtype):
                count += 1
                verdict, text = wrong_calls.judge(call, lambda stage: None)
                if verdict in wrong_calls.FAULTS and op.name in ASIDE:
                    differ.add(op.name)
                elif verdict in wrong_calls.FAULTS:
                    wrong.append(f"{verdict} {call}: {text[:200]}")
    assert count > 2000
    assert wrong == [] and differ == set(ASIDE)
