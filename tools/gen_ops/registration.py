"""register/<family>.cpp: schemas and kernels in the dispatcher, the functions of ops/<family>.h, pointwise fronts."""

from __future__ import annotations

import re

from tools.gen_ops import cpp
from tools.gen_ops.model import Op, OpListError
from tools.gen_ops.pointwise import inputs_of, scalars_of


def composite_families(ops: list[Op], owners: dict[str, str]) -> list[str]:
    """The families whose functions the inline composites of `ops` call."""
    texts = " ".join(str(op.entry[field]) for op in ops for field in ("composite", "complex") if field in op.entry)
    return sorted({owners[name] for name in re.findall(r"ops::(\w+)\(", texts) if name in owners})


def register_source(family: str, ops: list[Op], owners: dict[str, str]) -> str:
    lines = [
        cpp.HEADER.format(family=family),
        f'#include "generated/handles/{family}.h"',
        f'#include "generated/kernels/{family}.h"',
        f'#include "generated/ops/{family}.h"',
        '#include "aten/core/Library.h"',
        '#include "aten/core/Pointwise.h"',
        '#include "aten/core/op_support.h"',
        '#include "aten/core/result_layout.h"' if any(op.entry.get("out_dtype") for op in ops) else "",
        '#include "aten/core/promotion.h"' if any("inplace_overlap" in op.entry for op in ops) else "",
        '#include "generated/ops/copy.h"' if any(op.form == "inplace" and is_implicit(op) for op in ops) else "",
        '#include "aten/native/pointwise_checks.h"' if any(op.entry.get("check") for op in ops) else "",
        '#include "aten/native/composite_includes.h"' if any("composite" in op.entry for op in ops) else "",
        *[f'#include "generated/ops/{other}.h"' for other in composite_families(ops, owners) if other != family],
        "\nnamespace tiny_torch {\n",
    ]
    lines.append("namespace handles {")
    for op in ops:
        lines.append(f"const TypedOperator<{cpp.signature(op)}>& {op.ident}() {{")
        lines.append(
            f"  static const TypedOperator<{cpp.signature(op)}> op({cpp.quote('aten::' + op.schema.full_name)});"
        )
        lines.append("  return op;\n}")
    lines.append("}  // namespace handles\n\nnamespace ops {")
    for op in ops:
        lines.append(call_function(op))
    lines.append("}  // namespace ops\n")
    for op in ops:
        if op.kind == "pointwise" and op.form == "functional":
            lines.append(pointwise_definition(op))
    lines.append("namespace {")
    for op in ops:
        front = kernel(op)
        if front:
            lines.append(front)
    lines.append("\nLibrary make_library() {")
    lines.append('  Library m(Library::Kind::Fragment, "aten", std::nullopt, __FILE__, __LINE__);')
    for op in ops:
        key = "CompositeImplicitAutograd" if is_implicit(op) else "CompositeExplicitAutograd"
        lines.append(f"  m.def({cpp.quote(str(op.schema))});")
        lines.append(
            f"  m.impl({cpp.quote(op.schema.full_name)}, DispatchKey::{key}, CppFunction(KernelFunction::from_function<&{op.ident}_kernel>()));"
        )
    lines.append(
        "  return m;\n}\nconst Library& library = *new Library(make_library());\n}  // namespace\n}  // namespace tiny_torch\n"
    )
    return "\n".join(lines)


def is_implicit(op: Op) -> bool:
    """Composites are differentiated through the operators they call, and so are the forms made from them."""
    return op.is_composite and op.form != "out" and op.backward == "composite"


def call_function(op: Op) -> str:
    head = f"{cpp.return_type(op)} {op.cpp_name}({cpp.params(op)}) {{"
    args = cpp.schema_call_args(op)
    if op.is_factory:
        device = "device" if any(a.name == "device" for a in op.args) else None
        if device:
            return f"{head}\n  return handles::{op.ident}().call_for_device(device.value_or(Device()){', ' if args else ''}{args});\n}}"
    return f"{head}\n  return handles::{op.ident}().call({args});\n}}"


