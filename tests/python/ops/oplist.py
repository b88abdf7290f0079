"""The op list as the tests see it: schemas, variants and kinds, read from what the generator wrote."""

import glob
import json
import os
import re
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

Arg = namedtuple("Arg", "name type default kwonly written")


class Op:
    """One entry: `full` is name.overload, `variants` a set of function, method, inplace, out."""

    def __init__(self, entry):
        text = entry.get("schema") or entry["op"]
        self.python = entry.get("python", True)
        head, _, tail = text.partition("(")
        self.full = head.strip()
        self.name, _, self.overload = self.full.partition(".")
        body, _, self.returns = tail.rpartition("->")
        self.returns = self.returns.strip()
        self.args = parse_args(body.strip()[:-1])
        variants = entry.get("variants") or "function"
        self.variants = set(variants if isinstance(variants, list) else re.split(r"[,\s]+", variants.strip()))
        self.kind = entry.get("kind") or "custom"
        self.dtypes = entry.get("dtypes")

    @property
    def tensors(self):
        """The names of the plain Tensor arguments, in order."""
        return [a.name for a in self.args if re.fullmatch(r"Tensor(\(.*\))?\??", a.type)]

    def arg(self, name):
        return next((a for a in self.args if a.name == name), None)

    @property
    def mutates(self):
        return any(a.written for a in self.args)

    @property
    def is_view(self):
        """True when a result aliases an argument without writing to it."""
        return bool(re.search(r"\([a-z]( -> \*)?\)", self.returns))

    def __repr__(self):
        return self.full


def split_args(text):
    """Splits at the commas outside brackets and quotes."""
    parts, depth, quoted, current = [], 0, False, ""
    for letter in text:
        if letter in "\"'":
            quoted = not quoted
        if not quoted:
            depth += letter in "([{"
            depth -= letter in ")]}"
        if letter == "," and depth == 0 and not quoted:
            parts.append(current.strip())
            current = ""
        else:
            current += letter
    return parts + [current.strip()] if current.strip() else parts


def parse_args(text):
    args, kwonly = [], False
    for part in split_args(text):
        if part == "*":
            kwonly = True
            continue
        declared, equals, default = part.partition("=")
        kind, name = declared.strip().rsplit(" ", 1)
        args.append(Arg(name, kind, default if equals else None, kwonly, "!" in kind))
    return args


def find_list():
    """Path of the exported list, or None: the environment, then the usual build folders."""
    named = os.environ.get("TINY_TORCH_OPS_JSON")
    if named:
        return named
    found = glob.glob(os.path.join(ROOT, "build*", "generated", "ops.json"))
    found += glob.glob(os.path.join(ROOT, "build*", "*", "generated", "ops.json"))
    return max(found, key=os.path.getmtime) if found else None


def load():
    """All ops, from ops.json if the generator has run, else straight from the YAML files."""
    path = find_list()
    if path:
        with open(path, encoding="utf-8") as file:
            entries = json.load(file)
        if isinstance(entries, dict):
            entries = entries["ops"]
    else:
        import yaml

        entries = []
        for path in sorted(glob.glob(os.path.join(ROOT, "csrc", "aten", "ops", "*.yaml"))):
            with open(path, encoding="utf-8") as file:
                entries += [e for e in yaml.safe_load(file) or [] if "op" in e]
    return [Op(e) for e in entries]
