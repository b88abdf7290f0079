"""tiny_torch.library: operators and kernels written in Python."""

import gc
from typing import List, Optional, Sequence, Tuple

import pytest

import tiny_torch as torch
from tiny_torch import library


@library.custom_op("pytest_py::scaled", mutates_args=())
def scaled(x: torch.Tensor, by: float = 2.0, *, offset: int = 0) -> torch.Tensor:
    return x * by + offset


@scaled.register_fake
def _(x, by=2.0, *, offset=0):
    return torch.empty_like(x)


def _setup(ctx, inputs, keyword_only_inputs, output):
    ctx.by = inputs[1]


scaled.register_autograd(lambda ctx, grad: (grad * ctx.by, None), setup_context=_setup)


def test_custom_op_is_an_operator():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y = scaled(x, 3.0, offset=1)
    assert y.tolist() == [4.0, 7.0] and "pytest_py_scaled" in y.grad_fn.name()
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert torch.autograd.gradcheck(lambda t: torch.ops.pytest_py.scaled(t, 1.5), (x,))
    assert torch.autograd.gradgradcheck(lambda t: scaled(t * t), (x,))
    assert str(torch.ops.pytest_py.scaled.default._schema) == (
        "pytest_py::scaled(Tensor x, float by=2.0, *, SymInt offset=0) -> Tensor"
    )
    with torch.no_grad():
        assert not scaled(x).requires_grad


def test_meta_tensors_use_the_registered_shapes():
    assert scaled(torch.ones(2, 3, device="meta")).shape == (2, 3)
    bare = library.custom_op("pytest_py::bare", lambda x: x.clone(), mutates_args=(), schema="(Tensor x) -> Tensor")
    with pytest.raises(RuntimeError, match="no fake impl"):
        bare(torch.ones(2, device="meta"))


def test_without_a_derivative_backward_says_so():
    plain = library.custom_op("pytest_py::plain", lambda x: x * 2, mutates_args=(), schema="(Tensor x) -> Tensor")
    y = plain(torch.ones(2, requires_grad=True))
    assert y.requires_grad
    with pytest.raises(RuntimeError, match="no autograd formula was registered"):
        y.sum().backward()


