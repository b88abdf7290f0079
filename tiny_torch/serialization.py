"""``save`` and ``load`` in PyTorch's file formats: the zip archive, both ways, and the older stream of pickles.

Nothing in a file is trusted: records are checked against the file's length and their CRC, storages against the sizes
the pickle claims, tensors against their storage. Source: ``torch.serialization``.
"""

import io
import os
import pickle
import sys
import threading
import warnings

import tiny_torch as torch
from tiny_torch import _C, _torch_pickle
from tiny_torch import storage as _storage
from tiny_torch._utils import _element_size
from tiny_torch._zip_archive import ArchiveError, ArchiveReader, ArchiveWriter

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "default_restore_location",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "location_tag",
    "register_package",
    "safe_globals",
    "save",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
    "skip_data",
    "LoadEndianness",
    "StorageType",
]

DEFAULT_PROTOCOL = 2
_ZIP_MAGIC = b"PK\x03\x04"
_UNSAFE_REMEDY = (
    "`torch.load` builds only tensors and plain containers unless `weights_only` set to `False` asks for more, which "
    "lets the file run any code: do that only if you trust its source."
)


class _Options(threading.local):
    map_location = None
    # A list while a file is read whose storages are filled after their tensors were built.
    deferred_metadata = None
    skip_data = False


_options = _Options()
_global_options = {"crc32": True, "endianness": None, "mmap_flags": None}


def _current_map_location():
    return _options.map_location


class _EndiannessMeta(type):
    def __iter__(cls):
        return iter((cls.NATIVE, cls.LITTLE, cls.BIG))


class LoadEndianness(metaclass=_EndiannessMeta):
    """Byte orders for files that do not say theirs."""

    def __init__(self, value, name):
        self.value, self.name = value, name

    def __repr__(self):
        return f"<LoadEndianness.{self.name}: {self.value}>"


LoadEndianness.NATIVE = LoadEndianness(1, "NATIVE")
LoadEndianness.LITTLE = LoadEndianness(2, "LITTLE")
LoadEndianness.BIG = LoadEndianness(3, "BIG")


def get_default_load_endianness():
    """The byte order assumed for files without a byteorder record; None means little-endian."""
    return _global_options["endianness"]


def set_default_load_endianness(endianness):
    """Sets the byte order assumed for files without a byteorder record (a `LoadEndianness` or None)."""
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    _global_options["endianness"] = endianness


def get_crc32_options():
    """Whether `save` computes the CRC of each record."""
    return _global_options["crc32"]


def set_crc32_options(compute_crc32):
    """Switches the computation of CRCs in `save` on or off."""
    _global_options["crc32"] = bool(compute_crc32)


def get_default_mmap_options():
    """The flag (``mmap.MAP_PRIVATE`` or ``mmap.MAP_SHARED``) that ``load(mmap=True)`` maps files with."""
    import mmap

    flags = _global_options["mmap_flags"]
    return mmap.MAP_PRIVATE if flags is None else flags


class set_default_mmap_options:
    """Sets the flag for ``load(mmap=True)``; usable as a function or as a context manager."""

    def __init__(self, flags):
        import mmap

        if flags not in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
            raise ValueError(
                f"Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or "
                f"mmap.MAP_SHARED, but got {flags}"
            )
        self._previous = _global_options["mmap_flags"]
        _global_options["mmap_flags"] = flags

    def __enter__(self):
        pass

    def __exit__(self, *exc_info):
        _global_options["mmap_flags"] = self._previous


class skip_data:
    """Context in which `save` leaves room for the storages without writing them, and `load` does not read them."""

    def __init__(self, materialize_fake_tensors=False):
        self.materialize_fake_tensors = materialize_fake_tensors

    def __enter__(self):
        self._previous = _options.skip_data
        _options.skip_data = True

    def __exit__(self, *exc_info):
        _options.skip_data = self._previous


def _unpickler_module():
    from tiny_torch import _weights_only_unpickler

    return _weights_only_unpickler


def add_safe_globals(safe_globals):
    """Lets ``load(weights_only=True)`` build these classes and call these functions.

    Args:
        safe_globals (list): classes and functions, or pairs of one and its full path in files.
    """
    _unpickler_module()._add_safe_globals(safe_globals)


def get_safe_globals():
    """The list of what `add_safe_globals` added."""
    return _unpickler_module()._get_safe_globals()


def clear_safe_globals():
    """Forgets what `add_safe_globals` added."""
    _unpickler_module()._clear_safe_globals()


