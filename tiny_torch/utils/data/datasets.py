"""Readers of the small image data sets: MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100, from files that are there.

The classes take what those of ``torchvision.datasets`` take, without downloading. A sample is ``(image, label)`` with an image
of type uint8 and shape [C, H, W] and a label of type int; :mod:`tiny_torch.utils.data.transforms` makes floats of it.
Nothing in a file is believed before it is checked: a header that promises more or less than is there is a ValueError.

    >>> import os, tempfile
    >>> import tiny_torch as torch
    >>> from tiny_torch.utils.data.datasets import MNIST, write_idx
    >>> folder = tempfile.mkdtemp()
    >>> write_idx(os.path.join(folder, "train-images-idx3-ubyte"), torch.zeros(5, 28, 28, dtype=torch.uint8))
    >>> write_idx(os.path.join(folder, "train-labels-idx1-ubyte"), torch.tensor([0, 1, 2, 3, 4], dtype=torch.uint8))
    >>> image, label = MNIST(folder)[3]
    >>> image.shape, label
    (torch.Size([1, 28, 28]), 3)
"""

import gzip
import math
import os
import struct
import tarfile
import zlib

import tiny_torch as torch
from tiny_torch.utils.data.dataset import Dataset

__all__ = ["CIFAR10", "CIFAR100", "FashionMNIST", "ImageDataset", "MNIST", "read_idx", "write_idx"]

# Code of the elements in an idx header -> dtype; all are big endian.
_IDX_DTYPES = {
    0x08: torch.uint8,
    0x09: torch.int8,
    0x0B: torch.int16,
    0x0C: torch.int32,
    0x0D: torch.float32,
    0x0E: torch.float64,
}
_IDX_MAX_DIMS = 8


