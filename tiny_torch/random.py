"""Random state of the process: seeding, saving and restoring, on the CPU and on every device that has generators.

Each function mirrors the one of the same name in ``torch.random``. From the same seed the CPU generator yields
PyTorch's numbers, and a state saved by either library can be loaded by the other.
"""

import contextlib
import warnings

import tiny_torch as torch

from ._C import default_generator

__all__ = [
    "set_rng_state",
    "get_rng_state",
    "manual_seed",
    "seed",
    "initial_seed",
    "fork_rng",
    "thread_safe_generator",
]

_MANY_DEVICES = 1


def set_rng_state(new_state):
    """Loads ``new_state`` into the default CPU generator.

    Args:
        new_state (Tensor): uint8 tensor of shape (5056,), as returned by :func:`get_rng_state`.

    Raises:
        TypeError: if ``new_state`` is not a uint8 CPU tensor.
        RuntimeError: if its size is wrong or it does not hold a valid state.
    """
    default_generator.set_state(new_state)


def get_rng_state():
    """Returns the state of the default CPU generator: a uint8 tensor of shape (5056,)."""
    return default_generator.get_state()


def manual_seed(seed):
    """Seeds the generators of all devices and returns the default CPU generator.

    Args:
        seed (int): in [-2**63, 2**64 - 1]; a negative seed means ``2**64 + seed``.

    Raises:
        ValueError: if ``seed`` does not fit.
    """
    seed = int(seed)
    _seed_devices(seed)
    return default_generator.manual_seed(seed)


def seed():
    """Seeds the generators of all devices from the operating system and returns the 64-bit seed."""
    value = default_generator.seed()
    _seed_devices(value)
    return value


def initial_seed():
    """Returns the seed that the default CPU generator was last seeded with, as an int."""
    return default_generator.initial_seed()


def _seed_devices(value):
    """Hands the seed to the device modules in use; a device seeds itself lazily when it is not initialised yet."""
    cuda = getattr(torch, "cuda", None)
    if cuda is not None and hasattr(cuda, "manual_seed_all") and not _in_bad_fork(cuda):
        cuda.manual_seed_all(value)


def _in_bad_fork(module):
    check = getattr(module, "_is_in_bad_fork", None)
    return check is not None and check()


def _device_module(device_type):
    if device_type == "meta":
        return None
    module = getattr(torch, device_type, None)
    if module is None:
        raise RuntimeError(f"fork_rng(): torch has no module for device type {device_type!r}")
    return module


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True, _caller="fork_rng", _devices_kw="devices", device_type=None):
    """Context manager: what is drawn inside leaves no trace in the generators outside.

    Args:
        devices (iterable of device ids, optional): devices whose state is saved beside the CPU's; all by default.
        enabled (bool): if False, the context manager does nothing.
        device_type (str, optional): the type of ``devices``; "cuda" by default.
    """
    device_type = torch.device(device_type or "cuda").type
    module = _device_module(device_type)
    if module is None or not enabled:
        yield
        return
    devices = _devices_to_fork(module, devices, _caller, _devices_kw, device_type)
    cpu_state = torch.get_rng_state()
    device_states = [module.get_rng_state(device) for device in devices]
    try:
        yield
    finally:
        torch.set_rng_state(cpu_state)
        for device, state in zip(devices, device_states):
            module.set_rng_state(state, device)


_warned_about_devices = False


def _devices_to_fork(module, devices, caller, devices_kw, device_type):
    global _warned_about_devices
    if devices is not None:
        return list(devices)
    count = module.device_count() if hasattr(module, "device_count") else 0
    if count > _MANY_DEVICES and not _warned_about_devices:
        _warned_about_devices = True
        warnings.warn(
            f"{caller} saves the random state of all {count} {device_type} devices, which may be slow; "
            f"name those in use with the argument {devices_kw} or set it to range({device_type}.device_count())",
            stacklevel=4,
        )
    return list(range(count))


def thread_safe_generator():
    """Returns the generator of the current data loading thread, or None outside of one (the default generator)."""
    from .utils.data import get_worker_info

    info = get_worker_info()
    if info is None or getattr(info, "worker_method", None) != "thread" or info.rng is None:
        return None
    return info.rng.torch_generator
