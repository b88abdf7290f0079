"""The layer check accepts the repository and reports each kind of forbidden include."""

import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
LAYERS = """
csrc/low:
csrc/high:    low
csrc/high/leaf.h:
include/torch:   high
!dnnl.hpp:  csrc/high
"""


def load():
    spec = importlib.util.spec_from_file_location("check_layers", ROOT / "tools" / "check_layers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "LAYERS").write_text(LAYERS)
    for name in ("csrc/low/a.h", "csrc/high/b.h", "csrc/high/leaf.h", "include/torch/torch.h"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("#pragma once\n")
    return tmp_path


@pytest.mark.parametrize(
    "name, line, message",
    [
        ("csrc/high/x.cpp", '#include "low/a.h"', None),
        ("csrc/low/x.cpp", '#include "low/a.h"', None),
        ("include/torch/x.h", "#include <high/b.h>", None),
        ("csrc/high/x.cpp", "#include <dnnl.hpp>", None),
        ("csrc/low/x.cpp", '#include "high/b.h"', "csrc/low may not include high/b.h"),
        ("include/torch/x.h", "#include <low/a.h>", "include/torch may not include low/a.h"),
        ("csrc/high/leaf.h", '#include "low/a.h"', "csrc/high/leaf.h may not include low/a.h"),
        ("csrc/low/x.cpp", '#  include "generated/ops/f.h"', "csrc/low may not include generated/ops/f.h"),
        ("csrc/low/x.cpp", "#include <dnnl.hpp>", "dnnl.hpp may be included in csrc/high only"),
        ("csrc/low/x.cpp", '#include "a.h"', "not a full path"),
        ("csrc/low/x.cpp", '#include "low/none.h"', "names no file"),
        ("csrc/other/x.cpp", '#include "low/a.h"', "no line of LAYERS covers"),
    ],
)
def test_one_include(tree, name, line, message):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"// first line\n{line}\n")
    messages, count = load().check(tree)
    assert count >= 4
    if message is None:
        assert messages == []
    else:
        assert len(messages) == 1
        assert messages[0].startswith(f"{name}:2: ")
        assert message in messages[0]


def test_repository_keeps_its_layers():
    messages, count = load().check(ROOT)
    assert count > 20
    assert messages == []
