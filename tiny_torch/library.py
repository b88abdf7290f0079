"""Operators and kernels of one's own, defined in Python; source: ``torch.library``."""

import weakref

from tiny_torch import _C, _ops
from tiny_torch._library.autograd import make_autograd_kernel
from tiny_torch._library.custom_ops import CustomOpDef, custom_op, device_key, find_definition, split_name
from tiny_torch._library.infer_schema import infer_schema
from tiny_torch._library.opcheck import opcheck

__all__ = [
    "CustomOpDef",
    "Library",
    "custom_op",
    "define",
    "fallthrough_kernel",
    "impl",
    "infer_schema",
    "opcheck",
    "register_autograd",
    "register_fake",
    "register_kernel",
]

# Namespaces that a library owns, and kernels registered from Python: (name, key).
_owned = {"aten"}
_kernels = set()
# Libraries that the functions below made; they live as long as the process.
_kept = []


def fallthrough_kernel():
    """Given to `Library.impl`, it makes calls pass the dispatch key by."""
    raise NotImplementedError("fallthrough_kernel() should never be called.")


def _forget(ns, owns, names, kernels):
    if owns:
        _owned.discard(ns)
    _kernels.difference_update(kernels)
    for name in names:
        getattr(_ops.ops, ns)._forget(name)


class Library:
    """Defines operators of a namespace, or implements them; what it registered goes when the object goes.

    Args:
        ns (str): the namespace.
        kind (str): ``"DEF"`` for the one owner of a namespace, ``"FRAGMENT"`` for more definitions, ``"IMPL"`` for
            kernels only.
        dispatch_key (str): the key of kernels for which `impl` is given none.
    """

    def __init__(self, ns, kind, dispatch_key=""):
        if kind not in ("IMPL", "DEF", "FRAGMENT"):
            raise ValueError(f"Unsupported kind: {kind}")
        if ns == "prim":
            raise ValueError(f"{ns} is a reserved namespace. Please try creating a library with another name.")
        if kind == "DEF" and ns in _owned:
            raise RuntimeError(
                f"Only a single TORCH_LIBRARY can be used to register the namespace {ns}; please put all of your "
                "definitions in a single TORCH_LIBRARY block, or use kind 'FRAGMENT'."
            )
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key
        self.m = _C._Library(kind, ns, dispatch_key)
        self._names, self._impls = set(), set()
        if kind == "DEF":
            _owned.add(ns)
        self._finalizer = weakref.finalize(self, _forget, ns, kind == "DEF", self._names, self._impls)

    def __repr__(self):
        return f"Library(kind={self.kind}, ns={self.ns}, dispatch_key={self.dispatch_key})>"

    def define(self, schema, alias_analysis="", *, tags=()):
        """Defines an operator, for example ``"scale(Tensor x, float by) -> Tensor"``; returns its name.

        Raises:
            RuntimeError: the schema does not parse, the operator exists, or the library is of kind "IMPL".
        """
        if alias_analysis not in ("", "FROM_SCHEMA", "CONSERVATIVE"):
            raise RuntimeError(f"Invalid alias_analysis type {alias_analysis}")
        self.m.define(schema)
        name = schema.partition("(")[0].strip().rpartition("::")[2]
        self._names.add(name.partition(".")[0])
        getattr(_ops.ops, self.ns)._forget(name.partition(".")[0])
        return name

    def impl(self, op_name, fn, dispatch_key="", *, with_keyset=False, allow_override=False):
        """Registers a function as the kernel of an operator.

        Args:
            op_name (str or OpOverload): the operator.
            fn: gets the arguments as the schema says; those that equal their default are left out.
            dispatch_key (str): ``"CPU"``, ``"Meta"``, ``"Autograd"``, ``"CompositeExplicitAutograd"``, ...
            with_keyset (bool): pass the bits of the dispatch keys first.

        Raises:
            TypeError: `fn` is not callable.
            RuntimeError: a kernel for this key came from Python already, or the key is unknown.
        """
        if not callable(fn):
            raise TypeError(f"Input function is required to be a callable but found type {type(fn)}")
        key = dispatch_key or self.dispatch_key
        name = op_name.name() if isinstance(op_name, _ops.OpOverload) else op_name
        if not isinstance(name, str):
            raise RuntimeError(
                f"impl should be passed either a name or an OpOverload object as the first argument: {name}"
            )
        full = name if "::" in name else f"{self.ns}::{name}"
        if (full, key) in _kernels and not allow_override:
            raise RuntimeError(
                f"This is not allowed since there's already a kernel registered from python overriding {full}'s "
                f"behavior for {key or 'CompositeImplicitAutograd'} dispatch key and {self.ns} namespace."
            )
        self.m.impl(name, key, None if fn is fallthrough_kernel else fn, bool(with_keyset))
        _kernels.add((full, key))
        self._impls.add((full, key))

    def _destroy(self):
        self.m.reset()
        self._finalizer()


