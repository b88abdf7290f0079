"""Python's operators on tensors: every operator with every kind of operand on either side, against PyTorch."""

import operator
import subprocess
import sys
import warnings

import pytest

import tiny_torch

oracle = pytest.importorskip("torch", reason="PyTorch, the oracle of these tests, is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")

BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow, operator.matmul, operator.and_,
    operator.or_, operator.xor, operator.lshift, operator.rshift, operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge,
    divmod,
]  # fmt: skip
INPLACE = [
    operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv, operator.imod, operator.ipow, operator.iand, operator.ior,
    operator.ixor, operator.ilshift, operator.irshift, operator.imatmul,
]  # fmt: skip
UNARY = [
    operator.neg,
    operator.pos,
    operator.abs,
    operator.invert,
    bool,
    int,
    float,
    complex,
    operator.index,
    len,
    list,
]

OPERANDS = {
    "float": lambda t: t.tensor([[1.5, -2.0], [0.5, 3.0]]),
    "double": lambda t: t.tensor([[1.5, -2.0], [0.5, 3.0]], dtype=t.float64),
    "int": lambda t: t.tensor([[1, 2], [3, 4]]),
    "bool": lambda t: t.tensor([[True, False], [True, True]]),
    "negative": lambda t: t.tensor([[-1, -2], [1, -3]]),
    "scalar": lambda t: t.tensor(2.0),
    "row": lambda t: t.tensor([2.0, 4.0]),
    "python int": lambda t: 3,
    "python float": lambda t: 2.5,
    "python bool": lambda t: True,
    "text": lambda t: "a",
    "none": lambda t: None,
    "list": lambda t: [1.0, 2.0],
    "object": lambda t: object(),
    "misshapen": lambda t: t.tensor([1.0, 2.0, 3.0]),
}
# PyTorch computes these not for bool tensors (abs, %), or only for a bool exponent that is no tensor; see the op lists.
BOOL_DIFFERS = ("mod", "imod", "pow", "ipow", "abs", "divmod")
TENSORS = [name for name in OPERANDS if name in ("float", "double", "int", "bool", "scalar", "row", "misshapen")]


def outcome(function, *operands):
    try:
        result = function(*operands)
    except NotImplementedError:  # a RuntimeError: which of the two comes first is not for programs to rely on
        return "RuntimeError"
    except Exception as e:
        return type(e).__name__
    if isinstance(result, (tiny_torch.Tensor, oracle.Tensor)):
        return str(result.dtype), tuple(result.shape), str(result.tolist())
    if isinstance(result, (list, tuple)):
        return [outcome(lambda r=r: r) for r in result]
    return result


def same(ours, theirs):
    """Equal, but for the last bits of quotients and powers."""
    if isinstance(ours, tuple) and isinstance(theirs, tuple) and ours[:2] == theirs[:2] and "loat" in ours[0]:
        numbers = [flatten(eval(o[2], {"nan": float("nan"), "inf": float("inf")})) for o in (ours, theirs)]
        return all(a == pytest.approx(b, rel=1e-6, nan_ok=True) for a, b in zip(*numbers, strict=True))
    return ours == theirs


def flatten(values):
    return [v for part in values for v in flatten(part)] if isinstance(values, list) else [values]


if not hasattr(tiny_torch, "bitwise_left_shift"):
    BINARY = [f for f in BINARY if "shift" not in f.__name__]
    INPLACE = [f for f in INPLACE if "shift" not in f.__name__]


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("left", OPERANDS)
def test_binary(function, left):
    for right in OPERANDS:
        if left not in TENSORS and right not in TENSORS:
            continue
        if function.__name__ in BOOL_DIFFERS and {"bool", "python bool"} & {left, right}:
            continue
        ours, theirs = (outcome(function, OPERANDS[left](t), OPERANDS[right](t)) for t in (tiny_torch, oracle))
        assert same(ours, theirs), (left, right, ours, theirs)


