"""oneDNN, formerly MKL-DNN: matrix products and convolutions."""

import pathlib

import tiny_torch

enabled = True
deterministic = False
allow_tf32 = True


def is_available():
    """Whether this build uses oneDNN."""
    return any((pathlib.Path(tiny_torch.__file__).parent / "lib").glob("libdnnl*"))
