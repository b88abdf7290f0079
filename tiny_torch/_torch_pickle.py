"""Pickling under PyTorch's names: our ``tiny_torch.x`` is written as ``torch.x``, and read back as ours.

Files must name ``torch._utils._rebuild_tensor_v2`` whether or not a module called torch is importable here, and
pickle insists on importing what it names. So protocols 2 and 3 are written by the fast C pickler and their GLOBAL
instructions renamed afterwards; the others, whose names are ordinary memoised strings, by the Python pickler.
"""

import importlib
import io
import pickle
import struct

_OURS = "tiny_torch"
_THEIRS = "torch"
# Objects whose module differs from PyTorch's, as (module, name) -> module; a None name stands for all others.
_MOVED = {
    ("torch._C", "UntypedStorage"): "torch.storage",
    ("torch", "UntypedStorage"): "torch.storage",
    ("torch._C", None): "torch",
    ("torch._tensor", "Tensor"): "torch",
}


def torch_name(module, name):
    """The module that PyTorch's files use for our global `name` of `module`."""
    head, dot, rest = module.partition(".")
    if head != _OURS:
        return module
    module = _THEIRS + dot + rest
    return _MOVED.get((module, name)) or _MOVED.get((module, None)) or module


def dumps(obj, pickle_module, protocol, persistent_id):
    """Pickles `obj`, with `persistent_id` as in ``pickle.Pickler``, under PyTorch's names."""
    base = pickle_module.Pickler
    rename_later = 2 <= protocol <= 3 or base is not pickle.Pickler
    if not rename_later:
        base = pickle._Pickler

    class TorchPickler(base):
        def persistent_id(self, obj):
            return persistent_id(obj)

    if not rename_later:
        TorchPickler.save_global = _save_global
        TorchPickler.dispatch = {**base.dispatch, type(dumps): _save_global, type: _save_type}
    buffer = io.BytesIO()
    TorchPickler(buffer, protocol=protocol).dump(obj)
    data = buffer.getvalue()
    return _rename_globals(data) if rename_later and _OURS.encode() in data else data


def _save_type(self, obj):
    if obj in (type(None), type(NotImplemented), type(...)):
        return pickle._Pickler.save_type(self, obj)
    return _save_global(self, obj)


def _save_global(self, obj, name=None):
    name = name or getattr(obj, "__qualname__", None) or obj.__name__
    module = getattr(obj, "__module__", None) or ""
    if module.partition(".")[0] not in (_OURS, _THEIRS) or "." in name:
        return pickle._Pickler.save_global(self, obj, name)
    module = torch_name(module, name)
    if self.proto >= 4:
        self.save(module)
        self.save(name)
        self.write(pickle.STACK_GLOBAL)
    else:
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
    self.memoize(obj)


# Bytes that follow each opcode: a number, "line" / "lines" for newline-ended text, or a struct for a counted string.
_ARGUMENTS = {
    **{code: 0 for code in b"(.012NQRabdlstou)}]e\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94"},
    **{code: 1 for code in b"K\x80hq\x82"},
    **{code: 2 for code in b"M\x83"},
    **{code: 4 for code in b"Jjr\x84"},
    **{code: 8 for code in b"G\x95"},
    **{code: "line" for code in b"FILPSVgp"},
    **{code: struct.Struct("<B") for code in b"UC\x8a\x8c"},
    **{code: struct.Struct("<I") for code in b"TBX\x8b"},
    **{code: struct.Struct("<Q") for code in b"\x8d\x8e\x96"},
    ord("i"): "lines",
}


def _rename_globals(data):
    """Replaces the module of GLOBAL instructions of protocols 0 to 3; memo numbers stay as they are."""
    out = []
    copied = position = 0
    arguments = _ARGUMENTS
    while position < len(data):
        code = data[position]
        position += 1
        if code == 99:  # GLOBAL: module, newline, name, newline
            middle = data.index(b"\n", position)
            end = data.index(b"\n", middle + 1)
            module, name = data[position:middle].decode(), data[middle + 1 : end].decode()
            renamed = torch_name(module, name)
            if renamed != module:
                out.append(data[copied:position])
                out.append(renamed.encode())
                copied = middle
            position = end + 1
            continue
        argument = arguments[code]
        if type(argument) is int:
            position += argument
        elif argument == "line":
            position = data.index(b"\n", position) + 1
        elif argument == "lines":
            position = data.index(b"\n", data.index(b"\n", position) + 1) + 1
        else:
            position += argument.size + argument.unpack_from(data, position)[0]
    out.append(data[copied:])
    return b"".join(out)


# Modules that old files name and that have moved since.
_OLD_MODULES = {"torch.tensor": "torch._tensor"}


def find_torch_global(module, name):
    """Our object for a global of PyTorch's, or None where `module` is not PyTorch's."""
    module = _OLD_MODULES.get(module, module)
    head, dot, rest = module.partition(".")
    if head not in (_THEIRS, _OURS):
        return None
    try:
        found = importlib.import_module(_OURS + dot + rest)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        raise AttributeError(f"Can't get attribute '{name}' on module '{module}'") from None
    return found
