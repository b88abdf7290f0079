"""PyTorch's file format before version 1.6: a stream of pickles followed by the bytes of the storages."""

import struct
import sys

import tiny_torch as torch
from tiny_torch import _C, _torch_pickle, _utils, serialization
from tiny_torch import storage as _storage
from tiny_torch._utils import _element_size

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001


def save(obj, file, pickle_module, protocol):
    """Writes `obj` in the old format; see :func:`tiny_torch.save` for the arguments."""
    if serialization._options.skip_data:
        raise RuntimeError("Cannot use skip_data=True with _use_new_zipfile_serialization=False")
    storages, dtypes = {}, {}

    def persistent_id(obj):
        if not _storage.is_storage(obj):
            return None
        untyped, kind, count = serialization._storage_identity(obj, dtypes)
        key = str(untyped._cdata)
        dtype = getattr(obj, "dtype", torch.uint8)
        storages.setdefault(key, (untyped, dtype))
        return ("storage", kind, key, serialization.location_tag(untyped), count, None)

    sizes = {"short": 2, "int": 4, "long": 4}
    info = {"protocol_version": PROTOCOL_VERSION, "little_endian": sys.byteorder == "little", "type_sizes": sizes}
    for header in (MAGIC_NUMBER, PROTOCOL_VERSION, info):
        file.write(pickle_module.dumps(header, protocol=protocol))
    file.write(_torch_pickle.dumps(obj, pickle_module, protocol, persistent_id))
    file.write(pickle_module.dumps(sorted(storages), protocol=protocol))
    for key in sorted(storages):
        untyped, dtype = storages[key]
        file.write(struct.pack("<q", untyped.nbytes() // _element_size(dtype)))
        file.write(_storage._buffer(untyped.cpu()))


class _Loader:
    """Builds storages while the pickle is read; their bytes follow it in the stream."""

    def __init__(self, file, map_location):
        self._file = file
        self._restore = serialization._get_restore_location(map_location)
        self._roots = {}
        self._views = {}
        begin = file.tell()
        self._budget = file.seek(0, 2) - begin
        file.seek(begin)

    def persistent_load(self, saved_id):
        if isinstance(saved_id, tuple) and len(saved_id) > 1 and serialization._decode(saved_id[0]) == "module":
            # Saved with the source code of its class, which is of no use here.
            return saved_id[1]
        kind, key, location, count, view = serialization.check_storage_id(saved_id, 6)
        dtype = torch.uint8 if kind is _C.UntypedStorage else kind.dtype
        if key not in self._roots:
            self._roots[key] = (dtype, *self._allocate(count * _element_size(dtype), location))
        root_dtype, _, placed = self._roots[key]
        if root_dtype != dtype:
            raise RuntimeError(f"torch.load: storage '{key}' is used as {root_dtype} and as {dtype}")
        untyped = placed if view is None else self._view(key, placed, view, _element_size(dtype))
        if untyped.nbytes() < (0 if view is not None else count * _element_size(dtype)):
            raise RuntimeError(f"torch.load: storage '{key}' is claimed to be larger than it is")
        return _storage.TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)

    def _allocate(self, nbytes, location):
        # A claimed size alone must not take memory: the bytes have to be in the file.
        self._budget -= nbytes
        if self._budget < 0:
            raise RuntimeError(f"torch.load: file is truncated or corrupt: a storage of {nbytes} bytes is not in it")
        source = _C.UntypedStorage(nbytes, device="cpu")
        return source, self._restore(source, location)

    def _view(self, key, root, view, itemsize):
        if not isinstance(view, tuple) or len(view) != 3:
            raise RuntimeError(f"torch.load: the view of storage '{key}' is not valid")
        view_key, offset, count = view
        valid = type(offset) is int and type(count) is int and offset >= 0 and count >= 0
        if not valid or (offset + count) * itemsize > root.nbytes():
            raise RuntimeError(f"torch.load: a view of storage '{key}' reaches beyond its end")
        if view_key not in self._views:
            self._views[view_key] = root[offset * itemsize : (offset + count) * itemsize]
        return self._views[view_key]

    def fill(self, keys):
        """Reads the bytes of the storages, in the order of `keys`."""
        if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(self._roots):
            raise RuntimeError("torch.load: the list of storages does not match the ones that were named")
        for key in keys:
            dtype, source, placed = self._roots[serialization._decode(key)]
            width = _element_size(dtype)
            (count,) = struct.unpack("<q", _read_exactly(self._file, 8))
            if count * width != source.nbytes():
                raise RuntimeError(
                    f"torch.load: storage '{key}' has {count} elements in the file, not the claimed size"
                )
            if count:
                _storage._buffer(source)[:] = _read_exactly(self._file, count * width)
            if sys.byteorder == "big":
                source.byteswap(dtype)
            if placed is not source and placed.device.type != "meta":
                placed.copy_(source)


def _read_exactly(file, size):
    data = file.read(size)
    if len(data) != size:
        raise RuntimeError(f"torch.load: file is truncated: expected {size} bytes, got {len(data)}")
    return data


def _is_tar(file):
    begin = file.tell()
    header = file.read(263)
    file.seek(begin)
    return header[257:262] == b"ustar"


def load(file, map_location, pickle_module, **pickle_load_args):
    """Reads one object in the old format from the seekable `file`; see :func:`tiny_torch.load`."""
    if _is_tar(file):
        raise RuntimeError(
            "Cannot use ``weights_only=True`` with files saved in the legacy .tar format: files of PyTorch 0.1 are not "
            "supported; load and save the file again with a newer PyTorch"
        )
    loader = _Loader(file, map_location)

    def read():
        unpickler = serialization.make_unpickler(pickle_module, file, pickle_load_args)
        unpickler.persistent_load = loader.persistent_load
        return unpickler.load()

    if read() != MAGIC_NUMBER:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = read()
    if version != PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    read()
    options = serialization._options
    previous, options.deferred_metadata = options.deferred_metadata, []
    try:
        result = read()
        loader.fill(read())
        for tensor, metadata in options.deferred_metadata:
            _utils.set_tensor_metadata(tensor, metadata)
    finally:
        options.deferred_metadata = previous
    return result
