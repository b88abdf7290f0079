"""Storages: the memory behind tensors, as bytes (`UntypedStorage`) or as the legacy typed wrappers.

What this module needs of ``_C.UntypedStorage`` (one handle class over a C++ Storage):

- ``UntypedStorage(nbytes=0, *, device=None)`` allocates; ``nbytes()``, ``data_ptr()``, ``device``, ``resizable()``,
  ``resize_(nbytes)``, and ``_cdata``, an int that is equal exactly for handles of the same memory object;
- the writable buffer protocol for CPU memory (format ``B``, itemsize 1), BufferError for other devices;
- ``UntypedStorage._from_buffer(obj, offset=0, nbytes=-1)``: shares the memory of a buffer exporter, which it keeps
  alive together with its buffer view; ValueError for a range outside of the buffer. Another storage is a valid `obj`;
- ``_owner``: the object given to ``_from_buffer`` or ``_adopt_buffer``, else None;
- ``_adopt_buffer(obj)``: replaces the memory in place, for all tensors over it, by that of `obj` of the same size.

and of ``_C``: ``_rebuild_from_storage(storage, dtype, storage_offset, size, stride) -> Tensor``, which checks that the
last element lies inside the storage (RuntimeError) without overflowing.
The other methods of PyTorch's class are written here in Python and attached to the C++ class.
"""

import sys
import warnings

import tiny_torch as torch
from tiny_torch import _C

UntypedStorage = _C.UntypedStorage
UntypedStorage.__module__ = __name__

# Names under which PyTorch's files speak of element types; the other dtypes are saved as untyped storages.
_STORAGE_NAMES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
    "bfloat16": "BFloat16Storage",
    "complex128": "ComplexDoubleStorage",
    "complex64": "ComplexFloatStorage",
}


def _dtype_to_storage_name(dtype):
    """'FloatStorage' for float32 and so on; None for dtypes that have no typed storage."""
    return _STORAGE_NAMES.get(str(dtype).removeprefix("torch."))


def _storage_name_to_dtype(name):
    for dtype, storage_name in _STORAGE_NAMES.items():
        if storage_name == name:
            return getattr(torch, dtype)
    raise KeyError(f'pickle storage type "{name}" is not recognized')


def _buffer(storage):
    """The bytes of a CPU storage as a writable memoryview."""
    make = getattr(_C, "_storage_buffer", None)
    return make(storage) if make is not None else memoryview(storage)


def _storage_from_bytes(data):
    storage = UntypedStorage(len(data), device="cpu")
    if data:
        _buffer(storage)[:] = data
    return storage


def _typed_storage_from_bytes(dtype, data):
    return TypedStorage(wrap_storage=_storage_from_bytes(data), dtype=dtype, _internal=True)


def _check_range(storage, index):
    if isinstance(index, slice):
        start, stop, step = index.indices(storage.nbytes())
        if step != 1:
            raise RuntimeError(f"Trying to slice with a step of {step}, but only a step of 1 is supported")
        return start, max(stop, start)
    if not isinstance(index, int):
        raise TypeError(f"can't index a {type(storage).__name__} with {type(index).__name__}")
    size = storage.nbytes()
    if not -size <= index < size:
        raise IndexError(f"index {index} out of range for storage of size {size}")
    return index % size, None


# Methods of UntypedStorage that need nothing but the C++ core listed above.


def _untyped_getitem(self, index):
    start, stop = _check_range(self, index)
    if stop is None:
        return _buffer(self)[start]
    return UntypedStorage._from_buffer(self, start, stop - start)


def _untyped_setitem(self, index, value):
    start, stop = _check_range(self, index)
    view = _buffer(self)
    if stop is None:
        view[start] = value
    elif isinstance(value, int):
        view[start:stop] = bytes([value]) * (stop - start)
    else:
        view[start:stop] = bytes(value)


def _untyped_copy_(self, source, non_blocking=None):
    source = source._untyped_storage if isinstance(source, TypedStorage) else source
    if source.nbytes() != self.nbytes():
        raise RuntimeError(f"copy_(): expected a storage of {self.nbytes()} bytes, got {source.nbytes()}")
    if self.nbytes():
        size = (self.nbytes(),)
        target = _C._rebuild_from_storage(self, torch.uint8, 0, size, (1,))
        target.copy_(_C._rebuild_from_storage(source, torch.uint8, 0, size, (1,)))
    return self


