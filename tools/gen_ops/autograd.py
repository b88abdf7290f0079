"""autograd/<family>.cpp: a Node per entry with formulas, and the kernels of the Autograd and ADInplaceOrView keys.

A formula is C++ over `grad` (or grads[i]), the op's arguments, `result` (or result0, result1, or the names of the
returns) and `grad_input_mask`. What it names is saved; of `self.sizes()` and the like only the metadata is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tools.gen_ops import cpp
from tools.gen_ops.model import Arg, Op, OpListError, node_name

METADATA = {
    "sizes": ("std::vector<int64_t>", "{a}.sizes().vec()"),
    "strides": ("std::vector<int64_t>", "{a}.strides().vec()"),
    "storage_offset": ("int64_t", "{a}.storage_offset()"),
    "dim": ("int64_t", "{a}.dim()"),
    "numel": ("int64_t", "{a}.numel()"),
    "scalar_type": ("ScalarType", "{a}.scalar_type()"),
    "device": ("Device", "{a}.device()"),
    "is_complex": ("bool", "{a}.is_complex()"),
}
# Values that grad_fn._saved_<name> can show, and the names of metadata there; other metadata is not shown.
SHOWN_TYPES = {
    *("bool", "int64_t", "double", "Scalar", "std::string", "std::vector<int64_t>", "std::vector<double>"),
    *("std::optional<bool>", "std::optional<int64_t>", "std::optional<double>", "std::optional<Scalar>"),
    *("std::optional<std::vector<int64_t>>", "std::optional<std::string>"),
}
SHOWN_METADATA = {"sizes": "sym_sizes", "strides": "sym_strides", "storage_offset": "sym_storage_offset"}
LIST_METADATA = {"sizes": ("std::vector<DimVector>", "sizes_of({a})")}


@dataclass
class Saved:
    """Something a Node keeps: a tensor, a list of tensors, metadata or a plain argument."""

    name: str
    kind: str  # tensor | optional_tensor | tensor_list | optional_tensor_list | value
    type: str = ""
    store: str = ""
    is_output: bool = False
    shown: str = ""  # the name in Python after _saved_; "" for values that are not shown
    used_by: set[int] = field(default_factory=set)


@dataclass
class Formula:
    names: list[str]
    text: str
    slots: list[int] = field(default_factory=list)


@dataclass
class NodeInfo:
    name: str  # of the C++ class
    shown: str  # what name() gives; "" where each node is told
    chosen_by: str  # the C++ that tells it, over the op's arguments
    inputs: list[Arg]
    formulas: list[Formula]
    saved: list[Saved]


def differentiable_args(op: Op, formulas: dict) -> list[Arg]:
    named = {n.strip() for key in formulas for n in key.split(",")}
    unknown = named - {a.name for a in op.args if a.type.is_tensor}
    if unknown:
        raise OpListError(f"{op.schema.full_name}: backward names {sorted(unknown)}, which are no tensor arguments")
    return [a for a in op.args if a.name in named]


def output_names(op: Op) -> list[str]:
    returns = op.schema.returns
    if len(returns) == 1:
        return ["result"]
    return [r.name or f"result{i}" for i, r in enumerate(returns)]


def analyse(op: Op) -> NodeInfo | None:
    """The Node of an op, or None for ops without a derivative of their own."""
    source = op.base or op
    backward = source.backward
    if op.form == "out" or backward in ("none", "ignored", "composite", None):
        return None
    if not isinstance(backward, dict):
        raise OpListError(f"{op.schema.full_name}: backward must be formulas, 'composite', 'none' or 'ignored'")
    inputs = differentiable_args(op, backward)
    slot_of = {a.name: i for i, a in enumerate(inputs)}
    formulas, saved = [], {}
    outputs = output_names(op)
    for key, text in backward.items():
        names = [n.strip() for n in key.split(",")]
        formula = Formula(names, str(text).strip(), [slot_of[n] for n in names])
        formula.text = collect_saved(op, formula, outputs, saved)
        formulas.append(formula)
    node = node_name(source)
    if op.form == "inplace":
        node = source.entry.get("inplace_node", node)
    kept = sorted(saved.values(), key=lambda s: (s.is_output, s.name))
    if "(" in node:
        return NodeInfo(f"{source.ident}_node", "", node, inputs, formulas, kept)
    return NodeInfo(node.rpartition("::")[2], node, "", inputs, formulas, kept)


def collect_saved(op: Op, formula: Formula, outputs: list[str], saved: dict[str, Saved]) -> str:
    """Fills `saved` with what a formula names and replaces metadata queries by the saved values."""
    text = formula.text
    for a in op.args:
        if a.type.is_tensor:
            access = f"{a.name}->" if a.type.optional and not a.type.is_list else f"{a.name}."
            for query, (held, store) in (LIST_METADATA if a.type.is_list else METADATA).items():
                pattern = rf"\b{re.escape(access)}{query}\(\)"
                if re.search(pattern, text):
                    keep = f"{a.name}_{query}"
                    expr = store.format(a=f"(*{a.name})" if a.type.optional and not a.type.is_list else a.name)
                    shown = f"{a.name}_{SHOWN_METADATA[query]}" if query in SHOWN_METADATA else ""
                    entry = Saved(keep, "value", held, expr, shown=shown if held in SHOWN_TYPES else "")
                    saved.setdefault(keep, entry).used_by.update(formula.slots)
                    text = re.sub(pattern, keep, text)
    for name in re.findall(r"(?<![\w.:>])([A-Za-z_]\w*)\b(?!\s*\()", text):
        arg = next((a for a in op.args if a.name == name), None)
        if arg is not None:
            saved.setdefault(name, saved_argument(arg)).used_by.update(formula.slots)
        elif name in outputs and not (name == "result" and len(outputs) > 1):
            ret = op.schema.returns[outputs.index(name)]
            kind = "tensor_list" if ret.type.is_list else "tensor"
            saved.setdefault(name, Saved(name, kind, is_output=True, shown=name)).used_by.update(formula.slots)
    return text


def saved_argument(a: Arg) -> Saved:
    if a.type.is_tensor:
        if a.type.is_list:
            return Saved(a.name, "optional_tensor_list" if a.type.element_optional else "tensor_list", shown=a.name)
        return Saved(a.name, "optional_tensor" if a.type.optional else "tensor", shown=a.name)
    held = cpp.held_type(a.type)
    if a.type.is_list and a.type.base != "bool":
        store = f"to_optional_vector({a.name})" if a.type.optional else f"{a.name}.vec()"
    elif a.type.base == "str":
        store = f"to_optional_string({a.name})" if a.type.optional else f"std::string({a.name})"
    else:
        store = a.name
    return Saved(a.name, "value", held, store, shown=a.name if held in SHOWN_TYPES else "")


def node_struct(info: NodeInfo) -> str:
    lines = [
        f"struct {info.name} final : Node {{",
        f"  std::string name() const override {{ return {cpp.quote(info.shown) if info.shown else 'name_'}; }}",
        *(["  const char* name_ = nullptr;"] if info.chosen_by else []),
        "  variable_list apply(variable_list&& grads) override;",
    ]
    release = []
    for s in info.saved:
        if s.kind in ("tensor", "optional_tensor"):
            lines.append(f"  SavedVariable {s.name}_;")
            release.append(f"    {s.name}_.reset_data();")
        elif s.kind in ("tensor_list", "optional_tensor_list"):
            lines.append(f"  SavedVariableList {s.name}_;")
            release.append(f"    {s.name}_.clear();")
        else:
            lines.append(f"  {s.type} {s.name};")
    for a in info.inputs:
        if a.type.is_list:
            lines.append(f"  size_t {a.name}_size_ = 0;")
    if release:
        lines += [
            "  void release_variables() override {",
            "    released_ = true;",
            *release,
            "  }",
            "  bool released_ = false;",
        ]
    lines.append("};")
    return "\n".join([*lines[:-1], *saved_declarations(info), lines[-1], *saved_definitions(info)])


def saved_declarations(info: NodeInfo) -> list[str]:
    shown = [s for s in info.saved if s.shown]
    lines = ["  ArrayRef<const char*> saved_names() const override;", "  IValue saved_value(size_t i) override;"]
    if any(s.kind != "value" for s in shown):
        lines += [
            "  SavedSpan saved_variables(size_t i) override;",
            "  SavedKind saved_kind(size_t i) const override;",
        ]
    return lines if shown else []


def saved_definitions(info: NodeInfo) -> list[str]:
    """What grad_fn._saved_<name> and _raw_saved_<name> read."""
    shown = [s for s in info.saved if s.shown]
    if not shown:
        return []
    names = ", ".join(cpp.quote(s.shown) for s in shown)
    lines = [
        f"ArrayRef<const char*> {info.name}::saved_names() const {{",
        f"  static constexpr const char* kNames[] = {{{names}}};",
        "  return kNames;\n}",
        f"IValue {info.name}::saved_value(size_t i) {{",
    ]
    spans, kinds = [], []
    for i, s in enumerate(shown):
        kinds.append("Value" if s.kind == "value" else "List" if s.kind.endswith("list") else "Tensor")
        if s.kind == "value":
            lines.append(f"  if (i == {i}) return IValue({s.name});")
            continue
        owner = "this" if s.is_output else "nullptr"
        lines.append(f"  if (i == {i}) return shown({s.name}_, {owner}, released_);")
        single = s.kind in ("tensor", "optional_tensor")
        spans.append(
            f"  if (i == {i}) return "
            + (f"{{&{s.name}_, 1}};" if single else f"{{{s.name}_.data(), {s.name}_.size()}};")
        )
    lines.append("  return IValue();\n}")
    if spans:
        table = ", ".join(f"SavedKind::{kind}" for kind in kinds)
        lines += [
            f"SavedSpan {info.name}::saved_variables(size_t i) {{",
            *spans,
            "  return {};\n}",
            f"Node::SavedKind {info.name}::saved_kind(size_t i) const {{",
            f"  static constexpr SavedKind kKinds[] = {{{table}}};",
            "  return kKinds[i];\n}",
        ]
    return lines


def slot_position(info: NodeInfo, slot: int) -> str:
    """Index of an input's first edge: lists before it count all their elements."""
    before = info.inputs[:slot]
    plain = sum(1 for a in before if not a.type.is_list)
    return " + ".join([str(plain), *[f"{a.name}_size_" for a in before if a.type.is_list]])


