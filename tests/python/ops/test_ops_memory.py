"""Single values the generic checks do not meet, and calls that have to be refused before memory is touched."""

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from .libraries import oracle, tiny, to_tiny  # noqa: E402


def test_bincount_of_the_largest_number():
    for value in (2**63 - 1, 2**62):
        with pytest.raises(RuntimeError):
            tiny.bincount(tiny.tensor([1, value]))


@pytest.mark.parametrize("invert", [False, True])
def test_isin_passes_over_nan(invert):
    elements, wanted = [1.0, float("nan"), 2.0, 3.0], [float("nan"), 2.0, float("inf"), float("nan")]
    mine = tiny.isin(tiny.tensor(elements), tiny.tensor(wanted), invert=invert)
    assert mine.tolist() == oracle.isin(oracle.tensor(elements), oracle.tensor(wanted), invert=invert).tolist()
    assert not tiny.isin(tiny.tensor(elements), tiny.tensor([float("nan")])).any()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("decimals", [-2, 1, 3, 5])
def test_half_types_round_to_decimals_beyond_their_range(dtype, decimals):
    x = oracle.tensor([123.45, -7.77, 60000.0, 0.5]).to(getattr(oracle, dtype))
    assert tiny.round(to_tiny(x), decimals=decimals).tolist() == oracle.round(x, decimals=decimals).tolist()


A = tiny.ones(3, 5, 5)
REFUSED = {
    "other device": lambda aten: aten._adaptive_avg_pool2d_backward(A.to("meta"), A),
    "other device of indices": lambda aten: aten.fractional_max_pool2d_backward(
        A.to("meta"), A, [1, 1], [5, 5], tiny.zeros(3, 5, 5, dtype=tiny.int64)
    ),
    "other device, nextafter": lambda aten: aten.nextafter(A, A.to("meta")),
    "other device, in place": lambda aten: aten.addcmul_(A[0, 0, 0].clone(), A[0, 0, 0], tiny.ones((), device="meta")),
    "more windows than memory": lambda aten: aten.adaptive_max_pool1d(A, [2**61]),
    "beyond the storage": lambda aten: aten._reshape_alias(A, [1, 5], [0, 10**6]),
    "negative size": lambda aten: aten._reshape_alias(A, [-3, 2], [1, 2]),
    "more reflectors than columns": lambda aten: aten._householder_product(tiny.ones(2, 3), tiny.ones(4)),
    "scale without inverse": lambda aten: aten.upsample_nearest1d(A, [7], 1e-300),
}


@pytest.mark.parametrize("call", REFUSED)
def test_calls_that_would_leave_the_memory(call):
    with pytest.raises((RuntimeError, ValueError)):
        REFUSED[call](tiny.ops.aten)


@pytest.mark.parametrize("scale", [1e-5, 1e-30, 1e30])
@pytest.mark.parametrize(
    "name", ["_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "upsample_bilinear2d", "upsample_bicubic2d"]
)
def test_scales_that_belong_to_other_sizes(name, scale):
    result = getattr(tiny.ops.aten, name)(tiny.ones(1, 2, 5, 4), [7, 2], False, scale, scale)
    assert result.shape == (1, 2, 7, 2) and ((result == 0) | ((result - 1).abs() < 1e-5)).all()
