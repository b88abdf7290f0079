"""The Python object of a tensor: identity, who keeps whom alive, classes, construction, and the small types beside it."""

import copy
import gc
import pickle
import sys
import threading
import weakref

import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="PyTorch, the oracle of these tests, is not installed")


def held_by_cpp(tensor):
    """A tensor whose .grad is held by C++ only: the way to an impl that outlives its Python references."""
    leaf = torch.tensor([0.0] * tensor.numel()).view(tensor.shape).requires_grad_()
    leaf.grad = tensor
    return leaf


# ------------------------------------------------------------------------------------------------------------- identity
def test_one_object_per_tensor():
    leaf = held_by_cpp(torch.tensor([1.0, 2.0]))
    assert leaf.grad is leaf.grad


def test_attributes_survive_while_only_cpp_holds_the_tensor():
    grad = torch.tensor([1.0, 2.0])
    grad.note = ["kept"]
    number, note = id(grad), grad.note
    leaf = held_by_cpp(grad)
    del grad
    for _ in range(3):  # handed over and taken back again and again
        gc.collect()
        assert leaf.grad.note is note
        assert id(leaf.grad) == number


def test_subclass_survives_while_only_cpp_holds_the_tensor():
    class Marked(torch.Tensor):
        pass

    grad = torch.tensor([1.0]).as_subclass(Marked)
    grad.extra = 7
    leaf = held_by_cpp(grad)
    del grad
    gc.collect()
    assert type(leaf.grad) is Marked and leaf.grad.extra == 7


def test_object_dies_with_the_tensor():
    grad = torch.tensor([1.0])
    gone = weakref.ref(grad)
    leaf = held_by_cpp(grad)
    del grad
    assert gone() is leaf.grad
    leaf.grad = None
    assert gone() is None


def test_weakly_found_object_outlives_its_tensor():
    grad = torch.tensor([3.0, 4.0])
    grad.note = "here"
    weak = weakref.ref(grad)
    leaf = held_by_cpp(grad)
    del grad
    found = weak()
    leaf.grad = None  # the impl dies, the object does not
    assert found.tolist() == [3.0, 4.0] and found.note == "here"
    assert found.shape == (2,) and found.data.tolist() == [3.0, 4.0]
    del found
    assert weak() is None


def test_cycles_are_collected():
    tensor = torch.tensor([1.0])
    tensor.me = tensor
    weak = weakref.ref(tensor)
    del tensor
    gc.collect()
    assert weak() is None


def test_cycle_through_a_tensor_that_cpp_holds_survives_the_collector():
    grad = torch.tensor([1.0])
    grad.me = grad
    leaf = held_by_cpp(grad)
    del grad
    gc.collect()
    assert leaf.grad.me is leaf.grad
    leaf.grad.me = None
    leaf.grad = None
    gc.collect()


def test_hook_that_refers_to_its_tensor_is_collected():
    tensor = torch.tensor([1.0], requires_grad=True)
    tensor.register_hook(lambda grad, own=tensor: None)
    tensor.register_post_accumulate_grad_hook(lambda own, kept=tensor: None)
    weak = weakref.ref(tensor)
    del tensor
    gc.collect()
    assert weak() is None


def test_del_runs_once_and_only_at_the_end():
    seen = []

    class Watched(torch.Tensor):
        def __del__(self):
            seen.append(self.tolist())

    grad = torch.tensor([5.0]).as_subclass(Watched)
    leaf = held_by_cpp(grad)
    del grad
    gc.collect()
    assert seen == []
    leaf.grad = None
    assert seen == [[5.0]]
    plain = torch.tensor([6.0]).as_subclass(Watched)
    del plain
    assert seen == [[5.0], [6.0]]


def test_del_may_bring_the_tensor_back():
    saved = []

    class Phoenix(torch.Tensor):
        def __del__(self):
            saved.append(self)

    torch.tensor([1.0]).as_subclass(Phoenix)
    assert saved[0].tolist() == [1.0]


def test_reference_counts_stay_level():
    tensor = torch.tensor([1.0])
    leaf = held_by_cpp(tensor)
    before = sys.getrefcount(tensor)
    for _ in range(100):
        leaf.grad  # noqa: B018
    assert sys.getrefcount(tensor) == before


