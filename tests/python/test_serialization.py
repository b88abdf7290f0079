"""Files go both ways between PyTorch and tiny_torch, and damaged ones raise."""

import collections
import io
import os
import pickle
import random
import struct
import zipfile

import pytest

import tiny_torch
from tiny_torch import serialization
from tiny_torch._zip_archive import ArchiveError, ArchiveReader, ArchiveWriter

torch = pytest.importorskip("torch", reason="PyTorch is the oracle for its file format")

FILE_ERRORS = (RuntimeError, ValueError, EOFError, pickle.UnpicklingError)
DTYPES = ["float32", "float64", "float16", "bfloat16", "complex64", "complex128"]
DTYPES += ["int8", "uint8", "int16", "int32", "int64", "bool"]


def sample(library):
    """Everything a checkpoint may hold, made by either library."""
    base = library.arange(24, dtype=library.float32).reshape(4, 6)
    content = collections.OrderedDict(base=base, view=base[1:3, ::2], transposed=base.t())
    for dtype in DTYPES:
        content[dtype] = library.arange(3).to(getattr(library, dtype))
    content["scalar"] = library.tensor(3)
    content["empty"] = library.zeros(0, 3)
    content["leaf"] = library.ones(2, requires_grad=True)
    content["parameter"] = library.nn.Parameter(library.full((2, 2), 0.5))
    content["tied"] = content["parameter"]
    content["meta"] = library.ones(2, 3, device="meta")
    content["conjugated"] = library.tensor([1 + 2j, 3 - 1j]).conj()
    content["plain"] = [1, 2.5, "text", None, True, (1,), {"a": 2**70, "b": -5}, b"bytes", {1, 2}]
    content["types"] = [library.float16, library.Size([1, 2]), library.device("cpu")]
    return content


def check_equal(got, expected):
    if hasattr(expected, "requires_grad"):
        assert type(got).__name__ == type(expected).__name__
        for name in ("requires_grad", "is_meta"):
            assert getattr(got, name) == getattr(expected, name)
        assert str(got.dtype) == str(expected.dtype)
        assert (tuple(got.shape), got.stride()) == (tuple(expected.shape), expected.stride())
        assert got.storage_offset() == expected.storage_offset()
        if not got.is_meta:
            assert got.tolist() == expected.tolist()
    elif isinstance(expected, dict):
        assert list(got) == list(expected) and type(got) is type(expected)
        for key in expected:
            check_equal(got[key], expected[key])
    elif isinstance(expected, (list, tuple)) and type(expected).__name__ != "Size":
        assert type(got) is type(expected) and len(got) == len(expected)
        for a, b in zip(got, expected):
            check_equal(a, b)
    else:
        assert str(got) == str(expected)


def check_sharing(content):
    storages = {content[name].untyped_storage()._cdata for name in ("base", "view", "transposed")}
    assert len(storages) == 1
    assert content["tied"] is content["parameter"]


def saved(library, content, **kwargs):
    buffer = io.BytesIO()
    library.save(content, buffer, **kwargs)
    return buffer.getvalue()


@pytest.mark.parametrize("use_zip", [True, False], ids=["zip", "stream"])
@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("writer, reader", [("torch", "ours"), ("ours", "torch"), ("ours", "ours")])
def test_round_trips(writer, reader, weights_only, use_zip):
    libraries = {"torch": torch, "ours": tiny_torch}
    data = saved(libraries[writer], sample(libraries[writer]), _use_new_zipfile_serialization=use_zip)
    content = libraries[reader].load(io.BytesIO(data), weights_only=weights_only)
    check_equal(content, sample(libraries[reader]))
    check_sharing(content)


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"])
def test_dtypes_without_typed_storages(dtype):
    expected = torch.tensor([0, 1, 2]).to(getattr(torch, dtype))
    got = tiny_torch.load(io.BytesIO(saved(torch, expected)))
    assert str(got.dtype) == f"torch.{dtype}"
    back = torch.load(io.BytesIO(saved(tiny_torch, got)))
    assert torch.equal(back.view(torch.uint8), expected.view(torch.uint8))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle_protocols(protocol):
    content = sample(tiny_torch)
    data = saved(tiny_torch, content, pickle_protocol=protocol)
    assert b"tiny_torch" not in data
    check_equal(torch.load(io.BytesIO(data), weights_only=False), sample(torch))
    check_equal(tiny_torch.load(io.BytesIO(data), weights_only=False), content)