class safe_globals:
    """Context manager: `add_safe_globals` inside, forgotten afterwards."""

    def __init__(self, safe_globals):
        self._context = _unpickler_module()._safe_globals(safe_globals)
        self.safe_globals = safe_globals

    def __enter__(self):
        return self._context.__enter__()

    def __exit__(self, *exc_info):
        return self._context.__exit__(*exc_info)


def get_unsafe_globals_in_checkpoint(f):
    """Names in the file that ``load(weights_only=True)`` would refuse (zip format only)."""
    module = _unpickler_module()
    known = {"torch.nn.parameter.Parameter", *module._get_allowed_globals(), *module._user_globals}
    with _open(f, "rb") as file:
        if not _is_zipfile(file):
            raise ValueError("get_unsafe_globals_in_checkpoint(): expected a file in the zip format of torch.save")
        data = ArchiveReader(file).read_record("data.pkl")
    return sorted(module.get_globals_in_pickle(data) - known)


# Where storages go: (priority, tagger, deserializer), asked in order until one answers.


_packages = []


def register_package(priority, tagger, deserializer):
    """Registers how storages of a kind are named in files and put in place when loaded.

    Args:
        priority (int): lower is asked first.
        tagger: ``storage -> str or None``, its location name.
        deserializer: ``(storage, location) -> storage or None``.
    """
    _packages.append((priority, tagger, deserializer))
    _packages.sort(key=lambda entry: entry[0])


def _cpu_tag(storage):
    return "cpu" if storage.device.type == "cpu" else None


def _cpu_restore(storage, location):
    if location == "cpu":
        return storage if storage.device.type == "cpu" else storage.cpu()
    return None


def _meta_tag(storage):
    return "meta" if storage.device.type == "meta" else None


def _meta_restore(storage, location):
    return _C.UntypedStorage(storage.nbytes(), device="meta") if location == "meta" else None


def _cuda_tag(storage):
    return f"cuda:{storage.device.index or 0}" if storage.device.type == "cuda" else None


def _cuda_restore(storage, location):
    if location.partition(":")[0] != "cuda":
        return None
    if not torch.cuda.is_available():
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. "
            "If you are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') "
            "to map your storages to the CPU."
        )
    index = torch.device(location).index or 0
    if index >= torch.cuda.device_count():
        raise RuntimeError(
            f"Attempting to deserialize object on CUDA device {index} but torch.cuda.device_count() is "
            f"{torch.cuda.device_count()}. Please use torch.load with map_location to map your storages to an "
            "existing device."
        )
    return storage.to(device=torch.device("cuda", index))


register_package(10, _cpu_tag, _cpu_restore)
register_package(20, _cuda_tag, _cuda_restore)
register_package(22, _meta_tag, _meta_restore)


def location_tag(storage):
    """The location name of a storage in files, such as ``'cpu'`` or ``'cuda:0'``."""
    for _, tagger, _ in _packages:
        location = tagger(storage)
        if location:
            return location
    raise RuntimeError(f"don't know how to determine data location of {_describe(storage)}")


def _describe(storage):
    return f"torch.storage.{type(storage).__name__}"


def default_restore_location(storage, location):
    """Puts a storage read into CPU memory where `location` says; RuntimeError for unknown locations."""
    for _, _, deserializer in _packages:
        result = deserializer(storage, location)
        if result is not None:
            return result
    raise RuntimeError(f"don't know how to restore data location of {_describe(storage)} (tagged with {location})")


def _get_restore_location(map_location):
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        return lambda storage, location: default_restore_location(storage, map_location.get(location, location))
    if isinstance(map_location, (str, bytes)):
        target = _decode(map_location)
        return lambda storage, location: default_restore_location(storage, target)
    if isinstance(map_location, torch.device):
        return lambda storage, location: default_restore_location(storage, str(map_location))

    def restore(storage, location):
        result = map_location(storage, location)
        return default_restore_location(storage, location) if result is None else result

    return restore


def _is_meta_location(map_location):
    if isinstance(map_location, torch.device):
        return map_location.type == "meta"
    return map_location in ("meta", b"meta") if isinstance(map_location, (str, bytes)) else False


class StorageType:
    """What the name of a typed storage class stands for while a file is read: its dtype."""

    def __init__(self, name):
        self._name = name
        self._dtype = _storage._storage_name_to_dtype(name)

    @property
    def dtype(self):
        return self._dtype

    def __str__(self):
        return f"StorageType(dtype={self.dtype})"

    __repr__ = __str__


