"""Tensors between processes: shared memory in both directions, and nothing left behind."""

import glob
import os
import pickle
from multiprocessing.reduction import ForkingPickler

import pytest

import tiny_torch
from tiny_torch import multiprocessing
from tiny_torch.multiprocessing.shared_memory import SharedMemory

START_METHODS = ["fork", "spawn"]


def names():
    return set(glob.glob("/dev/shm/tiny_torch-*"))


def through_a_message(value):
    return pickle.loads(ForkingPickler.dumps(value))


def add_one(inbox, outbox):
    tensors = inbox.get()
    for tensor in tensors:
        tensor.add_(1)
    outbox.put("done")
    inbox.get()


@pytest.mark.parametrize("method", START_METHODS)
def test_changes_are_seen_by_the_sender(method):
    before = names()
    context = multiprocessing.get_context(method)
    inbox, outbox = context.Queue(), context.Queue()
    base = tiny_torch.zeros(6)
    tensors = [base, base[2:4], tiny_torch.zeros(3, dtype=tiny_torch.bfloat16)]
    process = context.Process(target=add_one, args=(inbox, outbox), daemon=True)
    process.start()
    inbox.put(tensors)
    assert outbox.get(timeout=60) == "done"
    assert base.tolist() == [1, 1, 2, 2, 1, 1]
    assert tensors[2].tolist() == [1, 1, 1]
    assert base.is_shared()
    inbox.put(None)
    process.join()
    del base, tensors
    assert names() <= before


def test_what_travels():
    view = tiny_torch.arange(12.0).reshape(3, 4)[1:, ::2]
    got = through_a_message(view)
    assert (got.tolist(), got.stride(), got.storage_offset()) == (view.tolist(), view.stride(), view.storage_offset())
    leaf = through_a_message(tiny_torch.ones(2, requires_grad=True))
    assert leaf.requires_grad and leaf.is_leaf
    parameter = through_a_message(tiny_torch.nn.Parameter(tiny_torch.ones(2), requires_grad=False))
    assert type(parameter) is tiny_torch.nn.Parameter and not parameter.requires_grad
    assert through_a_message(tiny_torch.ones(0, 3)).shape == (0, 3)
    assert through_a_message(tiny_torch.ones(2, device="meta")).is_meta
    assert through_a_message(tiny_torch.tensor([1j]).conj()).tolist() == [-1j]
    storage = tiny_torch.arange(3, dtype=tiny_torch.uint8).untyped_storage()
    assert through_a_message(storage).tolist() == [0, 1, 2]
    a, b = through_a_message([view, view.t()])
    assert a.untyped_storage()._cdata == b.untyped_storage()._cdata
    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor"):
        through_a_message(tiny_torch.ones(2, requires_grad=True) * 2)


def test_share_memory_keeps_views_together():
    base = tiny_torch.zeros(4)
    view = base[1:]
    assert not base.is_shared()
    assert base.share_memory_() is base
    assert base.is_shared() and view.is_shared()
    base.fill_(3)
    assert view.tolist() == [3, 3, 3]
    module = tiny_torch.nn.Linear(2, 2).share_memory()
    assert all(p.is_shared() for p in module.parameters())


def test_blocks():
    before = names()
    block = SharedMemory.create(100)
    block[:3] = b"abc"
    ticket = block.make_ticket()
    other = SharedMemory.open(ticket, 100)
    assert other[:3] == b"abc"
    del block
    again = SharedMemory.open(other.make_ticket(), 100, keep_name=False)
    other[:1] = b"x"
    assert again[:3] == b"xbc" and again.make_ticket() is None
    with pytest.raises(RuntimeError, match="is gone"):
        SharedMemory.open(ticket + "0", 100)
    with pytest.raises(RuntimeError, match="less than"):
        SharedMemory.open(other.make_ticket(), 1 << 20, keep_name=False)
    del other, again
    assert names() <= before


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs a file system that can be full")
def test_too_little_shared_memory_is_an_error():
    with pytest.raises(RuntimeError, match="unable to allocate .* shared memory"):
        SharedMemory.create(1 << 50)


def fail_or_exit(index, how):
    if how == "raise" and index == 1:
        raise ValueError("broken")
    if how == "exit" and index == 0:
        os._exit(7)


def test_spawn_reports_the_first_failure():
    multiprocessing.start_processes(fail_or_exit, args=("nothing",), nprocs=2, start_method="fork")
    with pytest.raises(multiprocessing.ProcessRaisedException, match="(?s)Process 1 terminated.*ValueError: broken"):
        multiprocessing.start_processes(fail_or_exit, args=("raise",), nprocs=2, start_method="fork")
    with pytest.raises(multiprocessing.ProcessExitedException, match="process 0 terminated with exit code 7"):
        multiprocessing.start_processes(fail_or_exit, args=("exit",), nprocs=2, start_method="fork")
