"""Readers of image data sets: what they give, and that no header is believed."""

import gzip
import importlib
import io
import os
import pickle
import struct
import tarfile

import pytest

NAME = "tiny_torch"
torch = importlib.import_module(NAME)
datasets = importlib.import_module(f"{NAME}.utils.data.datasets")

RECORD = 1 + 3 * 32 * 32


def idx(shape, payload, code=0x08, magic=b"\0\0", dims=None):
    return (
        magic + bytes([code, len(shape) if dims is None else dims]) + struct.pack(f">{len(shape)}I", *shape) + payload
    )


def test_idx_round_trip_for_every_element_type(tmp_path):
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.float32, torch.float64):
        for suffix in ("", ".gz"):
            value = (torch.arange(24).view(2, 3, 4) * 5 - 7 * (dtype != torch.uint8)).to(dtype)
            path = str(tmp_path / f"x{suffix}")
            datasets.write_idx(path, value)
            back = datasets.read_idx(path)
            assert back.dtype == dtype and back.shape == (2, 3, 4) and torch.equal(back, value)


def test_idx_elements_are_big_endian(tmp_path):
    (tmp_path / "x").write_bytes(idx([2], b"\x01\x02\xff\xfe", code=0x0B))
    assert datasets.read_idx(str(tmp_path / "x")).tolist() == [258, -2]
    (tmp_path / "x").write_bytes(idx([1], struct.pack(">d", -1.25), code=0x0E))
    assert datasets.read_idx(str(tmp_path / "x")).tolist() == [-1.25]


def test_idx_without_elements(tmp_path):
    (tmp_path / "x").write_bytes(idx([0, 28, 28], b""))
    assert datasets.read_idx(str(tmp_path / "x")).shape == (0, 28, 28)


BROKEN_IDX = {
    "empty": (b"", "starts with nothing"),
    "three bytes": (b"\0\0\x08", "not an idx file"),
    "magic": (idx([1], b"a", magic=b"\0\1"), "starts with 00 01"),
    "text": (b"<html>404</html>", "not an idx file"),
    "code": (idx([1], b"a", code=0x0A), "unknown element code 0x0a"),
    "no dims": (idx([], b""), "0 dimensions"),
    "255 dims": (idx([1], b"a", dims=255), "255 dimensions"),
    "header cut": (idx([2, 3], b"", dims=3), "header needs 16 bytes, the file holds 12"),
    "one byte short": (idx([2, 3], b"a" * 5), r"promises 6 bytes for shape \[2, 3\], the file holds 5"),
    "one byte long": (idx([2, 3], b"a" * 7), "holds 7"),
    "element size": (idx([2, 3], b"a" * 6, code=0x0D), "promises 24 bytes"),
    "huge": (idx([2**32 - 1] * 3, b"a"), "the file holds 1"),
    # 2^16 * 2^16 * 2^16 * 2^16 is 0 in 64 bits.
    "overflow": (idx([2**16] * 4, b""), "the file holds 0"),
}


@pytest.mark.parametrize("case", BROKEN_IDX)
def test_broken_idx_files_are_refused(tmp_path, case):
    data, message = BROKEN_IDX[case]
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as raised:
        datasets.read_idx(str(path))
    assert str(path) in str(raised.value)
    path.write_bytes(gzip.compress(data))
    with pytest.raises(ValueError, match=message):
        datasets.read_idx(str(path))


def test_damaged_gzip_files_are_refused(tmp_path):
    good = gzip.compress(idx([300], bytes(i % 251 for i in range(300))))
    for data in (good[:2], good[:20], good[:-4], good[:30] + b"\xff\xff\xff" + good[33:]):
        (tmp_path / "x.gz").write_bytes(data)
        with pytest.raises(ValueError, match="damaged gzip file"):
            datasets.read_idx(str(tmp_path / "x.gz"))


def test_any_single_changed_byte_of_an_idx_header_is_an_error_or_another_type(tmp_path):
    good = idx([3, 2], b"abcdef")
    for place in range(12):
        for value in (0, 1, 2, 7, 8, 9, 127, 128, 255):
            data = bytearray(good)
            data[place] = value
            (tmp_path / "x").write_bytes(bytes(data))
            if bytes(data) == good or (place == 2 and value == 9):
                assert datasets.read_idx(str(tmp_path / "x")).shape == (3, 2)
            else:
                with pytest.raises(ValueError):
                    datasets.read_idx(str(tmp_path / "x"))


