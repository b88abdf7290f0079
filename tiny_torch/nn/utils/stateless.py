"""Calls modules with other parameters than their own."""

from __future__ import annotations

__all__ = ["functional_call"]


def _places(module, name):
    """(owner module, registry or None, attribute) of a dotted name."""
    path, _, attribute = name.rpartition(".")
    owner = module.get_submodule(path)
    for registry in (owner._parameters, owner._buffers):
        if attribute in registry:
            return owner, registry, attribute
    raise KeyError(name)


def _tied_names(module) -> dict:
    """name -> all names of the same tensor, for the tensors that have several."""
    by_tensor = {}
    for members in (module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False)):
        for name, tensor in members:
            by_tensor.setdefault(id(tensor), []).append(name)
    return {name: names for names in by_tensor.values() if len(names) > 1 for name in names}


class _Swapped:
    """Within this context some tensors of a module are replaced."""

    def __init__(self, module, tensors, tie_weights: bool, strict: bool):
        self.module = module
        self.tensors = dict(tensors)
        if tie_weights:
            tied = _tied_names(module)
            for name, tensor in tensors.items():
                for other in tied.get(name, ()):
                    if self.tensors.setdefault(other, tensor) is not tensor:
                        raise ValueError(
                            f"functional_call got values for both {[name, other]}, which are tied. Consider using "
                            "tie_weights=False"
                        )
        self.strict = strict
        self.saved = []

    def __enter__(self):
        if self.strict:
            known = {name for name, _ in self.module.named_parameters(remove_duplicate=False)}
            known |= {name for name, _ in self.module.named_buffers(remove_duplicate=False)}
            problems = [f"Unexpected key(s): {', '.join(sorted(set(self.tensors) - known))}."]
            problems.append(f"Missing key(s): {', '.join(sorted(known - set(self.tensors)))}.")
            differing = [text for text in problems if not text.endswith(": .")]
            if differing:
                raise RuntimeError(
                    f"Error(s) in reparametrizing for {self.module._get_name()}:\n\t" + "\n\t".join(differing)
                )
        for name, tensor in self.tensors.items():
            try:
                owner, registry, attribute = _places(self.module, name)
            except (KeyError, AttributeError):
                # Names that mean nothing here are left out unless `strict`.
                continue
            self.saved.append((registry, attribute, registry[attribute]))
            registry[attribute] = tensor
        return self

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        for registry, attribute, tensor in reversed(self.saved):
            registry[attribute] = tensor


def functional_call(
    module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights: bool = True, strict: bool = False
):
    """Calls `module` with its parameters and buffers replaced, for this call only.

    Args:
        parameters_and_buffers: dictionary, or a sequence of them, from dotted names to tensors.
        args: positional arguments, a tuple, or a single one.
        kwargs: keyword arguments.
        tie_weights: replace tensors that are the same object together.
        strict: every parameter and buffer must be given, and nothing else.

    Raises:
        RuntimeError: `strict`, and the names differ.
        ValueError: different values for tied tensors.
    """
    if isinstance(parameters_and_buffers, (list, tuple)):
        merged = {}
        for tensors in parameters_and_buffers:
            repeated = merged.keys() & tensors.keys()
            if repeated:
                raise ValueError(
                    f"{sorted(repeated)} appeared in multiple dictionaries; behavior of functional call is ambiguous"
                )
            merged.update(tensors)
        parameters_and_buffers = merged
    elif not isinstance(parameters_and_buffers, dict):
        raise ValueError(
            "Expected parameters_and_buffers to be a dict, or a list/tuple of dicts, but got "
            f"{type(parameters_and_buffers)}"
        )
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    with _Swapped(module, parameters_and_buffers, tie_weights, strict):
        return module(*args, **(kwargs or {}))
