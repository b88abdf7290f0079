"""The methods of Tensor that are written in Python."""

import copy
import io
import itertools
import pickle

import pytest

import tiny_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")


def test_deepcopy_keeps_sharing_and_state():
    base = tiny_torch.arange(6.0).reshape(2, 3)
    base.note = ["kept"]
    leaf = tiny_torch.ones(2, requires_grad=True)
    leaf.sum().backward()
    first, view, second = copy.deepcopy([base, base.t(), leaf])
    assert first.tolist() == base.tolist() and first.data_ptr() != base.data_ptr()
    assert view.untyped_storage()._cdata == first.untyped_storage()._cdata
    assert view.stride() == (1, 3)
    assert first.note == ["kept"] and first.note is not base.note
    assert second.requires_grad and second.grad.tolist() == [1, 1] and second.grad is not leaf.grad
    a, b = copy.deepcopy([base, base])
    assert a is b
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(leaf * 2)


class Tagged(tiny_torch.Tensor):
    pass


def test_subclasses_copy_and_pickle():
    tagged = tiny_torch.ones(2).as_subclass(Tagged)
    tagged.tag = {"a": 1}
    for made in (copy.deepcopy(tagged), pickle.loads(pickle.dumps(tagged))):
        assert type(made) is Tagged and made.tag == {"a": 1} and made.tolist() == [1, 1]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol):
    view = tiny_torch.arange(12.0).reshape(3, 4)[1:, ::2]
    got = pickle.loads(pickle.dumps(view, protocol=protocol))
    assert got.tolist() == view.tolist() and got.stride() == view.stride()
    leaf = pickle.loads(pickle.dumps(tiny_torch.ones(2, requires_grad=True), protocol=protocol))
    assert leaf.requires_grad


def test_hooks_are_not_pickled():
    leaf = tiny_torch.ones(2, requires_grad=True)
    leaf.register_hook(lambda grad: grad * 2)
    with pytest.warns(UserWarning, match="hook"):
        assert pickle.loads(pickle.dumps(leaf))._backward_hooks is None


def test_sequence_protocol():
    tensor = tiny_torch.arange(6).reshape(3, 2)
    assert len(tensor) == 3 and [row.tolist() for row in tensor] == tensor.tolist()
    assert [row.tolist() for row in reversed(tensor)] == tensor.tolist()[::-1]
    assert 5 in tensor and 6 not in tensor and tiny_torch.tensor(3) in tensor
    with pytest.raises(RuntimeError, match="only supports Tensor or scalar"):
        "a" in tensor  # noqa: B015
    with pytest.raises(TypeError, match=r"len\(\) of a 0-d tensor"):
        len(tiny_torch.tensor(1))
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(tiny_torch.tensor(1))
    assert len({tensor, tensor, tiny_torch.ones(1)}) == 2


def test_reflected_operators():
    for number in (2, 2.5):
        for name in ("sub", "truediv", "pow", "mul", "add"):
            expected = getattr(torch.tensor([1.0, 4.0]), f"__r{name}__")(number)
            got = getattr(tiny_torch.tensor([1.0, 4.0]), f"__r{name}__")(number)
            assert got.tolist() == pytest.approx(expected.tolist(), rel=1e-6)


def test_hooks():
    leaf = tiny_torch.ones(2, requires_grad=True)
    handle = leaf.register_hook(lambda grad: grad * 2)
    leaf.sum().backward()
    assert leaf.grad.tolist() == [2, 2]
    handle.remove()
    leaf.sum().backward()
    assert leaf.grad.tolist() == [3, 3]
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"):
        tiny_torch.ones(1).register_hook(print)


def test_types():
    for name in ("float32", "float64", "int64", "uint8", "bool", "bfloat16"):
        ours, theirs = (lib.ones(2, dtype=getattr(lib, name)) for lib in (tiny_torch, torch))
        assert ours.type() == theirs.type()
        assert isinstance(ours, getattr(tiny_torch, ours.type().split(".")[1]))
    tensor = tiny_torch.ones(2)
    assert tensor.type("torch.DoubleTensor").dtype == tensor.type(tiny_torch.float64).dtype == tiny_torch.float64
    assert tensor.type(tiny_torch.LongTensor).dtype == tiny_torch.int64
    assert tiny_torch.LongTensor([1, 2]).tolist() == [1, 2] and tiny_torch.FloatTensor(2, 3).shape == (2, 3)
    with pytest.raises(ValueError, match="invalid type"):
        tensor.type("torch.NoTensor")


