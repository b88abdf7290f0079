"""Operators written in Python: ``torch.library.custom_op``."""

import contextlib

import tiny_torch as torch
from tiny_torch import _C
from tiny_torch._library.autograd import make_autograd_kernel, tensors_of
from tiny_torch._library.infer_schema import infer_schema
from tiny_torch._schema import parse_schema

DEVICE_KEYS = {"cpu": "CPU", "cuda": "CUDA", "meta": "Meta", "privateuseone": "PrivateUse1"}


def device_key(device_type):
    """The dispatch key of a device type."""
    if device_type not in DEVICE_KEYS:
        raise ValueError(f"expected a device type out of {', '.join(DEVICE_KEYS)}, got {device_type!r}")
    return DEVICE_KEYS[device_type]


def split_name(qualname):
    """("namespace", "name") of "namespace::name"."""
    namespace, colons, name = qualname.partition("::")
    if not (colons and namespace and name):
        raise ValueError(
            f'Expected `qualname` to be of the form "namespace::name", but got {qualname}. The qualname passed to the '
            "torch.library APIs must consist of a namespace and a name, e.g. aten::sin"
        )
    if "." in name:
        raise ValueError(
            f"The torch.library.custom_op APIs do not handle overloads, i.e. operator names with '.': {name}"
        )
    return namespace, name


def _check_results(name, args, kwargs, result):
    """A result must be memory of its own: what follows would be silently wrong otherwise."""
    seen = {t.untyped_storage().data_ptr() for t in tensors_of((*args, *kwargs.values())) if t.numel()}
    for tensor in tensors_of(result if isinstance(result, tuple) else (result,)):
        address = tensor.untyped_storage().data_ptr() if tensor.numel() else None
        if address in seen and not tensor.is_meta:
            raise RuntimeError(
                f"{name}: The output of this custom operator (1) must not also be an input to this custom operator and "
                "(2) may not alias any inputs to this custom operator or other returns. The most common way to trigger "
                "this error is if we have y = custom_op(x) and y and x are the same Tensor. Please instead return a "
                "clone of the offending output tensor(s) (e.g. return x.clone()) or refactor the custom operator to "
                "not return y."
            )
        seen.add(address)