def _fragment(qualname, lib=None):
    if lib is not None:
        return lib
    lib = Library(qualname.partition("::")[0], "FRAGMENT")
    _kept.append(lib)
    return lib


def _overload(op):
    """The OpOverload meant by a name, an OpOverload or a CustomOpDef."""
    if isinstance(op, _ops.OpOverload):
        return op
    if isinstance(op, CustomOpDef):
        return op._opoverload
    if not isinstance(op, str):
        raise ValueError(f"expected the name of an operator, an OpOverload or a CustomOpDef, got {type(op)}")
    namespace, colons, rest = op.partition("::")
    name, _, overload = rest.partition(".")
    packet = getattr(getattr(_ops.ops, namespace), name, None) if colons else None
    if packet is None:
        raise RuntimeError(f"operator {op} does not exist")
    return getattr(packet, overload or "default")


def define(qualname, schema, *, lib=None, tags=()):
    """Defines the operator "namespace::name" by a schema without its name: ``define("mylib::f", "(Tensor x) -> Tensor")``.

    ``define(lib, schema)`` is a decorator that also registers the function as the kernel.
    """
    if isinstance(qualname, Library):
        library = qualname

        def register(fn):
            library.impl(library.define(schema), fn)
            return fn

        return register
    if not isinstance(qualname, str):
        raise ValueError(f"define(qualname, schema): expected qualname to be instance of str, got {type(qualname)}")
    _, name = split_name(qualname)
    if not schema.lstrip().startswith("("):
        raise ValueError(
            f'define(qualname, schema, ...): expected schema to look like e.g. "(Tensor x) -> Tensor" but got "{schema}"'
        )
    _fragment(qualname, lib).define(name + schema, tags=tags)
    return None


def impl(qualname, types, func=None, *, lib=None):
    """Registers a kernel for device types ("cpu", ["cpu", "cuda"], or "default" for all); a decorator without `func`.

    ``impl(lib, name, dispatch_key="")`` is the older form.
    """
    if isinstance(qualname, Library):
        library, name, key = qualname, types, func or ""

        def register_at_key(fn):
            library.impl(name, fn, key)
            return fn

        return register_at_key
    names = [types] if isinstance(types, str) else list(types)
    keys = ["CompositeExplicitAutograd" if t == "default" else device_key(t) for t in names]

    def register(fn):
        library = _fragment(qualname, lib)
        for key in keys:
            library.impl(qualname.partition("::")[2], fn, key)
        return fn

    return register if func is None else register(func)


def register_kernel(op, device_types, func=None, /, *, lib=None):
    """Registers what an operator runs on the given device types (None: all); a decorator without `func`."""
    definition = find_definition(op)
    if definition is not None:
        return definition.register_kernel(device_types, func)
    return impl(_overload(op).name(), "default" if device_types is None else device_types, func, lib=lib)


def register_fake(op, func=None, /, *, lib=None, allow_override=True):
    """Registers how shapes and dtypes of the results follow from the arguments; a decorator without `func`.

    Raises:
        RuntimeError: there is no such operator.
    """

    def register(fn):
        definition = find_definition(op)
        if definition is not None:
            return definition.register_fake(fn)
        name = _overload(op).name()
        _fragment(name, lib).impl(name.partition("::")[2], fn, "Meta", allow_override=allow_override)
        return fn

    return register if func is None else register(func)


class _Derivative:
    def __init__(self, backward, setup_context):
        self.backward, self.setup_context = backward, setup_context


def register_autograd(op, backward, /, *, setup_context=None, lib=None):
    """Registers the derivative of an operator; see `CustomOpDef.register_autograd`.

    Raises:
        RuntimeError: there is no such operator, or it changes its arguments.
    """
    definition = find_definition(op)
    if definition is not None:
        definition.register_autograd(backward, setup_context=setup_context)
        return
    overload = _overload(op)
    if overload._schema.is_mutable:
        raise RuntimeError(
            f"Cannot register autograd formula for non-functional operator {overload} with schema {overload._schema}. "
            "Please create a functional operator and register an autograd formula for that."
        )
    kernel = make_autograd_kernel(overload, _Derivative(backward, setup_context))
    name = overload.name()
    _fragment(name, lib).impl(name.partition("::")[2], kernel, "Autograd", allow_override=True)
