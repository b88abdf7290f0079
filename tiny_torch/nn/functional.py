"""Functions behind the layers of `tiny_torch.nn`.

Most are written in `tiny_torch/nn/_functional/`, by family; the names bound below are operators as they are.
"""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.nn._functional import activation, attention, image, loss, normalization, pooling, sparse
from tiny_torch.nn._functional.activation import *  # noqa: F403
from tiny_torch.nn._functional.attention import *  # noqa: F403
from tiny_torch.nn._functional.image import *  # noqa: F403
from tiny_torch.nn._functional.loss import *  # noqa: F403
from tiny_torch.nn._functional.normalization import *  # noqa: F403
from tiny_torch.nn._functional.pooling import *  # noqa: F403
from tiny_torch.nn._functional.sparse import *  # noqa: F403
from tiny_torch.overrides import (  # noqa: F401
    handle_torch_function,
    has_torch_function,
    has_torch_function_unary,
    has_torch_function_variadic,
    overridable,
)

# name -> (namespace of the operator, its name there if another)
_OPERATORS = {
    torch._C._VariableFunctions: (
        "adaptive_avg_pool1d avg_pool1d bilinear celu_ channel_shuffle conv1d conv2d conv3d conv_tbc conv_transpose1d "
        "conv_transpose2d conv_transpose3d cosine_similarity hardshrink native_channel_shuffle pairwise_distance pdist "
        "pixel_shuffle pixel_unshuffle prelu relu_ rrelu_ selu_ threshold_"
    ),
    torch._C._nn: (
        "avg_pool2d avg_pool3d elu_ gelu hardtanh_ leaky_relu_ linear logsigmoid=log_sigmoid one_hot pad "
        "scaled_dot_product_attention softplus softshrink"
    ),
}


def _bind_operators() -> list:
    bound = []
    for namespace, names in _OPERATORS.items():
        for entry in names.split():
            name, _, operator = entry.partition("=")
            function = getattr(namespace, operator or name, None)
            if function is not None:
                globals()[name] = function
                bound.append(name)
    return bound


__all__ = [*_bind_operators()]
for _family in (activation, attention, image, loss, normalization, pooling, sparse):
    for _name in _family.__all__:
        # Pickles and tracebacks know the functions by their public home.
        globals()[_name] = overridable(globals()[_name])
        globals()[_name].__module__ = __name__
    __all__ += _family.__all__
del _family, _name, activation, attention, image, loss, normalization, pooling, sparse
