"""Every test here runs on PyTorch as well: what it expects is what PyTorch does."""

import importlib

import pytest


@pytest.fixture(params=["torch", "tiny_torch"])
def torch(request):
    if request.param == "torch":
        return pytest.importorskip("torch", reason="PyTorch is the oracle")
    return importlib.import_module("tiny_torch")
