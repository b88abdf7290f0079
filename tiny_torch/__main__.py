"""``python -m tiny_torch script.py``: runs an unmodified PyTorch program on this package.

Like the interpreter itself: a script, ``-m module`` or ``-c code``, followed by the program's own arguments.
"""

import os
import sys
import types

from tiny_torch._alias import install_as_torch

_USAGE = """\
usage: python -m tiny_torch [script.py | -m module | -c code] [arguments]

Runs a program written for PyTorch: `import torch` inside of it gives tiny_torch.
"""


def _new_main(**attributes):
    """A fresh ``__main__``: classes defined in it must be found there by pickle and by new processes."""
    main = types.ModuleType("__main__")
    main.__dict__.update({"__builtins__": __builtins__, "__spec__": None, **attributes})
    sys.modules["__main__"] = main
    return main.__dict__


def _run_script(path, arguments):
    sys.argv = [path, *arguments]
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        import runpy

        sys.path[0] = path
        runpy.run_path(path, run_name="__main__")
        return
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        sys.exit(f"python -m tiny_torch: can't open file '{path}': {error}")
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    exec(compile(source, path, "exec", dont_inherit=True), _new_main(__file__=path, __cached__=None))


def _run_module(name, arguments):
    import runpy

    sys.argv = [name, *arguments]
    sys.path[0] = os.getcwd()
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _run_code(code, arguments):
    sys.argv = ["-c", *arguments]
    sys.path[0] = ""
    exec(compile(code, "<string>", "exec", dont_inherit=True), _new_main())


def main():
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_USAGE, end="")
        sys.exit(0 if arguments else 2)
    install_as_torch()
    if arguments[0] in ("-m", "-c"):
        if len(arguments) < 2:
            sys.exit(f"python -m tiny_torch: argument expected for the {arguments[0]} option")
        run = _run_module if arguments[0] == "-m" else _run_code
        run(arguments[1], arguments[2:])
    else:
        _run_script(arguments[0], arguments[1:])


if __name__ == "__main__":
    main()