def node_apply(info: NodeInfo) -> str:
    lines = [f"variable_list {info.name}::apply(variable_list&& grads) {{"]
    if any(s.kind != "value" for s in info.saved):
        lines.append("  if (released_) throw_released();")
    lines.append("  variable_list grad_inputs(num_outputs());")
    lines.append("  if (!any_defined(grads)) return grad_inputs;")
    if any(re.search(r"\bgrad\b", f.text) for f in info.formulas):
        lines.append("  const TensorBase& grad = grads[0];")
    for s in info.saved:
        if s.kind == "tensor":
            owner = "*this" if s.is_output else ""
            lines.append(f"  const TensorBase {s.name} = {s.name}_.unpack({owner});")
        elif s.kind == "optional_tensor":
            lines.append(f"  const std::optional<TensorBase> {s.name} = unpack_optional({s.name}_);")
        elif s.kind == "tensor_list":
            lines.append(f"  const std::vector<TensorBase> {s.name} = unpack_tensors({s.name}_, *this);")
        elif s.kind == "optional_tensor_list":
            lines.append(
                f"  const std::vector<std::optional<TensorBase>> {s.name} = unpack_optional_tensors({s.name}_);"
            )
    for f in info.formulas:
        lines += apply_formula(info, f)
    return "\n".join([*lines, "  return grad_inputs;", "}"])


