"""Differences from PyTorch that are known and not mended yet: known_failures.txt gives each one's test and reason.

A listed test has to fail; once it is mended it fails as "XPASS(strict)" until its line is deleted.
"""

import pathlib

import pytest

LIST = pathlib.Path(__file__).with_name("known_failures.txt")


def known_failures():
    """Node ids, relative to tests/python, with their reasons."""
    reasons = {}
    for line in LIST.read_text().splitlines():
        node, bar, reason = line.partition(" | ")
        if line and not line.startswith("#"):
            assert bar and reason, f"{LIST.name}: a line needs ' | ' and a reason: {line}"
            reasons[node] = reason
    return reasons


def pytest_collection_modifyitems(config, items):
    """Marks the listed tests."""
    reasons = known_failures()
    for item in items:
        node = item.nodeid.removeprefix("tests/python/")
        if node in reasons:
            item.add_marker(pytest.mark.xfail(reason=reasons[node], strict=True))
