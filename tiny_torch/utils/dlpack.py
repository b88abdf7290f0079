"""Exchange of tensors with other libraries by DLPack, without copying memory; source: ``torch.utils.dlpack``."""

import enum

import tiny_torch as torch
from tiny_torch import _C

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


class DLDeviceType(enum.IntEnum):
    """Device types of the DLPack standard."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14


def to_dlpack(tensor):
    """A DLPack capsule that shares the memory of `tensor`; each capsule can be consumed once."""
    return _C._to_dlpack(tensor)


def from_dlpack(ext_tensor, *, device=None, copy=None):
    """A tensor over the memory of an object with ``__dlpack__``, or of a capsule.

    Args:
        ext_tensor: object with ``__dlpack__`` and ``__dlpack_device__``, or a DLPack capsule.
        device: device the tensor shall be on.
        copy (bool): True copies always, False never.
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        if device is not None or copy is not None:
            raise AssertionError("from_dlpack(): device and copy must be None when a capsule is given")
        return _C._from_dlpack(ext_tensor)
    arguments = {"max_version": (1, 0)}
    if copy is not None:
        arguments["copy"] = copy
    if device is not None:
        device = torch.device(device)
        kind = DLDeviceType.kDLCUDA if device.type == "cuda" else DLDeviceType.kDLCPU
        arguments["dl_device"] = (kind, device.index or 0)
    if ext_tensor.__dlpack_device__()[0] == DLDeviceType.kDLCUDA:
        arguments["stream"] = torch.cuda.current_stream().cuda_stream or 1
    try:
        capsule = ext_tensor.__dlpack__(**arguments)
    except TypeError:
        # Producers older than version 1.0 of the standard know `stream` only.
        capsule = ext_tensor.__dlpack__(**{k: v for k, v in arguments.items() if k == "stream"})
    return _C._from_dlpack(capsule)