def apply_formula(info: NodeInfo, f: Formula) -> list[str]:
    positions = [slot_position(info, s) for s in f.slots]
    wanted = " || ".join(f"task_should_compute_output({p})" for p in positions)
    if len(f.slots) == 1:
        arg = info.inputs[f.slots[0]]
        if arg.type.is_list:
            return [
                f"  if (task_should_compute_output(IndexRange{{{positions[0]}, {positions[0]} + {arg.name}_size_}})) {{",
                f"    auto list = {f.text};",
                f"    for (size_t i = 0; i < list.size(); ++i) grad_inputs[{positions[0]} + i] = std::move(list[i]);",
                "  }",
            ]
        return [f"  if ({wanted}) grad_inputs[{positions[0]}] = {f.text};"]
    lines = [f"  if ({wanted}) {{"]
    if "grad_input_mask" in f.text:
        mask = ", ".join(f"task_should_compute_output({p})" for p in positions)
        lines.append(f"    const std::array<bool, {len(positions)}> grad_input_mask{{{mask}}};")
    lines.append(f"    auto grouped = {f.text};")
    lines += [
        f"    if (task_should_compute_output({p})) grad_inputs[{p}] = std::get<{i}>(grouped);"
        for i, p in enumerate(positions)
    ]
    return [*lines, "  }"]


