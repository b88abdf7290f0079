"""Tensors print as PyTorch prints them, character for character."""

import io
import math
import random

import pytest

import tiny_torch
from tiny_torch import _tensor_str

torch = pytest.importorskip("torch", reason="PyTorch is the oracle for printing")

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
INTS = [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64]
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0]
OPTIONS = [
    {},
    {"precision": 2},
    {"precision": 8, "linewidth": 120},
    {"threshold": 10},
    {"threshold": 10, "edgeitems": 1, "linewidth": 40},
    {"threshold": 5, "edgeitems": 0},
    {"sci_mode": True},
    {"sci_mode": False, "precision": 0},
    {"profile": "short", "threshold": 20},
    {"profile": "full"},
]


def ours(tensor):
    """The same tensor of tiny_torch; files carry every dtype, stride and bit."""
    buffer = io.BytesIO()
    torch.save(tensor, buffer)
    buffer.seek(0)
    return tiny_torch.load(buffer)


@pytest.fixture(params=OPTIONS, ids=str)
def options(request):
    torch.set_printoptions(profile="default")
    tiny_torch.set_printoptions(profile="default")
    torch.set_printoptions(**request.param)
    tiny_torch.set_printoptions(**request.param)
    yield
    torch.set_printoptions(profile="default")
    tiny_torch.set_printoptions(profile="default")


def random_tensor(rng):
    shape = rng.choice(
        [(), (0,), (1,), (5,), (7,), (40,), (0, 3), (2, 3), (13, 1), (8, 9), (2, 0, 2), (3, 2, 2), (7, 7, 7)]
    )
    values = torch.randn(shape, dtype=torch.float64) * rng.choice([1, 10, 1e-5, 1e5, 1e9])
    if rng.random() < 0.3:
        values = values.round()
    kind = rng.random()
    if kind < 0.2:
        return values.clamp(-100, 100).abs().to(rng.choice(INTS))
    if kind < 0.25:
        return values > 0
    if kind < 0.4:
        imaginary = torch.randn(shape, dtype=torch.float64) * rng.choice([1, 1e-6, 1000])
        return torch.complex(values, imaginary).to(rng.choice([torch.complex64, torch.complex128]))
    values = values.to(rng.choice(FLOATS))
    if values.numel() and rng.random() < 0.4:
        values.view(-1)[rng.randrange(values.numel())] = rng.choice(SPECIAL)
    if values.dim() == 2 and rng.random() < 0.3:
        values = values.t()
    return values


def test_random_tensors(options):
    rng = random.Random(0)
    torch.manual_seed(0)
    for _ in range(150):
        tensor = random_tensor(rng)
        assert repr(ours(tensor)) == repr(tensor)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor([1.0, 2.5]).requires_grad_(),
        torch.nn.Parameter(torch.ones(2, 2)),
        torch.nn.Parameter(torch.ones(2), requires_grad=False),
        torch.ones(2, 3, device="meta"),
        torch.ones(2, device="meta", dtype=torch.float64),
        torch.ones(3).to(torch.uint16),
        torch.ones(2, 2).to(torch.float8_e4m3fn),
        torch.randn(2, dtype=torch.complex64).conj(),
        torch.linspace(0, 1, 60).requires_grad_(),
    ],
    ids=str,
)
def test_suffixes(tensor):
    assert repr(ours(tensor)) == repr(tensor)
    assert str(ours(tensor)) == str(tensor)


def test_grad_fn_and_line_breaks_before_suffixes():
    for size in (1, 3, 10, 11, 12, 13, 1200):
        expected = torch.linspace(0, 1, size).requires_grad_() + 1
        got = tiny_torch.linspace(0, 1, size).requires_grad_() + 1
        assert repr(got) == repr(expected)


def test_default_dtype_decides_whether_the_dtype_is_shown():
    try:
        for library in (torch, tiny_torch):
            library.set_default_dtype(library.float64)
        for dtype in ("float32", "float64", "complex64", "complex128", "int64"):
            expected = torch.ones(2, dtype=getattr(torch, dtype))
            assert repr(tiny_torch.ones(2, dtype=getattr(tiny_torch, dtype))) == repr(expected)
    finally:
        for library in (torch, tiny_torch):
            library.set_default_dtype(library.float32)


def test_subclasses_show_their_names():
    class Mine(tiny_torch.Tensor):
        pass

    assert repr(tiny_torch.ones(2).as_subclass(Mine)) == "Mine([1., 1.])"


def test_printoptions_are_restored():
    before = _tensor_str.get_printoptions()
    assert before == torch._tensor_str.get_printoptions()
    with _tensor_str.printoptions(precision=1, sci_mode=True):
        assert repr(tiny_torch.tensor([0.25])) == "tensor([2.5e-01])"
    assert _tensor_str.get_printoptions() == before


def test_format_of_scalars():
    assert f"{tiny_torch.tensor(2.5):.3f}" == "2.500"
    assert f"{tiny_torch.tensor(7):>4d}" == "   7"
    with pytest.raises(TypeError):
        format(tiny_torch.ones(2), ".3f")
