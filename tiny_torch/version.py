"""The version of PyTorch whose interface this package has, and what it was built with."""

import tiny_torch
from tiny_torch._alias import TORCH_VERSION
from tiny_torch.torch_version import TorchVersion

__version__ = TorchVersion(f"{TORCH_VERSION}+tiny.{tiny_torch.TINY_TORCH_VERSION}")
tiny_torch_version = tiny_torch.TINY_TORCH_VERSION
debug = False
cuda = None
hip = None
xpu = None
git_version = "Unknown"