def save_statements(op: Op, info: NodeInfo, outputs: bool) -> list[str]:
    lines = []
    several = len(info.inputs) > 1 and not any(a.type.is_list for a in info.inputs)
    for s in info.saved:
        if s.is_output != outputs:
            continue
        if s.kind == "value":
            if s.type.startswith("SmallVector<bool"):
                lines.append(f"    grad_fn->{s.name} = SmallVector<bool, 8>({s.store});")
            elif s.store.startswith("(*"):
                lines.append(f"    if ({s.store.split(')')[0][2:]}.has_value()) grad_fn->{s.name} = {s.store};")
            else:
                lines.append(f"    grad_fn->{s.name} = {s.store};")
            continue
        condition = ""
        if several and len(s.used_by) < len(info.inputs):
            condition = (
                "if ("
                + " || ".join(f"grad_fn->should_compute_output({slot_position(info, i)})" for i in sorted(s.used_by))
                + ") "
            )
        if s.kind == "tensor":
            value = s.name
            if op.form == "inplace" and s.is_output:
                value = "self"
            elif op.form == "inplace" and s.name == "self":
                value = "ops::clone(self)"
            lines.append(
                f"    {condition}grad_fn->{s.name}_ = SavedVariable({value}, {'true' if s.is_output else 'false'}"
                f"{', is_view(self)' if op.form == 'inplace' and s.is_output else ''});"
            )
        elif s.kind == "optional_tensor":
            lines.append(
                f"    {condition}grad_fn->{s.name}_ = SavedVariable({s.name}.has_value() ? *{s.name} : TensorBase(), false);"
            )
        else:
            lines.append(
                f"    {condition}grad_fn->{s.name}_ = save_list({s.name}, {'true' if s.is_output else 'false'});"
            )
    return lines


def guard_and_call(op: Op, target: str = "") -> list[str]:
    keys = "keys & kAfterADInplaceOrView"
    args = ", ".join(["redispatch_keys", *[a.name for a in op.args]])
    return [
        "  {",
        "    const AutoDispatchBelowADInplaceOrView guard;",
        f"    const DispatchKeySet redispatch_keys = {keys};",
        f"    {target}handles::{op.ident}().redispatch({args});",
        "  }",
    ]


def functional_kernel(op: Op, info: NodeInfo | None) -> str:
    ret = cpp.return_type(op)
    params = ", ".join(["DispatchKeySet keys", *([cpp.kernel_params(op)] if op.args else [])])
    lines = [f"{ret} {op.ident}_autograd({params}) {{"]
    if info is not None:
        names = ", ".join(a.name for a in info.inputs)
        lines.append(f"  const bool any_requires_grad = compute_requires_grad({names});")
        if not op.is_view:
            args = ", ".join(["keys & kAfterADInplaceOrView", *[a.name for a in op.args]])
            lines += [
                "  if (!any_requires_grad) {",
                "    const AutoDispatchBelowADInplaceOrView guard;",
                f"    return handles::{op.ident}().redispatch({args});",
                "  }",
            ]
            lines.append(f"  auto grad_fn = make_intrusive<{info.name}>();")
            lines += start_node(op, info, names)
        else:
            lines += [
                f"  intrusive_ptr<{info.name}> grad_fn;",
                "  if (any_requires_grad) {",
                f"    grad_fn = make_intrusive<{info.name}>();",
            ]
            lines += ["  " + line for line in start_node(op, info, names)] + ["  }"]
    lines.append(f"  {ret} result;")
    lines += guard_and_call(op, "result = ")
    if op.is_view:
        multi = "true" if op.schema.returns[0].type.is_list or op.entry.get("multi_output") else "false"
        lines.append(f"  as_view(self, result, {multi});")
    if info is not None:
        if op.is_view:
            lines.append("  if (grad_fn) {")
        lines += [f"  set_history({r}, grad_fn);" for r in differentiable_outputs(op)]
        if len(op.schema.returns) > 1:
            for i, n in enumerate(output_names(op)):
                if any(s.is_output and s.name == n for s in info.saved):
                    lines.append(f"  const TensorBase& {n} = std::get<{i}>(result);")
        lines += [line[2:] for line in save_statements(op, info, outputs=True)]
        if op.is_view:
            lines.append("  }")
    return "\n".join([*lines, "  return result;", "}"])


