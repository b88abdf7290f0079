"""Checks every #include of the C++ sources against the arrows in LAYERS.

    python tools/check_layers.py [--root DIR]

Fails, naming file, line and the arrow that is missing, on an include that no line of LAYERS allows, on one that names
no existing file by its full path, and on a third-party header outside the folders that it is kept to.
"""

import argparse
import fnmatch
import pathlib
import re
import sys

SUFFIXES = {".h", ".hpp", ".inc", ".cpp", ".cu", ".cuh"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
ROOTS = ("csrc", "include")


class Layers:
    """The parsed LAYERS file: `arrows` from a place to what it may include, `kept` from a header to its places."""

    def __init__(self, text):
        self.arrows, self.kept = {}, {}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            left, colon, right = line.partition(":")
            if not colon:
                raise ValueError(f"LAYERS:{number}: expected `place: what it may include`, got {line!r}")
            if left.startswith("!"):
                self.kept[left[1:].strip()] = right.split()
            else:
                self.arrows[left.strip()] = right.split()

    def place(self, path):
        """The longest left side that `path` (relative to the repository) lies under, or None."""
        found = [place for place in self.arrows if path == place or path.startswith(place + "/")]
        return max(found, key=len, default=None)


def under(path, pattern):
    """Whether `path` is the file or lies in the folder that `pattern` names; `*` stays inside one folder."""
    if "*" in pattern:
        return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)
    return path == pattern or path.startswith(pattern + "/")


def home(root, include):
    """The root ('csrc', 'include', 'generated' or the repository, '') that holds the included file, or None."""
    if include.startswith("generated/"):
        return "generated"
    for base in ROOTS:
        if (root / base / include).is_file():
            return base
    return "" if include.startswith("tests/") and (root / include).is_file() else None


def check_file(root, path, layers):
    """Yields one message for each include of `path` that LAYERS doesn't allow."""
    name = path.relative_to(root).as_posix()
    place = layers.place(name)
    text = path.read_text(encoding="utf-8", errors="replace")
    for match in INCLUDE.finditer(text):
        bracket, include = match.groups()
        where = f"{name}:{text.count(chr(10), 0, match.start()) + 1}"
        kept = [header for header in layers.kept if fnmatch.fnmatchcase(include, header)]
        for header in kept:
            places = layers.kept[header]
            if not any(under(name, allowed) for allowed in places):
                yield f"{where}: {include} may be included in {', '.join(places)} only"
        base = home(root, include)
        if base is None:
            if kept:
                continue
            if bracket == '"' and (path.parent / include).is_file():
                yield f'{where}: "{include}" is not a full path (relative to csrc/ or include/)'
            elif bracket == '"':
                yield f'{where}: "{include}" names no file of csrc/, include/ or the generated code'
            continue
        if place is None:
            yield f"{where}: no line of LAYERS covers this file"
            return
        own = place.split("/", 1)[1] if place.startswith(("csrc/", "include/")) else place
        if not under(include, own) and not any(under(include, allowed) for allowed in layers.arrows[place]):
            allowed = " ".join(layers.arrows[place]) or "nothing"
            yield f"{where}: {place} may not include {include} (LAYERS allows: {allowed})"


def check(root):
    """Returns (messages, number of files looked at) for the repository at `root`."""
    layers = Layers((root / "LAYERS").read_text(encoding="utf-8"))
    files = [
        path
        for folder in ("csrc", "include", "tests/cpp", "examples")
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in SUFFIXES and path.is_file()
    ]
    return [message for path in files for message in check_file(root, path, layers)], len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    messages, count = check(parser.parse_args().root)
    for message in messages:
        print(message)
    print(f"check_layers: {count} files, {len(messages)} wrong includes")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