def test_storages():
    tensor = tiny_torch.arange(4.0)
    storage = tensor.untyped_storage()
    assert storage.nbytes() == len(storage) == 16 and storage.data_ptr() == tensor.data_ptr()
    part = storage[4:8]
    part[2] = 0
    part[3] = 0
    assert tensor.tolist() == [0, 0, 2, 3]
    with pytest.raises(IndexError):
        storage[16]
    typed = tensor._typed_storage()
    assert list(typed) == [0, 0, 2, 3] and typed[-1] == 3 and typed.type() == "torch.FloatStorage"
    assert isinstance(typed, tiny_torch.FloatStorage) and not isinstance(typed, tiny_torch.LongStorage)
    typed[1] = 7
    assert tensor[1].item() == 7
    assert tiny_torch.IntStorage([1, 2]).tolist() == [1, 2]
    assert copy.deepcopy(storage).tolist() == storage.tolist() == pickle.loads(pickle.dumps(storage)).tolist()


def test_from_file(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(bytes(range(16)))
    private = tiny_torch.UntypedStorage.from_file(str(path), False, 16)
    private[0] = 9
    assert path.read_bytes()[0] == 0
    shared = tiny_torch.UntypedStorage.from_file(str(path), True, 32)
    shared[0] = 9
    assert path.read_bytes()[0] == 9 and len(path.read_bytes()) == 32
    with pytest.raises(RuntimeError, match="expected at least"):
        tiny_torch.UntypedStorage.from_file(str(path), False, 64)


def test_dim_order():
    for shape in ((2, 3, 4, 5), (3, 2, 2), (4,), (), (2, 2)):
        for order in itertools.permutations(range(len(shape))):
            ours = tiny_torch.empty(shape).permute(order).dim_order()
            assert ours == torch.empty(shape).permute(order).dim_order()
    with pytest.raises(RuntimeError, match="does not have unique dim order"):
        tiny_torch.empty(1, 2).dim_order(ambiguity_check=True)
    with pytest.raises(TypeError, match="ambiguity_check"):
        tiny_torch.empty(1).dim_order(ambiguity_check="x")


def test_numpy_and_dlpack():
    numpy = pytest.importorskip("numpy", reason="exchanges memory with NumPy")
    tensor = tiny_torch.arange(4.0)
    array = numpy.asarray(tensor)
    array[0] = 5
    assert tensor[0].item() == 5
    assert numpy.asarray(tensor, dtype="int32").dtype == "int32"
    assert type(numpy.sin(tensor)) is tiny_torch.Tensor
    assert tensor.__dlpack_device__() == (1, 0)
    assert numpy.from_dlpack(tensor).tolist() == tensor.tolist()
    assert torch.from_dlpack(tensor).tolist() == tensor.tolist()
    assert tiny_torch.from_dlpack(torch.arange(3)).tolist() == [0, 1, 2]
    with pytest.raises(BufferError, match="require gradient"):
        tiny_torch.ones(1, requires_grad=True).__dlpack__()
    assert not hasattr(tensor, "__cuda_array_interface__")


def test_torch_function():
    result = tiny_torch.ones(2).as_subclass(Tagged) + 1
    assert type(result) is Tagged

    class Logged(tiny_torch.Tensor):
        calls = []

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            cls.calls.append(getattr(func, "__name__", func))
            return super().__torch_function__(func, types, args, kwargs)

    logged = tiny_torch.ones(2).as_subclass(Logged)
    copy.deepcopy(logged)
    assert "__deepcopy__" in Logged.calls


def test_old_state():
    tensor = tiny_torch.ones(2)
    tensor.__setstate__((True, None, None))
    assert tensor.requires_grad
    with pytest.raises(RuntimeError):
        tensor.__setstate__((1, 2))
    buffer = io.BytesIO()
    tiny_torch.save(tensor, buffer)
    assert "version" in repr(buffer.getvalue())


def test_norm():
    for arguments in ({}, {"p": 1}, {"p": 2, "dim": 1}, {"dim": (0, 1), "keepdim": True}, {"p": float("inf")}):
        expected = torch.arange(6.0).reshape(2, 3).norm(**arguments)
        got = tiny_torch.arange(6.0).reshape(2, 3).norm(**arguments)
        assert got.shape == expected.shape
        assert got.reshape(-1).tolist() == pytest.approx(expected.reshape(-1).tolist(), rel=1e-6)


def test_set():
    base = tiny_torch.arange(6.0)
    tensor = tiny_torch.zeros(1)
    assert tensor.set_(base.untyped_storage(), 1, (2, 2), (2, 1)) is tensor
    assert tensor.tolist() == [[1, 2], [3, 4]] and tensor.data_ptr() == base.data_ptr() + 4
    assert tiny_torch.zeros(1).set_(base).tolist() == base.tolist()
    assert tiny_torch.zeros(1).set_(base.untyped_storage()).shape == (6,)
    assert tiny_torch.ones(3).set_().numel() == 0
    with pytest.raises(RuntimeError, match="out of bounds"):
        tensor.set_(base.untyped_storage(), 0, (7,), (1,))
    assert not tensor.is_pinned()