def test_archive_layout(tmp_path):
    path = tmp_path / "model.pt"
    tiny_torch.save({"a": tiny_torch.ones(3), "b": tiny_torch.ones(5)}, path)
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    names = archive.namelist()
    assert names[0] == "model/data.pkl" and {"model/version", "model/byteorder", "model/.format_version"} <= set(names)
    assert archive.read("model/.format_version") == b"1" and archive.read("model/.storage_alignment") == b"64"
    assert len(archive.read("model/.data/serialization_id")) == 40
    data = path.read_bytes()
    for info in archive.infolist():
        name_length, extra_length = struct.unpack_from("<HH", data, info.header_offset + 26)
        assert (info.header_offset + 30 + name_length + extra_length) % 64 == 0


def test_paths_file_objects_and_positions(tmp_path):
    tensor = tiny_torch.arange(5)
    path = tmp_path / "x.pt"
    tiny_torch.save(tensor, str(path))
    assert tiny_torch.load(str(path)).tolist() == tiny_torch.load(path).tolist() == [0, 1, 2, 3, 4]
    buffer = io.BytesIO(b"prefix" + saved(tiny_torch, tensor))
    buffer.seek(6)
    assert tiny_torch.load(buffer).tolist() == [0, 1, 2, 3, 4]

    class WriteOnly:
        def __init__(self):
            self.data = b""

        def write(self, data):
            self.data += bytes(data)

    target = WriteOnly()
    tiny_torch.save(tensor, target)
    assert tiny_torch.load(io.BytesIO(target.data)).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(RuntimeError, match="Parent directory"):
        tiny_torch.save(tensor, tmp_path / "missing" / "x.pt")
    with pytest.raises(FileNotFoundError):
        tiny_torch.load(tmp_path / "missing.pt")
    with pytest.raises(AttributeError, match="write"):
        tiny_torch.save(tensor, 3)


def test_an_object_that_does_not_pickle_leaves_the_file_alone(tmp_path):
    path = tmp_path / "x.pt"
    tiny_torch.save([1], path)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        tiny_torch.save([lambda: 0], path)
    assert tiny_torch.load(path) == [1]


def test_map_location(tmp_path):
    data = saved(tiny_torch, tiny_torch.arange(3))
    for location in ("cpu", b"cpu", tiny_torch.device("cpu"), {"cpu": "cpu"}, lambda storage, location: storage):
        assert tiny_torch.load(io.BytesIO(data), map_location=location).tolist() == [0, 1, 2]
    assert tiny_torch.load(io.BytesIO(data), map_location=lambda s, where: None).tolist() == [0, 1, 2]
    for location in ("meta", tiny_torch.device("meta"), {"cpu": "meta"}):
        assert tiny_torch.load(io.BytesIO(data), map_location=location).is_meta
    with pytest.raises(RuntimeError, match="don't know how to restore data location"):
        tiny_torch.load(io.BytesIO(data), map_location="moon")
    if not tiny_torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
            tiny_torch.load(io.BytesIO(data), map_location="cuda:0")