@pytest.mark.parametrize("function", INPLACE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("left", TENSORS)
def test_inplace(function, left):
    for right in OPERANDS:
        if function.__name__ in BOOL_DIFFERS and {"bool", "python bool"} & {left, right}:
            continue
        results = []
        for t in (tiny_torch, oracle):
            tensor = OPERANDS[left](t)
            found = outcome(function, tensor, OPERANDS[right](t))
            # PyTorch may have written part of the result before it fails.
            results.append((found, None if isinstance(found, str) else outcome(lambda tensor=tensor: tensor)))
        assert same(results[0][0], results[1][0]) and same(results[0][1], results[1][1]), (left, right, results)


@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("operand", TENSORS)
def test_unary(function, operand):
    if operand == "bool" and function.__name__ in BOOL_DIFFERS:
        pytest.skip("abs of bool tensors has a value here, none in PyTorch")
    ours, theirs = (outcome(function, OPERANDS[operand](t)) for t in (tiny_torch, oracle))
    assert same(ours, theirs), (ours, theirs)


def test_inplace_returns_the_same_object():
    tensor = tiny_torch.tensor([1.0])
    same_object = tensor
    tensor += 1
    assert tensor is same_object and tensor.tolist() == [2.0]


def test_reversed_operators_are_not_reversed_twice():
    tensor = tiny_torch.tensor([4.0, 8.0])
    assert (10 - tensor).tolist() == [6.0, 2.0]
    assert (16 / tensor).tolist() == [4.0, 2.0]
    assert (2**tensor).tolist() == [16.0, 256.0]
    assert (9 // tensor).tolist() == [2.0, 1.0]
    assert (9 % tensor).tolist() == [1.0, 1.0]


def test_other_classes_get_their_turn():
    class Other:
        def __radd__(self, other):
            return "mine"

        def __eq__(self, other):
            return "equal"

    assert tiny_torch.tensor([1.0]) + Other() == "mine"
    assert (tiny_torch.tensor([1.0]) == Other()) == "equal"


def test_tensors_are_keys_by_identity():
    a, b = tiny_torch.tensor([1.0]), tiny_torch.tensor([1.0])
    assert {a: 1, b: 2}[b] == 2 and hash(a) == hash(a)
    assert (a == None) is False and (a != None) is True  # noqa: E711


def test_numpy_operands():
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    for function in (operator.add, operator.mul, operator.sub, operator.truediv):
        for number in (numpy.float64(2), numpy.float32(2), numpy.int64(2)):
            for sides in ((0, 1), (1, 0)):
                results = []
                for t in (tiny_torch, oracle):
                    operands = (t.tensor([4.0, 8.0]), number)
                    results.append(outcome(function, operands[sides[0]], operands[sides[1]]))
                assert same(*results), (function, number, sides, results)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16"])
@pytest.mark.parametrize("number", [-1, 256, 300, -300, 65536, 2**31])
def test_numbers_wrap_to_a_narrow_dtype_before_they_are_compared(dtype, number):
    def run(module):
        x = module.tensor([0, 1, 44, 100], dtype=getattr(module, dtype))
        wide = module.tensor(number)
        return [
            r.tolist()
            for r in (x == number, x < number, x + number, x - number, module.maximum(x, wide), x == wide, x * wide)
        ]

    assert run(tiny_torch) == run(oracle)


OLD_ORDERS = [
    "x.add_(-2, y)",
    "x.add(-2, y)",
    "t.add(x, -2, y)",
    "t.add(x, 3, y, out=t.empty(2, 2))",
    "x.sub_(3, y)",
    "t.sub(x, 3, y)",
    "x.add_(2, t.tensor(3.0))",
    "x.addcmul_(-2, y, x)",
    "t.addcmul(x, 2, y, y)",
    "x.addcdiv_(-0.5, y, y)",
    "x.addcdiv(2, x, y)",
    "t.addmm(2, x, 3, x, y)",
    "t.addmm(2, x, x, y)",
    "x.addmm(2, 3, x, y)",
    "x.addmm_(2, y, y)",
    "t.baddbmm(2, x[None], 3, x[None], y[None])",
    "t.addmv(2, x[0], 3, x, y[0])",
    "t.addr(2, x, 3, x[0], y[0])",
    "t.addbmm(2, x, 3, x[None], y[None])",
]


@pytest.mark.parametrize("call", OLD_ORDERS)
def test_orders_of_arguments_that_old_programs_use(call):
    """Numbers between the tensors, as the optimizers of old programs have them."""
    results = []
    for t in (tiny_torch, oracle):
        x, y = t.tensor([[1.0, 2.0], [3.0, 4.0]]), t.tensor([[0.5, -1.0], [2.0, 0.25]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.append(eval(call, {"t": t, "x": x, "y": y}).tolist())
    assert results[0] == results[1]


def test_an_old_order_of_arguments_warns():
    code = "import tiny_torch as t\nx = t.ones(2)\nfor _ in range(2):\n    x.add_(2, t.ones(2))\n"
    done = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stderr.count("This overload of add_ is deprecated") == 1, done.stderr
    for call in ("x.add(x, 2)", "t.add(x, 2, x, alpha=3)", "t.addmm(x, 2, x)", "x.addcmul(x, 2, x)"):
        for t in (tiny_torch, oracle):
            with pytest.raises(TypeError):
                eval(call, {"t": t, "x": t.ones(2, 2)})
