"""``torch.ops``: every operator of the dispatcher as ``torch.ops.namespace.name`` and ``.name.overload``.

An operator from any library appears here once the library is loaded, for example by ``torch.ops.load_library(path)``.
"""

import types

from tiny_torch import _C
from tiny_torch._schema import FunctionSchema

__all__ = ["OpOverload", "OpOverloadPacket", "OperatorBase", "ops"]


class OperatorBase:
    """What overloads and their packets have in common."""


class OpOverload(OperatorBase):
    """One operator with one schema, such as ``torch.ops.aten.add.Tensor``; calling it goes through the dispatcher.

    Raises:
        RuntimeError: the arguments do not fit the schema.
    """

    def __init__(self, packet, full_name, overload):
        self._overloadpacket = packet
        self._full_name = (full_name,)
        self._overloadname = overload
        self._qualified_op_name = packet._qualified_op_name
        self._name = full_name
        self.__name__ = f"{packet.__name__}.{overload}"
        self.__qualname__ = self._name
        self.__module__ = packet.__module__
        self.tags = []

    @property
    def _schema(self):
        schema = self.__dict__.get("_parsed")
        if schema is None:
            schema = self.__dict__["_parsed"] = FunctionSchema(_C._operator_schema(self._name))
        return schema

    @property
    def overloadpacket(self):
        """The packet this overload belongs to."""
        return self._overloadpacket

    @property
    def op(self):
        """The packet's operator."""
        return self._overloadpacket

    @property
    def namespace(self):
        """``'aten'`` of ``aten::add``."""
        return self._name.partition("::")[0]

    @property
    def is_view(self):
        """Whether the result shares memory with an argument that is not written to."""
        marks = [a.alias_info for a in self._schema.arguments]
        return any(mark is not None and not mark.is_write for mark in marks)

    def name(self):
        """``'aten::add.Tensor'``"""
        return self._name

    def has_kernel_for_dispatch_key(self, key):
        """Whether a kernel is registered for the key, given by its name."""
        return _C._dispatch_has_kernel_for_dispatch_key(self._name, getattr(key, "name", key))

    def __call__(self, /, *args, **kwargs):
        return _C._call_operator(self, self._full_name, args, kwargs)

    def __str__(self):
        return f"{str(self._overloadpacket)}.{self._overloadname}"

    def __repr__(self):
        return f"<OpOverload(op='{self._overloadpacket}', overload='{self._overloadname}')>"

    def __hash__(self):
        return hash(self._name)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo=None):
        return self

    def __reduce__(self):
        return (getattr, (self._overloadpacket, self._overloadname))


class OpOverloadPacket(OperatorBase):
    """All overloads of one name, such as ``torch.ops.aten.add``; a call takes the first one that fits.

    Raises:
        RuntimeError: the arguments fit no schema; the message has the reason for each.
    """

    def __init__(self, namespace, name):
        self._qualified_op_name = f"{namespace}::{name}"
        self.__name__ = name
        self.__qualname__ = name
        self.__module__ = f"torch._ops.{namespace}"
        self._refresh()

    def _refresh(self):
        # Overloads may come later, from another library.
        self._full_names = _C._operator_overloads(self._qualified_op_name)
        return self._full_names

    def overloads(self):
        """Names of the overloads; the one without a name is ``'default'``."""
        return [name.partition(".")[2] or "default" for name in self._refresh()]

    @property
    def op(self):
        """The packet itself: what ``op(*args)`` is called on."""
        return self

    @property
    def _schemas(self):
        return {name.partition(".")[2]: FunctionSchema(_C._operator_schema(name)) for name in self._refresh()}

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(f"'{self}' has no attribute '{name}'")
        full_name = self._qualified_op_name + ("" if name == "default" else f".{name}")
        if full_name not in self._refresh():
            raise AttributeError(
                f"The underlying op of '{self}' has no overload name '{name}'. Available: {', '.join(self.overloads())}"
            )
        overload = OpOverload(self, full_name, name)
        setattr(self, name, overload)
        return overload

    def __dir__(self):
        return sorted({*super().__dir__(), *self.overloads()})

    def __iter__(self):
        return iter(self.overloads())

    def __call__(self, /, *args, **kwargs):
        return _C._call_operator(self, self._full_names, args, kwargs)

    def __str__(self):
        return self._qualified_op_name.replace("::", ".")

    def __repr__(self):
        return f"<OpOverloadPacket(op='{self}')>"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo=None):
        return self

    def __reduce__(self):
        namespace, _, name = self._qualified_op_name.partition("::")
        return (_find_packet, (namespace, name))


def _find_packet(namespace, name):
    return getattr(getattr(ops, namespace), name)


class _OpNamespace(types.ModuleType):
    """``torch.ops.<namespace>``; its operators are looked up when they are first asked for."""

    def __init__(self, name):
        super().__init__(f"torch.ops.{name}")
        self.name = name

    def __getattr__(self, name):
        if name.startswith("__") or not _C._operator_overloads(f"{self.name}::{name}"):
            raise AttributeError(f"'_OpNamespace' '{self.name}' object has no attribute '{name}'")
        packet = OpOverloadPacket(self.name, name)
        setattr(self, name, packet)
        return packet

    def __dir__(self):
        head = f"{self.name}::"
        names = (
            name[len(head) :].partition(".")[0] for name in _C._dispatch_get_all_op_names() if name.startswith(head)
        )
        return sorted(set(names))

    def __iter__(self):
        return iter(dir(self))

    def _forget(self, name):
        """For names whose operator was taken back."""
        self.__dict__.pop(name, None)


class _Ops(types.ModuleType):
    def __init__(self):
        super().__init__("torch.ops")
        self.loaded_libraries = set()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        namespace = _OpNamespace(name)
        setattr(self, name, namespace)
        return namespace

    def __dir__(self):
        return sorted({name.partition("::")[0] for name in _C._dispatch_get_all_op_names()})

    def __iter__(self):
        return iter(dir(self))

    def load_library(self, path):
        """Loads a shared library, so that what its ``TORCH_LIBRARY`` blocks define becomes callable here.

        Raises:
            OSError: the library cannot be opened.
            RuntimeError: one of its definitions is wrong, or collides with what is defined already.
        """
        import os

        path = os.path.realpath(os.fspath(path))
        if not os.path.exists(path):
            raise OSError(f"{path}: cannot open shared object file: No such file or directory")
        _C._load_library(path)
        self.loaded_libraries.add(path)


ops = _Ops()
