"""Makes ``import torch`` mean this package, for programs written for PyTorch.

Note [One module under two names]
After `install_as_torch` each module exists once, under both names: ``sys.modules['torch.nn'] is tiny_torch.nn``. A
finder at the head of ``sys.meta_path`` does the same for submodules imported later, and answers for the version of
the distribution called torch. Public classes then say that their module is ``torch...``, as pickles and reprs of
PyTorch programs expect; before, they say ``tiny_torch...``, or they could not be pickled.
"""

import importlib
import importlib.machinery
import sys
import types

_OURS = __name__.partition(".")[0]
_THEIRS = "torch"
# The version of PyTorch whose interface this package follows.
TORCH_VERSION = "2.13.0"


def _renamed(name, old, new):
    head, dot, rest = name.partition(".")
    return new + dot + rest if head == old else None


def _rename_members(module, old, new):
    """Moves the ``__module__`` of classes and functions defined in `module` from one name to the other."""
    for member in list(vars(module).values()):
        if isinstance(member, (type, types.FunctionType, types.BuiltinFunctionType)):
            name = getattr(member, "__module__", None)
            renamed = _renamed(name, old, new) if isinstance(name, str) else None
            if renamed is not None:
                try:
                    member.__module__ = renamed
                except (AttributeError, TypeError):
                    pass


def name_core_types(core):
    """Called when the package is imported: C++ types and operators belong to it until the alias is installed."""
    _rename_members(core, _THEIRS, _OURS)
    for name in ("_nn", "_VariableFunctions"):
        operators = getattr(core, name)
        # Pickles find a built-in function through its module.
        full = f"{core.__name__}.{name}"
        operators.__spec__ = importlib.machinery.ModuleSpec(full, None)
        sys.modules[full] = operators
        _rename_members(operators, _THEIRS, _OURS)


class _AliasLoader:
    """Loads 'torch.x' by handing out the module 'tiny_torch.x'."""

    def __init__(self, module):
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec):
        return self._module

    def exec_module(self, module):
        # The import system has just replaced it by the spec under the other name.
        module.__spec__ = self._spec


class _OwnLoader:
    """Loads 'tiny_torch.x' and gives its members their public names."""

    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _rename_members(module, _OURS, _THEIRS)


class _Finder:
    def find_spec(self, name, path=None, target=None):
        head = name.partition(".")[0]
        if head == _THEIRS:
            return self._find_alias(name)
        if head == _OURS:
            return self._find_own(name, path, target)
        return None

    def _find_alias(self, name):
        own_name = _renamed(name, _THEIRS, _OURS)
        try:
            module = importlib.import_module(own_name)
        except ModuleNotFoundError as error:
            if error.name is not None and (own_name + ".").startswith(error.name + "."):
                return None
            raise
        return importlib.machinery.ModuleSpec(name, _AliasLoader(module), is_package=hasattr(module, "__path__"))

    def _find_own(self, name, path, target):
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _OwnLoader(spec.loader)
                return spec
        return None

    def find_distributions(self, context=None):
        """For importlib.metadata: a distribution called torch."""
        name = getattr(context, "name", None)
        if name is not None and name.lower() != _THEIRS:
            return []
        from importlib.metadata import Distribution

        class TorchDistribution(Distribution):
            def read_text(self, filename):
                if filename in ("METADATA", "PKG-INFO"):
                    return f"Metadata-Version: 2.1\nName: {_THEIRS}\nVersion: {TORCH_VERSION}\n"
                return None

            def locate_file(self, path):
                return path

        return [TorchDistribution()]


_finder = _Finder()


def is_installed():
    """Whether ``import torch`` gives this package."""
    return sys.modules.get(_THEIRS) is sys.modules[_OURS]


def public_name(module):
    """The full name of a module of the package as pickles write it now."""
    return f"{_THEIRS if is_installed() else _OURS}.{module}"


def install_as_torch():
    """Makes ``import torch`` and all its submodules give this package, in this process and in its workers.

    Can be called again. Must come before anything imports PyTorch itself.

    Raises:
        RuntimeError: PyTorch is imported already.
    """
    if is_installed():
        return
    if _THEIRS in sys.modules:
        where = getattr(sys.modules[_THEIRS], "__file__", None)
        raise RuntimeError(
            f"install_as_torch(): a module named torch is imported already (from {where}); call install_as_torch() "
            "before anything imports torch, or start the program by `python -m tiny_torch script.py`"
        )
    for name, module in list(sys.modules.items()):
        alias = _renamed(name, _OURS, _THEIRS)
        if alias is not None and module is not None:
            sys.modules[alias] = module
            _rename_members(module, _OURS, _THEIRS)
    for made in sys.modules[f"{_OURS}._C"]._return_types.values():
        made.__module__ = f"{_THEIRS}.return_types"
    sys.meta_path.insert(0, _finder)
    # Programs compare torch.__version__ with releases of PyTorch.
    sys.modules[_OURS].__version__ = importlib.import_module(f"{_OURS}.version").__version__
    from tiny_torch._import_hooks import when_imported

    when_imported("multiprocessing.spawn", _prepare_spawn)
    when_imported("multiprocessing.forkserver", _prepare_forkserver)


class _AliasOnLoad:
    """Installs the alias where it is unpickled: in a new process, before that imports the main program."""

    def __reduce__(self):
        code = f"import sys\nsys.path.extend(p for p in {sys.path!r} if p not in sys.path)\n"
        return (exec, (code + f"import {_OURS}\n{_OURS}.install_as_torch()\n",))


def _prepare_spawn(spawn):
    original = spawn.get_preparation_data

    def get_preparation_data(name):
        return {"tiny_torch_alias": _AliasOnLoad(), **original(name)}

    spawn.get_preparation_data = get_preparation_data


def _prepare_forkserver(forkserver):
    # By default the server may import the main program, before the alias could be there.
    server = forkserver._forkserver
    server._preload_modules = [f"{_OURS}._install_alias", *(m for m in server._preload_modules if m != "__main__")]
