"""Every op of the op list against PyTorch, one test per op and check. `python -m pytest tests/python/ops -k 'softmax and grad'`."""

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from . import checks, differences, oplist  # noqa: E402
from .samples import exempt_reason, generator_of  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

OPS = oplist.load()
COVERED = [op for op in OPS if generator_of(op) and not exempt_reason(op)]


def ops_with(variant):
    return [op for op in COVERED if variant in op.variants]


def differentiable(op):
    return op.kind not in ("factory", "random") and bool(op.tensors or any("Tensor" in a.type for a in op.args))


def conclude(outcome, must_run=True):
    """Fails with the first few failures; a check that ran nothing is a fault of the samples."""
    report, done = outcome
    if report:
        pytest.fail(
            f"{len(report)} of {done} calls\n" + "\n".join("  " + line[:400] for line in report[:6]), pytrace=False
        )
    if not done:
        if must_run:
            pytest.fail("no sample was run", pytrace=False)
        pytest.skip("nothing to compare: no sample where the oracle can do this")


def test_list_is_there():
    assert OPS, "no op list: build first, or name one with TINY_TORCH_OPS_JSON"


@pytest.mark.parametrize("op", OPS, ids=str)
def test_has_samples(op):
    assert generator_of(op) or exempt_reason(op), (
        f"{op.full} has no samples: add a generator to tests/python/ops/samples_*.py or a reason to EXEMPT in samples.py"
    )


@pytest.mark.parametrize("op", [op for op in COVERED if "function" in op.variants], ids=str)
def test_values(op):
    conclude(checks.check_values(op))


@pytest.mark.parametrize("op", ops_with("method"), ids=str)
def test_method(op):
    if "function" in op.variants:
        conclude(checks.check_values(op, method=True, wanted=["float32", "int64"], limit=8))
    else:
        conclude(checks.check_values(op, method=True))


@pytest.mark.parametrize("op", ops_with("inplace"), ids=str)
def test_inplace(op):
    conclude(checks.check_inplace(op))


@pytest.mark.parametrize("op", ops_with("out"), ids=str)
def test_out(op):
    conclude(checks.check_out(op))


@pytest.mark.parametrize("op", COVERED, ids=str)
def test_meta(op):
    conclude(checks.check_meta(op), must_run=False)


@pytest.mark.parametrize("op", [op for op in COVERED if differentiable(op)], ids=str)
def test_grad(op):
    conclude(checks.check_gradients(op), must_run=False)


@pytest.mark.parametrize("op", [op for op in ops_with("inplace") if differentiable(op)], ids=str)
def test_inplace_grad(op):
    conclude(checks.check_gradients(op, inplace=True), must_run=False)


@pytest.mark.parametrize("op", [op for op in COVERED if differentiable(op)], ids=str)
def test_double_backward(op):
    conclude(checks.check_gradients(op, double=True), must_run=False)


@pytest.mark.parametrize("op", [op for op in COVERED if differentiable(op) and "function" in op.variants], ids=str)
def test_finite_differences(op):
    conclude(differences.check_differences(op), must_run=False)
