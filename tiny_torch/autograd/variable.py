"""The old place of `Variable`; source: ``torch.autograd.variable``."""

from tiny_torch.autograd import Variable

__all__ = ["Variable"]
