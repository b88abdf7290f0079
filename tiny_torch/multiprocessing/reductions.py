"""How tensors and storages travel between processes: the memory is shared, the message holds a ticket to it.

Importing this module registers the reducers with multiprocessing's pickler.
"""

import weakref
from multiprocessing.reduction import ForkingPickler

import tiny_torch as torch
from tiny_torch import _C, _utils
from tiny_torch import storage as _storage
from tiny_torch._import_hooks import when_imported
from tiny_torch.multiprocessing.shared_memory import SharedMemory

# In a DataLoader worker nobody uses a tensor after it was sent: its memory is handed over instead of shared, and
# small tensors are cheaper as bytes of the message than as a mapping.
_handover = {"enabled": False}
_INLINE_BYTES = 8192


def enable_handover():
    """From now on this process gives tensors away when it sends them."""
    _handover["enabled"] = True


def _open_storage(ticket, nbytes, keep_name):
    return _C.UntypedStorage._from_buffer(SharedMemory.open(ticket, nbytes, keep_name))


def _identity(storage):
    return storage


class _StorageHandle:
    """One storage inside of one message; tensors that share it name the same handle."""

    __slots__ = ("storage", "__weakref__")

    def __init__(self, storage):
        self.storage = storage

    def __reduce__(self):
        storage = self.storage
        nbytes = storage.nbytes()
        if storage.device.type == "meta":
            return (_meta_storage, (nbytes,))
        if storage.device.type != "cpu":
            raise NotImplementedError(f"sending {storage.device.type} tensors to another process is not supported")
        if nbytes == 0 or not hasattr(SharedMemory, "create"):
            return (_storage._storage_from_bytes, (bytes(_storage._buffer(storage)),))
        owner = storage._owner
        if _handover["enabled"]:
            return self._reduce_for_handover(owner, nbytes)
        if not isinstance(owner, SharedMemory) or owner.path is None:
            storage.share_memory_()
            owner = storage._owner
        ticket = owner.make_ticket() if isinstance(owner, SharedMemory) else None
        if ticket is None:
            return (_open_storage, (_copied_block(storage).give_name(), nbytes, True))
        return (_open_storage, (ticket, nbytes, True))

    def _reduce_for_handover(self, owner, nbytes):
        if isinstance(owner, SharedMemory):
            ticket = owner.give_name()
            if ticket is not None:
                return (_open_storage, (ticket, nbytes, False))
        if nbytes <= _INLINE_BYTES:
            return (_storage._storage_from_bytes, (bytes(_storage._buffer(self.storage)),))
        return (_open_storage, (_copied_block(self.storage).give_name(), nbytes, False))


def _meta_storage(nbytes):
    return _C.UntypedStorage(nbytes, device="meta")


def _copied_block(storage):
    block = SharedMemory.create(storage.nbytes())
    memoryview(block)[:] = _storage._buffer(storage)
    return block


_handles = weakref.WeakValueDictionary()


def _handle_of(storage):
    handle = _handles.get(storage._cdata)
    if handle is None:
        handle = _handles[storage._cdata] = _StorageHandle(storage)
    return handle


def _reduce_storage(storage):
    return (_identity, (_handle_of(storage),))


def _rebuild_typed_storage(storage, dtype):
    return _storage.TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)


def _reduce_typed_storage(storage):
    return (_rebuild_typed_storage, (_handle_of(storage._untyped_storage), storage.dtype))


def _rebuild_tensor(cls, storage, dtype, offset, size, stride, requires_grad, metadata):
    tensor = _utils._rebuild(storage, dtype, offset, size, stride)
    if metadata:
        _utils.set_tensor_metadata(tensor, metadata)
    if cls is not torch.Tensor:
        return cls(tensor, requires_grad)
    return tensor.requires_grad_() if requires_grad else tensor


def _reduce_tensor(tensor):
    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(
            "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support "
            "crossing process boundaries.  If you just want to transfer the data, call detach() on the tensor before "
            "serializing (e.g., putting it on the queue)."
        )
    if tensor.is_meta:
        return tensor.__reduce_ex__(2)
    data = tensor.detach()
    storage = data.untyped_storage()
    if _handover["enabled"] and data.numel() * data.element_size() < storage.nbytes():
        if not isinstance(storage._owner, SharedMemory):
            # A view of something larger, perhaps of the whole dataset: only its own elements travel.
            data = data.clone()
            storage = data.untyped_storage()
    geometry = (data.dtype, data.storage_offset(), tuple(data.size()), tuple(data.stride()))
    metadata = _utils.get_tensor_metadata(data)
    return (_rebuild_tensor, (type(tensor), _handle_of(storage), *geometry, tensor.requires_grad, metadata))


def init_reductions():
    """Registers the reducers; subclasses of Tensor use their own ``__reduce_ex__`` over shared storages."""
    ForkingPickler.register(torch.Tensor, _reduce_tensor)
    when_imported("tiny_torch.nn.parameter", lambda module: ForkingPickler.register(module.Parameter, _reduce_tensor))
    ForkingPickler.register(_C.UntypedStorage, _reduce_storage)
    ForkingPickler.register(_storage.TypedStorage, _reduce_typed_storage)