def test_threads_see_one_object():
    grad = torch.tensor([1.0])
    grad.note = "shared"
    leaf = held_by_cpp(grad)
    del grad
    failures = []

    def look():
        for _ in range(2000):
            if leaf.grad.note != "shared":
                failures.append(1)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# -------------------------------------------------------------------------------------------------------------- classes
def test_make_subclass_shares_memory_and_makes_a_leaf():
    class Mine(torch.Tensor):
        pass

    source = torch.tensor([1.0, 2.0], requires_grad=True)
    made = torch.Tensor._make_subclass(Mine, source, True)
    assert type(made) is Mine and made.requires_grad and made.is_leaf
    assert made.data_ptr() == source.data_ptr()
    assert not torch.Tensor._make_subclass(Mine, source).requires_grad
    with pytest.raises(TypeError):
        torch.Tensor._make_subclass(int, source)
    with pytest.raises(TypeError):
        torch.Tensor._make_subclass(Mine, 3)


def test_as_subclass_stays_in_the_graph():
    class Mine(torch.Tensor):
        pass

    leaf = torch.tensor([1.0, 2.0], requires_grad=True)
    made = leaf.as_subclass(Mine)
    assert type(made) is Mine and made.requires_grad and not made.is_leaf
    assert made.data_ptr() == leaf.data_ptr()
    with pytest.raises(TypeError):
        leaf.as_subclass(int)


def test_properties_ask_torch_function():
    seen = []

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func)
            return super().__torch_function__(func, types, args, kwargs or {})

    logged = torch.tensor([[1.0, 2.0]]).as_subclass(Logged)
    seen.clear()
    assert logged.shape == (1, 2) and type(logged.T) is Logged
    logged.requires_grad = False
    assert seen == [torch.Tensor.shape.__get__, torch.Tensor.T.__get__, torch.Tensor.requires_grad.__set__]


def test_tensor_base_has_no_instances_of_its_own():
    with pytest.raises(TypeError):
        torch._C.TensorBase()
    with pytest.raises(TypeError):
        object.__new__(torch.Tensor)


def test_subclass_with_its_own_constructor():
    class Named(torch.Tensor):
        def __new__(cls, data, name):
            made = super().__new__(cls, data)
            made.name_ = name
            return made

        def __init__(self, data, name):
            pass

    assert Named([1.0, 2.0], "x").name_ == "x"
    assert Named([1.0, 2.0], "x").tolist() == [1.0, 2.0]


# --------------------------------------------------------------------------------------------------- data into a tensor
DATA = [
    "3", "2.5", "True", "1j", "[]", "[[], []]", "[1, 2]", "(1, 2.5)", "[True, 1]", "[1j, 2]", "range(4)", "[[1, 2], [3, 4]]",
    "bytearray(b'ab')", "memoryview(b'ab')", "[[[1.5]]]", "-1", "2**62", "float('inf')", "[None]", "None", "'a'", "['a']", "{}", "{1}",
    "object()", "[[1, 2], [3]]", "[[1, 2, 3], [4, 5]]", "[1, [2]]", "[[1], 2]", "2**63", "[2**70]", "[[], [1]]",
]  # fmt: skip


