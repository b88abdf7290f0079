"""The layers, one file per family; `tiny_torch.nn` has them all."""

from tiny_torch.nn.modules.module import Module  # noqa: F401, I001
from tiny_torch.nn.modules._lazy_conv import *  # noqa: F403
from tiny_torch.nn.modules.activation import *  # noqa: F403
from tiny_torch.nn.modules.adaptive import *  # noqa: F403
from tiny_torch.nn.modules.batchnorm import *  # noqa: F403
from tiny_torch.nn.modules.channelshuffle import *  # noqa: F403
from tiny_torch.nn.modules.container import *  # noqa: F403
from tiny_torch.nn.modules.conv import *  # noqa: F403
from tiny_torch.nn.modules.distance import *  # noqa: F403
from tiny_torch.nn.modules.dropout import *  # noqa: F403
from tiny_torch.nn.modules.flatten import *  # noqa: F403
from tiny_torch.nn.modules.fold import *  # noqa: F403
from tiny_torch.nn.modules.instancenorm import *  # noqa: F403
from tiny_torch.nn.modules.linear import *  # noqa: F403
from tiny_torch.nn.modules.linear_cross_entropy import *  # noqa: F403
from tiny_torch.nn.modules.loss import *  # noqa: F403
from tiny_torch.nn.modules.normalization import *  # noqa: F403
from tiny_torch.nn.modules.padding import *  # noqa: F403
from tiny_torch.nn.modules.pixelshuffle import *  # noqa: F403
from tiny_torch.nn.modules.pooling import *  # noqa: F403
from tiny_torch.nn.modules.rnn import *  # noqa: F403
from tiny_torch.nn.modules.sparse import *  # noqa: F403
from tiny_torch.nn.modules.transformer import *  # noqa: F403
from tiny_torch.nn.modules.upsampling import *  # noqa: F403


def __getattr__(name):
    # Not imported above, where `nn.utils` would be overwritten by it.
    if name == "utils":
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