def write_mnist(folder, count=5, split="train", labels=None, shape=(28, 28)):
    os.makedirs(folder, exist_ok=True)
    images = torch.arange(count * shape[0] * shape[1]).remainder(251).to(torch.uint8).view(count, *shape)
    labels = torch.arange(count).remainder(10) if labels is None else torch.tensor(labels)
    datasets.write_idx(os.path.join(folder, f"{split}-images-idx3-ubyte.gz"), images)
    datasets.write_idx(os.path.join(folder, f"{split}-labels-idx1-ubyte"), labels.to(torch.uint8))
    return images, labels


def test_mnist(tmp_path):
    images, labels = write_mnist(tmp_path / "a")
    data = datasets.MNIST(tmp_path / "a")
    assert len(data) == 5 and torch.equal(data.data, images) and torch.equal(data.targets, labels)
    assert data.targets.dtype == torch.int64
    image, label = data[3]
    assert image.shape == (1, 28, 28) and image.dtype == torch.uint8 and label == 3 and type(label) is int
    assert data.classes[9] == "9 - nine" and data.class_to_idx["0 - zero"] == 0
    assert "Split: Train" in repr(data) and "5" in repr(data)
    with pytest.raises(FileNotFoundError, match="t10k-images-idx3-ubyte"):
        datasets.MNIST(tmp_path / "a", train=False)


def test_mnist_in_torchvisions_folders_with_transforms_and_a_loader(tmp_path):
    write_mnist(tmp_path / "FashionMNIST" / "raw", split="t10k")
    data = datasets.FashionMNIST(
        str(tmp_path), train=False, transform=lambda x: x.float(), target_transform=lambda y: y + 100
    )
    assert data[0][0].dtype == torch.float32 and data[2][1] == 102
    images, labels = next(iter(torch.utils.data.DataLoader(data, batch_size=4)))
    assert images.shape == (4, 1, 28, 28) and labels.tolist() == [100, 101, 102, 103]
    with pytest.raises(FileNotFoundError):
        datasets.MNIST(str(tmp_path), train=False)


def test_download_says_what_to_do(tmp_path):
    for dataset in (datasets.MNIST, datasets.CIFAR10):
        with pytest.raises(FileNotFoundError, match="download=True isn't supported, put them there"):
            dataset(tmp_path, download=True)
    write_mnist(tmp_path, count=2)
    assert len(datasets.MNIST(tmp_path, download=True)) == 2


def test_mnist_files_that_do_not_fit_are_refused(tmp_path):
    write_mnist(tmp_path, count=5, labels=[0, 1, 2, 3])
    with pytest.raises(ValueError, match="5 images, but 4 labels"):
        datasets.MNIST(tmp_path)
    write_mnist(tmp_path, count=2, labels=[0, 10])
    with pytest.raises(ValueError, match="a label of 10, expected 0 to 9"):
        datasets.MNIST(tmp_path)
    write_mnist(tmp_path, count=2)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx([2, 1], b"\0\0"))
    with pytest.raises(ValueError, match=r"labels of type uint8 and shape \[N\]"):
        datasets.MNIST(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx([2], b"\0\0"))
    datasets.write_idx(str(tmp_path / "train-images-idx3-ubyte.gz"), torch.zeros(2, 28, 28))
    with pytest.raises(ValueError, match="images of type uint8"):
        datasets.MNIST(tmp_path)


def records(count, label_bytes=1, label=None):
    """`count` records whose planes are filled with record + plane."""
    parts = []
    for i in range(count):
        parts.append(bytes([0] * (label_bytes - 1) + [i % 10 if label is None else label]))
        parts += [bytes([i + plane]) * 1024 for plane in range(3)]
    return b"".join(parts)


def write_cifar10(folder, count=3, **replaced):
    folder.mkdir(parents=True, exist_ok=True)
    for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
        (folder / name).write_bytes(replaced.get(name.split(".")[0], records(count)))


def archive(folder, path):
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, "cifar-10-batches-bin")


