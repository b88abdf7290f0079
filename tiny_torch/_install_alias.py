"""Importing this module makes ``import torch`` give this package; for processes that preload modules by name."""

from tiny_torch import _alias

_alias.install_as_torch()
