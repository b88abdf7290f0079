"""Blocks of memory that processes share: files in memory, mapped by each of them.

Note [Lifetime of shared blocks]
A block is a file under a name that its `SharedMemory` object owns and removes when it dies; the memory itself lives
until the last mapping is gone. To send a block, its sender makes a second name (a hard link), a ticket, which the
receiver opens and then owns. So no count has to be kept between processes. What is left over when processes are
killed is removed by name: all names start with the root process of the program and the process that made them.
"""

import errno
import glob
import itertools
import mmap
import os
import sys
import tempfile
from multiprocessing import process, util

_PREFIX = "tiny_torch"
_counter = itertools.count()
_state = {"root": None}


def _directory():
    return "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()


def _namespace():
    """Process numbers mean something only inside of their namespace."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return "0"


def _root_pid():
    """The process that started the whole program: it cleans up when it ends."""
    if _state["root"] is None:
        config = process.current_process()._config
        is_root = "tiny_torch_root" not in config
        _state["root"] = config.setdefault("tiny_torch_root", os.getpid())
        if is_root:
            _remove_orphans()
            # Runs after multiprocessing has ended its children.
            util.Finalize(None, _remove, args=(f"{_namespace()}-{os.getpid()}-*",), exitpriority=-100)
    return _state["root"]


def _remove(pattern):
    for path in glob.glob(os.path.join(_directory(), f"{_PREFIX}-{pattern}")):
        _unlink(path)


def _unlink(path):
    try:
        os.unlink(path)
    except OSError:
        pass


def _remove_orphans():
    for path in glob.glob(os.path.join(_directory(), f"{_PREFIX}-{_namespace()}-*")):
        try:
            os.kill(int(os.path.basename(path).split("-")[2]), 0)
        except ProcessLookupError:
            _unlink(path)
        except (OSError, ValueError, IndexError):
            pass


def discard_names_of(pid):
    """Removes the names that a process which has ended left behind."""
    _remove(f"{_namespace()}-{_root_pid()}-{pid}-*")


def _new_path():
    name = f"{_PREFIX}-{_namespace()}-{_root_pid()}-{os.getpid()}-{next(_counter)}-{os.urandom(4).hex()}"
    return os.path.join(_directory(), name)


def _with_files(function, *args, **kwargs):
    """Calls a function that opens a file; where the process may not open more, its soft limit is raised first."""
    try:
        return function(*args, **kwargs)
    except OSError as error:
        if error.errno != errno.EMFILE or not _raise_file_limit():
            raise
        return function(*args, **kwargs)


def _open(path, flags):
    return _with_files(os.open, path, flags, 0o600)


def _raise_file_limit():
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return True


def _map_arguments():
    # From 3.13 on a mapping needs no file descriptor of its own.
    return {"trackfd": False} if sys.version_info >= (3, 13) else {}


class SharedMemory(mmap.mmap):
    """A mapped block with a name; see Note [Lifetime of shared blocks]. Made by :meth:`create` and :meth:`open`."""

    path = None
    _owner_pid = None

    @classmethod
    def create(cls, nbytes):
        """A new block of `nbytes` > 0 zero bytes.

        Raises:
            RuntimeError: there is not enough shared memory.
        """
        path = _new_path()
        descriptor = _open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            # Reserved now: running out while writing would kill the process with SIGBUS.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, nbytes)
            else:
                os.ftruncate(descriptor, nbytes)
            return cls._map(descriptor, nbytes, path)
        except OSError as error:
            _unlink(path)
            raise RuntimeError(
                f"unable to allocate {nbytes} bytes of shared memory in {_directory()}: {error.strerror}; it may be "
                "full, or too small for the number of workers and the size of their batches"
            ) from None
        finally:
            os.close(descriptor)

    @classmethod
    def open(cls, path, nbytes, keep_name=True):
        """Maps the block behind a ticket, which is used up; without `keep_name` the block cannot be sent on."""
        try:
            descriptor = _open(path, os.O_RDWR)
        except FileNotFoundError:
            raise RuntimeError(
                f"shared memory block {os.path.basename(path)} is gone: the process that sent it, or the loader it "
                "belonged to, has been shut down"
            ) from None
        try:
            if os.fstat(descriptor).st_size < nbytes:
                raise RuntimeError(f"shared memory block {os.path.basename(path)} has less than {nbytes} bytes")
            return cls._map(descriptor, nbytes, path if keep_name else None)
        finally:
            os.close(descriptor)
            if not keep_name:
                _unlink(path)

    @classmethod
    def _map(cls, descriptor, nbytes, path):
        block = _with_files(cls, descriptor, nbytes, **_map_arguments())
        block.path = path
        block._owner_pid = os.getpid()
        return block

    def make_ticket(self):
        """A name for one receiver; None if the block has no name any more."""
        if self.path is None:
            return None
        ticket = _new_path()
        try:
            os.link(self.path, ticket)
        except FileNotFoundError:
            return None
        return ticket

    def give_name(self):
        """Hands the block's own name over to one receiver; None if it is not this process's to give."""
        if self._owner_pid != os.getpid():
            return self.make_ticket()
        path, self.path = self.path, None
        return path

    def __del__(self):
        if self.path is not None and self._owner_pid == os.getpid():
            _unlink(self.path)
