"""Weights from a URL and models from a folder with a ``hubconf.py``; source: ``torch.hub``.

Repositories are not downloaded: `load` takes a folder, or a repository that is in the cache already.
"""

import os
import sys

__all__ = ["download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url", "set_dir"]

_CHUNK = 128 * 1024
_dir = None


def get_dir():
    """The folder of downloads: what `set_dir` set, else ``$TORCH_HOME/hub``, else ``$XDG_CACHE_HOME/torch/hub``."""
    if _dir is not None:
        return _dir
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return os.path.join(os.path.expanduser(os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))), "hub")


def set_dir(d):
    """Sets the folder of downloads."""
    global _dir
    _dir = os.path.expanduser(d)


def _show(seen, total):
    text = f"{seen} bytes" if not total else f"{100 * seen / total:.1f}%"
    sys.stderr.write(f"\r{text}")
    sys.stderr.flush()


def download_url_to_file(url, dst, hash_prefix=None, progress=True):
    """Downloads a file; `dst` appears only when all of it is there.

    Args:
        url (str): where it is.
        dst (str): where it goes.
        hash_prefix (str, optional): the first digits of the SHA-256 that it has to have.
        progress (bool): shows on stderr how far it is.

    Raises:
        RuntimeError: the hash differs, or the connection ended early.
        OSError: the URL could not be read (``urllib.error.URLError``), or `dst` not be written.
    """
    import hashlib
    import tempfile
    from urllib.request import Request, urlopen

    dst = os.path.abspath(os.path.expanduser(dst))
    handle, partial = tempfile.mkstemp(prefix=os.path.basename(dst) + ".", suffix=".partial", dir=os.path.dirname(dst))
    digest, seen = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file, urlopen(Request(url, headers={"User-Agent": "torch.hub"})) as source:
            total = int(source.headers.get("Content-Length") or 0)
            while chunk := source.read(_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                seen += len(chunk)
                if progress:
                    _show(seen, total)
        if progress:
            sys.stderr.write("\n")
        if total and seen != total:
            raise RuntimeError(f"download_url_to_file(): expected {total} bytes of {url}, got {seen}")
        if hash_prefix is not None and not digest.hexdigest().startswith(hash_prefix):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest.hexdigest()}")')
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(partial, 0o666 & ~mask)
        os.replace(partial, dst)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def load_state_dict_from_url(
    url, model_dir=None, map_location=None, progress=True, check_hash=False, file_name=None, weights_only=True
):
    """Loads what `torch.save` wrote from a URL; a file that was downloaded before is not downloaded again.

    Args:
        url (str): where it is.
        model_dir (str, optional): folder of the file, by default "checkpoints" in `get_dir`.
        map_location: as for :func:`torch.load`.
        progress (bool): shows on stderr how far it is.
        check_hash (bool): the name ends in "-" and the first digits of the SHA-256, which the file has to have.
        file_name (str, optional): another name than the URL's.
        weights_only (bool): as for :func:`torch.load`. PyTorch's default is False; with it a file can run code.

    Raises:
        RuntimeError, OSError: as `download_url_to_file` and :func:`torch.load`.
    """
    import re
    import zipfile
    from urllib.parse import urlparse

    from tiny_torch.serialization import load as load_file

    model_dir = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(model_dir, exist_ok=True)
    name = os.path.basename(urlparse(url).path) if file_name is None else file_name
    path = os.path.join(model_dir, name)
    if not os.path.exists(path):
        sys.stdout.write(f'Downloading: "{url}" to {path}\n')
        digits = re.search(r"-([a-f0-9]*)\.", name) if check_hash else None
        download_url_to_file(url, path, digits.group(1) if digits else None, progress)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            # Files of the format before zip archives were at times put into one by hand.
            if len(members) == 1 and not members[0].is_dir():
                import io

                return load_file(io.BytesIO(archive.read(members[0])), map_location, weights_only=weights_only)
    return load_file(path, map_location, weights_only=weights_only)


def _folder_of(repo, source):
    """The folder that has the hubconf.py of `repo`."""
    if source.lower() not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    if source.lower() == "local":
        return os.path.expanduser(repo)
    owner_and_name, _, ref = repo.partition(":")
    if owner_and_name.count("/") != 1:
        raise ValueError(f"torch.hub: expected a repository as owner/name or owner/name:ref, got {repo!r}")
    stem = owner_and_name.replace("/", "_")
    folders = [os.path.join(get_dir(), f"{stem}_{r.replace('/', '_')}") for r in ([ref] if ref else ["main", "master"])]
    for folder in folders:
        if os.path.isdir(folder):
            return folder
    raise RuntimeError(
        f"torch.hub: {repo} is not in {get_dir()}, and repositories are not downloaded; put a copy of it into "
        f"{folders[0]}, or into any folder and give that with source='local'"
    )


def _hubconf(folder):
    """The module hubconf of a folder, whose other modules it can import."""
    import importlib.util

    path = os.path.join(folder, "hubconf.py")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"torch.hub: there is no {path}")
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("hubconf", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    missing = [name for name in getattr(module, "dependencies", ()) if importlib.util.find_spec(name) is None]
    if missing:
        raise RuntimeError(f"Missing dependencies: {', '.join(missing)}")
    return module


def _entry(folder, name):
    if not isinstance(name, str):
        raise ValueError("Invalid input: model should be a string of function name")
    function = getattr(_hubconf(folder), name, None)
    if not callable(function):
        raise RuntimeError(f"Cannot find callable {name} in hubconf")
    return function


def list(github, force_reload=False, skip_validation=False, trust_repo="check", verbose=True, *, source="github"):
    """Names of the models of a repository; arguments as for `load`."""
    module = _hubconf(_folder_of(github, source))
    return [name for name in dir(module) if callable(getattr(module, name)) and not name.startswith("_")]


def help(github, model, force_reload=False, skip_validation=False, trust_repo="check", *, source="github"):
    """The docstring of a model; arguments as for `load`."""
    return _entry(_folder_of(github, source), model).__doc__


def load(
    repo_or_dir,
    model,
    *args,
    source="github",
    trust_repo="check",
    force_reload=False,
    verbose=True,
    skip_validation=False,
    **kwargs,
):
    """Calls a function of a ``hubconf.py``, which makes a model.

    Args:
        repo_or_dir (str): with ``source="local"`` the folder of the file, else a repository "owner/name" or
            "owner/name:ref" that lies in `get_dir` as PyTorch puts it there.
        model (str): the function.
        args, kwargs: what it is called with.
        source (str): "github" or "local".
        trust_repo, force_reload, verbose, skip_validation: PyTorch's, about downloads, without effect here.

    Raises:
        RuntimeError: a repository that is not there, a missing dependency or function.
        ValueError: another `source`.
    """
    folder = _folder_of(repo_or_dir, source)
    function = _entry(folder, model)
    # Models import their parts when they are made.
    sys.path.insert(0, folder)
    try:
        return function(*args, **kwargs)
    finally:
        sys.path.remove(folder)
