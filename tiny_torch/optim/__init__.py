"""Optimizers and learning rate schedules."""

from tiny_torch.optim.optimizer import Optimizer
from tiny_torch.optim.adam import Adam
from tiny_torch.optim.adamw import AdamW
from tiny_torch.optim.sgd import SGD
from tiny_torch.optim import lr_scheduler
