"""Helpers around parameters: clipping, conversion to one vector, packed sequences, parametrizations, fusion."""

from tiny_torch.nn.utils import rnn
from tiny_torch.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from tiny_torch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

# Two functions have the name of their file: imported here, importing the file later does not replace them.
from tiny_torch.nn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from tiny_torch.nn.utils.weight_norm import remove_weight_norm, weight_norm

# Loaded when first asked for; functions by the file they are in.
_FILES = ("fusion", "init", "memory_format", "parametrizations", "parametrize", "prune", "stateless")
_FUNCTIONS = {
    "convert_conv2d_weight_memory_format": "memory_format",
    "convert_conv3d_weight_memory_format": "memory_format",
    "fuse_conv_bn_eval": "fusion",
    "fuse_conv_bn_weights": "fusion",
    "fuse_linear_bn_eval": "fusion",
    "fuse_linear_bn_weights": "fusion",
    "skip_init": "init",
}


def __getattr__(name):
    if name not in _FILES and name not in _FUNCTIONS:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import importlib

    module = importlib.import_module(f"{__name__}.{_FUNCTIONS.get(name, name)}")
    if name in _FUNCTIONS:
        globals()[name] = getattr(module, name)
    return globals()[name]


def __dir__():
    return sorted({*globals(), *_FILES, *_FUNCTIONS})