def pointwise_definition(op: Op) -> str:
    """The runtime's description of a pointwise op; the SIMD file fills in its block functions."""
    inputs, scalars = inputs_of(op), scalars_of(op)
    rule = op.entry.get("dtype", "promote")
    rules = {"promote": "Promote", "float": "FloatPromote", "compare": "Compare", "first": "First"}
    if rule not in rules:
        raise OpListError(f"{op.schema.full_name}: dtype must be one of {', '.join(rules)}")
    promote = op.entry.get("promote", [a.name for a in inputs])
    mask = sum(1 << i for i, a in enumerate(inputs) if a.name in promote)
    name = op.entry.get("error_name", op.name)
    return (
        f"namespace pointwise_ops {{\nPointwiseOp {op.ident}{{{cpp.quote(op.name)}, {cpp.quote(name)}, {len(inputs)}, {len(scalars)}, "
        f"PointwiseRule::{rules[rule]}, 0x{mask:x}}};\n}}"
    )


def kernel(op: Op) -> str:
    """The kernel that is registered for all backends: the op's front."""
    head = f"{cpp.return_type(op)} {op.ident}_kernel({cpp.kernel_params(op)}) {{"
    if op.native:
        return f"{head}\n  return native::{op.native}({cpp.call_args(op)});\n}}"
    if op.kind == "pointwise":
        return "\n".join([head, *pointwise_front(op), "}"])
    if op.form == "functional" and "composite" in op.entry:
        return "\n".join([head, f"  return {op.entry['composite']};", "}"])
    base = op.base
    if op.form == "inplace" and op.kind == "view":
        names = ", ".join(a.name for a in base.cpp_args)
        return f"{head}\n  take_geometry(self, native::{base.native}({names}));\n  return self;\n}}"
    if op.form == "inplace":
        direct = inplace_composite(base)
        if direct:
            return f"{head}\n  return {direct};\n}}"
        names = ", ".join(a.name for a in base.cpp_args)
        if op.kind == "reduction" and any(a.name == "dtype" for a in base.cpp_args):
            # What is written to decides the dtype to compute in.
            names = names.replace("dtype", "self.scalar_type()")
            head += "\n  maybe_wrap_dim(dim, self.dim());\n  if (dtype.has_value()) check_inplace_dtype(self, *dtype);"
        if is_implicit(op):
            # What the composite saves for its gradient must not be what is written to.
            names = names.replace("self", "ops::clone(self)", 1)
        target = f"ops::{base.cpp_name}" if base.is_composite or not base.native else f"native::{base.native}"
        copy = "copy_result_to_self" if is_implicit(op) else "copy_result_below_autograd"
        if base.entry.get("inplace_overlap") == "refused":
            head += "".join(f"\n  check_no_overlap(self, {a.name});" for a in base.tensor_args if a.name != "self")
        return f"{head}\n  {copy}({cpp.quote(op.name)}, self, {target}({names}));\n  return self;\n}}"
    return default_out(op, head)


def inplace_composite(base: Op) -> str:
    """`ops::mul(self, other)` in place is `ops::mul_(self, other)`; "" where the composite is no such call."""
    call = re.fullmatch(
        r"ops::(\w+)\((self\b[^()]*(?:\([^()]*\)[^()]*)*)\)", str(base.entry.get("composite", "")).strip()
    )
    return f"ops::{call[1]}_({call[2]})" if call else ""


OUT_DTYPES = (None, "same", "exact", "given", "logical")


