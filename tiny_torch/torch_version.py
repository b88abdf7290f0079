"""Version texts that compare by number; source: ``torch.torch_version``."""

import re

__all__ = ["TorchVersion"]


def _key(version):
    """Sort key: the release number, whether it is final, and the local part behind '+'."""
    if isinstance(version, (tuple, list)):
        version = ".".join(map(str, version))
    public, _, local = str(version).partition("+")
    match = re.match(r"\d+(\.\d+)*", public)
    if match is None:
        raise ValueError(f"invalid version: {version!r}")
    release = [int(part) for part in match.group().split(".")]
    while release and release[-1] == 0:
        release.pop()
    suffix = public[match.end() :]
    # 'a0', '.dev1' and 'rc1' come before the release itself, '.post1' after it.
    stage = 0 if not suffix else 1 if suffix.startswith(".post") else -1
    return release, stage, suffix, local


class TorchVersion(str):
    """A version text that can be compared with texts and tuples of numbers: ``__version__ >= (2, 1)``."""

    def _compare(self, other, operation):
        try:
            key = _key(other)
        except ValueError:
            return getattr(str, operation)(self, other)
        return getattr(tuple, operation)(_key(self), key)

    def __lt__(self, other):
        return self._compare(other, "__lt__")

    def __le__(self, other):
        return self._compare(other, "__le__")

    def __gt__(self, other):
        return self._compare(other, "__gt__")

    def __ge__(self, other):
        return self._compare(other, "__ge__")

    def __eq__(self, other):
        return self._compare(other, "__eq__")

    def __ne__(self, other):
        return not self._compare(other, "__eq__")

    __hash__ = str.__hash__