def differentiable_outputs(op: Op) -> list[str]:
    returns = op.schema.returns
    if len(returns) == 1:
        return ["result"]
    wanted = op.entry.get("differentiable")
    return [
        f"std::get<{i}>(result)"
        for i, (r, name) in enumerate(zip(returns, output_names(op)))
        if r.type.is_tensor and (name in wanted if wanted is not None else name != "indices")
    ]


def start_node(op: Op, info: NodeInfo, names: str) -> list[str]:
    lines = [f"  grad_fn->set_next_edges(collect_next_edges({names}));"]
    lines += [f"  grad_fn->{a.name}_size_ = {a.name}.size();" for a in info.inputs if a.type.is_list]
    if info.chosen_by:
        lines.append(f"  grad_fn->name_ = {info.chosen_by};")
    return lines + [line[2:] for line in save_statements(op, info, outputs=False)]


def inplace_kernel(op: Op, info: NodeInfo | None) -> str:
    params = ", ".join(["DispatchKeySet keys", cpp.kernel_params(op)])
    lines = [f"{cpp.return_type(op)} {op.ident}_autograd({params}) {{"]
    names = ", ".join(a.name for a in info.inputs) if info else "self"
    lines += [
        f"  const bool any_requires_grad = compute_requires_grad({names});",
        "  check_inplace(self, any_requires_grad);",
    ]
    node = info.name if info else "ZeroGradNode"
    lines += [
        f"  intrusive_ptr<{node}> grad_fn;",
        "  if (any_requires_grad) {",
        f"    grad_fn = make_intrusive<{node}>();",
    ]
    lines += [
        "  " + line
        for line in (start_node(op, info, names) if info else ["  grad_fn->set_next_edges(collect_next_edges(self));"])
    ] + ["  }"]
    lines += guard_and_call(op)
    # A changed geometry concerns this tensor alone, not its base.
    history = "set_history" if op.kind == "view" else "rebase_history"
    lines += ["  increment_version(self);", "  if (grad_fn) {", f"    {history}(self, grad_fn);"]
    lines += save_statements(op, info, outputs=True) if info else []
    return "\n".join([*lines, "  }", "  return self;", "}"])


def out_kernel(op: Op) -> str:
    params = ", ".join(["DispatchKeySet keys", cpp.kernel_params(op)])
    names = ", ".join(a.name for a in op.args if a.type.is_tensor)
    outs = [a.name for a in op.out_args]
    ret = outs[0] if len(outs) == 1 else "{" + ", ".join(outs) + "}"
    return "\n".join(
        [
            f"{cpp.return_type(op)} {op.ident}_autograd({params}) {{",
            f"  check_out_requires_grad({cpp.quote(op.base.name)}, {names});",
            *guard_and_call(op),
            *[f"  increment_version({n});" for n in outs],
            f"  return {ret};",
            "}",
        ]
    )


def view_kernel(op: Op, suffix: str) -> str:
    """The ADInplaceOrView kernel: the same bookkeeping without a graph."""
    ret = cpp.return_type(op)
    params = ", ".join(["DispatchKeySet keys", cpp.kernel_params(op)])
    lines = [f"{ret} {op.ident}_{suffix}({params}) {{"]
    if op.is_view:
        multi = "true" if op.schema.returns[0].type.is_list or op.entry.get("multi_output") else "false"
        return "\n".join(
            [
                *lines,
                f"  {ret} result;",
                *guard_and_call(op, "result = "),
                f"  as_view(self, result, {multi});",
                "  return result;",
                "}",
            ]
        )
    outs = ["self"] if op.form == "inplace" else [a.name for a in op.out_args]
    result = outs[0] if len(outs) == 1 else "{" + ", ".join(outs) + "}"
    return "\n".join(
        [*lines, *guard_and_call(op), *[f"  increment_version({n});" for n in outs], f"  return {result};", "}"]
    )


