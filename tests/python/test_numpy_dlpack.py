"""Memory shared with NumPy, buffers and DLPack: both see each other's writes, and nobody outlives what he looks at."""

import gc
import sys
import weakref

import pytest

import tiny_torch as torch

numpy = pytest.importorskip("numpy", reason="NumPy is not installed")

NAMES = [
    "float32", "float64", "float16", "complex64", "complex128", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "bool",
]  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- from NumPy
@pytest.mark.parametrize("name", NAMES)
def test_from_numpy_shares_memory(name):
    array = numpy.array([[0, 1, 1], [1, 0, 1]]).astype(name)
    tensor = torch.from_numpy(array)
    assert tensor.dtype is getattr(torch, name) and tensor.shape == (2, 3) and tensor.stride() == (3, 1)
    assert tensor.tolist() == array.tolist()
    array[0, 0] = 1
    assert tensor.tolist() == array.tolist()
    assert tensor.data_ptr() == array.__array_interface__["data"][0]


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a, lambda a: a.T, lambda a: a[1:], lambda a: a[:, ::2], lambda a: a[::2, 1:3], lambda a: a[0], lambda a: a[0, 0:1],
        lambda a: a[:0], lambda a: numpy.asfortranarray(a), lambda a: numpy.broadcast_to(a[0], (3, 4)), lambda a: a[0:1, ::-1][:, :1],
    ],
)  # fmt: skip
def test_geometry_comes_along(make):
    array = make(numpy.arange(12.0).reshape(3, 4))
    tensor = torch.from_numpy(array)
    assert tensor.tolist() == array.tolist() and tensor.shape == array.shape
    if array.size > 1:
        assert all(
            ours * 8 == theirs
            for ours, theirs, n in zip(tensor.stride(), array.strides, array.shape, strict=True)
            if n > 1
        )


def test_zero_dim_and_empty_arrays():
    assert torch.from_numpy(numpy.array(2.5)).item() == 2.5
    assert torch.from_numpy(numpy.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    "array, error, text",
    [
        (lambda: numpy.arange(3)[::-1], ValueError, "At least one stride in the given numpy array is negative"),
        (lambda: numpy.array(["a"]), TypeError, "can't convert np.ndarray of type numpy.str_"),
        (lambda: numpy.array([object()]), TypeError, "can't convert np.ndarray of type numpy.object_"),
        (
            lambda: numpy.array([1], dtype=">i4"),
            ValueError,
            "given numpy array has byte order different from the native byte order",
        ),
        (
            lambda: numpy.zeros(3, dtype="i1, i4")["f1"],
            ValueError,
            "given numpy array strides not a multiple of the element byte size",
        ),
        (
            lambda: numpy.array([numpy.datetime64("2020-01-01")]),
            TypeError,
            "can't convert np.ndarray of type numpy.datetime64",
        ),
        (lambda: [1], TypeError, "expected np.ndarray (got list)"),
        (lambda: numpy.float64(1), TypeError, "expected np.ndarray (got numpy.float64)"),
        (lambda: numpy.zeros(2, dtype="longdouble"), TypeError, "can't convert np.ndarray of type numpy.longdouble"),
    ],
)
def test_arrays_that_tensors_cannot_show(array, error, text):
    with pytest.raises(error) as caught:
        torch.from_numpy(array())
    assert str(caught.value).startswith(text)


def test_array_lives_as_long_as_its_tensor():
    array = numpy.arange(4.0)
    weak = weakref.ref(array)
    tensor = torch.from_numpy(array)
    del array
    gc.collect()
    assert weak() is not None and tensor.tolist() == [0, 1, 2, 3]
    view = tensor[1:]
    del tensor
    gc.collect()
    assert weak() is not None and view.tolist() == [1, 2, 3]
    del view
    gc.collect()
    assert weak() is None


def test_array_cannot_be_resized_under_a_tensor():
    array = numpy.arange(4.0)
    tensor = torch.from_numpy(array)
    with pytest.raises(ValueError):
        array.resize(1000)
    assert tensor.tolist() == [0, 1, 2, 3]


