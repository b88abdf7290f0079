"""python -m tools.gen_ops --ops DIR --out DIR [--extra DIR]: reads the op lists, writes what changed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.gen_ops import autograd, declarations, docs, pointwise, python_bindings, registration
from tools.gen_ops.model import OpListError, load


def outputs(folders: list[Path]) -> dict[str, str]:
    families = load(folders)
    functions = python_bindings.gather(families)
    owners = {op.cpp_name: family for family, ops in families.items() for op in ops}
    files: dict[str, str] = {}
    for family, ops in families.items():
        files[f"ops/{family}.h"] = declarations.ops_header(family, ops)
        files[f"functions/{family}.h"] = declarations.public_functions(family, ops)
        files[f"kernels/{family}.h"] = declarations.kernels_header(family, ops)
        files[f"handles/{family}.h"] = declarations.handles_header(family, ops)
        files[f"register/{family}.cpp"] = registration.register_source(family, ops, owners)
        files[f"autograd/{family}.cpp"] = autograd.autograd_source(family, ops, owners)
        files[f"pointwise/{family}.cpp"] = (
            pointwise.pointwise_source(family, ops) or "// This family has no pointwise ops.\n"
        )
        files[f"python/{family}.cpp"] = python_bindings.family_source(family, functions)
    declared, defined = declarations.methods(families)
    files["TensorMethods.h"] = declared
    files["TensorMethodsInline.h"] = defined
    files["Functions.h"] = declarations.all_functions(families)
    files["python/methods.cpp"] = python_bindings.methods_source(functions)
    files["_C.pyi"] = python_bindings.type_stubs(functions)
    files["fuser_table.inc"] = docs.fuser_table(families)
    files["ops.json"] = docs.op_json(families)
    files["ops.md"] = docs.op_table(families)
    return files


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.gen_ops", description=__doc__)
    parser.add_argument("--ops", type=Path, required=True, help="folder of the op lists")
    parser.add_argument("--out", type=Path, required=True, help="folder the generated files go to")
    parser.add_argument("--extra", type=Path, help="another folder of op lists")
    args = parser.parse_args()
    try:
        files = outputs([args.ops] + ([args.extra] if args.extra else []))
    except OpListError as error:
        print(f"gen_ops: {error}", file=sys.stderr)
        return 1
    for name, text in files.items():
        path = args.out / name
        if path.exists() and path.read_text() == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    # What an earlier list gave rise to must not be compiled any longer; config.h is CMake's.
    for path in args.out.rglob("*"):
        if path.is_file() and path.relative_to(args.out).as_posix() not in {*files, "config.h"}:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