class CustomOpDef:
    """An operator made by :func:`torch.library.custom_op`; calling it calls ``torch.ops.namespace.name``."""

    def __init__(self, namespace, name, schema, fn, mutates):
        from tiny_torch.library import Library

        self._namespace, self._name, self._schema = namespace, name, schema
        self._init_fn = fn
        self._kernels, self._disabled = {}, set()
        self._fake_fn = None
        self.backward = self.setup_context = None
        self._lib = Library(namespace, "FRAGMENT")
        self._lib.define(f"{name}{schema}")
        self._opoverload = getattr(getattr(torch.ops, namespace), name).default
        self._mutated = [i for i, a in enumerate(mutates) if a]
        self._lib.impl(name, self._run_fake, "Meta")
        self._lib.impl(name, make_autograd_kernel(self._opoverload, self), "Autograd")
        if self._mutated:
            self._lib.impl(name, self._run_mutating, "ADInplaceOrView")

    @property
    def _qualname(self):
        return f"{self._namespace}::{self._name}"

    def __repr__(self):
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args, **kwargs):
        return self._opoverload(*args, **kwargs)

    def _run_fake(self, *args, **kwargs):
        if self._fake_fn is None:
            raise RuntimeError(
                f"There was no fake impl registered for {self}. This is necessary for meta tensors to work. Please use "
                f"`{self._init_fn.__name__}.register_fake` to add an fake impl."
            )
        return self._fake_fn(*args, **kwargs)

    def _run_mutating(self, *args, **kwargs):
        arguments = self._opoverload._schema.arguments
        for i in self._mutated:
            value = args[i] if i < len(args) else kwargs.get(arguments[i].name)
            for tensor in tensors_of((value,)):
                _C._increment_version(tensor)
        with _C._AutoDispatchBelowADInplaceOrView():
            return self._opoverload(*args, **kwargs)

    def register_kernel(self, device_types, fn=None, /):
        """Registers what runs on the given device types (a str, a list of them, or None for all). A decorator without `fn`."""

        def register(fn):
            types = [device_types] if isinstance(device_types, str) or device_types is None else list(device_types)
            for device_type in types:
                is_new = device_type not in self._kernels
                self._kernels[device_type] = fn
                if is_new:
                    key = "CompositeExplicitAutograd" if device_type is None else device_key(device_type)
                    self._lib.impl(self._name, self._make_kernel(device_type), key)
            return fn

        return register if fn is None else register(fn)

    def _make_kernel(self, device_type):
        def kernel(*args, **kwargs):
            fn = self._init_fn if device_type in self._disabled else self._kernels[device_type]
            result = fn(*args, **kwargs)
            _check_results(self._qualname, args, kwargs, result)
            return result

        return kernel

    def register_fake(self, fn, /):
        """Registers how the shapes and dtypes of the results follow from the arguments, for meta tensors."""
        self._fake_fn = fn
        return fn

    def register_autograd(self, backward, /, *, setup_context=None):
        """Registers the derivative.

        Args:
            backward: ``backward(ctx, *grads)`` returns one gradient, or None, for each argument.
            setup_context: ``setup_context(ctx, inputs, output)`` keeps what backward needs; operators with keyword-only
                arguments get ``keyword_only_inputs`` as well.

        Raises:
            RuntimeError: the operator changes its arguments.
        """
        if self._mutated:
            raise RuntimeError(
                f"Cannot register autograd formula for non-functional operator {self} with schema {self._schema}. "
                "Please create a functional operator and register an autograd formula for that."
            )
        self.backward, self.setup_context = backward, setup_context

    @contextlib.contextmanager
    def set_kernel_enabled(self, device_type, enabled=True):
        """Inside, calls on that device use the original function instead of the registered kernel, or the reverse."""
        before = device_type in self._disabled
        (self._disabled.discard if enabled else self._disabled.add)(device_type)
        try:
            yield
        finally:
            (self._disabled.add if before else self._disabled.discard)(device_type)


def custom_op(name, fn=None, /, *, mutates_args, device_types=None, schema=None, tags=None):
    """Makes a function an operator ``torch.ops.namespace.name``, which autograd and meta tensors treat as one.

    Args:
        name (str): ``"namespace::name"``.
        fn: the function; without it this is a decorator. It may return no argument and no view of one.
        mutates_args (iterable of str, or "unknown"): the tensors it changes.
        device_types (str or list of str): where it runs; by default everywhere.
        schema (str): in place of what the annotations say.

    Example::

        @torch.library.custom_op("mylib::scale", mutates_args=())
        def scale(x: torch.Tensor, by: float) -> torch.Tensor:
            return x * by
    """

    def make(fn):
        text = infer_schema(fn, mutates_args=mutates_args) if schema is None else schema
        namespace, op_name = split_name(name)
        mutates = [a.is_write for a in parse_schema(f"{namespace}::{op_name}{text}").arguments]
        if schema is not None and mutates_args != "unknown":
            parsed = parse_schema(f"{namespace}::{op_name}{text}").arguments
            wanted = {a.name for a in parsed if a.is_write}
            if wanted != set(mutates_args):
                raise ValueError(
                    f"Attempted to create a custom op with `mutates_args={mutates_args}` and `schema={schema}`. The "
                    f"schema suggests that the op mutates {sorted(wanted)}."
                )
        result = CustomOpDef(namespace, op_name, text, fn, mutates)
        result.register_kernel(device_types, fn)
        _definitions[result._qualname] = result
        return result

    return make if fn is None else make(fn)


# Every operator made so far, by its qualified name; they live as long as the process.
_definitions = {}


def find_definition(op):
    """The CustomOpDef behind a name or an overload, if there is one."""
    if isinstance(op, CustomOpDef):
        return op
    name = op if isinstance(op, str) else op._schema.name
    return _definitions.get(name)