@pytest.mark.filterwarnings("ignore")
def test_read_only_array():
    array = numpy.arange(3)
    array.flags.writeable = False
    assert torch.from_numpy(array).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "data",
    [
        lambda: numpy.float64(1.5), lambda: numpy.float32(1.5), lambda: numpy.int8(3), lambda: numpy.bool_(True), lambda: [numpy.float64(1), 2],
        lambda: [numpy.float32(1), 2], lambda: [numpy.int16(1), True], lambda: [numpy.array([1, 2]), numpy.array([3, 4])],
        lambda: numpy.arange(3), lambda: [numpy.bool_(False), True], lambda: numpy.complex64(1j), lambda: numpy.array(3),
        lambda: numpy.arange(6).reshape(2, 3).T,
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays")
def test_tensor_from_numpy_values(data):
    oracle = pytest.importorskip("torch", reason="PyTorch, the oracle of this test, is not installed")
    ours, theirs = torch.tensor(data()), oracle.tensor(data())
    assert (str(ours.dtype), tuple(ours.shape), ours.tolist()) == (
        str(theirs.dtype),
        tuple(theirs.shape),
        theirs.tolist(),
    )


def test_tensor_copies_and_as_tensor_shares():
    array = numpy.arange(3.0)
    copied, shared, asked = torch.tensor(array), torch.as_tensor(array), torch.asarray(array, copy=True)
    array[0] = 9
    assert (copied[0].item(), shared[0].item(), asked[0].item()) == (0, 9, 0)
    assert torch.as_tensor(array, dtype=torch.int64).tolist() == [9, 1, 2]
    tensor = torch.tensor([1.0])
    assert torch.as_tensor(tensor) is tensor and torch.asarray(tensor) is tensor
    assert torch.asarray(tensor, copy=True).data_ptr() != tensor.data_ptr()
    for wrong in (lambda: torch.asarray([1], copy=False), lambda: torch.asarray(tensor, dtype=torch.int32, copy=False)):
        with pytest.raises(ValueError):
            wrong()


# ------------------------------------------------------------------------------------------------------------- to NumPy
@pytest.mark.parametrize("name", NAMES)
def test_numpy_shares_memory(name):
    tensor = torch.tensor([[0, 1, 1], [1, 0, 1]], dtype=getattr(torch, name))
    array = tensor.numpy()
    assert array.dtype == name and array.shape == (2, 3) and array.tolist() == tensor.tolist()
    array[1, 1] = 1
    assert tensor.tolist() == array.tolist()
    assert array.__array_interface__["data"][0] == tensor.data_ptr()


def test_numpy_of_views():
    tensor = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for view in (tensor[1], tensor[:, 1], tensor[:, ::2], tensor[1:, 1:], tensor[2:], tensor[1, 2], tensor[None]):
        array = view.numpy()
        assert array.tolist() == view.tolist() and array.shape == view.shape


def test_memory_outlives_its_tensor():
    array = torch.tensor([1.0, 2.0]).numpy()
    gc.collect()
    array[0] = 5
    assert array.tolist() == [5.0, 2.0]


def test_memory_seen_by_numpy_does_not_move():
    tensor = torch.tensor([1.0, 2.0])
    array = tensor.numpy()
    with pytest.raises(RuntimeError):
        tensor.untyped_storage().resize_(1 << 20)
    assert array.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "make, error, text",
    [
        (
            lambda: torch.tensor([1.0], requires_grad=True),
            RuntimeError,
            "Can't call numpy() on Tensor that requires grad",
        ),
        (lambda: torch.tensor(1.0, dtype=torch.bfloat16), TypeError, "Got unsupported ScalarType BFloat16"),
        (lambda: torch.tensor(1.0, device="meta"), TypeError, "can't convert meta device type tensor to numpy"),
    ],
)
def test_tensors_that_numpy_cannot_show(make, error, text):
    with pytest.raises(error) as caught:
        make().numpy()
    assert str(caught.value).startswith(text)


