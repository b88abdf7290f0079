"""Samples of pointwise ops whose arguments the generic generator cannot guess."""

import torch as oracle

from .samples import Sample, pointwise, samples

# Pointwise by nature, under whichever kind the list files these overloads.
SCALARS = ["add", "sub", "rsub", "mul", "multiply", "div", "divide", "true_divide", "eq", "ne", "lt", "le", "gt", "ge"]
COMPARED = ["not_equal", "less", "less_equal", "greater", "greater_equal"]
SCALARS += COMPARED
SAME = [
    "absolute",
    "negative",
    "subtract.Tensor",
    "multiply.Tensor",
    "square",
    "max.other",
    "min.other",
    "rsub.Tensor",
    "fix",
]
SAME += [f"{name}.Tensor" for name in COMPARED] + [
    "bitwise_not",
    "arctan",
    "arcsinh",
    "arctan2",
    "log_sigmoid",
]
samples(*[f"{name}.Scalar" for name in SCALARS], *SAME)(pointwise)


@samples("pow.Tensor_Tensor")
def pow_tensors(op, make):
    low = 0.3 if make.floating else 0
    for a, b in [((3, 4), (3, 4)), ((3, 1), (4,)), ((), (3,)), ((2, 3), ()), ((0, 3), (3,)), ((40003,), (40003,))]:
        yield Sample(make(*a, low=low), make(*b, low=0, high=4))
    if make.floating:
        x, y = oracle.meshgrid(make.special(), make.special(), indexing="ij")
        yield Sample(x, y, grad=False)
        yield Sample(oracle.tensor([-2.0, -1.5, 0.0, 3.0]).to(make.dtype), oracle.tensor([2, 3, 0, -1]))


@samples("pow.Tensor_Scalar")
def pow_scalar(op, make):
    for exponent in [0, 1, 2, 3] + ([-1, -2, 0.5, -0.5, 1.7, 4.0] if make.floating else [0.5, 2.0]):
        for shape in [(3, 4), (), (0,), (1000,)]:
            yield Sample(make(*shape, low=0.3 if make.floating else -3), exponent)
    if make.floating:
        for exponent in [0, 2, 3, -1, 0.5]:
            yield Sample(make.special(), exponent, grad=False)


@samples("pow.Scalar")
def pow_of_scalar(op, make):
    for base in [2, 0, 1] + ([0.5, 2.5] if make.floating else []):
        for shape in [(3, 4), (), (0,)]:
            yield Sample(base, make(*shape, low=0), inplace=False, layouts=False)


@samples("clamp", "clip")
def clamp(op, make):
    for shape in [(3, 4), (), (0,), (2, 3, 4), (40003,)]:
        yield Sample(make(*shape), -1, 2)
        yield Sample(make(*shape), min=1)
        yield Sample(make(*shape), max=1)
        yield Sample(make(*shape), 2, -1)
    if make.floating:
        yield Sample(make(3, 4), -0.5, 1.25)
        yield Sample(make.special(), -0.5, 1.5)


@samples("clamp.Tensor", "clip.Tensor")
def clamp_tensor(op, make):
    for a, b, c in [((3, 4), (3, 4), (3, 4)), ((3, 4), (4,), (3, 1)), ((3, 4), (), ()), ((0, 2), (2,), (2,))]:
        yield Sample(make(*a), make(*b), make(*c))
        yield Sample(make(*a), min=make(*b))
        yield Sample(make(*a), max=make(*c))


@samples("clamp_min", "clamp_max")
def clamp_one(op, make):
    for shape in [(3, 4), (), (0,)]:
        yield Sample(make(*shape), 1)


@samples("clamp_min.Tensor", "clamp_max.Tensor")
def clamp_one_tensor(op, make):
    for a, b in [((3, 4), (3, 4)), ((3, 4), (4,)), ((0,), ())]:
        yield Sample(make(*a), make(*b))


@samples("where.self")
def where(op, make):
    for a, b, c in [
        ((3, 4), (3, 4), (3, 4)),
        ((3, 1), (4,), ()),
        ((), (), ()),
        ((0, 3), (3,), (1, 3)),
        ((70, 600), (600,), (70, 1)),
    ]:
        yield Sample(make.mask(*a), make(*b), make(*c))
    yield Sample(make.mask(3), make(3), make(3, dtype=oracle.float64))
    yield Sample(make.mask(3), make(3), make(3, dtype=oracle.int64))


@samples("where.ScalarSelf")
def where_scalar_self(op, make):
    yield Sample(make.mask(3, 4), 2, make(3, 4))
    yield Sample(make.mask(3, 4), 2.5, make(4))


@samples("where.ScalarOther")
def where_scalar_other(op, make):
    yield Sample(make.mask(3, 4), make(3, 4), 2)
    yield Sample(make.mask(3, 4), make(4), 2.5)


@samples("where.Scalar", dtypes=["float32"])
def where_scalars(op, make):
    yield Sample(make.mask(3, 4), 1, 2)
    yield Sample(make.mask(3, 4), 1.5, 2)


