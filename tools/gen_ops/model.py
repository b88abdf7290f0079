"""The op lists as Python objects: schemas, C++ types, and the in-place and out= forms each entry implies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

KINDS = ("pointwise", "reduction", "view", "factory", "random", "composite", "custom")
VARIANTS = ("function", "method", "inplace", "out")
# What an entry of an op list may say.
FIELDS = {
    "op": "the schema: name, overload, arguments with defaults and alias marks, results",
    "variants": "which forms there are: function, method, inplace, out; function if not given",
    "kind": "how the op is made: " + ", ".join(KINDS),
    "doc": "a sentence for the docstring and the op table",
    "backward": "a formula per argument, or composite (through the ops called), none, ignored (not even in place)",
    "node": "name of the autograd node where it is not the op's name with Backward0; a call is C++ over the arguments that gives it",
    "inplace_node": "the same for the in-place form",
    "differentiable": "results that have a gradient, where not all floating ones do",
    "multi_output": "true: several results are views of one tensor, so they may not be changed in place",
    "pointwise": "the expression of a pointwise op over the words of csrc/aten/pointwise/vocabulary.h",
    "dtype": "dtype rule of a pointwise op: promote, float, compare, first",
    "complex": "C++ expression for a complex self, where the pointwise expression is for real numbers",
    "types": "compute types a pointwise op is compiled for",
    "promote": "arguments that take part in promotion; all tensors if not given",
    "check": "C++ called before a pointwise op computes",
    "error_name": "the name an unsupported dtype's message gives, where it is not the op's",
    "composite": "C++ expression over other ops that is the whole op",
    "cpp": "name of the C++ functions, where a type has the op's",
    "native": "name of the hand-written front in namespace native, where it is not the op's",
    "out": "native: the out= form has a front of its own",
    "inplace": "native: the in-place form has a front of its own",
    "inplace_overlap": "refused: other arguments may not share memory with self in the in-place form",
    "out_overload": "overload name of the out= form",
    "out_dtype": "dtype that out= must have: same as self, exact (that of the result), given (that of dtype=, where given), "
    "logical (bool or uint8), or a list of arguments that follow it; any that the result casts to if not given",
    "python_module": "where Python has the function: nn, linalg, fft ...; torch if not given",
    "python": "false: no Python binding",
    "numbers": "where Python numbers may stand for tensors: true for all, other for all but self, or a list of names",
    "deprecated": "orders of arguments, lists of their names, that Python takes as well, with a warning",
    "autocast": "what autocast does with floating arguments: lower, float, promote, lower_lstm",
}
AUTOCAST = ("lower", "float", "promote", "lower_lstm")


class OpListError(Exception):
    """A mistake in an op list, with the place where it stands."""


@dataclass(frozen=True)
class Type:
    """A schema type: `int[2]?` is base int, list_size 2, optional."""

    base: str
    is_list: bool = False
    list_size: int | None = None
    element_optional: bool = False
    optional: bool = False
    alias: str | None = None
    write: bool = False

    @property
    def is_tensor(self) -> bool:
        return self.base == "Tensor"

    def schema(self) -> str:
        mark = f"({self.alias}{'!' if self.write else ''})" if self.alias else ""
        size = "" if not self.is_list else f"[{self.list_size or ''}]"
        return f"{self.base}{mark}{'?' if self.element_optional else ''}{size}{'?' if self.optional else ''}"


@dataclass(frozen=True)
class Arg:
    """An argument or a return value."""

    name: str
    type: Type
    default: str | None = None
    kwarg_only: bool = False

    def schema(self) -> str:
        return f"{self.type.schema()}{' ' + self.name if self.name else ''}" + (
            f"={self.default}" if self.default is not None else ""
        )


@dataclass(frozen=True)
class Schema:
    name: str
    overload: str
    args: tuple[Arg, ...]
    returns: tuple[Arg, ...]

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.overload}" if self.overload else self.name

    def __str__(self) -> str:
        parts, starred = [], False
        for a in self.args:
            if a.kwarg_only and not starred:
                parts.append("*")
                starred = True
            parts.append(a.schema())
        returns = ", ".join(r.schema() for r in self.returns)
        if len(self.returns) != 1:
            returns = f"({returns})"
        return f"{self.full_name}({', '.join(parts)}) -> {returns}"


_TYPE = re.compile(
    r"(?P<base>\w+)(\((?P<alias>[\w|*>\- ]+)(?P<write>!)?\))?(?P<q1>\?)?(\[(?P<size>\d*)\])?(?P<q2>\?)?$"
)


def parse_type(text: str) -> Type:
    m = _TYPE.match(text.strip())
    if not m:
        raise OpListError(f"cannot read the type '{text}'")
    is_list = m["size"] is not None
    alias = m["alias"].split("|")[0].strip() if m["alias"] else None
    return Type(
        base=m["base"],
        is_list=is_list,
        list_size=int(m["size"]) if m["size"] else None,
        element_optional=bool(m["q1"]) and is_list,
        optional=bool(m["q2"]) or (bool(m["q1"]) and not is_list),
        alias=alias,
        write=bool(m["write"]),
    )


def split_top(text: str) -> list[str]:
    """Splits at commas outside brackets and quotes."""
    parts, depth, start, quote = [], 0, 0, ""
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def parse_schema(text: str) -> Schema:
    m = re.match(r"(?P<name>\w+)(\.(?P<overload>\w+))?\((?P<args>.*)\)\s*->\s*(?P<returns>.+)$", text.strip())
    if not m:
        raise OpListError(f"cannot read the schema '{text}'")
    args, kwarg_only = [], False
    for part in split_top(m["args"]):
        if part == "*":
            kwarg_only = True
            continue
        declaration, _, default = part.partition("=")
        type_text, _, name = declaration.strip().rpartition(" ")
        args.append(Arg(name, parse_type(type_text), default.strip() if "=" in part else None, kwarg_only))
    returns_text = m["returns"].strip()
    inner = returns_text[1:-1] if returns_text.startswith("(") else returns_text
    returns = []
    for part in split_top(inner):
        type_text, _, name = part.rpartition(" ")
        returns.append(
            Arg(name, parse_type(type_text)) if type_text and re.match(r"^\w+$", name) else Arg("", parse_type(part))
        )
    return Schema(m["name"], m["overload"] or "", tuple(args), tuple(returns))


@dataclass
class Op:
    """One operator of the dispatcher. `base` is the entry an in-place or out= form comes from."""

    schema: Schema
    family: str
    kind: str
    entry: dict
    form: str = "functional"  # functional | inplace | out
    base: Op | None = None
    native: str = ""  # name of the hand-written front, "" when the generator makes one
    forms: dict[str, Op] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def ident(self) -> str:
        """Unique C++ identifier: add_Tensor, add__Tensor, add_out."""
        return f"{self.schema.name}_{self.schema.overload}" if self.schema.overload else self.schema.name

    @property
    def cpp_name(self) -> str:
        name = self.entry.get("cpp", (self.base or self).name)
        return f"{name}_out" if self.form == "out" else self.entry.get("cpp", self.schema.name)

    @property
    def args(self) -> tuple[Arg, ...]:
        return self.schema.args

    @property
    def cpp_args(self) -> tuple[Arg, ...]:
        """Order of the C++ function: what is written by out= stands first."""
        if self.form != "out":
            return self.args
        return tuple(a for a in self.args if is_out_arg(self, a)) + tuple(
            a for a in self.args if not is_out_arg(self, a)
        )

    @property
    def tensor_args(self) -> list[Arg]:
        return [a for a in self.args if a.type.is_tensor]

    @property
    def out_args(self) -> list[Arg]:
        return [a for a in self.args if is_out_arg(self, a)]

    @property
    def is_composite(self) -> bool:
        return self.kind == "composite"

    @property
    def backward(self):
        return self.entry.get("backward")

    @property
    def variants(self) -> list[str]:
        return self.entry["variants"]

    @property
    def doc(self) -> str:
        return " ".join(str(self.entry.get("doc", "")).split())

    @property
    def is_view(self) -> bool:
        return self.kind == "view" and self.form == "functional"

    @property
    def written_lists(self) -> list[Arg]:
        """The lists of tensors that fused and foreach ops change in place."""
        return [a for a in self.args if a.type.is_list and a.type.write and not is_out_arg(self, a)]

    @property
    def is_factory(self) -> bool:
        return any(a.name == "pin_memory" for a in self.args) and not self.tensor_args


def is_out_arg(op: Op, arg: Arg) -> bool:
    return op.form == "out" and arg.kwarg_only and arg.type.write


def _inplace_of(op: Op) -> Op:
    s = op.schema
    first = replace(s.args[0], type=replace(s.args[0].type, alias="a", write=True))
    schema = Schema(s.name + "_", s.overload, (first, *s.args[1:]), (Arg("", replace(first.type)),))
    return Op(schema, op.family, op.kind, op.entry, "inplace", op, native_name(op.entry.get("inplace"), s.name + "_"))


def _out_of(op: Op) -> Op:
    s = op.schema
    overload = op.entry.get("out_overload") or ("out" if s.overload in ("", "Tensor") else f"{s.overload}_out")
    outs, returns = [], []
    for i, r in enumerate(s.returns):
        mark = chr(ord("a") + i)
        name = (r.name or f"out{i}") if len(s.returns) > 1 else "out"
        outs.append(Arg(name, replace(r.type, alias=mark, write=True), None, True))
        returns.append(Arg(r.name, outs[-1].type))
    # dtype and friends stay, a factory's placement is what `out` says.
    kept = tuple(a for a in s.args if not (op.is_factory and a.name in ("dtype", "layout", "device", "pin_memory")))
    schema = Schema(s.name, overload, (*kept, *outs), tuple(returns))
    return Op(schema, op.family, op.kind, op.entry, "out", op, native_name(op.entry.get("out"), s.name + "_out"))


def node_name(op: Op) -> str:
    if "node" in op.entry:
        return op.entry["node"]
    name = "".join(part[:1].upper() + part[1:] for part in op.schema.name.strip("_").split("_")) + "Backward0"
    return re.sub(r"\d[a-z]", lambda m: m[0].upper(), name)  # MaxPool2D, as PyTorch prints it


def copy_entry(op: Op) -> dict | None:
    """The entry `x_copy` that belongs to a view op `x`: the same elements in memory of their own."""
    s = op.schema
    if op.form != "functional" or op.kind != "view" or s.name.startswith("_"):
        return None

    def plain(a: Arg) -> Arg:
        return replace(a, type=replace(a.type, alias=None, write=False))

    copied = Schema(s.name + "_copy", s.overload, tuple(map(plain, s.args)), tuple(map(plain, s.returns)))
    # A copy needs no strides that allow a view.
    called = "reshape" if s.full_name == "view" else s.name
    view = f"ops::{called}({', '.join(a.name for a in op.cpp_args)})"
    is_list = s.returns[0].type.is_list
    entry = {
        "op": str(copied),
        "variants": "function" if is_list else "function, out",
        "kind": "composite",
        "composite": f"clone_all({view})" if is_list else f"ops::clone({view}, MemoryFormat::Contiguous)",
        "backward": op.backward,
        "out_overload": f"{s.overload}_out" if s.overload else "out",
        "out_dtype": "exact",
        "doc": f"{s.name} as a copy instead of a view.",
    }
    if isinstance(op.backward, dict):
        entry["node"] = node_name(op) + "_copy"
    return entry


def native_name(value, default: str) -> str:
    if value in (None, "default", False):
        return ""
    return default if value in (True, "native") else str(value)


def _check(entry: dict, where: str) -> None:
    unknown = set(entry) - FIELDS.keys()
    if unknown:
        raise OpListError(f"{where}: unknown field(s) {sorted(unknown)}")
    kind = entry.get("kind")
    if kind not in KINDS:
        raise OpListError(f"{where}: kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if "backward" not in entry:
        raise OpListError(f"{where}: backward is missing: give formulas, 'composite', 'none' or 'ignored'")
    if entry.get("autocast", "lower") not in AUTOCAST:
        raise OpListError(f"{where}: autocast must be one of {', '.join(AUTOCAST)}, got {entry['autocast']!r}")
    if kind == "pointwise" and "pointwise" not in entry:
        raise OpListError(f"{where}: a pointwise op needs its expression")


def load_entry(entry: dict, family: str, where: str) -> list[Op]:
    _check(entry, where)
    entry = dict(entry)
    entry["variants"] = [v.strip() for v in str(entry.get("variants", "function")).split(",")]
    bad = [v for v in entry["variants"] if v not in VARIANTS]
    if bad:
        raise OpListError(f"{where}: unknown variant(s) {bad}")
    schema = parse_schema(entry["op"])
    kind = entry["kind"]
    native = ""
    if kind != "pointwise" and "composite" not in entry:
        native = native_name(entry.get("native", True), schema.name)
    op = Op(schema, family, kind, entry, native=native)
    if schema.args and schema.args[0].type.write and not schema.args[0].type.is_list and schema.name.endswith("_"):
        op.form = "inplace"
    ops = [op]
    if "inplace" in entry["variants"]:
        op.forms["inplace"] = _inplace_of(op)
    if "out" in entry["variants"]:
        op.forms["out"] = _out_of(op)
    return ops + list(op.forms.values())


def load(folders: list[Path]) -> dict[str, list[Op]]:
    """Families in the order of their names, each with its ops in the order of the list."""
    families: dict[str, list[Op]] = {}
    seen: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            entries = yaml.load(path.read_text(), Loader=loader) or []
            ops: list[Op] = []
            for entry in entries:
                where = f"{path.name}: {str(entry.get('op', entry))[:60]}"
                try:
                    made = load_entry(entry, path.stem, where)
                    copy = copy_entry(made[0])
                    made += load_entry(copy, path.stem, where) if copy else []
                except OpListError as error:
                    raise OpListError(f"{where}: {error}") from None
                for op in made:
                    if op.schema.full_name in seen:
                        raise OpListError(
                            f"{where}: {op.schema.full_name} is already defined in {seen[op.schema.full_name]}"
                        )
                    seen[op.schema.full_name] = path.name
                ops += made
            families[path.stem] = families.get(path.stem, []) + ops
    return families
