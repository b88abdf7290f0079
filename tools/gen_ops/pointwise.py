"""pointwise/<family>.cpp: the SIMD block functions of the pointwise ops, compiled once per target."""

from __future__ import annotations

import re
from pathlib import Path

from tools.gen_ops import cpp
from tools.gen_ops.model import Arg, Op, OpListError

ROOT = Path(__file__).resolve().parents[2]
COMPUTE_TYPES = {"f32": "float", "f64": "double", "i64": "int64_t", "c64": "complex<float>", "c128": "complex<double>"}
TYPE_SETS = {
    "float": ["f32", "f64"],
    "real": ["f32", "f64", "i64"],
    "int": ["i64"],
    "all": ["f32", "f64", "i64", "c64", "c128"],
    "float_complex": ["f32", "f64", "c64", "c128"],
}


def inputs_of(op: Op) -> list[Arg]:
    return [a for a in (op.base or op).args if a.type.is_tensor]


def scalars_of(op: Op) -> list[Arg]:
    """Numbers the expression uses, converted to the compute type."""
    used = set(re.findall(r"\w+", op.entry["pointwise"]))
    return [
        a
        for a in (op.base or op).args
        if a.type.base in ("Scalar", "float", "int", "bool") and not a.type.is_list and a.name in used
    ]


def expression(text: str) -> str:
    """Literals become constants of the compute type: 0.5 * x -> constant<V>(0.5) * x."""
    return re.sub(r"(?<![\w.])(\d+\.?\d*(?:[eE][-+]?\d+)?)(?![\w.])", r"constant<V>(\1)", text)


def statements(text: str) -> list[str]:
    """`t = tanh(self); 1 - t * t`: named intermediates, then the value."""
    *named, value = [part.strip() for part in text.split(";")]
    lines = []
    for part in named:
        name, _, definition = part.partition("=")
        lines.append(f"    const V {name.strip()} = {expression(definition.strip())};")
    return [*lines, f"    return {expression(value)};"]


def types_of(op: Op) -> list[str]:
    name = op.entry.get("types", "float" if op.entry.get("dtype") == "float" else "real")
    if name not in TYPE_SETS:
        raise OpListError(f"{op.schema.full_name}: types must be one of {', '.join(TYPE_SETS)}")
    return [COMPUTE_TYPES[t] for t in TYPE_SETS[name]]


def own_words(family: str) -> str:
    """csrc/aten/cpu/simd/<family>-inl.h, where a family has words beside the vocabulary."""
    name = f"aten/cpu/simd/{family}-inl.h"
    return f'#include "{name}"' if (ROOT / "csrc" / name).exists() else ""


def pointwise_source(family: str, ops: list[Op]) -> str:
    mine = [op for op in ops if op.kind == "pointwise" and op.form == "functional"]
    if not mine:
        return ""
    lines = [
        cpp.HEADER.format(family=family),
        "#undef HWY_TARGET_INCLUDE",
        f'#define HWY_TARGET_INCLUDE "generated/pointwise/{family}.cpp"',
        '#include "aten/cpu/simd/foreach_target.h"',
        '#include "aten/cpu/simd/vec-inl.h"',
        '#include "aten/cpu/simd/math-inl.h"',
        '#include "aten/cpu/simd/pointwise_block-inl.h"\n',
        own_words(family),
        "HWY_BEFORE_NAMESPACE();",
        "namespace tiny_torch::simd {",
        "namespace HWY_NAMESPACE {",
    ]
    for op in mine:
        names = [a.name for a in inputs_of(op) + scalars_of(op)]
        params = ", ".join(f"V {n}" for n in names)
        lines += [
            f"struct {op.ident}_functor {{",
            f"  static constexpr int kInputs = {len(inputs_of(op))};",
            f"  static constexpr int kScalars = {len(scalars_of(op))};",
            "  template <class V>",
            f"  HWY_INLINE static auto apply({params}) {{",
            *statements(op.entry["pointwise"]),
            "  }",
            "};",
            f"PointwiseBlocks {op.ident}_blocks() {{ return blocks_of<{op.ident}_functor, {', '.join(types_of(op))}>(); }}",
        ]
    lines += [
        "}  // namespace HWY_NAMESPACE",
        "}  // namespace tiny_torch::simd",
        "HWY_AFTER_NAMESPACE();\n",
        "#if HWY_ONCE",
        "namespace tiny_torch {",
    ]
    lines += [f"namespace pointwise_ops {{ extern PointwiseOp {op.ident}; }}" for op in mine]
    lines += ["namespace simd {", "namespace {", "const bool registered = [] {"]
    lines += [f"  pointwise_ops::{op.ident}.blocks = SIMD_DISPATCH({op.ident}_blocks)();" for op in mine]
    lines += [
        "  return true;",
        "}();",
        "}  // namespace",
        "}  // namespace simd",
        "}  // namespace tiny_torch",
        "#endif\n",
    ]
    return "\n".join(line for line in lines if line != "")
