"""Samples of complex tensors made of real ones, and taken apart."""

import torch as oracle

from .samples import Sample, samples

SHAPES = [(3, 4), (), (0,), (2, 3, 4)]


@samples("complex", "polar", dtypes=["float32", "float64"])
def parts(op, make):
    for shape in SHAPES:
        yield Sample(make(*shape), make(*shape))
    yield Sample(make(3, 1), make(4))
    yield Sample(make(2, 3), make())
    if op.name == "polar":
        yield Sample(oracle.zeros(3, dtype=make.dtype), make(3))


@samples("view_as_real", "imag", "real", "conj_physical", dtypes=["complex64", "complex128", "float32", "int64"])
def taken_apart(op, make):
    for shape in SHAPES:
        yield Sample(make(*shape))


@samples("view_as_complex", "view_as_complex_copy", dtypes=["float32", "float64"])
def view_as_complex(op, make):
    for shape in [(3, 2), (2,), (0, 2), (2, 3, 4, 2)]:
        yield Sample(make(*shape), layouts=False)
    yield Sample(make(4, 3, 2).transpose(0, 1), layouts=False)
    yield Sample(make(4, 6)[:, 2:4], layouts=False)


@samples(
    "angle", dtypes=["float32", "float64", "bfloat16", "float16", "int64", "uint8", "bool", "complex64", "complex128"]
)
def angle(op, make):
    for shape in SHAPES:
        yield Sample(make(*shape))
    if make.floating:
        yield Sample(make.special(), grad=False)


@samples("conj_physical_", dtypes=["complex64", "complex128", "float32", "int64"])
def conjugated(op, make):
    for shape in SHAPES:
        yield Sample(make(*shape))