def test_cifar10_from_a_folder_and_from_its_archive(tmp_path):
    write_cifar10(tmp_path / "cifar-10-batches-bin")
    (tmp_path / "packed").mkdir()
    archive(tmp_path / "cifar-10-batches-bin", tmp_path / "packed" / "cifar-10-binary.tar.gz")
    for root in (
        tmp_path,
        tmp_path / "cifar-10-batches-bin",
        tmp_path / "packed",
        tmp_path / "packed" / "cifar-10-binary.tar.gz",
    ):
        train, test = datasets.CIFAR10(root), datasets.CIFAR10(root, train=False)
        assert len(train) == 15 and len(test) == 3 and train.targets == [0, 1, 2] * 5
        image, label = train[4]
        assert image.shape == (3, 32, 32) and image.dtype == torch.uint8 and label == 1
        # Planes stay planes: nothing is reshaped across them.
        assert image.flatten(1).amin(1).tolist() == image.flatten(1).amax(1).tolist() == [1, 2, 3]
    assert train.classes[3] == "cat"


def test_cifar100_takes_the_fine_label(tmp_path):
    (tmp_path / "train.bin").write_bytes(b"\x05\x63" + bytes(3072) + b"\x05\x00" + bytes(3072))
    assert datasets.CIFAR100(tmp_path).targets == [99, 0]
    (tmp_path / "train.bin").write_bytes(b"\x05\x64" + bytes(3072))
    with pytest.raises(ValueError, match="a label of 100, expected 0 to 99"):
        datasets.CIFAR100(tmp_path)


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "0 bytes, expected a multiple of 3073"),
        (records(2)[:-1], "6145 bytes"),
        (records(2) + b"\0", "6147 bytes"),
        (records(1, label=10), "a label of 10, expected 0 to 9"),
        (records(1, label=255), "a label of 255"),
        (b"not a record", "12 bytes"),
    ],
)
def test_broken_cifar_files_are_refused(tmp_path, data, message):
    write_cifar10(tmp_path, data_batch_3=data)
    with pytest.raises(ValueError, match=message) as raised:
        datasets.CIFAR10(tmp_path)
    assert "data_batch_3.bin" in str(raised.value)
    assert len(datasets.CIFAR10(tmp_path, train=False)) == 3


def test_broken_cifar_archives_are_refused(tmp_path):
    write_cifar10(tmp_path / "a")
    path = tmp_path / "cifar-10-binary.tar.gz"
    archive(tmp_path / "a", path)
    good = path.read_bytes()
    for data in (b"", b"hello", good[: len(good) // 2], good[:40] + bytes(20) + good[60:]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="damaged archive|is not in it"):
            datasets.CIFAR10(path)
    (tmp_path / "a" / "data_batch_2.bin").unlink()
    archive(tmp_path / "a", path)
    with pytest.raises(ValueError, match="data_batch_2.bin is not in it"):
        datasets.CIFAR10(path)
    with pytest.raises(FileNotFoundError, match="data_batch_1.bin or cifar-10-binary.tar.gz not found"):
        datasets.CIFAR10(tmp_path / "nowhere")


def test_archive_with_links_and_foreign_names_touches_no_other_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(records(2))
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        link = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        tar.addfile(link)
    with pytest.raises(ValueError, match="test_batch.bin is not in it"):
        datasets.CIFAR10(path, train=False)
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("../../../test_batch.bin")
        member.size = RECORD
        tar.addfile(member, io.BytesIO(records(1)))
    assert len(datasets.CIFAR10(path, train=False)) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.tar.gz", "secret"]


def test_pickles_of_the_python_version_are_never_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    for name in ("test_batch", "test_batch.bin"):
        (tmp_path / name).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ValueError, match="expected a multiple of 3073"):
        datasets.CIFAR10(tmp_path, train=False)
    assert not (tmp_path / "ran").exists()


def test_datasets_can_be_pickled_for_workers(tmp_path):
    write_cifar10(tmp_path)
    data = pickle.loads(pickle.dumps(datasets.CIFAR10(tmp_path)))
    assert len(data) == 15 and data[4][1] == 1


FASHION = "/usr/share/datasets/fashion-mnist"


@pytest.mark.skipif(not os.path.isdir(FASHION), reason="Fashion-MNIST is not installed (dataset-fashion-mnist)")
def test_fashion_mnist_as_it_is_installed():
    data = datasets.FashionMNIST(FASHION, train=False)
    assert data.data.shape == (10000, 28, 28)
    assert [(data.targets == label).sum().item() for label in range(10)] == [1000] * 10