def _untyped_to(self, *, device, non_blocking=False):
    device = torch.device(device)
    if device == self.device:
        return self
    if device.type == "meta":
        return UntypedStorage(self.nbytes(), device=device)
    return _untyped_copy_(UntypedStorage(self.nbytes(), device=device), self)


def _untyped_clone(self):
    return _untyped_copy_(UntypedStorage(self.nbytes(), device=self.device), self)


def _untyped_deepcopy(self, memo):
    memo = memo.setdefault("torch", {})
    if self._cdata not in memo:
        memo[self._cdata] = _untyped_clone(self)
    return memo[self._cdata]


def _untyped_reduce(self):
    return (_storage_from_bytes, (bytes(_buffer(_untyped_cpu(self))),))


def _untyped_cpu(self):
    return self if self.device.type == "cpu" else _untyped_to(self, device="cpu")


def _untyped_tolist(self):
    return list(_buffer(_untyped_cpu(self)))


def _untyped_fill_(self, value):
    _C._rebuild_from_storage(self, torch.uint8, 0, (self.nbytes(),), (1,)).fill_(value)
    return self


def _untyped_repr(self):
    shown = "..." if self.device.type == "meta" else "\n ".join(map(str, _untyped_tolist(self)))
    return f" {shown}\n[{_class_name(self)}(device={self.device}) of size {self.nbytes()}]"


def _class_name(storage):
    return f"torch.storage.{type(storage).__name__}"


def _untyped_byteswap(self, dtype):
    """Reverses the bytes of each element (of each part of complex elements) in place."""
    width = torch.empty(0, dtype=dtype).element_size() // (2 if dtype.is_complex else 1)
    if width > 1:
        import array

        code = {2: "H", 4: "I", 8: "Q"}[width]
        view = _buffer(self)
        items = array.array(code, view.tobytes())
        items.byteswap()
        view[:] = memoryview(items).cast("B")


def _untyped_from_file(filename, shared=False, nbytes=0):
    """Maps `nbytes` of a file; with `shared` writes go to the file, which is made long enough."""
    import mmap
    import os

    flags = os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY
    descriptor = os.open(os.fspath(filename), flags, 0o600)
    try:
        length = os.fstat(descriptor).st_size
        if length < nbytes:
            if not shared:
                raise RuntimeError(f"from_file(): expected at least {nbytes} bytes in '{filename}', got {length}")
            os.ftruncate(descriptor, nbytes)
        if nbytes == 0:
            return UntypedStorage(0, device="cpu")
        access = mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY
        return UntypedStorage._from_buffer(mmap.mmap(descriptor, nbytes, access=access))
    finally:
        os.close(descriptor)


def _untyped_is_shared(self):
    from tiny_torch.multiprocessing import SharedMemory

    return self.device.type == "cuda" or isinstance(self._owner, SharedMemory)


def _untyped_share_memory_(self):
    from tiny_torch.multiprocessing import SharedMemory

    if not _untyped_is_shared(self) and self.device.type == "cpu" and self.nbytes():
        block = SharedMemory.create(self.nbytes())
        memoryview(block)[:] = _buffer(self)
        self._adopt_buffer(block)
    return self


def _untyped_new_shared(size, *, device=None):
    from tiny_torch.multiprocessing import SharedMemory

    return UntypedStorage._from_buffer(SharedMemory.create(size)) if size else UntypedStorage(0, device="cpu")


def _untyped_typed_storage(self):
    return TypedStorage(wrap_storage=self, dtype=torch.uint8, _internal=True)


def _attach_untyped_methods():
    methods = {
        "__getitem__": _untyped_getitem,
        "__setitem__": _untyped_setitem,
        "__iter__": lambda self: iter(_untyped_tolist(self)),
        "__len__": lambda self: self.nbytes(),
        "__copy__": _untyped_clone,
        "__deepcopy__": _untyped_deepcopy,
        "__reduce__": _untyped_reduce,
        "__repr__": _untyped_repr,
        "__str__": _untyped_repr,
        "copy_": _untyped_copy_,
        "to": _untyped_to,
        "clone": _untyped_clone,
        "cpu": _untyped_cpu,
        "cuda": lambda self, device=None, non_blocking=False: _untyped_to(
            self, device=torch.device("cuda" if device is None else device)
        ),
        "fill_": _untyped_fill_,
        "tolist": _untyped_tolist,
        "byteswap": _untyped_byteswap,
        "from_file": staticmethod(_untyped_from_file),
        "is_shared": _untyped_is_shared,
        "share_memory_": _untyped_share_memory_,
        "_new_shared": staticmethod(_untyped_new_shared),
        "_typed_storage": _untyped_typed_storage,
        "untyped": lambda self: self,
        "size": lambda self: self.nbytes(),
        "element_size": lambda self: 1,
        "new": lambda self: UntypedStorage(0, device=self.device),
        "get_device": lambda self: -1 if self.device.index is None else self.device.index,
        "is_cuda": property(lambda self: self.device.type == "cuda"),
        "is_pinned": lambda self, device=None: False,
        "type": lambda self, dtype=None, non_blocking=False: _class_name(self),
    }
    own = vars(UntypedStorage)
    for name, method in methods.items():
        if name not in own:
            setattr(UntypedStorage, name, method)


