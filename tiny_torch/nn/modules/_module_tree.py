"""The part of `Module` that walks the tree of submodules and finds members by dotted path."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.nn.parameter import Parameter


class TreeMixin:
    """`Module.named_parameters`, `Module.get_submodule` and their relatives."""

    def _named_members(self, get_members_fn, prefix="", recurse=True, remove_duplicate: bool = True):
        """Yields (dotted name, member) for what `get_members_fn` lists of each module, each object once."""
        seen = set()
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        else:
            modules = ((prefix, self),)
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    def parameters(self, recurse: bool = True):
        """Iterates over the parameters, each once; `recurse` includes those of submodules."""
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True):
        """Iterates over (dotted name, parameter).

        Args:
            prefix: put before every name.
            recurse: include the parameters of submodules.
            remove_duplicate: list a shared parameter under its first name only.
        """
        yield from self._named_members(lambda m: m._parameters.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True):
        """Iterates over the buffers, each once; `recurse` includes those of submodules."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True):
        """Iterates over (dotted name, buffer); the arguments are those of `named_parameters`."""
        yield from self._named_members(lambda m: m._buffers.items(), prefix, recurse, remove_duplicate)

    def children(self):
        """Iterates over the direct submodules, each once."""
        for _, module in self.named_children():
            yield module

    def named_children(self):
        """Iterates over (name, module) of the direct submodules, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True):
        """Iterates over the module itself and all its descendants, parents first."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_modules(self, memo=None, prefix: str = "", remove_duplicate: bool = True):
        """Iterates over (dotted name, module), the module itself first with the name `prefix`.

        Args:
            memo: set of modules to leave out; those yielded are added to it.
            remove_duplicate: list a shared module under its first name only.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def get_submodule(self, target: str):
        """Returns the descendant at a dotted path such as ``"encoder.0.norm"``; ``""`` is the module itself.

        Raises:
            AttributeError: nothing is there, or what is there is no module.
        """
        found = self
        for name in target.split(".") if target else ():
            if not hasattr(found, name):
                raise AttributeError(f"{found._get_name()} has no attribute `{name}`")
            found = getattr(found, name)
            if not isinstance(found, TreeMixin):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return found

    def set_submodule(self, target: str, module, strict: bool = False) -> None:
        """Puts `module` at a dotted path, replacing what is there.

        Args:
            strict: refuse to create an attribute that is not there yet.

        Raises:
            AttributeError: the parent does not exist or is no module, or `strict` and the attribute is not there.
            ValueError: `target` is empty or `module` is no module.
        """
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, TreeMixin):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), TreeMixin):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def _get_leaf(self, target: str):
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if not hasattr(owner, name):
            raise AttributeError(f"{owner._get_name()} has no attribute `{name}`")
        return owner, name, getattr(owner, name)

    def get_parameter(self, target: str) -> Parameter:
        """Returns the parameter at a dotted path.

        Raises:
            AttributeError: nothing is there, or what is there is no parameter.
        """
        _, name, found = self._get_leaf(target)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> torch.Tensor:
        """Returns the buffer at a dotted path.

        Raises:
            AttributeError: nothing is there, or what is there is no buffer.
        """
        owner, name, found = self._get_leaf(target)
        if name not in owner._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found
