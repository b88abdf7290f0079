"""Runs a function when some module of somebody else's is imported, without importing it now."""

import importlib.abc
import importlib.machinery
import sys


class _Loader(importlib.abc.Loader):
    """Wraps the real loader of a module and calls back once it has run."""

    def __init__(self, loader, callback):
        self._loader, self._callback = loader, callback

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        self._callback(module)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name, callback):
        self._name, self._callback = name, callback

    def find_spec(self, name, path=None, target=None):
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._callback)
        return spec


def when_imported(name, callback):
    """Calls ``callback(module)`` now if module `name` is imported, else as soon as it has been."""
    if name in sys.modules:
        callback(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Finder(name, callback))