def test_lists_and_several_results():
    @library.custom_op("pytest_py::sums", mutates_args=())
    def sums(
        tensors: List[torch.Tensor], weights: Optional[Sequence[float]] = None
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        total = sum(w * t for w, t in zip(weights or [1.0] * len(tensors), tensors, strict=True))
        return total, total * 2

    def backward(ctx, first, second):
        return [(first + 2 * second) * w for w in ctx.weights], None

    def setup_context(ctx, inputs, output):
        ctx.weights = inputs[1] or [1.0] * len(inputs[0])

    sums.register_autograd(backward, setup_context=setup_context)
    a, b = (torch.rand(3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    one, two = sums([a, b], [1.0, 3.0])
    assert torch.equal(two, 2 * one)
    assert torch.autograd.gradcheck(lambda a, b: sums([a, b], [1.0, 3.0]), (a, b))


def test_results_may_not_share_memory_with_arguments():
    same = library.custom_op("pytest_py::same", lambda x: x, mutates_args=(), schema="(Tensor x) -> Tensor")
    with pytest.raises(RuntimeError, match="must not also be an input"):
        same(torch.ones(2))


def test_mutation_moves_the_version_counter():
    @library.custom_op("pytest_py::increase", mutates_args={"x"})
    def increase(x: torch.Tensor) -> None:
        x.add_(1)

    x = torch.ones(2)
    before = x._version
    assert increase(x) is None and x.tolist() == [2.0, 2.0] and x._version > before
    with pytest.raises(RuntimeError, match="non-functional operator"):
        increase.register_autograd(lambda ctx, grad: grad)
    w = torch.ones(2, requires_grad=True)
    v = torch.ones(2)
    y = w * v
    increase(v)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_kernels_per_device():
    op = library.custom_op(
        "pytest_py::dev", lambda x: x + 1, mutates_args=(), device_types="cpu", schema="(Tensor x) -> Tensor"
    )
    assert op(torch.zeros(1)).item() == 1
    op.register_kernel("cpu", lambda x: x + 2)
    assert op(torch.zeros(1)).item() == 2
    with op.set_kernel_enabled("cpu", False):
        assert op(torch.zeros(1)).item() == 1
    assert op(torch.zeros(1)).item() == 2


def test_library_defines_implements_and_takes_back():
    lib = library.Library("pytest_lib", "DEF")
    lib.define("twice(Tensor x) -> Tensor")
    lib.impl("twice", lambda x: x * 2, "CPU")
    op = torch.ops.pytest_lib.twice
    assert op(torch.ones(1)).item() == 2.0
    with pytest.raises(RuntimeError, match="multiple times"):
        lib.define("twice(Tensor x) -> Tensor")
    with pytest.raises(RuntimeError, match="already a kernel registered from python"):
        lib.impl("twice", lambda x: x, "CPU")
    with pytest.raises(RuntimeError, match="Only a single TORCH_LIBRARY"):
        library.Library("pytest_lib", "DEF")
    del lib, op
    gc.collect()
    assert not hasattr(torch.ops.pytest_lib, "twice")
    again = library.Library("pytest_lib", "DEF")
    again.define("twice(Tensor x, int n) -> Tensor")
    again.impl("twice", lambda x, n: x * n)
    assert torch.ops.pytest_lib.twice(torch.ones(1), 3).item() == 3.0
    again._destroy()


def test_python_kernels_replace_those_of_the_op_list_and_give_way_again():
    x = torch.tensor([-1.0])
    seen = []

    def kernel(x):
        seen.append(type(x))
        return x.clone()

    lib = library.Library("aten", "IMPL")
    lib.impl("relu", kernel, "CPU")
    assert torch.relu(x).item() == -1.0 and seen == [torch.Tensor]
    # Autograd's own kernel still stands above it.
    assert torch.relu(x.clone().requires_grad_()).grad_fn.name() == "ReluBackward0"
    lib._destroy()
    assert torch.relu(x).item() == 0.0


def test_functions_of_the_module():
    library.define("pytest_fn::f", "(Tensor x, int n=2) -> Tensor")

    @library.impl("pytest_fn::f", "cpu")
    def f(x, n=2):
        return x * n

    library.register_fake("pytest_fn::f", lambda x, n=2: torch.empty_like(x))

    def setup_context(ctx, inputs, output):
        ctx.n = inputs[1]

    library.register_autograd("pytest_fn::f", lambda ctx, grad: (grad * ctx.n, None), setup_context=setup_context)
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: torch.ops.pytest_fn.f(t, 3), (x,))
    assert torch.ops.pytest_fn.f(x.detach().to("meta")).is_meta
    lib = library.Library("pytest_fn", "FRAGMENT")

    @library.define(lib, "g(Tensor x) -> Tensor")
    def g(x):
        return x + 1

    assert torch.ops.pytest_fn.g(torch.ones(1)).item() == 2.0


def test_infer_schema():
    def f(
        a: torch.Tensor,
        b: Optional[torch.Tensor],
        c: List[torch.Tensor],
        d: Sequence[int],
        e: Optional[List[int]],
        f: torch.dtype,
        g: torch.device,
        h: str = "x",
        i: float = 1.0,
        j: Optional[torch.dtype] = None,
        *,
        k: bool = False,
    ) -> Tuple[torch.Tensor, List[torch.Tensor]]: ...

    assert library.infer_schema(f, mutates_args={"a"}) == (
        "(Tensor(a0!) a, Tensor? b, Tensor[] c, SymInt[] d, SymInt[]? e, ScalarType f, Device g, "
        'str h="x", float i=1.0, ScalarType? j=None, *, bool k=False) -> (Tensor, Tensor[])'
    )
    with pytest.raises(ValueError, match="Parameter x must have a type annotation"):
        library.infer_schema(lambda x: x, mutates_args=())


def test_opcheck():
    sample = (torch.rand(3, requires_grad=True), 1.5)
    assert set(library.opcheck(scaled, sample).values()) == {"SUCCESS"}
    lying = library.custom_op(
        "pytest_py::lying", lambda x: x.add_(1).sum(), mutates_args=(), schema="(Tensor x) -> Tensor"
    )
    lying.register_fake(lambda x: torch.empty(2, device="meta"))
    outcomes = library.opcheck(lying, (torch.rand(3),), raise_exception=False)
    assert "was mutated" in str(outcomes["test_schema"])
    assert "on meta tensors" in str(outcomes["test_faketensor"])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: library.Library("pytest_x", "WRONG"), ValueError),
        (lambda: library.Library("prim", "DEF"), ValueError),
        (lambda: library.Library("pytest_x", "IMPL").define("a(Tensor x) -> Tensor"), RuntimeError),
        (lambda: library.Library("pytest_x", "FRAGMENT").define("a(Tensr x) -> Tensor"), RuntimeError),
        (lambda: library.Library("pytest_x", "IMPL").impl("add", None), TypeError),
        (lambda: library.Library("pytest_x", "IMPL", "CPU").impl("aten::add", len), RuntimeError),
        (lambda: library.Library("pytest_x", "IMPL", "NoKey"), RuntimeError),
        (lambda: library.register_fake("nosuch::op", len), RuntimeError),
        (lambda: library.define("noqual", "(Tensor x) -> Tensor"), ValueError),
        (lambda: library.define("a::b", "b(Tensor x) -> Tensor"), ValueError),
        (lambda: scaled("text"), RuntimeError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error):
        call()
