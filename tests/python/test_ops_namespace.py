"""tiny_torch.ops: operators by their schema, from the op lists, from C++ libraries and from Python."""

import copy
import pathlib
import pickle
import shutil
import subprocess

import pytest

import tiny_torch as torch

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_packets_and_overloads():
    packet = torch.ops.aten.add
    assert repr(packet) == "<OpOverloadPacket(op='aten.add')>" and str(packet) == "aten.add"
    assert packet.overloads()[0] == "Tensor" and "out" in packet.overloads()
    overload = packet.Tensor
    assert repr(overload) == "<OpOverload(op='aten.add', overload='Tensor')>" and str(overload) == "aten.add.Tensor"
    assert overload.name() == "aten::add.Tensor" and overload.namespace == "aten"
    assert overload is packet.Tensor and overload.overloadpacket is packet
    assert torch.ops.aten.relu.default.name() == "aten::relu"
    assert copy.deepcopy(overload) is overload and pickle.loads(pickle.dumps(overload)) is overload
    assert "add" in dir(torch.ops.aten) and "aten" in dir(torch.ops)


def test_schemas():
    schema = torch.ops.aten.add.Tensor._schema
    assert str(schema) == "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"
    assert [a.name for a in schema.arguments] == ["self", "other", "alpha"]
    alpha = schema.arguments[2]
    assert alpha.kwarg_only and alpha.has_default_value() and alpha.default_value == 1
    assert str(alpha.type) == "number" and schema.arguments[0].type.kind() == "TensorType"
    assert not schema.is_mutable and torch.ops.aten.add_.Tensor._schema.is_mutable
    out = torch.ops.aten.add.out._schema.arguments[-1]
    assert out.is_out and out.alias_info.is_write
    assert str(torch.ops.aten.sum.dim_IntList._schema.arguments[1].type) == "Optional[List[int]]"
    assert torch.ops.aten.view.default.is_view and not torch.ops.aten.add.Tensor.is_view


def test_calls_convert_by_the_schema():
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    y = torch.ops.aten.add(x, 3, alpha=2)
    y.backward(torch.ones(2))
    assert y.tolist() == [7.0, 4.0] and x.grad.tolist() == [1.0, 1.0]
    assert torch.ops.aten.zeros([2], dtype=torch.int32, device="cpu").dtype is torch.int32
    pieces = torch.ops.aten.split(torch.arange(4), 2)
    assert isinstance(pieces, list) and [p.tolist() for p in pieces] == [[0, 1], [2, 3]]
    values, indices = torch.ops.aten.max(torch.tensor([[1.0, 5.0]]), 1)
    assert values.tolist() == [5.0] and indices.tolist() == [1]
    out = torch.empty(2)
    assert torch.ops.aten.add.out(torch.ones(2), 2, out=out) is out and out.tolist() == [3.0, 3.0]
    z = torch.ones(2)
    assert torch.ops.aten.add_(z, 1) is z and z.tolist() == [2.0, 2.0]
    assert torch.ops.aten.index(torch.eye(2), [None, torch.tensor([1])]).tolist() == [[0.0], [1.0]]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: torch.ops.aten.relu.default(1), RuntimeError, "Expected a value of type 'Tensor' for argument 'self'"),
        (lambda: torch.ops.aten.add(torch.ones(2), "a"), RuntimeError, "failed to match any schema"),
        (lambda: torch.ops.aten.relu.default(), RuntimeError, "is missing value for argument 'self'"),
        (lambda: torch.ops.aten.relu.default(torch.ones(1), 2), RuntimeError, "expected at most 1 argument"),
        (lambda: torch.ops.aten.relu.default(torch.ones(1), foo=2), RuntimeError, "Unknown keyword argument 'foo'"),
        (lambda: torch.ops.aten.sum.dim_IntList(torch.ones(2), [1.5]), RuntimeError, "argument 'dim'"),
        (lambda: torch.ops.aten.no_such_operator, AttributeError, "no_such_operator"),
        (lambda: torch.ops.aten.add.NoOverload, AttributeError, "no overload name 'NoOverload'"),
        (lambda: torch.ops.load_library("no/such/library.so"), OSError, "library.so"),
    ],
)
def test_wrong_calls(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_torch_function_sees_the_operator():
    seen = []

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func)
            return super().__torch_function__(func, types, args, kwargs or {})

    result = torch.ops.aten.add.Tensor(torch.ones(2).as_subclass(Logged), 1)
    assert seen[0] is torch.ops.aten.add.Tensor and type(result) is Logged