def outcome(call):
    try:
        result = call()
    except Exception as e:
        return type(e).__name__
    return str(result.dtype), tuple(result.shape), str(result.tolist())


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("dtype", [None, "float32", "int64", "bool", "float16", "complex64", "uint8"])
def test_tensor_agrees_with_pytorch(data, dtype):
    def make(library):
        return library.tensor(eval(data), **({"dtype": getattr(library, dtype)} if dtype else {}))

    assert outcome(lambda: make(torch)) == outcome(lambda: make(oracle))


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda t: t.tensor([[1, 2, 3], [4, 5]]), ValueError, "expected sequence of length 3 at dim 1 (got 2)"),
        (lambda t: t.tensor("a"), TypeError, "new(): invalid data type 'str'"),
        (
            lambda t: t.tensor(300, dtype=t.uint8),
            RuntimeError,
            "value cannot be converted to type uint8 without overflow",
        ),
        (lambda t: t.tensor(None), RuntimeError, "Could not infer dtype of NoneType"),
        (lambda t: t.tensor(1, dtype=3), TypeError, "tensor(): argument 'dtype' must be torch.dtype, not int"),
        (lambda t: t.tensor(), TypeError, 'tensor() missing 1 required positional arguments: "data"'),
        (
            lambda t: t.tensor(1, requires_grad=True),
            RuntimeError,
            "Only Tensors of floating point and complex dtype can require gradients",
        ),
        (
            lambda t: bool(t.tensor([1, 2])),
            RuntimeError,
            "Boolean value of Tensor with more than one value is ambiguous",
        ),
        (lambda t: bool(t.tensor([])), RuntimeError, "Boolean value of Tensor with no values is ambiguous"),
        (lambda t: int(t.tensor([1, 2])), ValueError, "only one element tensors can be converted to Python scalars"),
        (
            lambda t: [1][t.tensor(0.5)],
            TypeError,
            "only integer tensors of a single element can be converted to an index",
        ),
        (lambda t: len(t.tensor(1)), TypeError, "len() of a 0-d tensor"),
        (lambda t: iter(t.tensor(1)), TypeError, "iteration over a 0-d tensor"),
        (lambda t: t.tensor([1, 2]).item(), RuntimeError, "a Tensor with 2 elements cannot be converted to Scalar"),
        (
            lambda t: t.tensor([1, 2]).size(3),
            IndexError,
            "Dimension out of range (expected to be in range of [-1, 0], but got 3)",
        ),
        (lambda t: int(t.tensor(float("inf"))), OverflowError, "cannot convert float infinity to integer"),
        (
            lambda t: setattr(t.tensor([1.0]), "grad", 3),
            TypeError,
            "assigned grad expected to be a Tensor or None but got grad of type int",
        ),
        (lambda t: setattr(t.tensor([1.0]), "requires_grad", 1), RuntimeError, "requires_grad must be a bool"),
        (lambda t: setattr(t.tensor([1.0]), "data", 3), TypeError, "Variable data has to be a tensor, but got int"),
        (
            lambda t: delattr(t.tensor([1.0]), "data"),
            RuntimeError,
            "Deleting tensor data is not allowed. Delete tensor instead!",
        ),
    ],
)
def test_error_texts(call, error, text):
    for library in (torch, oracle):
        with pytest.raises(error) as caught:
            call(library)
        assert str(caught.value).startswith(text)


def test_own_grad_is_refused():
    tensor = torch.tensor([1.0])
    with pytest.raises(RuntimeError, match="can't assign Variable as its own grad"):
        tensor.grad = tensor


def test_list_that_changes_while_it_is_read():
    class Shrink:
        def __index__(self):
            values.clear()
            return 1

    values = [Shrink(), 2, 3]
    with pytest.raises((ValueError, RuntimeError)):
        torch.tensor(values, dtype=torch.int64)


def test_function_that_moves_the_memory_it_is_applied_to():
    tensor = torch.tensor([1.0, 2.0])

    def grow(value):
        tensor.untyped_storage().resize_(1 << 20)
        return value

    with pytest.raises(RuntimeError):
        tensor.apply_(grow)


def test_legacy_constructor():
    assert torch.Tensor(2, 3).shape == (2, 3)
    assert torch.Tensor(torch.Size([2])).shape == (2,)
    assert torch.Tensor([1, 2]).tolist() == [1.0, 2.0]
    assert torch.Tensor().shape == (0,)
    for wrong in (2.5, "a", torch.tensor([1])):
        with pytest.raises(TypeError):
            torch.Tensor(wrong)


@pytest.mark.parametrize(
    "name", ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"]
)
def test_every_bit_pattern_reads_as_pytorch_reads_it(name):
    width = 2 if "16" in name else 1
    count = 256**width
    bits = b"".join(i.to_bytes(width, "little") for i in range(count))
    ours = torch.frombuffer(bytearray(bits), dtype=getattr(torch, name)).tolist()
    theirs = oracle.frombuffer(bytearray(bits), dtype=getattr(oracle, name)).float().tolist()
    assert all(a == b or (a != a and b != b) for a, b in zip(ours, theirs, strict=True))


# ---------------------------------------------------------------------------------------------------------- properties
def test_properties():
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert (tensor.ndim, tensor.itemsize, tensor.nbytes, tensor.dim(), tensor.numel()) == (2, 4, 16, 2, 4)
    assert tensor.dtype is torch.float32 and tensor.layout is torch.strided and tensor.device == torch.device("cpu")
    assert (
        tensor.stride() == (2, 1) and tensor.stride(-1) == 1 and tensor.size(0) == 2 and tensor.size() == tensor.shape
    )
    assert (tensor.is_cpu, tensor.is_cuda, tensor.is_sparse, tensor.is_nested, tensor.is_leaf) == (
        True,
        False,
        False,
        False,
        True,
    )
    assert tensor._version == 0 and tensor._base is None and tensor.grad is None and tensor.grad_fn is None
    assert tensor.real is tensor
    with pytest.raises(RuntimeError):
        tensor.imag  # noqa: B018
    for name in ("shape", "dtype", "device", "is_leaf", "T"):
        with pytest.raises(AttributeError):
            setattr(tensor, name, None)