def _get_layout(name):
    """The layout object called `name`, for example ``'torch.strided'``."""
    layout = getattr(torch, str(name).removeprefix("torch."), None)
    if not isinstance(layout, torch.layout):
        raise KeyError(name)
    return layout


def _decode(text):
    return text.decode("ascii") if isinstance(text, bytes) else text


# Opening files and file-like objects.


def _is_path(f):
    return isinstance(f, (str, os.PathLike))


class _open:
    """Context manager over a path (opened and closed here) or a file-like object (left open)."""

    def __init__(self, f, mode):
        self._owned = _is_path(f)
        if not self._owned:
            _check_file_like(f, mode)
        self._file = open(f, mode) if self._owned else f

    def __enter__(self):
        return self._file

    def __exit__(self, *exc_info):
        if self._owned:
            self._file.close()
        elif hasattr(self._file, "flush") and getattr(self._file, "writable", lambda: True)():
            self._file.flush()


def _check_file_like(f, mode):
    if "w" in mode:
        if not hasattr(f, "write"):
            raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
        return
    try:
        f.seek(f.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        missing = "seek" if not hasattr(f, "seek") else "tell" if not hasattr(f, "tell") else None
        if missing is None and not isinstance(error, io.UnsupportedOperation):
            raise
        raise AttributeError(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the data into a buffer "
            "like io.BytesIO and try to load from it instead."
        ) from None


class _Window:
    """A file-like object seen from its present position on: an archive may start in the middle of a file."""

    def __init__(self, file):
        self._file = file
        self._base = file.tell()
        if hasattr(file, "readinto"):
            self.readinto = file.readinto
        self.read = file.read

    def seek(self, offset, whence=os.SEEK_SET):
        return self._file.seek(offset + (self._base if whence == os.SEEK_SET else 0), whence) - self._base


def _is_zipfile(file):
    begin = file.tell()
    magic = file.read(len(_ZIP_MAGIC))
    file.seek(begin)
    return magic == _ZIP_MAGIC


# Saving.


def save(
    obj,
    f,
    pickle_module=pickle,
    pickle_protocol=DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization=True,
    _disable_byteorder_record=False,
):
    """Saves an object, tensors and all, in PyTorch's file format; source: ``torch.save``.

    Tensors that share a storage still share it after loading; a view is saved with its whole storage.

    Args:
        obj: anything that pickles.
        f: path, or file-like object with ``write``.
        pickle_module: module with a ``Pickler`` to use.
        pickle_protocol (int): protocol of the pickle inside the file.

    Raises:
        RuntimeError: for one memory seen by several dtypes, which the format cannot express.

    Examples:
        >>> import io
        >>> file = io.BytesIO()
        >>> torch.save({"weights": torch.ones(2), "epoch": 3}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'weights': tensor([1., 1.]), 'epoch': 3}
    """
    if not _is_path(f) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    if not _use_new_zipfile_serialization:
        from tiny_torch import _legacy_serialization

        with _open(f, "wb") as file:
            return _legacy_serialization.save(obj, file, pickle_module, pickle_protocol)
    name = "archive"
    if _is_path(f):
        f = os.fspath(f)
        name = os.path.splitext(os.path.basename(f))[0] or name
        folder = os.path.dirname(f)
        if folder and not os.path.isdir(folder):
            raise RuntimeError(f"Parent directory {folder} does not exist.")
    # Pickled before the file is opened: what does not pickle leaves an existing file alone.
    data, storages = _pickle_with_storages(obj, pickle_module, pickle_protocol)
    with _open(f, "wb") as file:
        archive = ArchiveWriter(file, name, compute_crc32=get_crc32_options())
        archive.write_record("data.pkl", data)
        archive.write_record(".format_version", b"1")
        archive.write_record(".storage_alignment", b"64")
        if not _disable_byteorder_record:
            archive.write_record("byteorder", sys.byteorder.encode())
        for key, storage in enumerate(storages):
            archive.write_record(f"data/{key}", _storage_bytes(storage))
        archive.write_end_of_file()
    return None


def _storage_bytes(storage):
    if _options.skip_data:
        return bytes(storage.nbytes())
    return _storage._buffer(storage if storage.device.type == "cpu" else storage.cpu())


def _storage_identity(obj, dtypes):
    """(untyped storage, class to name in the file, number of elements); checks that one memory has one dtype."""
    if isinstance(obj, _storage.TypedStorage):
        untyped, dtype = obj._untyped_storage, obj.dtype
        kind, count = getattr(_storage, obj._pickle_storage_type()), obj._size()
    else:
        untyped, dtype = obj, torch.uint8
        kind, count = _C.UntypedStorage, obj.nbytes()
    if untyped.device.type != "meta" and untyped.data_ptr() != 0:
        if dtypes.setdefault(untyped.data_ptr(), dtype) != dtype:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
    return untyped, kind, count


def _pickle_with_storages(obj, pickle_module, protocol):
    keys, storages, dtypes = {}, [], {}

    def persistent_id(obj):
        if not _storage.is_storage(obj):
            return None
        untyped, kind, count = _storage_identity(obj, dtypes)
        key = keys.setdefault(untyped._cdata, len(storages))
        if key == len(storages):
            storages.append(untyped)
        return ("storage", kind, str(key), location_tag(untyped), count)

    return _torch_pickle.dumps(obj, pickle_module, protocol, persistent_id), storages


# Loading.


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """Loads an object saved by :func:`save` or by PyTorch; source: ``torch.load``.

    Args:
        f: path, or seekable file-like object.
        map_location: where storages go: a device or its name, a dict from saved to new names, or a function
            ``(storage, location) -> storage or None``. By default where they were when saved.
        pickle_module: module with an ``Unpickler``, for ``weights_only=False`` only.
        weights_only (bool): build nothing but tensors, containers, numbers and text (default); see
            :func:`add_safe_globals`.
        mmap (bool): map the file (a path) instead of reading it; writes stay private to this process.

    Raises:
        pickle.UnpicklingError: the file names something that ``weights_only=True`` does not build.
        RuntimeError: the file is corrupt, or needs a device that is not there.
    """
    weights_only = _decide_weights_only(weights_only, pickle_module)
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if weights_only and pickle_load_args:
        warnings.warn("pickle_load_args only works if `weights_only=False`.", stacklevel=2)
    pickle_load_args.setdefault("encoding", "utf-8")
    pickle_module = _unpickler_module() if weights_only else pickle_module or pickle
    try:
        with _open(f, "rb") as file:
            return _load_file(f, file, map_location, pickle_module, mmap, pickle_load_args)
    except pickle.UnpicklingError as error:
        if not weights_only:
            raise
        raise pickle.UnpicklingError(_weights_only_message(str(error))) from None


def _decide_weights_only(weights_only, pickle_module):
    yes = ("1", "y", "yes", "true")
    force = os.getenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "0").lower() in yes
    force_not = os.getenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "0").lower() in yes
    if force and force_not:
        raise RuntimeError(
            "Only one of `TORCH_FORCE_WEIGHTS_ONLY_LOAD` or `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` should be set, but "
            "both were set."
        )
    if force:
        return True
    if weights_only is None:
        return pickle_module is None and not force_not
    return bool(weights_only)


