"""python/<family>.cpp: METH_FASTCALL functions and methods; python/methods.cpp: the tables that name them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tools.gen_ops import cpp
from tools.gen_ops.declarations import has_options
from tools.gen_ops.model import Arg, Op

MODULES = {"": "_VariableFunctions", "nn": "_nn", "linalg": "_linalg", "fft": "_fft", "special": "_special"}


@dataclass
class Overload:
    """One Python signature: a functional op with its out= form, or an in-place op; `order` is that of a deprecated one."""

    op: Op
    out: Op | None = None
    order: tuple[str, ...] = ()

    @property
    def args(self) -> tuple[Arg, ...]:
        if not self.order:
            return self.op.args
        named = {a.name: a for a in self.op.args}
        return tuple(replace(named[name], default=None, kwarg_only=False) for name in self.order)


@dataclass
class PyFunction:
    """All overloads behind one Python name, as a function and as a method."""

    name: str
    module: str
    family: str
    functions: list[Overload] = field(default_factory=list)
    methods: list[Overload] = field(default_factory=list)


def gather(families: dict[str, list[Op]]) -> list[PyFunction]:
    table: dict[tuple[str, str], PyFunction] = {}
    for family, ops in families.items():
        for op in ops:
            if op.form == "out" or op.entry.get("python") is False:
                continue
            module = op.entry.get("python_module", "")
            fn = table.setdefault((op.name, module), PyFunction(op.name, module, family))
            overload = Overload(op, op.forms.get("out"))
            has_self = bool(op.args) and any(a.name == "self" for a in op.args)
            derived_inplace = op.form == "inplace" and op.base is not None
            if "function" in op.variants and not (
                derived_inplace and module == "" and op.entry.get("inplace_function") is False
            ):
                fn.functions.append(overload)
            if has_self and ("method" in op.variants or op.form == "inplace") and not module:
                fn.methods.append(overload)
    for fn in table.values():
        # A 0-d tensor passes for a number too, so overloads for tensors are tried first.
        fn.functions.sort(key=takes_number)
        fn.methods.sort(key=takes_number)
        fn.functions += deprecated(fn.functions)
        fn.methods += deprecated(fn.methods)
    return [f for f in table.values() if f.functions or f.methods]


def deprecated(overloads: list[Overload]) -> list[Overload]:
    orders = [(o, order) for o in overloads for order in (o.op.base or o.op).entry.get("deprecated", ())]
    return [replace(o, order=tuple(order)) for o, order in orders]


def takes_number(o: Overload) -> bool:
    return any(a.type.base == "Scalar" and not a.kwarg_only for a in o.args)


def type_text(op: Op, a: Arg) -> str:
    t = a.type
    base = "int" if t.base == "SymInt" else t.base
    if t.is_tensor:
        if t.is_list:
            return "Tensor?[]" if t.element_optional else "Tensor[]"
        numbers = (op.base or op).entry.get("numbers")
        takes = a.name in numbers if isinstance(numbers, list) else numbers is True or (numbers and a.name != "self")
        if takes and not t.write:
            return "TensorOrNumber"
        return "Tensor" + ("?" if t.optional else "")
    text = f"{base}[{t.list_size or ''}]" if t.is_list else base
    return text + ("?" if t.optional else "")


def signature(o: Overload, method: bool) -> str:
    parts, starred = [], False

    def star() -> None:
        nonlocal starred
        if not starred:
            parts.append("*")
            starred = True

    for a in o.args:
        if method and a.name == "self":
            parts.append("@")
            continue
        if a.kwarg_only:
            star()
        name = "input" if a.name == "self" else a.name
        default = "" if a.default is None else f"={a.default.replace(' ', '')}"
        parts.append(f"{type_text(o.op, a)} {name}{default}")
    if o.out is not None and not method:
        star()
        outs = o.out.out_args
        parts.append("Tensor out=None" if len(outs) == 1 else "Tensor[] out=None")
    if has_options(o.op):
        star()
        parts.append("bool requires_grad=False")
    return f"{o.op.name}({', '.join(parts)})"


def accessor(o: Overload, a: Arg, i: int) -> str:
    """C++ that reads argument i, with the default the op list gives."""
    t = a.type
    if t.is_tensor:
        if t.is_list:
            return f"a.{'optional_' if t.element_optional else ''}tensor_list({i})"
        if t.optional:
            return f"a.optional_tensor({i})"
        return f"a.{'mutable_' if t.write else ''}tensor({i})"
    kind = {
        "int": "int64",
        "SymInt": "int64",
        "float": "float64",
        "bool": "boolean",
        "Scalar": "scalar",
        "str": "string",
        "ScalarType": "dtype",
        "Device": "device",
        "Layout": "layout",
        "MemoryFormat": "memory_format",
        "Generator": "generator",
    }[t.base]
    if t.is_list:
        kind = {"int64": "int_list", "float64": "float_list", "boolean": "bool_list", "scalar": "scalar_list"}[kind]
    if t.optional:
        if a.name == "device" and o.op.is_factory:
            return f"a.device_or_default({i})"
        text = f"a.optional_{kind}({i})"
        if a.default not in (None, "None"):
            default = cpp.default_value(a)
            return f"(a.has({i}) ? {text} : decltype({text})({default}))"
        return text
    if a.default is None:
        return f"a.{kind}({i})"
    if kind == "bool_list":
        return f"a.bool_list({i})"
    # PyTorch's bindings read the default `Mean` as 0: called directly, without a reduction, losses reduce nothing.
    default = "0" if a.default == "Mean" else cpp.default_value(a)
    if kind == "int_list":
        return f"a.int_list_or({i}, {default})"
    if kind == "scalar" and default in ("true", "false"):
        default = f"Scalar({default})"
    return f"a.{kind}_or({i}, {default})"


def return_class(op: Op) -> str:
    """C++ that gives the class of results with several names, or ''."""
    returns = op.schema.returns
    if len(returns) < 2 or not all(r.name for r in returns):
        return ""
    name = op.base.name if op.form == "out" else op.name
    return f"return_type({cpp.quote(name)}, {{{', '.join(cpp.quote(r.name) for r in returns)}}})"


def returns_wrapped(op: Op, call: str) -> list[str]:
    if cpp.return_type(op) == "void":
        return [f"      {call};", "      return Py_NewRef(Py_None);"]
    if return_class(op):
        return [f"      static PyTypeObject* const type = {return_class(op)};", f"      return wrap(type, {call});"]
    return [f"      return wrap({call});"]


def run(op: Op, args: dict[str, str]) -> str:
    """C++ that calls the operator; the arguments are read before, since that needs the GIL, which large calls release."""
    forward = "[](auto&&... x) -> decltype(auto) { return ops::%s(std::forward<decltype(x)>(x)...); }" % op.cpp_name
    return f"call({', '.join(['a', forward, *(args[x.name] for x in op.cpp_args)])})"


def overload_case(o: Overload, number: int) -> list[str]:
    args = {a.name: cpp.default_value(a) for a in o.op.args if a.default is not None} if o.order else {}
    args |= {a.name: accessor(o, a, i) for i, a in enumerate(o.args)}
    count = len(o.args)
    lines = [f"    case {number}: {{"]
    if o.order:
        warn = f"warn_deprecated({cpp.quote(o.op.name)}, {cpp.quote(', '.join(o.order))})"
        lines += [f"      static const bool warned = {warn};", "      (void)warned;"]
    if o.out is not None:
        outs = o.out.out_args
        lines.append(f"      if (a.has_not_none({count})) {{")
        if len(outs) == 1:
            args["out"] = f"a.mutable_tensor({count})"
            if o.op.is_factory:
                # A dtype that only the schema gives is no wish of the caller.
                dtype = f"a.optional_dtype({[x.name for x in o.args].index('dtype')})"
                options = ", ".join([dtype, args["layout"], args["device"]])
                lines.append(f"        check_out_matches({args['out']}, {options});")
        else:
            lines.append(f"        std::vector<TensorBase> outs = a.tensor_list({count});")
            lines.append(
                f'        TORCH_CHECK_TYPE(outs.size() == {len(outs)}, "{o.op.name}(): expected a tuple of {len(outs)} tensors for out=, got ", outs.size());'
            )
            args.update({x.name: f"outs[{i}]" for i, x in enumerate(outs)})
        call = run(o.out, args)
        lines += ["  " + line for line in returns_wrapped(o.out, call)] + ["      }"]
    requires_grad = count + (1 if o.out is not None else 0)
    call = run(o.op, args)
    if has_options(o.op):
        call = f"with_requires_grad({call}, a.boolean_or({requires_grad}, false))"
    return [*lines, *returns_wrapped(o.op, call), "    }"]


def entry_point(f: PyFunction, method: bool) -> list[str]:
    overloads = f.methods if method else f.functions
    suffix = "method" if method else "function"
    ident = f"{f.module + '_' if f.module else ''}{f.name}"
    signatures = ",\n      ".join(cpp.quote(signature(o, method)) for o in overloads)
    module = "" if method else f', "{MODULES[f.module]}"'
    lines = [
        f"PyObject* {ident}_{suffix}(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {{",
        "  HANDLE_ERRORS",
        f"  static const PythonArgParser parser({cpp.quote(f.name)}, {{\n      {signatures}}}{module});",
        "  PythonArgs a;",
        f"  if (parser.parse(a, {'self' if method else 'nullptr'}, args, nargs, kwnames)) return a.call_torch_function();",
        "  switch (a.signature()) {",
    ]
    if not method:
        lines.insert(1, "  (void)self;")
    for i, o in enumerate(overloads):
        # A method has no out=, whatever the function has.
        lines += overload_case(replace(o, out=None) if method else o, i)
    return [*lines, "  }", "  Py_UNREACHABLE();", "  END_HANDLE_ERRORS", "}\n"]


def family_source(family: str, functions: list[PyFunction]) -> str:
    mine = [f for f in functions if f.family == family]
    used = sorted({o.op.family for f in mine for o in f.functions + f.methods} | {family})
    lines = [
        cpp.HEADER.format(family=family),
        *[f'#include "generated/ops/{u}.h"' for u in used],
        '#include "python/generated_support.h"',
        '#include "python/deprecated.h"' if any(o.order for f in mine for o in f.functions + f.methods) else "",
        '#include "python/factory_out.h"' if any(o.out and o.op.is_factory for f in mine for o in f.functions) else "",
        "\nnamespace tiny_torch {",
        "namespace python {",
        "namespace generated {\n",
    ]
    for f in mine:
        if f.functions:
            lines += entry_point(f, method=False)
        if f.methods:
            lines += entry_point(f, method=True)
    return "\n".join([*lines, "}  // namespace generated", "}  // namespace python", "}  // namespace tiny_torch\n"])


def docstring(f: PyFunction, method: bool) -> str:
    overloads = f.methods if method else f.functions
    texts = dict.fromkeys(signature(o, method).replace("@, ", "").replace("@", "") for o in overloads if not o.order)
    docs = dict.fromkeys(o.op.doc for o in overloads if o.op.doc)
    return "\\n".join(cpp.quote(t)[1:-1] for t in [*texts, "", *docs])


def methods_source(functions: list[PyFunction]) -> str:
    lines = [
        "// Generated by tools/gen_ops from csrc/aten/ops/*.yaml; changes belong there.\n",
        '#include "python/generated_support.h"\n',
        "namespace tiny_torch {",
        "namespace python {",
        "namespace generated {",
    ]
    fast = "(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);"
    for f in functions:
        ident = f"{f.module + '_' if f.module else ''}{f.name}"
        lines += [
            f"PyObject* {ident}_{s}{fast}" for s, has in (("function", f.functions), ("method", f.methods)) if has
        ]
    lines += [
        "}  // namespace generated\n",
        "namespace {",
        "constexpr int kFlags = METH_FASTCALL | METH_KEYWORDS;",
        "}",
        "",
        "PyMethodDef tensor_methods[] = {",
    ]
    for f in functions:
        if f.methods:
            lines.append(
                f'    {{"{f.name}", as_cfunction(generated::{f.name}_method), kFlags, "{docstring(f, True)}"}},'
            )
    lines += ["    {nullptr, nullptr, 0, nullptr}};", "", "namespace {"]
    for key, python_name in MODULES.items():
        lines.append(f"PyMethodDef {python_name.strip('_').lower()}_functions[] = {{")
        for f in functions:
            if f.module == key and f.functions:
                ident = f"{f.module + '_' if f.module else ''}{f.name}"
                lines.append(
                    f'    {{"{f.name}", as_cfunction(generated::{ident}_function), kFlags, "{docstring(f, False)}"}},'
                )
        lines.append("    {nullptr, nullptr, 0, nullptr}};")
    lines += ["}  // namespace\n", "void add_generated_functions(PyObject* module) {"]
    for python_name in MODULES.values():
        lines.append(f'  add_function_namespace(module, "{python_name}", {python_name.strip("_").lower()}_functions);')
    classes = sorted({return_class(o.op) for f in functions for o in f.functions + f.methods} - {""})
    lines += ["}\n", "void make_return_types() {", *[f"  {made};" for made in classes]]
    return "\n".join([*lines, "}\n", "}  // namespace python", "}  // namespace tiny_torch\n"])


def type_stubs(functions: list[PyFunction]) -> str:
    """_C.pyi: the generated functions, typed loosely where Python's types say less than the schema."""
    lines = [
        "# Generated by tools/gen_ops; changes belong in csrc/aten/ops/*.yaml.",
        "from typing import Any",
        "from tiny_torch import Tensor",
        "",
    ]
    for key, python_name in MODULES.items():
        mine = [f for f in functions if f.module == key and f.functions]
        if not mine:
            continue
        lines.append(f"class {python_name}:")
        lines += [f"    @staticmethod\n    def {f.name}(*args: Any, **kwargs: Any) -> Any: ..." for f in mine]
        lines.append("")
    lines.append("class TensorBase:")
    lines += [f"    def {f.name}(self, *args: Any, **kwargs: Any) -> Any: ..." for f in functions if f.methods]
    return "\n".join(lines) + "\n"
