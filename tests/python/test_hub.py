"""torch.hub: weights from URLs (of files here), models from folders with a hubconf.py."""

import hashlib
import os
import zipfile

import pytest

import tiny_torch as torch
from tiny_torch import hub


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "_dir", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_where_downloads_go(monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert hub.get_dir() == str(tmp_path / "hub")
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert hub.get_dir() == str(tmp_path / "cache" / "torch" / "hub")
    hub.set_dir("~/weights")
    assert hub.get_dir() == os.path.expanduser("~/weights")


def test_weights_from_a_url(tmp_path, folder, capsys):
    source = tmp_path / "weights.pt"
    torch.save({"w": torch.ones(2)}, source)
    for _ in range(2):
        assert torch.hub.load_state_dict_from_url(source.as_uri(), progress=False)["w"].tolist() == [1, 1]
    assert capsys.readouterr().out.count("Downloading") == 1
    assert os.listdir(folder / "checkpoints") == ["weights.pt"]
    source.unlink()
    assert torch.utils.model_zoo.load_url(source.as_uri())["w"].tolist() == [1, 1]


def test_weights_in_a_zip_of_one_file(tmp_path):
    torch.save(torch.ones(3), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(tmp_path / "old.pth", "w") as archive:
        archive.write(tmp_path / "old.pt", "old.pt")
    assert hub.load_state_dict_from_url((tmp_path / "old.pth").as_uri(), progress=False).tolist() == [1, 1, 1]


def test_hashes(tmp_path, folder):
    data = tmp_path / "data"
    torch.save(torch.ones(1), data)
    digits = hashlib.sha256(data.read_bytes()).hexdigest()[:8]
    right, wrong = tmp_path / f"net-{digits}.pth", tmp_path / "net-00000000.pth"
    right.write_bytes(data.read_bytes()), wrong.write_bytes(data.read_bytes())
    assert hub.load_state_dict_from_url(right.as_uri(), check_hash=True, progress=False).item() == 1
    with pytest.raises(RuntimeError, match="invalid hash value"):
        hub.load_state_dict_from_url(wrong.as_uri(), check_hash=True, progress=False)
    assert os.listdir(folder / "checkpoints") == [right.name]


def test_what_is_not_there_leaves_nothing(tmp_path, folder, capsys):
    with pytest.raises(OSError):
        hub.load_state_dict_from_url((tmp_path / "nothing.pt").as_uri())
    assert os.listdir(folder / "checkpoints") == []
    (tmp_path / "file").write_bytes(b"x" * 10)
    hub.download_url_to_file((tmp_path / "file").as_uri(), str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"x" * 10 and "100.0%" in capsys.readouterr().err


HUBCONF = '''
dependencies = ["json"]
from parts import width
import tiny_torch as torch

def net(scale=1, *, bias=True):
    """A small network."""
    from parts import width
    return torch.nn.Linear(width, scale, bias=bias)

def _hidden():
    pass
'''


def test_models_from_a_folder(tmp_path, folder):
    for place in (tmp_path / "repo", folder / "owner_name_main", folder / "owner_name_v1_0"):
        place.mkdir(parents=True)
        (place / "hubconf.py").write_text(HUBCONF)
        (place / "parts.py").write_text("width = 3\n")
    assert hub.list(str(tmp_path / "repo"), source="local") == ["net"]
    assert hub.help(str(tmp_path / "repo"), "net", source="local") == "A small network."
    assert hub.load(str(tmp_path / "repo"), "net", 2, source="local", bias=False).weight.shape == (2, 3)
    assert hub.load("owner/name", "net").weight.shape == (1, 3)
    assert hub.load("owner/name:v1/0", "net", scale=4).weight.shape == (4, 3)
    with pytest.raises(RuntimeError, match="Cannot find callable other"):
        hub.load(str(tmp_path / "repo"), "other", source="local")
    with pytest.raises(RuntimeError, match="source='local'"):
        hub.load("owner/unknown", "net")
    with pytest.raises(ValueError, match="Unknown source"):
        hub.load("owner/name", "net", source="else")
    with pytest.raises(FileNotFoundError):
        hub.load(str(tmp_path), "net", source="local")
    (tmp_path / "repo" / "hubconf.py").write_text('dependencies = ["there_is_no_such_module"]\n')
    with pytest.raises(RuntimeError, match="Missing dependencies: there_is_no_such_module"):
        hub.load(str(tmp_path / "repo"), "net", source="local")
