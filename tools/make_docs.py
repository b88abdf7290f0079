"""Writes the documentation as web pages: the pages of docs/, the API reference from docstrings, the table of operators.

    python tools/make_docs.py [--out docs/build] [--ops build/generated/ops.md]      # make docs

Needs pdoc (requirements-dev.txt) and a built package. Fails if a page links to something that isn't there.
"""

import argparse
import html
import importlib
import os
import pathlib
import re
import shutil
import sys
import time
import types
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = "tiny_torch"
# Left out: what is in them is public elsewhere, tiny_torch.nn for example.
UNDOCUMENTED = ("tiny_torch.nn.modules.", "tiny_torch.version", "tiny_torch.torch_version", "tiny_torch.types")

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
pre { background: #f5f5f5; padding: .7rem 1rem; overflow-x: auto; } code { font-size: .9em; } a { color: #06c; }
table { border-collapse: collapse; } td, th { border: 1px solid #ddd; padding: .2rem .6rem; text-align: left; vertical-align: top; }
nav { border-bottom: 1px solid #ddd; margin-bottom: 1rem; padding-bottom: .5rem; }
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}{pygments}</style></head>
<body><nav><a href="{up}index.html">Contents</a> | <a href="{up}api/tiny_torch.html">API</a> |
<a href="{up}ops.html">Operators</a></nav>
{body}
</body></html>
"""


def public_modules():
    """Names of the package's modules without a leading underscore, in order."""
    names = []
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not any(part.startswith("_") for part in name.split(".")) and not name.startswith(UNDOCUMENTED):
            names.append(name)
    return names


def is_own(member):
    """Whether a member is ours, and not something a module imported from the standard library."""
    if isinstance(member, types.ModuleType):
        return False
    where = getattr(member, "__module__", None)
    return isinstance(where, str) and where.split(".")[0] in (PACKAGE, "torch")


def publish(module):
    """Gives a module that has no __all__ one, for pdoc: what it defines, or what a package re-exports."""
    if getattr(module, "__all__", None):
        return
    is_package = hasattr(module, "__path__")
    names = []
    for name in dir(module):
        if name.startswith("_"):
            continue
        member = getattr(module, name, None)
        if is_own(member) and (is_package or member.__module__ in (module.__name__, f"{PACKAGE}._C")):
            names.append(name)
    module.__all__ = names


def show_compiled_members():
    """Makes pdoc show what is compiled: methods of Tensor as its own, signatures from the head of docstrings."""
    import inspect

    import markupsafe
    import pdoc

    import tiny_torch

    for name, member in vars(tiny_torch._C.TensorBase).items():
        if not name.startswith("_") and name not in vars(tiny_torch.Tensor):
            setattr(tiny_torch.Tensor, name, member)

    def docstring(member):
        text = inspect.getdoc(member) or ""
        heads = re.match(r"(?:\w+\(.*\)(?: -> .*)?\n?)+", text)
        if not heads or not callable(member) or inspect.isfunction(member) or inspect.isclass(member):
            return text
        return f"```\n{heads[0].strip()}\n```\n{text[heads.end() :]}"

    formatted = pdoc.render.env.filters["format_signature"]

    def signature(value, colon):
        return markupsafe.Markup("(...)") if "unknown" in value.parameters else formatted(value, colon)

    pdoc.doc._safe_getdoc = docstring
    pdoc.render.env.filters["format_signature"] = signature


def write_reference(out):
    """API pages by pdoc; returns how many modules they describe."""
    import pdoc

    warnings.filterwarnings(
        "ignore", message="Error parsing source code|The module specification .* already been added"
    )
    names = public_modules()
    for name in names:
        publish(importlib.import_module(name))
    show_compiled_members()
    pdoc.render.configure(docformat="google", show_source=False, footer_text="tiny-torch")
    pdoc.pdoc(*names, "!tiny_torch.nn.modules", "!tiny_torch.types", output_directory=out / "api")
    return len(names)


def to_html(text):
    import markdown2

    extras = ["fenced-code-blocks", "tables", "header-ids", "cuddled-lists", "code-friendly"]
    return str(markdown2.markdown(text, extras=extras))


def rewritten(body, source, pages, wrong):
    """Links between pages lead to their .html; those to sources become plain text; others must exist."""

    def replace(match):
        target, label = match[1], match[2]
        if "://" in target or target.startswith("#"):
            return match[0]
        path, _, anchor = target.partition("#")
        found = (source.parent / path).resolve()
        if not found.exists():
            wrong.append(f"{source.relative_to(ROOT)}: {target}")
        if found in pages:
            link = os.path.relpath(pages[found], pages[source].parent)
            return f'<a href="{link}{"#" + anchor if anchor else ""}">{label}</a>'
        return f"<code>{html.escape(os.path.relpath(found, ROOT))}</code>"

    return re.sub(r'<a href="([^"]*)">(.*?)</a>', replace, body, flags=re.S)


def write_pages(out, ops):
    """The markdown pages and the table of operators; returns their number and what is wrong with links."""
    from pygments.formatters import HtmlFormatter

    pages = {path: out / path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    pages = {path: page for path, page in pages.items() if out not in path.parents}
    pages[ROOT / "docs" / "README.md"] = out / "index.html"
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        pages[ROOT / name] = out / f"{name[:-3].lower()}.html"
    pages[ROOT / "examples" / "README.md"] = out / "examples.html"
    if ops.exists():
        pages[ops] = out / "ops.html"
    pygments = HtmlFormatter().get_style_defs(".codehilite")
    wrong = []
    for source, page in pages.items():
        text = source.read_text(encoding="utf-8")
        body = rewritten(to_html(text), source, pages, wrong)
        page.parent.mkdir(parents=True, exist_ok=True)
        up = os.path.relpath(out, page.parent) + "/"
        title = html.escape(text.partition("\n")[0].lstrip("# "))
        page.write_text(
            PAGE.format(title=title, style=STYLE, pygments=pygments, up=up.removeprefix("./"), body=body),
            encoding="utf-8",
        )
    return len(pages), wrong


def main():
    parser = argparse.ArgumentParser(description="Writes the documentation as web pages.")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs" / "build")
    parser.add_argument("--ops", type=pathlib.Path, default=ROOT / "build" / "generated" / "ops.md")
    args = parser.parse_args()
    out, start = args.out.resolve(), time.perf_counter()
    sys.path.insert(0, str(ROOT))
    try:
        import pdoc  # noqa: F401
    except ImportError:
        sys.exit("pdoc is missing: pip install -r requirements-dev.txt")
    if not args.ops.exists():
        print(f"{args.ops} is not there (it comes with a build): no table of operators", file=sys.stderr)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    count, wrong = write_pages(out, args.ops.resolve())
    modules = write_reference(out)
    print(f"{out / 'index.html'}: {count} pages, {modules} modules, {time.perf_counter() - start:.1f} s")
    if wrong:
        sys.exit("links that lead nowhere:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