def _weights_only_message(message):
    if "was not an allowed global by default" in message:
        return (
            "Weights only load failed. This file can still be loaded, in one of two ways.\n"
            f"\t(1) {_UNSAFE_REMEDY}\n\t(2) Keep `weights_only=True` and allow what the file needs.\n"
            f"\tWeightsUnpickler error: {message}"
        )
    return f"Weights only load failed. {_UNSAFE_REMEDY}\n\tWeightsUnpickler error: {message}"


def _load_file(f, file, map_location, pickle_module, mmap, pickle_load_args):
    if not _is_zipfile(file):
        if mmap:
            raise RuntimeError(
                "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`, "
                "please torch.save your checkpoint with this option in order to use mmap."
            )
        from tiny_torch import _legacy_serialization

        return _legacy_serialization.load(file, map_location, pickle_module, **pickle_load_args)
    archive = ArchiveReader(_Window(file))
    if archive.has_record("constants.pkl"):
        raise RuntimeError(
            "torch.load: this is a TorchScript archive; please use torch.jit.load. Cannot use ``weights_only=True`` "
            "with TorchScript archives passed to ``torch.load``."
        )
    if not archive.has_record("data.pkl"):
        raise ArchiveError("torch.load: the archive has no record 'data.pkl'; it was not written by torch.save")
    mapping = None
    if mmap:
        if not _is_path(f):
            raise ValueError("f must be a file path in order to use the mmap argument")
        mapping = _map_file(file)
    return _ArchiveLoader(archive, map_location, mapping).load(pickle_module, pickle_load_args)


