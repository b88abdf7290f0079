"""A pickle machine that can build tensors, containers and numbers, and nothing else.

Globals are looked up in a table, never imported, so that a file cannot name code to run. The table holds what
PyTorch's ``weights_only=True`` accepts; :func:`_add_safe_globals` extends it for one process.
"""

import _codecs
import collections
import pickle
import struct
import sys

import tiny_torch as torch
from tiny_torch._utils import _parameter_class

UnpicklingError = pickle.UnpicklingError

_BLOCKED_MODULES = ("sys", "os", "posix", "nt")
_user_globals = {}


def _add_safe_globals(items):
    _user_globals.update((_user_key(item), item) for item in items)


def _user_key(item):
    if isinstance(item, tuple):
        if len(item) != 2:
            raise ValueError(
                f"Expected tuple of length 2 (global, str of callable full path), but got tuple of length: {len(item)}"
            )
        if type(item[1]) is not str:
            raise TypeError(f"Expected second item in tuple to be str of callable full path, but got: {type(item[1])}")
        return item[1]
    return f"{_public_module(item.__module__)}.{item.__qualname__}"


def _public_module(module):
    """The module name as files spell it: ours is 'torch' there."""
    head, dot, rest = module.partition(".")
    return f"torch{dot}{rest}" if head == "tiny_torch" else module


def _get_safe_globals():
    return list(_user_globals.values())


def _clear_safe_globals():
    _user_globals.clear()


class _safe_globals:
    def __init__(self, safe_globals):
        self.safe_globals = safe_globals

    def __enter__(self):
        self._added = [item for item in self.safe_globals if _user_key(item) not in _user_globals]
        _add_safe_globals(self._added)

    def __exit__(self, *exc_info):
        for item in self._added:
            _user_globals.pop(_user_key(item), None)


def _lookup_user(path):
    item = _user_globals.get(path)
    return item[0] if isinstance(item, tuple) else item


_allowed = None
_allowed_ids = frozenset()


def _get_allowed_globals():
    """The table 'module.name' -> object of everything a file may name by default."""
    global _allowed, _allowed_ids
    if _allowed is None:
        _allowed = _make_allowed_globals()
        _allowed_ids = frozenset(map(id, _allowed.values()))
    return _allowed


def _make_allowed_globals():
    from tiny_torch import _tensor, _utils, serialization, storage

    table = {
        "collections.OrderedDict": collections.OrderedDict,
        "collections.Counter": collections.Counter,
        "torch.Size": torch.Size,
        "torch.Tensor": torch.Tensor,
        "torch.device": torch.device,
        "torch.serialization._get_layout": serialization._get_layout,
        "torch.storage.UntypedStorage": storage.UntypedStorage,
        "torch.storage.TypedStorage": storage.TypedStorage,
        "torch._tensor._rebuild_from_type_v2": _tensor._rebuild_from_type_v2,
        "_codecs.encode": _codecs.encode,
        "builtins.bytearray": bytearray,
        "builtins.set": set,
        "builtins.complex": complex,
    }
    for name in (*storage._STORAGE_NAMES, *_OTHER_DTYPES):
        if hasattr(torch, name):
            table[f"torch.{name}"] = getattr(torch, name)
    for name in storage._STORAGE_NAMES.values():
        table[f"torch.{name}"] = serialization.StorageType(name)
    for name in _REBUILD_FUNCTIONS:
        table[f"torch._utils.{name}"] = getattr(_utils, name)
    return table


_OTHER_DTYPES = (
    *("uint16", "uint32", "uint64", "complex32"),
    *("float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz", "float8_e8m0fnu"),
)
_REBUILD_FUNCTIONS = (
    "_rebuild_tensor",
    "_rebuild_tensor_v2",
    "_rebuild_tensor_v3",
    "_rebuild_parameter",
    "_rebuild_parameter_with_state",
    "_rebuild_meta_tensor_no_storage",
    "_rebuild_device_tensor_from_numpy",
    "_rebuild_device_tensor_from_cpu_tensor",
)


def _is_known(obj):
    # Compared by identity: `==` of an object from a file could say anything.
    if id(obj) in _allowed_ids or (obj is not None and obj is _parameter_class()):
        return True
    return any(obj is (item[0] if isinstance(item, tuple) else item) for item in _user_globals.values())


