"""The generic tests themselves: that each check notices the fault it is there for."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from . import checks, compare  # noqa: E402
from .oplist import Op  # noqa: E402
from .samples import Maker, generator_of  # noqa: E402


def test_schema_is_parsed():
    op = Op(
        {
            "op": 'div.Tensor_mode(Tensor self, Tensor(a!) other=[1, 2], *, str? rounding_mode="a,b") -> Tensor',
            "variants": "method",
        }
    )
    assert (op.name, op.overload, op.tensors) == ("div", "Tensor_mode", ["self", "other"])
    assert [a.name for a in op.args] == ["self", "other", "rounding_mode"]
    assert op.args[1].written and op.args[1].default == "[1, 2]"
    assert op.args[2].kwonly and op.args[2].default == '"a,b"'


def test_views_are_recognised():
    assert Op({"op": "t(Tensor(a) self) -> Tensor(a)"}).is_view
    assert Op({"op": "split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[]"}).is_view
    assert not Op({"op": "abs_(Tensor(a!) self) -> Tensor(a!)"}).is_view


@pytest.mark.parametrize("layout", ["strided", "permuted"])
@pytest.mark.parametrize("shape", [(3, 4), (5,), (), (2, 0)])
def test_layouts_keep_values(layout, shape):
    x = torch.randn(shape)
    y = checks.LAYOUTS[layout](x)
    assert torch.equal(x, y)
    assert layout != "strided" or y.storage_offset() == 1 or 0 in shape


FAULTS = {
    "value": lambda x: x * (1 + 1e-5),
    "dtype": lambda x: x.double(),
    "shape": lambda x: x.unsqueeze(0),
    "stride": lambda x: x.t().contiguous().t(),
    "nan": lambda x: torch.where(x > 0, float("nan"), x),
    "structure": lambda x: (x, x),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_noticed(fault, monkeypatch):
    monkeypatch.setattr(compare, "to_oracle", lambda t: t)
    monkeypatch.setattr(compare, "tiny", torch)
    right = torch.randn(30, 40).exp()
    compare.check_result(right.clone(), right, "pointwise")
    with pytest.raises(compare.Mismatch):
        compare.check_result(FAULTS[fault](right), right, "pointwise")


def test_errors_are_told_apart():
    index, value = checks.Raised(IndexError("a")), checks.Raised(RuntimeError("b"))
    assert checks.judge_errors(index, index) == ""
    assert checks.judge_errors(index, value) and checks.judge_errors(value, index)
    assert checks.judge_errors(index, torch.ones(1)) and checks.judge_errors(torch.ones(1), index)
    assert checks.judge_errors(torch.ones(1), torch.ones(1)) is None
    assert checks.judge_errors(checks.Raised(NotImplementedError("c")), value) == ""


def test_samples_repeat():
    op = Op({"op": "mul.Tensor(Tensor self, Tensor other) -> Tensor", "kind": "pointwise"})
    first, second = ([s.args for s in generator_of(op)(op, Maker(torch.float32, 3))] for _ in range(2))
    assert len(first) > 10
    assert all(
        torch.equal(a, b)
        for x, y in zip(first, second)
        for a, b in zip(x, y)
        if isinstance(a, torch.Tensor) and not a.isnan().any()
    )