def default_out(op: Op, head: str) -> str:
    base = op.base
    outs = [a.name for a in op.out_args]
    passed = []
    rule = op.entry.get("out_dtype")
    if not isinstance(rule, list) and rule not in OUT_DTYPES:
        raise OpListError(f"{op.schema.full_name}: out_dtype must be a list of arguments or one of {OUT_DTYPES[1:]}")
    for a in base.cpp_args:
        if isinstance(rule, list) and a.name in rule:
            passed.append(f"in_dtype_of({outs[0]}, {a.name})")
        elif a.name == "dtype" and op.kind == "reduction" and a.type.optional and rule in (None, "given"):
            passed.append(f"dtype.has_value() ? dtype : {outs[0]}.scalar_type()")
        elif any(a.name == b.name for b in op.args):
            passed.append(a.name)
        else:
            passed.append(
                {"dtype": f"{outs[0]}.scalar_type()", "device": f"{outs[0]}.device()"}.get(a.name, "std::nullopt")
            )
    call = f"ops::{base.cpp_name}({', '.join(passed)})"
    body = [head, "  const AutoDispatchBelowAutograd guard;"]
    if rule == "same":
        body.append(f"  check_same_dtype({cpp.quote(op.base.name)}, {outs[0]}, self);")
    if len(outs) == 1 and op.out_args[0].type.is_list:
        raise OpListError(f"{op.schema.full_name}: out= lists need a hand-written front")
    if rule == "given":
        body.append(f"  if (dtype.has_value()) check_out_dtype({outs[0]}, *dtype);")
    if len(outs) == 1:
        write = {"exact": "write_exact_output", "logical": "write_logical_output"}.get(str(rule), "write_output")
        body += [f"  {write}({cpp.quote(op.base.name)}, {outs[0]}, {call});", f"  return {outs[0]};"]
    else:
        body += [f"  auto results = {call};"]
        if rule == "exact":
            body += [f"  check_out_dtype({name}, std::get<{i}>(results).scalar_type());" for i, name in enumerate(outs)]
        body += [
            f"  check_output({cpp.quote(op.base.name)}, {name}, std::get<{i}>(results));" for i, name in enumerate(outs)
        ]
        body += [
            f"  write_output({cpp.quote(op.base.name)}, {name}, std::get<{i}>(results));" for i, name in enumerate(outs)
        ]
        body += ["  return {" + ", ".join(outs) + "};"]
    return "\n".join([*body, "}"])


def complex_form(op: Op, base: Op) -> str:
    """Statements for a complex `self` of an op whose expression is for real numbers."""
    value, name = base.entry["complex"], cpp.quote(base.name)
    if op.form == "functional":
        return f"return {value};"
    if op.form == "inplace":
        return f"copy_result_below_autograd({cpp.quote(op.name)}, self, {value});\n    return self;"
    return f"write_output({name}, out, {value});\n    return out;"


def pointwise_front(op: Op) -> list[str]:
    base = op.base or op
    inputs = ", ".join(f"&{a.name}" for a in inputs_of(base))
    scalars = ", ".join(a.name for a in scalars_of(base))
    lines = []
    if base.entry.get("check"):
        lines.append(f"  {base.entry['check']};")
    if "complex" in base.entry:
        lines.append(f"  if (self.is_complex()) {{\n    {complex_form(op, base)}\n  }}")
    lines.append(f"  const TensorBase* inputs[] = {{{inputs}}};")
    scalar_list = "nullptr"
    if scalars:
        lines.append(f"  const Scalar scalars[] = {{{scalars}}};")
        scalar_list = "scalars"
    if op.form == "functional":
        lines.append(f"  return pointwise_new(pointwise_ops::{base.ident}, inputs, {scalar_list});")
    elif op.form == "inplace":
        lines += [f"  pointwise_inplace(pointwise_ops::{base.ident}, self, inputs, {scalar_list});", "  return self;"]
    else:
        write = "pointwise_exact_out" if base.entry.get("out_dtype") == "exact" else "pointwise_out"
        lines += [f"  {write}(pointwise_ops::{base.ident}, out, inputs, {scalar_list});", "  return out;"]
    return lines
