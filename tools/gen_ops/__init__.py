"""Generates everything that follows from the op lists, csrc/aten/ops/*.yaml, into build/generated/.

One module per kind of output; `model.py` reads the lists and is the only one that knows their format.
"""