def _map_file(file):
    import mmap

    access = mmap.ACCESS_WRITE if get_default_mmap_options() == mmap.MAP_SHARED else mmap.ACCESS_COPY
    if access == mmap.ACCESS_WRITE:
        with open(file.name, "r+b") as writable:
            return mmap.mmap(writable.fileno(), 0, access=access)
    return mmap.mmap(file.fileno(), 0, access=access)


def make_unpickler(pickle_module, file, pickle_load_args):
    """An unpickler of `pickle_module` that finds our classes under PyTorch's names."""
    if pickle_module is _unpickler_module():
        return pickle_module.Unpickler(file, **pickle_load_args)

    class TorchUnpickler(pickle_module.Unpickler):
        def find_class(self, module, name):
            if "Storage" in name and module.partition(".")[0] == "torch":
                try:
                    return StorageType(name)
                except KeyError:
                    pass
            found = _torch_pickle.find_torch_global(module, name)
            return super().find_class(module, name) if found is None else found

    return TorchUnpickler(file, **pickle_load_args)


class _ArchiveLoader:
    """Loads the pickle of one archive; storages are read when the pickle first names them."""

    def __init__(self, archive, map_location, mapping):
        self._archive = archive
        self._map_location = map_location
        self._mapping = mapping
        self._restore = _get_restore_location(map_location)
        self._is_meta = _is_meta_location(map_location)
        self._swap = self._byteorder() != sys.byteorder
        self._storages = {}

    def load(self, pickle_module, pickle_load_args):
        data = io.BytesIO(self._archive.read_record("data.pkl"))
        unpickler = make_unpickler(pickle_module, data, pickle_load_args)
        unpickler.persistent_load = self._persistent_load
        previous, _options.map_location = _options.map_location, self._map_location
        try:
            return unpickler.load()
        finally:
            _options.map_location = previous

    def _byteorder(self):
        if self._archive.has_record("byteorder"):
            order = self._archive.read_record("byteorder").decode("ascii", "replace")
            if order not in ("little", "big"):
                raise ValueError(f"Unknown endianness type: {order}")
            return order
        default = get_default_load_endianness()
        if default is LoadEndianness.NATIVE:
            return sys.byteorder
        return "big" if default is LoadEndianness.BIG else "little"

    def _persistent_load(self, saved_id):
        kind, key, location, count = check_storage_id(saved_id, 5)
        dtype = torch.uint8 if kind is _C.UntypedStorage else kind.dtype
        nbytes = count * _element_size(dtype)
        if key not in self._storages:
            self._storages[key] = self._read_storage(key, nbytes, dtype, location)
        untyped = self._storages[key]
        if untyped.nbytes() < nbytes:
            raise RuntimeError(f"torch.load: storage '{key}' has {untyped.nbytes()} bytes, the pickle needs {nbytes}")
        return _storage.TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)

    def _read_storage(self, key, nbytes, dtype, location):
        name = f"data/{key}"
        if self._is_meta:
            return _C.UntypedStorage(nbytes, device="meta")
        size = self._archive.record_size(name)
        if size != nbytes:
            raise RuntimeError(f"torch.load: record '{name}' has {size} bytes, but the pickle says {nbytes}")
        if _options.skip_data:
            storage = _C.UntypedStorage(nbytes, device="cpu")
        elif self._mapping is not None and nbytes and self._archive.is_stored(name):
            storage = _C.UntypedStorage._from_buffer(self._mapping, self._archive.record_offset(name), nbytes)
        else:
            storage = self._copy_record(name, nbytes)
        if self._swap:
            storage.byteswap(dtype)
        return self._restore(storage, location)

    def _copy_record(self, name, nbytes):
        storage = _C.UntypedStorage(nbytes, device="cpu")
        if nbytes:
            self._archive.read_record_into(name, _storage._buffer(storage))
        return storage


def check_storage_id(saved_id, length):
    """Validates a persistent id read from a file; returns (kind, key, location, count, ...)."""
    if not isinstance(saved_id, tuple) or len(saved_id) != length or _decode(saved_id[0]) != "storage":
        raise RuntimeError(f"torch.load: expected the id of a storage, got {str(saved_id)[:200]}")
    _, kind, key, location, count, *rest = saved_id
    if not (isinstance(kind, StorageType) or kind is _C.UntypedStorage):
        raise RuntimeError(f"torch.load: expected a storage class in a storage id, got {kind!r}")
    location, key = _decode(location), _decode(key)
    if type(count) is not int or not 0 <= count < 1 << 60 or type(location) is not str or type(key) is not str:
        raise RuntimeError(f"torch.load: the id of storage {str(key)[:200]!r} is not valid")
    return (kind, key, location, count, *rest)