def list_kernel(op: Op, suffix: str) -> str:
    """Ops that change lists of tensors are never recorded; with Autograd they refuse what would have to be."""
    params = ", ".join(["DispatchKeySet keys", cpp.kernel_params(op)])
    lines = [f"{cpp.return_type(op)} {op.ident}_{suffix}({params}) {{"]
    lists = [a.name for a in op.written_lists]
    if suffix == "autograd":
        names = ", ".join(a.name for a in op.args if a.type.is_tensor)
        lines.append(f"  const bool any_requires_grad = compute_requires_grad({names});")
        lines += [f"  for (const TensorBase& t : {n}) check_inplace(t, any_requires_grad);" for n in lists]
        message = cpp.quote(f"{op.name}(): the derivative is not implemented; call it under no_grad()")
        lines.append(f"  TORCH_CHECK_NOT_IMPLEMENTED(!any_requires_grad, {message});")
    lines += guard_and_call(op)
    lines += [f"  for (const TensorBase& t : {n}) increment_version(t);" for n in lists]
    return "\n".join([*lines, "}"])


def formula_headers(family: str) -> list[str]:
    """csrc/autograd/<family>_formulas.h, where a family has one."""
    root = Path(__file__).resolve().parents[2]
    name = f"autograd/{family}_formulas.h"
    return [f'#include "{name}"'] if (root / "csrc" / name).exists() else []


def needs_bookkeeping(op: Op) -> bool:
    return op.form in ("inplace", "out") or op.is_view or bool(op.written_lists)


def formula_families(ops: list[Op], owners: dict[str, str]) -> list[str]:
    """The families whose functions the formulas of `ops` call."""
    texts = " ".join(str(text) for op in ops if isinstance(op.backward, dict) for text in op.backward.values())
    return sorted({owners[name] for name in re.findall(r"ops::(\w+)\(", texts) if name in owners})


def autograd_source(family: str, ops: list[Op], owners: dict[str, str]) -> str:
    from tools.gen_ops.registration import is_implicit

    lines = [
        cpp.HEADER.format(family=family),
        '#include "generated/handles/' + family + '.h"',
        '#include "generated/ops/' + family + '.h"',
        '#include "aten/core/Library.h"',
        '#include "autograd/formulas.h"',
        *formula_headers(family),
        *[f'#include "generated/ops/{other}.h"' for other in formula_families(ops, owners) if other != family],
        '#include "autograd/generated_support.h"',
        '#include "autograd/autocast_mode.h"' if any("autocast" in op.entry for op in ops) else "",
        "\nnamespace tiny_torch::autodiff {",
        "namespace {\n",
    ]
    registered, nodes = [], {}
    for op in ops:
        if is_implicit(op) or op.is_factory:
            continue
        info = analyse(op)
        if info is not None:
            text = node_struct(info) + "\n\n" + node_apply(info) + "\n"
            if nodes.setdefault(info.name, text) != text:
                raise OpListError(
                    f"{op.schema.full_name}: the node name {info.name} is taken by an op with other formulas; give it a `node:`"
                )
            if text not in lines:
                lines.append(text)
        if op.form == "inplace" and op.backward == "ignored":
            lines.append(view_kernel(op, "inplace_or_view"))
            registered.append((op.schema.full_name, "ADInplaceOrView", f"{op.ident}_inplace_or_view"))
            continue
        if op.form == "inplace":
            lines.append(inplace_kernel(op, info))
        elif op.form == "out":
            lines.append(out_kernel(op))
        elif op.written_lists:
            lines.append(list_kernel(op, "autograd"))
        elif info is not None or op.is_view:
            lines.append(functional_kernel(op, info))
        else:
            continue
        registered.append((op.schema.full_name, "Autograd", f"{op.ident}_autograd"))
        if needs_bookkeeping(op):
            lines.append((list_kernel if op.written_lists else view_kernel)(op, "inplace_or_view"))
            registered.append((op.schema.full_name, "ADInplaceOrView", f"{op.ident}_inplace_or_view"))
    lines.append("\nLibrary make_library() {")
    lines.append('  Library m(Library::Kind::Impl, "aten", std::nullopt, __FILE__, __LINE__);')
    for name, key, fn in registered:
        lines.append(
            f"  m.impl({cpp.quote(name)}, DispatchKey::{key}, CppFunction(KernelFunction::from_function<&{fn}>()));"
        )
    for op in ops:
        if op.form == "functional" and "autocast" in op.entry:
            lines.append(
                f"  m.impl({cpp.quote(op.schema.full_name)}, DispatchKey::Autocast, CppFunction(KernelFunction::from_boxed(&autocast::{op.entry['autocast']}_kernel)));"
            )
    lines.append("  return m;\n}\nconst Library& library = *new Library(make_library());\n")
    lines.append("}  // namespace\n}  // namespace tiny_torch::autodiff\n")
    return "\n".join(lines)
