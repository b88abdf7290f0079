"""The two libraries side by side: PyTorch as the oracle, tiny_torch under test, and the way of values between them.

TINY_TORCH_TEST_LIBRARY=torch puts PyTorch in the place of the library under test: the self-check of these tests.
"""

import importlib
import os

import numpy
import torch as oracle

NAME = os.environ.get("TINY_TORCH_TEST_LIBRARY", "tiny_torch")
tiny = importlib.import_module(NAME)

FLOATING = ["float32", "float64", "bfloat16", "float16"]
INTEGRAL = ["int64", "int32", "int16", "int8", "uint8"]
COMPLEX = ["complex64", "complex128"]


def dtype_name(dtype):
    return str(dtype).rpartition(".")[2]


def tiny_dtype(dtype):
    return getattr(tiny, dtype_name(dtype))


def to_tiny(value):
    """Moves a value (tensor, dtype, device, list, dict, slice ...) of the oracle into the library under test.

    Sizes, strides, offset and requires_grad stay; every tensor becomes a leaf with storage of its own.
    """
    if isinstance(value, oracle.Tensor):
        return tensor_to_tiny(value)
    if isinstance(value, oracle.dtype):
        return tiny_dtype(value)
    if isinstance(value, oracle.device):
        return tiny.device(str(value))
    if isinstance(value, oracle.memory_format):
        return getattr(tiny, str(value).rpartition(".")[2])
    if isinstance(value, oracle.layout):
        return getattr(tiny, str(value).rpartition(".")[2])
    if isinstance(value, oracle.Generator):
        return tiny.Generator().manual_seed(value.initial_seed())
    if isinstance(value, oracle.Size):
        return tiny.Size(value)
    if isinstance(value, (list, tuple)):
        return type(value)(to_tiny(v) for v in value)
    if isinstance(value, dict):
        return {k: to_tiny(v) for k, v in value.items()}
    return value


def tensor_to_tiny(t):
    if t.device.type == "meta":
        result = tiny.empty_strided(t.size(), t.stride(), dtype=tiny_dtype(t.dtype), device="meta")
        return result.requires_grad_(t.requires_grad)
    with oracle.no_grad():
        plain = t.detach()
        if plain.numel() == 0:
            result = array_to_tiny(plain)
            if tuple(result.stride()) != t.stride():
                result = tiny.as_strided(result, tuple(t.size()), tuple(t.stride()))
            return result.detach().requires_grad_() if t.requires_grad else result
        whole = plain
        if not (plain.is_contiguous() and plain.storage_offset() == 0 and spans(plain) == plain.numel()):
            whole = oracle.as_strided(plain, (spans(plain),), (1,), 0)
        result = array_to_tiny(whole)
        if whole is not plain:
            result = tiny.as_strided(result, tuple(t.size()), tuple(t.stride()), t.storage_offset())
    return result.detach().requires_grad_() if t.requires_grad else result


def spans(t):
    """How many elements of the storage the tensor reaches from the storage's start."""
    return t.storage_offset() + 1 + sum((n - 1) * s for n, s in zip(t.size(), t.stride()))


def array_to_tiny(t):
    # Both clones keep storages resizable, as out= needs: numpy() and from_numpy() pin them.
    if t.dtype == oracle.bfloat16:
        return tiny.from_numpy(t.to(oracle.float32).numpy()).to(tiny.bfloat16)
    return tiny.from_numpy(t.clone().contiguous().numpy()).clone()


def to_oracle(t):
    """Values of a tensor of the library under test as a fresh tensor of the oracle, dtype kept."""
    t = t.detach()
    name = dtype_name(t.dtype)
    if tiny is oracle:
        t = t.clone()
    if t.is_complex() and hasattr(t, "resolve_conj"):
        t = t.resolve_conj()
    if name == "bfloat16":
        return oracle.from_numpy(numpy.array(t.to(tiny.float32).numpy())).to(oracle.bfloat16)
    return oracle.from_numpy(numpy.array(t.numpy()))


def builtin_class(error):
    """The first class of Python itself among an exception's bases."""
    return next(c for c in type(error).__mro__ if c.__module__ == "builtins")


def unsupported(error):
    """True when the message says that an op has no implementation for the dtype: no contract to hold anyone to."""
    text = str(error)
    return "not implemented for" in text or "not supported" in text or isinstance(error, NotImplementedError)