SOURCE = r"""
#include <torch/torch.h>

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

torch::Tensor scale_cpu(const torch::Tensor& x, double by) { return x * by; }

struct Scale : torch::autograd::Function<Scale> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& x, double by) {
    ctx->saved_data["by"] = by;
    torch::AutoDispatchBelowAutograd below;
    static auto op = torch::Dispatcher::singleton().find("pytest_scaling::scale");
    torch::Stack stack{torch::IValue(x), torch::IValue(by)};
    op->call_boxed(stack);
    return torch::Tensor(stack[0].to_tensor());
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    return {grads[0] * ctx->saved_data["by"].to_double(), torch::Tensor()};
  }
};
torch::Tensor scale_autograd(const torch::Tensor& x, double by) { return Scale::apply(x, by); }

torch::Tensor twice(const torch::Tensor& x) { return x + x; }
std::tuple<torch::Tensor, int64_t> parts(const torch::Tensor& x, std::string word, torch::IntArrayRef sizes) {
  return {x.sum(), static_cast<int64_t>(word.size() + sizes.size())};
}

TORCH_LIBRARY(pytest_scaling, m) {
  m.def("scale(Tensor x, float by=2) -> Tensor");
  m.def("twice", twice);
  m.def("parts(Tensor x, str word, int[] sizes) -> (Tensor, int)", parts);
}
TORCH_LIBRARY_IMPL(pytest_scaling, CPU, m) { m.impl("scale", scale_cpu); }
TORCH_LIBRARY_IMPL(pytest_scaling, Autograd, m) { m.impl("scale", scale_autograd); }
"""


@pytest.fixture(scope="module")
def compile_library(tmp_path_factory):
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None or not (ROOT / "build" / "generated").exists():
        pytest.skip("needs a compiler and the build tree in build/ (make build)")

    def compile_one(name, source):
        folder = tmp_path_factory.mktemp(name)
        (folder / "library.cpp").write_text(source)
        library = folder / f"lib{name}.so"
        lib = pathlib.Path(torch.__file__).parent / "lib"
        includes = [ROOT / "include", ROOT / "csrc", ROOT / "build"]
        command = [compiler, "-std=c++17", "-O0", "-shared", "-fPIC", *[f"-I{i}" for i in includes]]
        command += [folder / "library.cpp", "-o", library, f"-L{lib}", "-ltiny_torch", f"-Wl,-rpath,{lib}"]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-4000:]
        return library

    return compile_one


@pytest.fixture(scope="module")
def scaling(compile_library):
    torch.ops.load_library(compile_library("scaling", SOURCE))
    return torch.ops.pytest_scaling


def test_library_from_cpp(scaling):
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y = scaling.scale(x, 3.0)
    assert y.tolist() == [3.0, 6.0] and "Scale" in y.grad_fn.name()
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert torch.autograd.gradcheck(lambda t: scaling.scale(t, 1.5), (x,))
    assert torch.autograd.gradgradcheck(lambda t: scaling.scale(t * t, 1.5), (x,))
    assert scaling.scale.default(x).tolist() == [2.0, 4.0]
    assert torch.autograd.gradcheck(scaling.twice, (x,))
    total, number = scaling.parts(x, "abc", [1, 2])
    assert total.item() == 3.0 and number == 5
    assert str(scaling.scale.default._schema) == "pytest_scaling::scale(Tensor x, float by=2) -> Tensor"
    with pytest.raises(RuntimeError, match="argument 'by'"):
        scaling.scale(x, "three")


def test_errors_while_loading_are_raised(compile_library, scaling):
    again = (
        '#include <torch/torch.h>\nTORCH_LIBRARY_FRAGMENT(pytest_scaling, m) { m.def("scale(Tensor x) -> Tensor"); }'
    )
    with pytest.raises(RuntimeError, match="multiple times"):
        torch.ops.load_library(compile_library("again", again))
    assert scaling.scale(torch.ones(1), 2.0).item() == 2.0
