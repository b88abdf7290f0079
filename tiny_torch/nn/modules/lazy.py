"""Layers that learn the size of their input from the first batch.

The layers of this kind are in the files of the layers that they turn into.
"""

from __future__ import annotations

import itertools

import tiny_torch as torch
from tiny_torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin:
    """Makes a module wait for its first input before it gives its parameters a shape.

    A subclass lists it before the module's own class, makes parameters of the class `UninitializedParameter`, defines
    `initialize_parameters`, which takes the arguments of `forward`, and names in `cls_to_become` the class that the
    object turns into. Move and cast the module, and pass its parameters to an optimizer, as any other; but do the
    first call before the parameters are read.
    """

    cls_to_become = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def _make_lazy(self, parameters, device, dtype, buffers=()) -> None:
        """Replaces the named parameters and buffers by ones without shape."""
        for name in parameters:
            setattr(self, name, UninitializedParameter(device=device, dtype=dtype))
        for name in buffers:
            setattr(self, name, UninitializedBuffer(device=device, dtype=dtype))

    def _save_to_state_dict(self, destination, prefix, keep_vars) -> None:
        for name, tensor in self._saved_members():
            if tensor is not None:
                # A tensor without shape cannot be detached.
                destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()

    def _lazy_load_hook(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ) -> None:
        """Takes shapes over from a state whose tensors have them."""
        for name, tensor in itertools.chain(self._parameters.items(), self._buffers.items()):
            loaded = state_dict.get(prefix + name)
            if is_lazy(tensor) and loaded is not None and not is_lazy(loaded):
                with torch.no_grad():
                    tensor.materialize(loaded.shape)

    def initialize_parameters(self, *args, **kwargs) -> None:
        """Gives the parameters their shapes and values; called with the arguments of the first call."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        return any(is_lazy(t) for t in itertools.chain(self._parameters.values(), self._buffers.values()))

    def _infer_parameters(self, module, args, kwargs=None) -> None:
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        for name in ("_initialize_hook", "_load_hook"):
            getattr(module, name).remove()
            delattr(module, name)
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become
