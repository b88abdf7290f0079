"""Names of types that annotations use; source: ``torch.types``."""

import builtins
import os
from collections.abc import Sequence
from typing import Any, TypeAlias

from tiny_torch import _C, Tensor

__all__ = ["Device", "FileLike", "Number", "Storage", "Tensor", "TensorOrTensors"]

_int, _float, _bool, _complex = builtins.int, builtins.float, builtins.bool, builtins.complex
_dtype, _device, _layout = _C.dtype, _C.device, _C.layout
_size: TypeAlias = _C.Size | list[int] | tuple[int, ...]
_symsize = _size
_dispatchkey: TypeAlias = str

TensorOrTensors: TypeAlias = Tensor | Sequence[Tensor]
Number: TypeAlias = int | float | bool
FileLike: TypeAlias = str | os.PathLike[str] | Any
Device: TypeAlias = _C.device | str | int | None
Storage = _C.UntypedStorage if hasattr(_C, "UntypedStorage") else Any