def test_mmap(tmp_path):
    path = tmp_path / "x.pt"
    torch.save(sample(torch), path)
    content = tiny_torch.load(path, mmap=True)
    check_equal(content, sample(tiny_torch))
    content["base"].fill_(7)
    assert tiny_torch.load(path)["base"][0, 1].item() == 1
    with pytest.raises(ValueError, match="f must be a file path"):
        tiny_torch.load(io.BytesIO(path.read_bytes()), mmap=True)
    torch.save([1], path, _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
        tiny_torch.load(path, mmap=True)


def test_byte_orders():
    tensor = torch.tensor([1.0, 2.0, 3.0])
    data = saved(torch, tensor)
    reader = ArchiveReader(io.BytesIO(data))
    buffer = io.BytesIO()
    writer = ArchiveWriter(buffer, "archive")
    for name in reader.names():
        if name.startswith(("version", ".data")):
            continue
        record = reader.read_record(name)
        if name == "byteorder":
            record = b"big"
        if name == "data/0":
            record = struct.pack(">3f", 1, 2, 3)
        writer.write_record(name, record)
    writer.write_end_of_file()
    assert tiny_torch.load(io.BytesIO(buffer.getvalue())).tolist() == [1, 2, 3]


class Custom:
    def __init__(self, value=0):
        self.value = value


class Evil:
    def __reduce__(self):
        return (os.system, ("exit 1",))


def test_weights_only_refuses_and_can_be_told():
    data = saved(tiny_torch, {"x": Custom(3)})
    name = f"{__name__}.Custom"
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed") as failure:
        tiny_torch.load(io.BytesIO(data))
    assert f"Unsupported global: GLOBAL {name} was not an allowed global by default" in str(failure.value)
    assert f"torch.serialization.add_safe_globals([{name}])" in str(failure.value)
    assert tiny_torch.load(io.BytesIO(data), weights_only=False)["x"].value == 3
    with serialization.safe_globals([Custom]):
        assert serialization.get_safe_globals() == [Custom]
        assert tiny_torch.load(io.BytesIO(data))["x"].value == 3
    with pytest.raises(pickle.UnpicklingError):
        tiny_torch.load(io.BytesIO(data))
    serialization.add_safe_globals([(Custom, name)])
    assert tiny_torch.load(io.BytesIO(data))["x"].value == 3
    serialization.clear_safe_globals()
    assert serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(data)) == [name]
    with pytest.raises(pickle.UnpicklingError, match="blocked"):
        tiny_torch.load(io.BytesIO(saved(tiny_torch, [Evil()])))
    with pytest.raises(RuntimeError, match="explicit pickle_module"):
        tiny_torch.load(io.BytesIO(data), pickle_module=pickle, weights_only=True)


def test_one_memory_with_two_dtypes_cannot_be_saved():
    tensor = tiny_torch.zeros(4)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        tiny_torch.save([tensor, tensor.view(tiny_torch.int32)], io.BytesIO())


@pytest.mark.parametrize("use_zip", [True, False], ids=["zip", "stream"])
def test_conjugated_views_leave_their_base_alone(use_zip):
    base = torch.tensor([1 + 2j, 3 - 1j])
    data = saved(torch, [base, base.conj()], _use_new_zipfile_serialization=use_zip)
    first, second = tiny_torch.load(io.BytesIO(data))
    assert first.tolist() == [1 + 2j, 3 - 1j] and second.tolist() == [1 - 2j, 3 + 1j]


def test_storages_round_trip():
    tensor = tiny_torch.arange(3, dtype=tiny_torch.float32)
    data = saved(tiny_torch, [tensor.untyped_storage()])
    assert bytes(torch.load(io.BytesIO(data))[0].tolist()) == struct.pack("<3f", 0, 1, 2)
    data = saved(torch, [torch.arange(3.0).untyped_storage()])
    assert bytes(tiny_torch.load(io.BytesIO(data))[0].tolist()) == struct.pack("<3f", 0, 1, 2)


# Damaged files: an exception or a valid result, never a crash and never a tensor outside of its storage.


def touch(content):
    """Reads every element, so that a tensor beyond its storage would be found."""
    if isinstance(content, dict):
        for value in content.values():
            touch(value)
    elif isinstance(content, (list, tuple)):
        for value in content:
            touch(value)
    elif hasattr(content, "tolist") and not getattr(content, "is_meta", False) and content.numel() < 1 << 20:
        content.tolist()


def try_load(data):
    try:
        touch(tiny_torch.load(io.BytesIO(data)))
    except MemoryError:
        pass
    except Exception as error:
        assert str(error) or isinstance(error, (EOFError, AssertionError)), repr(error)