_attach_untyped_methods()

_warned = False


def _warn_typed_storage_removal(stacklevel=2):
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only "
            "storage class. Use tensor.untyped_storage() instead of tensor.storage()",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


class TypedStorage:
    """A storage seen as elements of one dtype; kept for old programs and for PyTorch's file format.

    Args:
        size_or_sequence: number of elements, or a sequence of values.
        wrap_storage (UntypedStorage): memory to look at, instead of new memory.
        dtype (torch.dtype): element type.
    """

    def __new__(cls, *args, wrap_storage=None, dtype=None, device=None, _internal=False):
        legacy = cls.__dict__.get("_dtype")
        if legacy is None:
            return super().__new__(cls)
        if dtype is not None:
            raise RuntimeError(f"{cls.__name__}.__new__: Keyword argument 'dtype' cannot be specified")
        self = TypedStorage.__new__(TypedStorage)
        self.__init__(*args, wrap_storage=wrap_storage, dtype=legacy, device=device, _internal=True)
        return self

    def __init__(self, *args, wrap_storage=None, dtype=None, device=None, _internal=False):
        if not _internal:
            _warn_typed_storage_removal()
        if len(args) > 1:
            raise RuntimeError("TypedStorage(): expected at most one positional argument")
        self.dtype = torch.get_default_dtype() if dtype is None else dtype
        if wrap_storage is not None:
            if args:
                raise RuntimeError("TypedStorage(): no positional argument can be given with 'wrap_storage'")
            if not isinstance(wrap_storage, UntypedStorage):
                kind = type(wrap_storage).__name__
                raise TypeError(f"TypedStorage(): argument 'wrap_storage' must be UntypedStorage, but got {kind}")
            self._untyped_storage = wrap_storage
        elif not args or isinstance(args[0], int):
            count = args[0] if args else 0
            self._untyped_storage = UntypedStorage(count * self._element_size(), device=device)
        else:
            values = torch.tensor(list(args[0]), dtype=self.dtype, device=device)
            self._untyped_storage = values.untyped_storage()

    def _tensor(self):
        return _C._rebuild_from_storage(self._untyped_storage, self.dtype, 0, (self._size(),), (1,))

    def _wrap(self, untyped):
        return TypedStorage(wrap_storage=untyped, dtype=self.dtype, _internal=True)

    def _element_size(self):
        return torch.empty(0, dtype=self.dtype).element_size()

    def _size(self):
        return self._untyped_storage.nbytes() // self._element_size()

    def _data_ptr(self):
        return self._untyped_storage.data_ptr()

    def _pickle_storage_type(self):
        name = _dtype_to_storage_name(self.dtype)
        if name is None:
            raise KeyError(f"dtype {self.dtype} is not recognized")
        return name

    element_size = _element_size
    size = _size
    __len__ = _size
    data_ptr = _data_ptr
    pickle_storage_type = _pickle_storage_type

    @property
    def device(self):
        return self._untyped_storage.device

    @property
    def is_cuda(self):
        return self.device.type == "cuda"

    @property
    def _cdata(self):
        return self._untyped_storage._cdata

    def untyped(self):
        return self._untyped_storage

    def nbytes(self):
        return self._untyped_storage.nbytes()

    _nbytes = nbytes

    def resizable(self):
        return self._untyped_storage.resizable()

    def resize_(self, size):
        self._untyped_storage.resize_(size * self._element_size())

    def __getitem__(self, index):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._tensor()[_check_element(self, index)].item()

    def __setitem__(self, index, value):
        if not isinstance(index, slice):
            index = _check_element(self, index)
        if isinstance(value, TypedStorage):
            value = value._tensor()
        elif isinstance(value, (list, tuple)):
            value = torch.tensor(value, dtype=self.dtype)
        self._tensor()[index] = value

    def __iter__(self):
        return iter(self.tolist())

    def tolist(self):
        return self._tensor().tolist()

    def fill_(self, value):
        self._tensor().fill_(value)
        return self

    def copy_(self, source, non_blocking=None):
        values = source._tensor() if isinstance(source, TypedStorage) else self._wrap(source)._tensor()
        self._tensor().copy_(values)
        return self

    def clone(self):
        return self._wrap(_untyped_clone(self._untyped_storage))

    __copy__ = clone

    def _deepcopy(self, memo):
        return self._wrap(_untyped_deepcopy(self._untyped_storage, memo))

    __deepcopy__ = _deepcopy

    def __reduce__(self):
        return (_typed_storage_from_bytes, (self.dtype, bytes(_buffer(self._untyped_storage.cpu()))))

    def to(self, *, device, non_blocking=False):
        return self._wrap(_untyped_to(self._untyped_storage, device=device))

    def cpu(self):
        return self._wrap(self._untyped_storage.cpu())

    def cuda(self, device=None, non_blocking=False):
        return self._wrap(self._untyped_storage.cuda(device))

    def type(self, dtype=None, non_blocking=False):
        if dtype is None:
            name = _dtype_to_storage_name(self.dtype)
            return f"torch.{name}" if name else f"torch.storage.TypedStorage(dtype={self.dtype})"
        return getattr(torch, dtype.removeprefix("torch."))(self.tolist())

    def _convert(self, dtype):
        values = self._tensor().to(dtype).contiguous().clone()
        return TypedStorage(wrap_storage=values.untyped_storage(), dtype=dtype, _internal=True)

    def is_shared(self):
        return self._untyped_storage.is_shared()

    def share_memory_(self):
        self._untyped_storage.share_memory_()
        return self

    _is_shared = is_shared
    _share_memory_ = share_memory_

    def __eq__(self, other):
        return isinstance(other, TypedStorage) and self.dtype == other.dtype and self._cdata == other._cdata

    __hash__ = object.__hash__

    def __repr__(self):
        shown = "..." if self.device.type == "meta" else "\n ".join(map(str, self.tolist()))
        kind = f"torch.storage.TypedStorage(dtype={self.dtype}, device={self.device})"
        return f" {shown}\n[{kind} of size {self._size()}]"

    @classmethod
    def from_file(cls, filename, shared=False, size=0):
        """Maps `size` elements of a file; a classmethod of the typed classes such as FloatStorage."""
        dtype = cls.__dict__.get("_dtype")
        if dtype is None:
            raise RuntimeError("from_file can only be called on derived classes")
        width = torch.empty(0, dtype=dtype).element_size()
        untyped = UntypedStorage.from_file(filename, shared, size * width)
        return TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)


