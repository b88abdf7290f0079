"""Optimizers and learning rate schedules."""

from tiny_torch.optim.optimizer import Optimizer
from tiny_torch.optim._adafactor import Adafactor
from tiny_torch.optim._muon import Muon
from tiny_torch.optim.adadelta import Adadelta
from tiny_torch.optim.adagrad import Adagrad
from tiny_torch.optim.adam import Adam
from tiny_torch.optim.adamax import Adamax
from tiny_torch.optim.adamw import AdamW
from tiny_torch.optim.asgd import ASGD
from tiny_torch.optim.lbfgs import LBFGS
from tiny_torch.optim.nadam import NAdam
from tiny_torch.optim.radam import RAdam
from tiny_torch.optim.rmsprop import RMSprop
from tiny_torch.optim.rprop import Rprop
from tiny_torch.optim.sgd import SGD
from tiny_torch.optim.sparse_adam import SparseAdam
from tiny_torch.optim import lr_scheduler


def __getattr__(name):
    if name != "swa_utils":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import importlib

    return importlib.import_module(f"{__name__}.{name}")