def test_data_leaves_the_version_alone_and_detach_shares_it():
    tensor = torch.tensor([1.0, 2.0])
    assert tensor.data.data_ptr() == tensor.data_ptr() == tensor.detach().data_ptr()
    tensor.data = torch.tensor([5.0])
    assert tensor.tolist() == [5.0]


# ---------------------------------------------------------------------------------------------------------- small types
@pytest.mark.parametrize(
    "text",
    [
        "(1,) + s", "s + (1,)", "s * 2", "2 * s", "s[0]", "s[:1]", "s[::-1]", "s + [1]", "s + ('a',)", "('a',) + s", "s.numel()", "s.count(2)",
        "T.Size([1.5])", "T.Size(3)", "T.Size()", "repr(s)", "s == (2, 3)", "hash(s) == hash((2, 3))", "type(s + s) is T.Size", "s.__reduce__()[1]",
    ],
)  # fmt: skip
def test_size(text):
    def run(library):
        try:
            return repr(eval(text, {"T": library, "s": library.Size([2, 3])}))
        except Exception as e:
            return type(e).__name__

    assert run(torch) == run(oracle)


@pytest.mark.parametrize(
    "text",
    [
        "T.device('cpu')", "T.device('cuda', 1)", "T.device('cuda:1').index", "T.device('meta').type", "T.device(type='cpu')",
        "T.device(device='cpu')", "T.device('cuda', -1)", "T.device('cuda:0', 1)", "T.device(1.5)", "T.device()", "T.device('nothing')",
        "T.device('cpu') == T.device('cpu')", "T.device('cpu') != 3", "T.device('cpu') < T.device('cpu')", "str(T.device('cuda:3'))",
        "T.device('cuda:')", "T.device('cuda:-1')", "T.device('')", "{T.device('cpu'): 1}[T.device('cpu')]",
        "T.finfo(T.float32)", "T.finfo(T.bfloat16)", "T.finfo(T.float16)", "T.finfo(T.float64)", "T.finfo()", "T.finfo(T.complex64)",
        "T.finfo(T.int8)", "T.finfo(T.float8_e4m3fn)", "T.finfo(T.float8_e5m2)", "T.finfo(T.float8_e5m2fnuz)", "T.finfo(T.float8_e4m3fnuz)",
        "T.finfo(T.float16).tiny", "T.finfo(T.float32).bits", "T.finfo(3)", "T.iinfo(T.int8)", "T.iinfo(T.int64)", "T.iinfo(T.uint8)",
        "T.iinfo(T.uint64).max", "T.iinfo(T.float32)", "T.iinfo(T.bool)", "T.iinfo()", "T.iinfo(T.int16).bits",
        "T.float32", "T.float32.itemsize", "T.bool.is_signed", "T.complex64.to_real()", "T.float64.to_complex()", "T.int32.to_complex()",
        "T.float is T.float32", "T.half.is_floating_point", "T.dtype()", "T.cfloat.is_complex", "T.strided", "T.channels_last",
    ],
)  # fmt: skip
def test_dtypes_devices_and_limits(text):
    def run(library):
        try:
            return repr(eval(text, {"T": library}))
        except Exception as e:
            return type(e).__name__

    assert run(torch) == run(oracle)


def test_pickling_of_small_types():
    values = (torch.float32, torch.Size([1, 2]), torch.device("cuda", 1), torch.channels_last, torch.strided)
    again = pickle.loads(pickle.dumps(values))
    assert again == values and again[0] is torch.float32 and type(again[1]) is torch.Size
    assert copy.deepcopy(values) == values and copy.deepcopy(torch.float16) is torch.float16


def test_default_device():
    with torch.device("meta"):
        assert torch.tensor([1.0, 2.0]).device.type == "meta"
        with torch.device("cpu"):
            assert torch.tensor([1.0]).is_cpu
    assert torch.tensor([1.0]).is_cpu


