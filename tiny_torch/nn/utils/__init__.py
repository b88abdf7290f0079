"""Helpers around parameters: clipping of gradients, conversion to one vector, packed sequences."""

from tiny_torch.nn.utils import rnn
from tiny_torch.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from tiny_torch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
