"""`DataParallel`: one batch over the GPUs of a process. Without GPUs it is the module itself under another name."""

import tiny_torch as torch
from tiny_torch.nn.modules.module import Module

__all__ = ["DataParallel", "data_parallel"]


def _check_devices(name):
    if torch.cuda.device_count() > 1:
        raise NotImplementedError(f"{name}: batches are not yet divided among several GPUs")


class DataParallel(Module):
    """Calls `module`, whose parameters it shows as ``module.<name>``.

    Args:
        module (Module): what is called; on CPU it is called with the whole batch.
        device_ids, output_device, dim: PyTorch's, about GPUs; without effect where there is none.

    Raises:
        NotImplementedError: there are several GPUs.
    """

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        _check_devices("DataParallel()")
        self.module = module
        self.dim = dim
        self.device_ids = []

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)


def data_parallel(module, inputs, device_ids=None, output_device=None, dim=0, module_kwargs=None):
    """`DataParallel` as a function of one input, or of a tuple of inputs."""
    _check_devices("data_parallel()")
    inputs = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    return module(*inputs, **(module_kwargs or {}))