def test_generator_state_goes_round():
    generator = torch.Generator().manual_seed(2**64 - 1)
    assert generator.initial_seed() == 2**64 - 1
    assert torch.Generator().manual_seed(-1).initial_seed() == 2**64 - 1
    assert torch.Generator().set_state(generator.get_state()).get_state().tolist() == generator.get_state().tolist()
    assert pickle.loads(pickle.dumps(generator)).initial_seed() == 2**64 - 1
    for wrong in (2**64, 1.5, "a", None):
        with pytest.raises((TypeError, RuntimeError, ValueError)):
            generator.manual_seed(wrong)
    with pytest.raises((TypeError, RuntimeError)):
        generator.set_state(torch.tensor([1, 2]))


# -------------------------------------------------------------------------------------------------------------- storages
def test_storage_memory_stays_while_python_looks_at_it():
    storage = torch.UntypedStorage(8)
    view = memoryview(storage)
    view[:] = b"abcdefgh"
    with pytest.raises(RuntimeError):
        storage.resize_(1 << 20)
    view.release()
    storage.resize_(16)
    assert bytes(memoryview(storage)[:8]) == b"abcdefgh"


@pytest.mark.parametrize(
    "arguments",
    [
        (7, (2, 3), (3, 1)), (0, (2**40, 2**40), (2**62, 1)), (-1, (1,), (1,)), (0, (-1,), (1,)), (0, (2,), (-1,)), (0, (2, 2), (1,)),
        (2**62, (1,), (1,)), (0, (2**62,), (2**62,)),
    ],
)  # fmt: skip
def test_rebuild_never_leaves_the_storage(arguments):
    offset, size, stride = arguments
    with pytest.raises(RuntimeError):
        torch._C._rebuild_from_storage(torch.UntypedStorage(48), torch.float32, offset, size, stride)


def test_rebuild():
    storage = torch.UntypedStorage(48)
    tensor = torch._C._rebuild_from_storage(storage, torch.float32, 6, (2, 3), (3, 1))
    assert tensor.storage_offset() == 6 and tensor.untyped_storage()._cdata == storage._cdata
    assert torch._C._rebuild_from_storage(storage, torch.float32, 100, (0,), (1,)).shape == (0,)


# ------------------------------------------------------------------------------------------------------- resize_ and set_
def test_resize_keeps_the_first_elements():
    tensor = torch.tensor([1.0, 2.0, 3.0])
    assert tensor.resize_(2, 2) is tensor and tensor.shape == (2, 2)
    assert tensor.flatten().tolist()[:3] == [1.0, 2.0, 3.0]
    assert tensor.resize_((1,)).tolist() == [1.0]
    assert tensor.resize_as_(torch.tensor([1, 2])).shape == (2,)


@pytest.mark.parametrize("size", [(-1,), (2**62, 2**62), (2**40, 2**40), (1.5,), ("a",)])
def test_resize_refuses(size):
    tensor = torch.tensor([1.0, 2.0])
    with pytest.raises((RuntimeError, TypeError)):
        tensor.resize_(*size)
    assert tensor.tolist() == [1.0, 2.0]


def test_resize_of_what_others_need():
    with pytest.raises(RuntimeError):
        torch.tensor([1.0], requires_grad=True).resize_(5)
    shared = torch.frombuffer(bytearray(8), dtype=torch.float32)
    with pytest.raises(RuntimeError):
        shared.resize_(1000)


def test_set():
    tensor, source = torch.tensor([0.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert tensor.set_(source) is tensor and tensor.is_set_to(source) and tensor.tolist() == source.tolist()
    assert tensor.set_(source.untyped_storage(), 1, (2,), (2,)).tolist() == [2.0, 4.0]
    assert tensor.set_(source, 0, (3,), (1,)).tolist() == [1.0, 2.0, 3.0]
    assert tensor.set_(source.untyped_storage()).shape == (4,)
    assert tensor.set_().shape == (0,)
    for wrong in (
        (source.untyped_storage(), 3, (2,), (1,)),
        (source.untyped_storage(), -1, (1,), (1,)),
        (source.untyped_storage(), 0, (2,), (2**62,)),
    ):
        with pytest.raises(RuntimeError):
            tensor.set_(*wrong)
    with pytest.raises(RuntimeError):
        tensor.set_(torch.tensor([1]))