def _decompress(path):
    """The contents of a file, unpacked if it is gzipped, which its first bytes say and not its name."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: damaged gzip file: {error}") from error


def _tensor_of_bytes(data, dtype=torch.uint8):
    """A 1-d tensor that owns a copy of big-endian elements."""
    if not data:
        return torch.empty(0, dtype=dtype)
    size = torch.empty(0, dtype=dtype).element_size()
    octets = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    if size > 1:
        octets = octets.view(-1, size).flip(1).contiguous().view(-1)
    return octets.view(dtype)


def read_idx(path):
    """Reads a file in MNIST's idx format, gzipped or not.

    Args:
        path (str): the file.

    Returns:
        Tensor: uint8, int8, int16, int32, float32 or float64, of the shape the header gives.

    Raises:
        OSError: the file can't be read.
        ValueError: it isn't an idx file, or its header doesn't fit its length.

    Source: the format's description on the MNIST database's page; ``torchvision.datasets.mnist.read_sn3_pascalvincent_tensor``.
    """
    data = _decompress(path)
    if len(data) < 4 or data[:2] != b"\0\0":
        raise ValueError(f"{path}: not an idx file: it starts with {data[:4].hex(' ') or 'nothing'}, expected 00 00")
    code, dims = data[2], data[3]
    if code not in _IDX_DTYPES:
        raise ValueError(f"{path}: unknown element code 0x{code:02x} in the idx header")
    if not 1 <= dims <= _IDX_MAX_DIMS:
        raise ValueError(f"{path}: {dims} dimensions in the idx header, expected 1 to {_IDX_MAX_DIMS}")
    start = 4 + 4 * dims
    if len(data) < start:
        raise ValueError(f"{path}: the idx header needs {start} bytes, the file holds {len(data)}")
    shape = struct.unpack(f">{dims}I", data[4:start])
    dtype = _IDX_DTYPES[code]
    expected = math.prod(shape) * torch.empty(0, dtype=dtype).element_size()
    if len(data) - start != expected:
        raise ValueError(
            f"{path}: the idx header promises {expected} bytes for shape {list(shape)}, the file holds {len(data) - start}"
        )
    return _tensor_of_bytes(memoryview(data)[start:], dtype).view(shape)


def write_idx(path, tensor):
    """Writes a tensor in idx format, gzipped if `path` ends in ``.gz``.

    Args:
        path (str): the file.
        tensor (Tensor): uint8, int8, int16, int32, float32 or float64, with 1 to 8 dimensions.

    Raises:
        ValueError: another dtype or number of dimensions.
    """
    codes = {dtype: code for code, dtype in _IDX_DTYPES.items()}
    if tensor.dtype not in codes or not 1 <= tensor.dim() <= _IDX_MAX_DIMS or max(tensor.shape) >= 2**32:
        raise ValueError(f"write_idx(): can't write {list(tensor.shape)} elements of {tensor.dtype}")
    header = bytes([0, 0, codes[tensor.dtype], tensor.dim()]) + struct.pack(f">{tensor.dim()}I", *tensor.shape)
    size = tensor.element_size()
    octets = tensor.detach().cpu().contiguous().view(-1).view(torch.uint8)
    data = header + bytes(octets.view(-1, size).flip(1).reshape(-1).tolist())
    with gzip.open(path, "wb") if os.fspath(path).endswith(".gz") else open(path, "wb") as file:
        file.write(data)


class ImageDataset(Dataset):
    """Images and labels in memory, with transforms; the common part of the readers.

    Attributes:
        data (Tensor): uint8 images [N, C, H, W], or [N, H, W] for MNIST.
        targets (Tensor or list): int64 labels [N] for MNIST, a list of ints for CIFAR; as torchvision has them.
    """

    classes = ()

    def __init__(self, root, train, transform, target_transform, download):
        self.root = os.fspath(root)
        self.train = bool(train)
        self.transform = transform
        self.target_transform = target_transform
        self._download = bool(download)

    def _missing(self, what):
        """The error for files that are not there."""
        hint = "; download=True isn't supported, put them there" if self._download else ""
        return FileNotFoundError(f"{type(self).__name__}: {what} not found in {self.root}{hint}")

    @property
    def class_to_idx(self):
        """Label of each class's name."""
        return {name: label for label, name in enumerate(self.classes)}

    def _image(self, index):
        return self.data[index]

    def __getitem__(self, index):
        image, label = self._image(index), int(self.targets[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        split = "Train" if self.train else "Test"
        lines = [f"Dataset {type(self).__name__}", f"    Number of datapoints: {len(self)}"]
        lines += [f"    Root location: {self.root}", f"    Split: {split}"]
        if self.transform is not None:
            lines.append(f"    Transform: {self.transform!r}")
        return "\n".join(lines)


class MNIST(ImageDataset):
    """Handwritten digits: 60,000 training and 10,000 test images of 28 x 28 pixels in ten classes.

    Args:
        root (str): folder of the four idx files, gzipped or not, or one that has them in ``MNIST/raw`` as torchvision does.
        train (bool): the training images, else the test images.
        transform (callable, optional): from an image, uint8 [1, 28, 28], to what a sample is to have.
        target_transform (callable, optional): the same for the label.
        download (bool): taken as torchvision takes it, but nothing is downloaded: the files have to be there.

    Raises:
        FileNotFoundError: a file isn't there.
        ValueError: a file is damaged, or images and labels don't fit.

    Source: ``torchvision.datasets.MNIST``.
    """

    classes = (
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    )

    def __init__(self, root, train=True, transform=None, target_transform=None, download=False):
        super().__init__(root, train, transform, target_transform, download)
        split = "train" if train else "t10k"
        images_path, labels_path = self._find(f"{split}-images-idx3-ubyte"), self._find(f"{split}-labels-idx1-ubyte")
        self.data, labels = read_idx(images_path), read_idx(labels_path)
        if self.data.dtype != torch.uint8 or self.data.dim() != 3:
            raise ValueError(
                f"{images_path}: expected images of type uint8 and shape [N, H, W], got {self.data.dtype} "
                f"{list(self.data.shape)}"
            )
        if labels.dtype != torch.uint8 or labels.dim() != 1:
            raise ValueError(
                f"{labels_path}: expected labels of type uint8 and shape [N], got {labels.dtype} {list(labels.shape)}"
            )
        if len(labels) != len(self.data):
            raise ValueError(f"{images_path}: {len(self.data)} images, but {len(labels)} labels")
        if len(labels) and labels.max() >= len(self.classes):
            raise ValueError(f"{labels_path}: a label of {labels.max().item()}, expected 0 to {len(self.classes) - 1}")
        self.targets = labels.long()

    def _find(self, name):
        for folder in (self.root, os.path.join(self.root, type(self).__name__, "raw")):
            for path in (os.path.join(folder, name), os.path.join(folder, name + ".gz")):
                if os.path.isfile(path):
                    return path
        raise self._missing(f"{name}[.gz]")

    def _image(self, index):
        return self.data[index].unsqueeze(0)


class FashionMNIST(MNIST):
    """Garments in MNIST's format: 60,000 training and 10,000 test images of 28 x 28 pixels in ten classes.

    Takes and raises what :class:`MNIST` does. Debian and Ubuntu have the files as ``dataset-fashion-mnist``, in
    ``/usr/share/datasets/fashion-mnist``. Source: ``torchvision.datasets.FashionMNIST``.
    """

    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


class CIFAR10(ImageDataset):
    """Photographs: 50,000 training and 10,000 test images of 3 x 32 x 32 pixels in ten classes.

    Args:
        root (str): the archive of the "binary version" (``cifar-10-binary.tar.gz``), the folder it was unpacked to, or a
            folder that holds either. The "python version" is pickles, which can run code, and is not read.
        train (bool): the training images, else the test images.
        transform (callable, optional): from an image, uint8 [3, 32, 32], to what a sample is to have.
        target_transform (callable, optional): the same for the label.
        download (bool): taken as torchvision takes it, but nothing is downloaded: the files have to be there.

    Raises:
        FileNotFoundError: a file isn't there.
        ValueError: a file is damaged: its length is no multiple of a record's, or a label is too large.

    Source: the format's description on CIFAR's page; ``torchvision.datasets.CIFAR10``.
    """

    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    base_folder = "cifar-10-batches-bin"
    filename = "cifar-10-binary.tar.gz"
    _files = ([f"data_batch_{i}.bin" for i in range(1, 6)], ["test_batch.bin"])
    # Bytes before the image; the last of them is the label.
    _label_bytes = 1
    _label_count = 10

    def __init__(self, root, train=True, transform=None, target_transform=None, download=False):
        super().__init__(root, train, transform, target_transform, download)
        images, labels = [], []
        for path, data in self._read(self._files[0 if train else 1]):
            part_images, part_labels = self._parse(path, data)
            images.append(part_images)
            labels.append(part_labels)
        self.data = torch.cat(images)
        self.targets = torch.cat(labels).tolist()

    def _read(self, names):
        """Pairs of a file's name, for messages, and its bytes."""
        folder = self.root
        if os.path.isdir(folder):
            for inner in (folder, os.path.join(folder, self.base_folder)):
                if os.path.isfile(os.path.join(inner, names[0])):
                    return [(os.path.join(inner, name), _decompress(os.path.join(inner, name))) for name in names]
        archive = os.path.join(folder, self.filename) if os.path.isdir(folder) else folder
        if not os.path.isfile(archive):
            raise self._missing(f"{names[0]} or {self.filename}")
        return self._read_archive(archive, names)

    def _read_archive(self, archive, names):
        # Nothing is unpacked to disk, so no name in the archive can lead outside a folder.
        found = {}
        try:
            with tarfile.open(archive) as tar:
                for member in tar:
                    name = os.path.basename(member.name)
                    if member.isfile() and name in names and name not in found:
                        found[name] = tar.extractfile(member).read()
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            raise ValueError(f"{archive}: damaged archive: {error}") from error
        for name in names:
            if name not in found:
                raise ValueError(f"{archive}: {name} is not in it; expected {type(self).__name__}'s binary version")
        return [(f"{archive}: {name}", found[name]) for name in names]

    def _parse(self, path, data):
        record = self._label_bytes + 3 * 32 * 32
        if not data or len(data) % record:
            raise ValueError(f"{path}: {len(data)} bytes, expected a multiple of {record}")
        records = _tensor_of_bytes(data).view(-1, record)
        labels = records[:, self._label_bytes - 1]
        if labels.max() >= self._label_count:
            raise ValueError(f"{path}: a label of {labels.max().item()}, expected 0 to {self._label_count - 1}")
        return records[:, self._label_bytes :].reshape(-1, 3, 32, 32), labels.long()


class CIFAR100(CIFAR10):
    """As :class:`CIFAR10` with a hundred classes; the label is the fine one, ``classes`` is numbered only.

    Source: ``torchvision.datasets.CIFAR100``.
    """

    classes = tuple(str(label) for label in range(100))
    base_folder = "cifar-100-binary"
    filename = "cifar-100-binary.tar.gz"
    _files = (["train.bin"], ["test.bin"])
    _label_bytes = 2
    _label_count = 100
