"""From a list of samples to a batch; source: ``torch.utils.data._utils.collate``."""

import collections.abc
import copy
import re
import sys

import tiny_torch as torch

_STRING_OR_OBJECT = re.compile(r"[SaUO]")
default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)
# Below this size a batch travels inside the message of a worker.
_SHARED_FROM_BYTES = 8192


def _is_numpy(kind):
    return kind.__module__ == "numpy" and kind.__name__ not in ("str_", "string_", "bytes_")


def _map_container(data, function):
    """A container like `data` with `function` applied to each value; None if `data` is not a container."""
    kind = type(data)
    if isinstance(data, collections.abc.Mapping):
        return _rebuild_mapping(data, {key: function(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return kind(*map(function, data))
    if isinstance(data, tuple):
        return [function(item) for item in data]
    if isinstance(data, collections.abc.Sequence) and not isinstance(data, (str, bytes)):
        return _rebuild_sequence(data, [function(item) for item in data])
    return None


def _rebuild_mapping(like, values):
    # A copy keeps what the class may carry beside its items; some classes support neither way.
    try:
        if isinstance(like, collections.abc.MutableMapping):
            clone = copy.copy(like)
            clone.update(values)
            return clone
        return type(like)(values)
    except TypeError:
        return values


def _rebuild_sequence(like, values):
    try:
        if isinstance(like, collections.abc.MutableSequence):
            clone = copy.copy(like)
            for i, value in enumerate(values):
                clone[i] = value
            return clone
        return type(like)(values)
    except TypeError:
        return values


def default_convert(data):
    """Turns the NumPy arrays inside `data` into tensors; used where batching is switched off."""
    kind = type(data)
    if isinstance(data, torch.Tensor):
        return data
    if _is_numpy(kind):
        if kind.__name__ == "ndarray" and _STRING_OR_OBJECT.search(data.dtype.str):
            return data
        return torch.as_tensor(data)
    converted = _map_container(data, default_convert)
    return data if converted is None else converted


def collate(batch, *, collate_fn_map=None):
    """Collates a list of samples by the functions in `collate_fn_map`, through containers of any depth.

    Args:
        batch (list): the samples.
        collate_fn_map (dict): type or tuple of types -> ``function(batch, *, collate_fn_map)``; an exact type is
            preferred, then the first entry that the sample is an instance of.

    Raises:
        TypeError: no entry fits and the sample is no container.
    """
    elem = batch[0]
    kind = type(elem)
    for known, function in (collate_fn_map or {}).items():
        if known is kind:
            return function(batch, collate_fn_map=collate_fn_map)
    for known, function in (collate_fn_map or {}).items():
        if isinstance(elem, known):
            return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(elem, collections.abc.Mapping):
        values = {key: collate([d[key] for d in batch], collate_fn_map=collate_fn_map) for key in elem}
        return _rebuild_mapping(elem, values)
    if isinstance(elem, tuple) and hasattr(elem, "_fields"):
        return kind(*(collate(samples, collate_fn_map=collate_fn_map) for samples in zip(*batch)))
    if isinstance(elem, collections.abc.Sequence):
        if any(len(sample) != len(elem) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        values = [collate(samples, collate_fn_map=collate_fn_map) for samples in zip(*batch)]
        return values if isinstance(elem, tuple) else _rebuild_sequence(elem, values)
    raise TypeError(default_collate_err_msg_format.format(kind))


def _shared_output(batch, elem):
    """In a worker: an empty tensor in shared memory for the stacked batch, which saves a copy; else None."""
    from tiny_torch.utils.data._utils import worker

    if worker.get_worker_info() is None or elem.device.type != "cpu":
        return None
    nbytes = len(batch) * elem.numel() * elem.element_size()
    if nbytes < _SHARED_FROM_BYTES:
        return None
    if any(type(x) is not torch.Tensor or x.requires_grad or x.dtype != elem.dtype for x in batch):
        return None
    from tiny_torch import _C, _utils

    storage = _C.UntypedStorage._new_shared(nbytes)
    size = (len(batch), *elem.size())
    strides = [1] * len(size)
    for i in reversed(range(len(size) - 1)):
        strides[i] = strides[i + 1] * size[i + 1]
    return _utils._rebuild(storage, elem.dtype, 0, size, strides)


def collate_tensor_fn(batch, *, collate_fn_map=None):
    """Stacks tensors of equal shape along a new dimension 0."""
    out = _shared_output(batch, batch[0])
    return torch.stack(batch, 0) if out is None else torch.stack(batch, 0, out=out)


def collate_numpy_array_fn(batch, *, collate_fn_map=None):
    """Stacks NumPy arrays into a tensor."""
    if _STRING_OR_OBJECT.search(batch[0].dtype.str):
        raise TypeError(default_collate_err_msg_format.format(batch[0].dtype))
    return collate([torch.as_tensor(b) for b in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch, *, collate_fn_map=None):
    """A tensor of NumPy scalars."""
    return torch.as_tensor(batch)


def collate_float_fn(batch, *, collate_fn_map=None):
    """A float64 tensor of Python floats."""
    return torch.tensor(batch, dtype=torch.float64)


def collate_int_fn(batch, *, collate_fn_map=None):
    """A tensor of Python ints or bools."""
    return torch.tensor(batch)


def collate_str_fn(batch, *, collate_fn_map=None):
    """Texts stay a list."""
    return batch


default_collate_fn_map = {torch.Tensor: collate_tensor_fn}


def _register_numpy():
    """NumPy's types come before float and int, of which some are subclasses."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "ndarray") or numpy.ndarray in default_collate_fn_map:
        return
    others = dict(default_collate_fn_map)
    default_collate_fn_map.clear()
    default_collate_fn_map[torch.Tensor] = others.pop(torch.Tensor, collate_tensor_fn)
    default_collate_fn_map[numpy.ndarray] = collate_numpy_array_fn
    default_collate_fn_map[(numpy.bool_, numpy.number, numpy.object_)] = collate_numpy_scalar_fn
    default_collate_fn_map.update(others)


_register_numpy()
for _kinds, _function in (
    (float, collate_float_fn),
    (int, collate_int_fn),
    (str, collate_str_fn),
    (bytes, collate_str_fn),
):
    default_collate_fn_map[_kinds] = _function


def default_collate(batch):
    """Collates samples the usual way: tensors are stacked, numbers become tensors, containers are entered.

    Args:
        batch (list): samples: tensors, NumPy arrays, numbers, texts, and containers of these.

    Returns:
        The same structure with batches as leaves; tuples become lists.

    Raises:
        TypeError: a sample holds something else.
        RuntimeError: tensors or lists of one batch differ in size.
    """
    # NumPy may have been imported by the dataset since this module was.
    _register_numpy()
    return collate(batch, collate_fn_map=default_collate_fn_map)