@samples("where")
def where_only(op, make):
    for shape in [(3, 4), (0,), (2, 3, 4)]:
        yield Sample(make(*shape), meta=False, grad=False)


@samples("masked_fill.Scalar")
def masked_fill_scalar(op, make):
    for a, b in [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), ()), ((0, 2), (2,)), ((), ()), ((300, 203), (300, 1))]:
        yield Sample(make(*a), make.mask(*b), 1)
    yield Sample(make(4), make.mask(3, 4), 1, inplace=False)


@samples("masked_fill.Tensor")
def masked_fill_tensor(op, make):
    for a, b in [((3, 4), (3, 4)), ((3, 4), (4,)), ((), ())]:
        yield Sample(make(*a), make.mask(*b), make())


@samples("div.Tensor_mode", "div.Scalar_mode", "divide.Tensor_mode", "divide.Scalar_mode")
def div_mode(op, make):
    scalar = op.overload.startswith("Scalar")
    for mode in ["floor", "trunc", None]:
        for shape in [(3, 4), (), (0,), (1001,)]:
            divisor = 2 if scalar else make(*shape, low=1, high=4)
            yield Sample(make(*shape, low=-9, high=9), divisor, rounding_mode=mode)
        if not scalar:
            yield Sample(make(3, 1, low=-9, high=9), make(4, low=1, high=4), rounding_mode=mode)
            if make.floating:
                x, y = oracle.meshgrid(make.special(), make.special(), indexing="ij")
                yield Sample(x.reshape(-1), y.reshape(-1), rounding_mode=mode, grad=False)


@samples("div.Tensor", "divide.Tensor", "true_divide.Tensor")
def div(op, make):
    for sample in pointwise(op, make):
        divisor = sample.args[1]
        if divisor.dtype.is_floating_point and divisor.isfinite().all():
            sample.args = (sample.args[0], oracle.where(divisor.abs() < 0.2, divisor + 1, divisor))
        yield sample


@samples("gelu")
def gelu(op, make):
    for approximate in ["none", "tanh"]:
        for shape in [(3, 4), (), (0,), (40003,)]:
            yield Sample(make(*shape), approximate=approximate)
        if make.floating:
            yield Sample(make.special()[:8], approximate=approximate, grad=False)


@samples("addcmul", "addcdiv")
def addc(op, make):
    for a, b, c in [((3, 4), (3, 4), (3, 4)), ((3, 4), (4,), (3, 1)), ((), (), ())]:
        yield Sample(make(*a), make(*b), make(*c, low=1))
        yield Sample(make(*a), make(*b), make(*c, low=1), value=2)


@samples("lerp.Scalar", "lerp.Tensor")
def lerp(op, make):
    weight = make(3, 4, low=0, high=1) if op.overload == "Tensor" else 0.3
    yield Sample(make(3, 4), make(3, 4), weight)
    yield Sample(make(3, 4), make(4), weight)


@samples("threshold")
def threshold(op, make):
    yield Sample(make(3, 4), 1, 2)


@samples("leaky_relu", "elu", "softplus", "hardtanh")
def activation(op, make):
    for shape in [(3, 4), (), (0,)]:
        yield Sample(make(*shape))


@samples("nan_to_num")
def nan_to_num(op, make):
    yield Sample(make.special() if make.floating else make(4), smooth=False)
    yield Sample(make.special() if make.floating else make(4), 1.0, 2.0, -2.0, smooth=False)
    yield Sample(make(3, 4))


@samples("floor_divide", "floor_divide.Scalar", "remainder.Tensor", "remainder.Scalar", "fmod.Tensor", "fmod.Scalar")
def whole_division(op, make):
    for shape in [(3, 4), (), (0,), (1001,)]:
        divisor = 2 if op.overload == "Scalar" else make(*shape, low=1, high=4)
        yield Sample(make(*shape, low=-9, high=9), divisor, grad=False)


@samples("remainder.Scalar_Tensor")
def remainder_of_scalar(op, make):
    for shape in [(3, 4), (), (0,)]:
        yield Sample(7, make(*shape, low=1, high=4), grad=False, inplace=False, layouts=False)


@samples("bitwise_and.Tensor", "bitwise_or.Tensor", "bitwise_xor.Tensor")
def bitwise(op, make):
    for a, b in [((3, 4), (3, 4)), ((3, 1), (4,)), ((), (3,)), ((0, 3), (3,)), ((40003,), (40003,))]:
        yield Sample(make(*a), make(*b))


@samples("bitwise_and.Scalar_Tensor", "bitwise_or.Scalar_Tensor", "bitwise_xor.Scalar_Tensor")
def bitwise_of_scalar(op, make):
    yield Sample(3, make(3, 4), inplace=False, layouts=False)
    yield Sample(True, make(3), inplace=False, layouts=False)


@samples("bitwise_and.Scalar", "bitwise_or.Scalar", "bitwise_xor.Scalar")
def bitwise_scalar(op, make):
    yield Sample(make(3, 4), 3)
    yield Sample(make(3, 4), True)
