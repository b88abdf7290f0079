"""Samples of elementary functions that take more than any values."""

import torch as oracle

from .samples import Sample, pointwise, samples

SMALL = [((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 3, 1), ()), ((), ()), ((0, 3), (3,)), ((1003,), (1003,))]


@samples("asin", "acos", "atanh", "arcsin", "arccos", "arctanh", "acosh", "arccosh")
def inverse(op, make):
    low, high = (1.1, 30) if op.name.endswith("cosh") else (-0.95, 0.95)
    for shapes in SMALL:
        yield Sample(make(*shapes[0], low=low, high=high) if make.floating else make(*shapes[0]))
    yield Sample(make(300), smooth=False)
    if make.floating:
        yield Sample(make.special(), grad=False)


@samples("hypot", dtypes=["float32", "float64", "bfloat16", "float16"])
def of_floats(op, make):
    yield from pointwise(op, make)


@samples("logaddexp", "logaddexp2", dtypes=["float32", "float64", "bfloat16", "float16"])
def of_logarithms(op, make):
    # Positive: where the result is near zero, the last bits of the logarithm are all there is.
    for shapes in SMALL:
        yield Sample(*[make(*shape, low=0.1) for shape in shapes])
    special = make.special()
    special[special == -1] = -3
    yield Sample(special[:, None].expand(13, 13).reshape(-1), special.repeat(13), grad=False)
    yield Sample(make(3, 4, low=0.1), make(4, low=0.1, dtype=oracle.float64), layouts=False)


@samples("copysign.Tensor")
def copysign(op, make):
    for shapes in SMALL:
        yield Sample(make(*shapes[0]), make(*shapes[1]))
    yield Sample(make(3, 4), -2)
    if make.floating:
        special = make.special()
        yield Sample(special[:, None].expand(13, 13).reshape(-1), special.repeat(13), grad=False)


@samples("xlogy.Tensor")
def xlogy(op, make):
    for shapes in SMALL:
        yield Sample(make(*shapes[0]), make(*shapes[1], low=0.1))
    yield Sample(make(3, 4).round() if make.floating else make(3, 4), make(3, 4), smooth=False)
    yield Sample(make(3, 4), 2.5)
    if make.floating:
        special = make.special()
        yield Sample(special[:, None].expand(13, 13).reshape(-1), special.repeat(13), grad=False)


@samples("deg2rad", "rad2deg")
def degrees(op, make):
    for shape in [(3, 4), (), (0,)]:
        yield Sample(make(*shape, low=-300, high=300))


@samples("heaviside")
def heaviside(op, make):
    yield Sample(make(3, 4), make(4), grad=False)
    yield Sample(oracle.zeros(3, 4).to(make.dtype), make(3, 4), grad=False)


@samples("gcd", "lcm", dtypes=["int64", "int32", "uint8"])
def divisors(op, make):
    yield Sample(make(3, 4, low=-20, high=20), make(4, low=-20, high=20))
    yield Sample(make(3, low=0, high=20), oracle.zeros(3).to(make.dtype))


@samples("bitwise_left_shift.Tensor", "bitwise_right_shift.Tensor", dtypes=["int64", "int32", "uint8"])
def shifts(op, make):
    yield Sample(make(3, 4, low=-20, high=20), make(4, low=0, high=6))
    yield Sample(make(3, 4, low=-20, high=20), 2)


@samples("ldexp.Tensor", dtypes=["float32", "float64", "bfloat16", "int64"])
def ldexp(op, make):
    yield Sample(make(3, 4), make(4, low=0, dtype=oracle.int64), inplace=make.floating)
    yield Sample(make(3, 4), make(4, dtype=oracle.int64), inplace=make.floating, grad=False)
    if make.floating:
        yield Sample(make(3, 4), make(4))


@samples("float_power.Tensor_Tensor")
def float_power(op, make):
    yield Sample(make(3, 4, low=0.1), make(4))


@samples("float_power.Scalar")
def float_power_of_number(op, make):
    yield Sample(2, make(3, 4), layouts=False)


@samples("float_power.Tensor_Scalar")
def float_power_number(op, make):
    yield Sample(make(3, 4, low=0.1), 2)


@samples("round.decimals", dtypes=["float32", "float64", "bfloat16"])
def round_decimals(op, make):
    for decimals in [0, 2, -1]:
        yield Sample(make(3, 4, low=-30, high=30), decimals=decimals, smooth=False)


@samples("isreal")
def isreal(op, make):
    yield Sample(make(3, 4), grad=False)


@samples("xlogy.Scalar_Self")
def xlogy_of_number(op, make):
    yield Sample(2, make(3, 4, low=0.1))


@samples("bitwise_left_shift.Scalar_Tensor", "bitwise_right_shift.Scalar_Tensor", dtypes=["int64", "int32", "uint8"])
def shifts_of_number(op, make):
    yield Sample(20, make(3, 4, low=0, high=4))