def _find_global(module, name):
    import _compat_pickle

    module, name = _compat_pickle.NAME_MAPPING.get(
        (module, name), (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
    )
    path = f"{module}.{name}"
    if module.partition(".")[0] in _BLOCKED_MODULES:
        raise UnpicklingError(f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked.")
    if path == "torch.nn.parameter.Parameter":
        # Not in the table: looking at a file of plain tensors need not import torch.nn.
        return torch.nn.Parameter
    allowed = _get_allowed_globals()
    if path in allowed:
        return allowed[path]
    found = _lookup_user(path)
    if found is not None:
        return found
    path = path.removeprefix("builtins.")
    raise UnpicklingError(
        f"Unsupported global: GLOBAL {path} was not an allowed global by default. "
        f"Please use `torch.serialization.add_safe_globals([{path}])` or the "
        f"`torch.serialization.safe_globals([{path}])` context manager to allowlist this global "
        "if you trust this class/function."
    )


class Unpickler:
    """Reads one pickle from `file`; `persistent_load` must be set to a function that returns storages."""

    def __init__(self, file, *, encoding="bytes"):
        self.encoding = encoding
        self._file = file
        self._memo = {}

    def persistent_load(self, pid):
        raise UnpicklingError("unsupported persistent id encountered")

    def load(self):
        self._stack = []
        self._marks = []
        read = self._file.read
        handlers = _HANDLERS
        while True:
            opcode = read(1)
            if not opcode:
                raise EOFError("Ran out of input")
            if opcode == b".":
                return self._finish()
            handler = handlers.get(opcode)
            if handler is None:
                raise UnpicklingError(f"Unsupported operand {opcode[0]}")
            try:
                handler(self)
            except (IndexError, KeyError, struct.error, UnicodeError) as error:
                raise UnpicklingError(
                    f"pickle is corrupt: {type(error).__name__} at instruction {opcode!r}: {error}"
                ) from None

    def _finish(self):
        if len(self._stack) != 1 or self._marks:
            raise UnpicklingError("pickle is corrupt: it does not end with exactly one object")
        return self._stack.pop()

    def _read(self, size):
        data = self._file.read(size)
        if len(data) != size:
            raise UnpicklingError("pickle data was truncated")
        return data

    def _readline(self):
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise UnpicklingError("pickle data was truncated")
        return line[:-1].decode()

    def _pop_mark(self):
        begin = self._marks.pop()
        items = self._stack[begin:]
        del self._stack[begin:]
        return items

    def _top(self):
        # A mark below the top means that the file pops objects of an enclosing group.
        if self._marks and len(self._stack) <= self._marks[-1]:
            raise UnpicklingError("pickle is corrupt: unexpected mark")
        return self._stack[-1]

    def _pop(self):
        self._top()
        return self._stack.pop()


def _op_proto(self):
    version = self._read(1)[0]
    if version != 2:
        import warnings

        warnings.warn(
            f"Detected pickle protocol {version} in the checkpoint; the weights_only unpickler is made for protocol "
            "2, the default of torch.save, and does not know all instructions of others",
            stacklevel=4,
        )


def _op_global(self):
    module = self._readline()
    self._stack.append(_find_global(module, self._readline()))


def _op_newobj(self):
    args, cls = self._pop(), self._pop()
    if type(args) is not tuple:
        raise UnpicklingError(f"pickle is corrupt: arguments must be a tuple, got {type(args)}")
    if cls is not None and cls is _parameter_class():
        self._stack.append(cls(*args))
    elif isinstance(cls, type) and _is_known(cls):
        self._stack.append(cls.__new__(cls, *args))
    else:
        raise UnpicklingError(
            f"Can only create new object for nn.Parameter or classes allowlisted via `add_safe_globals` but got {cls}"
        )


def _op_reduce(self):
    args, func = self._pop(), self._pop()
    if not callable(func) or not _is_known(func):
        raise UnpicklingError(f"Trying to call reduce for unrecognized function {func}")
    if type(args) is not tuple:
        raise UnpicklingError(f"pickle is corrupt: arguments must be a tuple, got {type(args)}")
    self._stack.append(func(*args))


def _op_build(self):
    state, instance = self._pop(), self._top()
    kind = type(instance)
    if kind is torch.Tensor or kind is _parameter_class():
        instance.__setstate__(state)
    elif kind is collections.OrderedDict:
        instance.__dict__.update(state)
    elif _is_known(kind):
        if hasattr(instance, "__setstate__"):
            instance.__setstate__(state)
            return
        state, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
        instance.__dict__.update(state or {})
        for name, value in (slots or {}).items():
            setattr(instance, name, value)
    else:
        raise UnpicklingError(
            f"Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got {kind}"
        )


def _list_target(self, verb):
    target = self._top()
    if type(target) is not list:
        raise UnpicklingError(f"Can only {verb} lists, but got {type(target)}")
    return target


def _op_append(self):
    item = self._pop()
    _list_target(self, "append to").append(item)


def _op_appends(self):
    items = self._pop_mark()
    _list_target(self, "extend").extend(items)


def _set_items(self, items, opcode):
    target = self._top()
    if type(target) not in (dict, collections.OrderedDict, collections.Counter):
        raise UnpicklingError(
            f"Can only {opcode} for dict, collections.OrderedDict, collections.Counter, but got {type(target)}"
        )
    if len(items) % 2:
        raise UnpicklingError("pickle is corrupt: a key without a value")
    try:
        for i in range(0, len(items), 2):
            target[items[i]] = items[i + 1]
    except TypeError as error:
        raise UnpicklingError(f"pickle is corrupt: {error}") from None


def _op_setitem(self):
    value, key = self._pop(), self._pop()
    _set_items(self, [key, value], "SETITEM")


def _op_setitems(self):
    _set_items(self, self._pop_mark(), "SETITEMS")


def _op_tuple(self, size):
    items = [self._pop() for _ in range(size)]
    self._stack.append(tuple(reversed(items)))


def _op_binunicode(self):
    size = struct.unpack("<I", self._read(4))[0]
    if size > sys.maxsize:
        raise UnpicklingError("String is too long")
    self._stack.append(str(self._read(size), "utf-8", "surrogatepass"))


def _op_short_binstring(self):
    data = self._read(self._read(1)[0])
    self._stack.append(data if self.encoding == "bytes" else data.decode(self.encoding, "strict"))


def _op_binpersid(self):
    pid = self._pop()
    if type(pid) is not tuple and type(pid) is not int:
        raise UnpicklingError(f"persistent_load id must be tuple or int, but got {type(pid)}")
    if type(pid) is tuple and pid and pid[0] not in ("storage", b"storage"):
        raise UnpicklingError(f"Only persistent_load of storage is allowed, but got {type(pid[0])}")
    self._stack.append(self.persistent_load(pid))


def _pushes(make):
    def handler(self):
        self._stack.append(make(self))

    return handler


def _puts(size):
    def handler(self):
        self._memo[int.from_bytes(self._read(size), "little")] = self._top()

    return handler


def _gets(size):
    return _pushes(lambda self: self._memo[int.from_bytes(self._read(size), "little")])


_HANDLERS = {
    pickle.PROTO: _op_proto,
    pickle.GLOBAL: _op_global,
    pickle.NEWOBJ: _op_newobj,
    pickle.REDUCE: _op_reduce,
    pickle.BUILD: _op_build,
    pickle.APPEND: _op_append,
    pickle.APPENDS: _op_appends,
    pickle.SETITEM: _op_setitem,
    pickle.SETITEMS: _op_setitems,
    pickle.MARK: lambda self: self._marks.append(len(self._stack)),
    pickle.TUPLE: _pushes(lambda self: tuple(self._pop_mark())),
    pickle.TUPLE1: lambda self: _op_tuple(self, 1),
    pickle.TUPLE2: lambda self: _op_tuple(self, 2),
    pickle.TUPLE3: lambda self: _op_tuple(self, 3),
    pickle.NONE: _pushes(lambda self: None),
    pickle.NEWTRUE: _pushes(lambda self: True),
    pickle.NEWFALSE: _pushes(lambda self: False),
    pickle.EMPTY_TUPLE: _pushes(lambda self: ()),
    pickle.EMPTY_LIST: _pushes(lambda self: []),
    pickle.EMPTY_DICT: _pushes(lambda self: {}),
    pickle.EMPTY_SET: _pushes(lambda self: set()),
    pickle.BININT: _pushes(lambda self: struct.unpack("<i", self._read(4))[0]),
    pickle.BININT1: _pushes(lambda self: self._read(1)[0]),
    pickle.BININT2: _pushes(lambda self: struct.unpack("<H", self._read(2))[0]),
    pickle.BINFLOAT: _pushes(lambda self: struct.unpack(">d", self._read(8))[0]),
    pickle.LONG1: _pushes(lambda self: int.from_bytes(self._read(self._read(1)[0]), "little", signed=True)),
    pickle.BINUNICODE: _op_binunicode,
    pickle.SHORT_BINSTRING: _op_short_binstring,
    pickle.BINPERSID: _op_binpersid,
    pickle.BINGET: _gets(1),
    pickle.LONG_BINGET: _gets(4),
    pickle.BINPUT: _puts(1),
    pickle.LONG_BINPUT: _puts(4),
}


def load(file, *, encoding="ASCII"):
    """Reads one pickled object from `file`."""
    return Unpickler(file, encoding=encoding).load()


def get_globals_in_pickle(data):
    """The set of 'module.name' that a pickle names, without building anything."""
    import io
    import pickletools

    found = set()
    for opcode, argument, _ in pickletools.genops(io.BytesIO(data)):
        if opcode.name == "GLOBAL":
            found.add(".".join(argument.split(" ", 1)))
    return found