def mutate(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        kind = rng.random()
        at = rng.randrange(len(data))
        if kind < 0.6:
            data[at] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256), data[rng.randrange(len(data))]])
        elif kind < 0.75:
            del data[at : at + rng.choice([1, 2, 8])]
        elif kind < 0.9:
            data[at:at] = data[rng.randrange(len(data)) :][: rng.choice([1, 4, 16])]
        else:
            del data[at:]
        if not data:
            return b""
    return bytes(data)


@pytest.mark.parametrize("use_zip", [True, False], ids=["zip", "stream"])
def test_damaged_bytes(use_zip):
    rng = random.Random(1)
    data = saved(tiny_torch, sample(tiny_torch), _use_new_zipfile_serialization=use_zip)
    for size in range(0, len(data), 97):
        with pytest.raises(FILE_ERRORS):
            tiny_torch.load(io.BytesIO(data[:size]))
    for _ in range(400):
        try_load(mutate(data, rng))


def repack(reader, **records):
    """The archive again, with correct CRCs, but with other contents for some records."""
    buffer = io.BytesIO()
    writer = ArchiveWriter(buffer, "archive")
    for name in reader.names():
        if not name.startswith(("version", ".data")):
            writer.write_record(name, records.get(name, reader.read_record(name)))
    writer.write_end_of_file()
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore")
def test_damaged_pickles_inside_of_valid_archives():
    rng = random.Random(2)
    reader = ArchiveReader(io.BytesIO(saved(tiny_torch, sample(tiny_torch))))
    original = reader.read_record("data.pkl")
    for _ in range(1500):
        try_load(repack(reader, **{"data.pkl": mutate(original, rng)}))


@pytest.mark.parametrize(
    "geometry",
    [
        (0, (7,), (1,)),
        (1, (6,), (1,)),
        (-1, (2,), (1,)),
        (0, (-1,), (1,)),
        (0, (2,), (-1,)),
        (0, (2, 2), (1,)),
        (0, (2, 2), (6, 1)),
        (2**62, (1,), (1,)),
        (0, (2**62, 2**62), (1, 1)),
        (0, (2**40, 2**40, 0), (2**40, 1, 1)),
        (0, (2,), (2**63,)),
        (0, (1.5,), (1,)),
        (0, 3, 1),
    ],
)
def test_geometry_that_does_not_fit_its_storage(geometry):
    offset, size, stride = geometry
    storage = tiny_torch.arange(6, dtype=tiny_torch.float32)._typed_storage()
    with pytest.raises((RuntimeError, TypeError)):
        tensor = tiny_torch._utils._rebuild_tensor_v2(storage, offset, size, stride, False, None)
        assert tensor.numel() == 0
        raise RuntimeError("an empty tensor is fine")


def test_storage_sizes_that_disagree():
    reader = ArchiveReader(io.BytesIO(saved(tiny_torch, tiny_torch.arange(6))))
    with pytest.raises(RuntimeError, match="record 'data/0' has 8 bytes"):
        tiny_torch.load(io.BytesIO(repack(reader, **{"data/0": bytes(8)})))


def test_wrong_crc_is_noticed():
    data = bytearray(saved(tiny_torch, tiny_torch.full((1000,), 3.5)))
    at = data.index(struct.pack("<4f", *[3.5] * 4))
    data[at] ^= 1
    with pytest.raises(ArchiveError, match="CRC"):
        tiny_torch.load(io.BytesIO(bytes(data)))


def test_other_files():
    for data in (b"", b"hello", b"PK\x03\x04", b"\x80\x02.", pickle.dumps(3, protocol=2), bytes(300)):
        with pytest.raises(FILE_ERRORS):
            tiny_torch.load(io.BytesIO(data))
    tar = bytes(257) + b"ustar\x0000" + bytes(300)
    with pytest.raises(RuntimeError, match="tar"):
        tiny_torch.load(io.BytesIO(tar))


def test_compressed_records_are_read():
    reader = ArchiveReader(io.BytesIO(saved(torch, torch.arange(1000))))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in reader.names():
            archive.writestr(f"archive/{name}", reader.read_record(name))
    assert tiny_torch.load(io.BytesIO(buffer.getvalue())).tolist() == list(range(1000))