def _check_element(storage, index):
    size = storage._size()
    if not isinstance(index, int):
        raise RuntimeError(f"can't index a {type(storage).__name__} with {type(index).__name__}")
    if not -size <= index < size:
        raise IndexError(f"index {index} out of range for storage of size {size}")
    return index % size


_CONVERSIONS = {
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "char": "int8",
    "byte": "uint8",
    "bool": "bool",
    "bfloat16": "bfloat16",
    "complex_double": "complex128",
    "complex_float": "complex64",
}
for _method, _dtype_name in _CONVERSIONS.items():
    setattr(TypedStorage, _method, lambda self, _d=_dtype_name: self._convert(getattr(torch, _d)))


class _LegacyStorageMeta(type):
    def __instancecheck__(cls, instance):
        return type(instance) is TypedStorage and instance.dtype == cls.__dict__.get("_dtype")


def _define_legacy_classes():
    module = sys.modules[__name__]
    classes = []
    for dtype_name, storage_name in _STORAGE_NAMES.items():
        dtype = getattr(torch, dtype_name)
        members = {
            "_dtype": dtype,
            "dtype": dtype,
            "__module__": torch.__name__,
            "__doc__": f"Legacy storage of {dtype_name}.",
        }
        cls = _LegacyStorageMeta(storage_name, (TypedStorage,), members)
        setattr(module, storage_name, cls)
        classes.append(cls)
    return classes


# `dtype` of an instance is set in __init__; of a class such as FloatStorage it is the class's own `_dtype`.
_legacy_classes = _define_legacy_classes()
_storage_classes = {UntypedStorage, TypedStorage, *_legacy_classes}


def is_storage(obj):
    """True if `obj` is a storage object; source: ``torch.is_storage``."""
    return type(obj) in _storage_classes


__all__ = ["TypedStorage", "UntypedStorage", "is_storage", *(cls.__name__ for cls in _legacy_classes)]