def test_force_and_array_protocol():
    assert torch.tensor([1.0], requires_grad=True).numpy(force=True).tolist() == [1.0]
    assert numpy.asarray(torch.tensor([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert numpy.asarray(torch.tensor([1.0, 2.0]), dtype="int64").tolist() == [1, 2]
    with pytest.raises(TypeError):
        torch.tensor([1.0]).numpy(force=1)


# -------------------------------------------------------------------------------------------------------------- buffers
def test_frombuffer_shares_memory_and_keeps_it():
    data = bytearray(b"\x01\x00\x02\x00")
    tensor = torch.frombuffer(data, dtype=torch.int16)
    assert tensor.tolist() == [1, 2]
    data[0] = 7
    assert tensor.tolist() == [7, 2]
    with pytest.raises(BufferError):
        data.extend(b"more")
    assert torch.frombuffer(data, dtype=torch.int16, count=1, offset=2).tolist() == [2]


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": 5}, {"offset": 5}, {"offset": 1}, {"offset": -1}, {"count": 0}, {"count": 2**62}, {"offset": 2**62}, {"count": 2, "offset": 2},
    ],
)  # fmt: skip
def test_frombuffer_stays_inside(arguments):
    with pytest.raises(ValueError):
        torch.frombuffer(bytearray(4), dtype=torch.int16, **arguments)


def test_frombuffer_wrong_objects():
    with pytest.raises(ValueError):
        torch.frombuffer(3, dtype=torch.int8)
    with pytest.raises(ValueError):
        torch.frombuffer(bytearray(), dtype=torch.int8)
    with pytest.raises(TypeError):
        torch.frombuffer(bytearray(2))
    with pytest.raises(TypeError):
        torch.frombuffer(bytearray(2), dtype="int8")


# --------------------------------------------------------------------------------------------------------------- DLPack
@pytest.mark.parametrize("name", [n for n in NAMES if n != "complex32"] + ["bfloat16"])
@pytest.mark.parametrize("version", [None, (1, 0)])
def test_dlpack_goes_round(name, version):
    tensor = torch.tensor([[0, 1], [1, 1]], dtype=getattr(torch, name))
    again = torch.utils.dlpack.from_dlpack(tensor.__dlpack__(max_version=version))
    assert again.dtype is tensor.dtype and again.tolist() == tensor.tolist() and again.data_ptr() == tensor.data_ptr()


def test_dlpack_with_numpy():
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    array = numpy.from_dlpack(tensor[:, 1])
    assert array.tolist() == [2.0, 4.0]
    shared = torch.from_dlpack(numpy.arange(3.0))
    assert shared.tolist() == [0, 1, 2] and shared.dtype is torch.float64


def test_dlpack_with_pytorch():
    oracle = pytest.importorskip("torch", reason="PyTorch, the oracle of this test, is not installed")
    ours = torch.tensor([1.0, 2.0])
    theirs = oracle.from_dlpack(ours)
    theirs[0] = 8
    assert ours.tolist() == [8.0, 2.0]
    assert torch.from_dlpack(oracle.arange(3)).tolist() == [0, 1, 2]


def test_capsule_is_used_once_and_frees_what_it_held():
    tensor = torch.tensor([1.0])
    storage = tensor.untyped_storage()._cdata
    capsule = torch._C._to_dlpack(tensor)
    again = torch._C._from_dlpack(capsule)
    assert again.untyped_storage()._cdata != storage
    with pytest.raises(RuntimeError):
        torch._C._from_dlpack(capsule)
    del tensor, capsule
    gc.collect()
    assert again.tolist() == [1.0]
    torch._C._to_dlpack(again)  # never consumed: the capsule itself lets go


def test_producer_of_a_capsule_is_kept_alive():
    array = numpy.arange(3.0)
    before = sys.getrefcount(array)
    tensor = torch.from_dlpack(array)
    assert sys.getrefcount(array) > before
    del tensor
    gc.collect()
    assert sys.getrefcount(array) == before


@pytest.mark.parametrize("wrong", [3, None, b"x", "text", object()])
def test_what_is_no_capsule(wrong):
    with pytest.raises(RuntimeError):
        torch._C._from_dlpack(wrong)


def test_export_that_would_lose_something():
    with pytest.raises(BufferError):
        torch._C._to_dlpack(torch.tensor([1.0], requires_grad=True))
    with pytest.raises(BufferError):
        torch._C._to_dlpack(torch.tensor(1.0, device="meta"))
    with pytest.raises(TypeError):
        torch._C._to_dlpack(3)
