"""Samples of views, copies, joining and splitting."""

import torch as oracle

from .samples import Sample, samples


@samples("view", "reshape", "_unsafe_view", "_reshape_alias")
def view(op, make):
    for shape, to in [
        ((3, 4), (12,)),
        ((3, 4), (2, 6)),
        ((3, 4), (-1, 2)),
        ((2, 3, 4), (6, 4)),
        ((), (1,)),
        ((1,), ()),
        ((0, 3), (3, 0)),
        ((0, 3), (0,)),
        ((4,), (1, 4, 1)),
        ((2, 3, 4), (2, 1, 12)),
    ]:
        yield Sample(make(*shape), list(to), layouts=op.name == "reshape")
    if op.name == "reshape":
        yield Sample(make(3, 4).t(), [12])
        yield Sample(make(3, 4).t(), [2, 2, 3])
    yield Sample(make(4, 6).as_strided((2, 3), (12, 2)), [2, 3, 1])


@samples("view.dtype", dtypes=["float32", "float64", "int64", "int32", "uint8"])
def view_dtype(op, make):
    for dtype in [oracle.int32, oracle.float64, oracle.uint8, oracle.int16, make.dtype]:
        yield Sample(make(3, 8), dtype, grad=False)


@samples("alias")
def alias(op, make):
    for shape in [(3, 4), (), (0,), (2, 3, 4)]:
        yield Sample(make(*shape))


@samples("permute")
def permute(op, make):
    for shape, dims in [
        ((2, 3, 4), (2, 0, 1)),
        ((2, 3, 4), (-1, 1, 0)),
        ((), ()),
        ((3,), (0,)),
        ((0, 2), (1, 0)),
        ((2, 3, 4, 5), (0, 3, 1, 2)),
    ]:
        yield Sample(make(*shape), list(dims))


@samples("transpose.int", "swapaxes", "swapdims")
def transpose(op, make):
    for shape, a, b in [((3, 4), 0, 1), ((2, 3, 4), 0, -1), ((2, 3, 4), 1, 1), ((), 0, -1), ((0, 2), 0, 1)]:
        yield Sample(make(*shape), a, b)


@samples("t")
def t(op, make):
    for shape in [(3, 4), (3,), (), (0, 2)]:
        yield Sample(make(*shape))


@samples("expand")
def expand(op, make):
    for shape, to in [
        ((3, 1), (3, 4)),
        ((4,), (3, 4)),
        ((), (2, 2)),
        ((1, 4), (-1, 4)),
        ((3, 1), (2, -1, 5)),
        ((1,), (0,)),
        ((0, 1), (0, 3)),
    ]:
        yield Sample(make(*shape), list(to))


@samples("broadcast_to")
def broadcast_to(op, make):
    yield Sample(make(3, 1), [3, 4])


@samples("squeeze")
def squeeze(op, make):
    for shape in [(1, 3, 1), (3, 4), (), (1,), (1, 0)]:
        yield Sample(make(*shape))


@samples("squeeze.dim")
def squeeze_dim(op, make):
    for shape, dim in [((1, 3, 1), 0), ((1, 3, 1), -1), ((1, 3, 1), 1), ((), 0), ((1,), 0)]:
        yield Sample(make(*shape), dim)


@samples("squeeze.dims")
def squeeze_dims(op, make):
    for shape, dim in [((1, 3, 1), [0, 2]), ((1, 3, 1), [-1]), ((1, 3, 1), [])]:
        yield Sample(make(*shape), dim)


@samples("unsqueeze")
def unsqueeze(op, make):
    for shape, dim in [((3, 4), 0), ((3, 4), 1), ((3, 4), 2), ((3, 4), -1), ((3, 4), -3), ((), 0), ((0,), 1)]:
        yield Sample(make(*shape), dim)


@samples("flatten.using_ints")
def flatten(op, make):
    for shape, start, end in [
        ((2, 3, 4), 0, -1),
        ((2, 3, 4), 1, 2),
        ((2, 3, 4), 0, 1),
        ((2, 3, 4), 1, 1),
        ((), 0, -1),
        ((0, 3), 0, 1),
    ]:
        yield Sample(make(*shape), start, end)


@samples("unflatten.int")
def unflatten(op, make):
    yield Sample(make(2, 12), 1, [3, -1])


@samples("narrow")
def narrow(op, make):
    for shape, dim, start, length in [
        ((5,), 0, 1, 3),
        ((3, 4), 1, 0, 2),
        ((3, 4), -1, 2, 2),
        ((3, 4), 0, 3, 0),
        ((5,), 0, -2, 1),
    ]:
        yield Sample(make(*shape), dim, start, length)


@samples("narrow.Tensor")
def narrow_tensor(op, make):
    yield Sample(make(5), 0, oracle.tensor(1), 3, meta=False)


@samples("select.int")
def select(op, make):
    for shape, dim, index in [((5,), 0, 1), ((3, 4), 1, -1), ((3, 4), -2, 2), ((2, 3, 4), 1, 0)]:
        yield Sample(make(*shape), dim, index)


@samples("slice.Tensor")
def slicing(op, make):
    for shape, *rest in [
        ((5,), 0, 1, 3, 1),
        ((5,), 0, None, None, 2),
        ((3, 4), 1, -3, -1, 1),
        ((3, 4), -1, 1, 100, 2),
        ((3, 4), 0, 2, 1, 1),
        ((0,), 0, 0, 0, 1),
        ((5,), 0, -100, 2, 1),
    ]:
        yield Sample(make(*shape), *rest)


@samples("split.Tensor", "split_with_sizes", "split.sizes", "unsafe_split.Tensor")
def split(op, make):
    if op.name == "split" and op.overload == "Tensor" or op.name.startswith("unsafe"):
        cases = [((5,), 2, 0), ((3, 4), 2, 1), ((3, 4), 5, -1), ((0,), 0, 0), ((4, 2), 1, 0)]
    else:
        cases = [((5,), [2, 3], 0), ((3, 4), [1, 0, 3], 1), ((3, 4), [1, 2], -2)]
    for shape, size, dim in cases:
        yield Sample(make(*shape), size, dim)


@samples("chunk")
def chunk(op, make):
    for shape, chunks, dim in [((5,), 2, 0), ((3, 4), 3, 1), ((3, 4), 7, -1), ((0, 2), 3, 0), ((4,), 1, 0)]:
        yield Sample(make(*shape), chunks, dim)


@samples("unbind.int")
def unbind(op, make):
    for shape, dim in [((5,), 0), ((3, 4), 1), ((2, 3, 4), -2), ((0, 2), 0), ((2, 0), 0)]:
        yield Sample(make(*shape), dim)


@samples("cat", "concat", "concatenate")
def cat(op, make):
    for shapes, dim in [
        ([(3, 4), (2, 4)], 0),
        ([(3, 4), (3, 1), (3, 2)], 1),
        ([(3, 4), (3, 4)], -1),
        ([(5,)], 0),
        ([(3, 4), (0,)], 0),
        ([(0,), (3, 4)], 0),
        ([(2, 3, 4), (2, 5, 4)], 1),
        ([(300, 70), (300, 90)], 1),
    ]:
        yield Sample([make(*s) for s in shapes], dim)
    yield Sample([make(2, 3), make(2, 3, dtype=oracle.float64), make(2, 3, dtype=oracle.int64)])
    x = make(3, 4)
    yield Sample([x, x])
    yield Sample([make(4, 3).t(), make(4, 3).t()])


@samples("stack")
def stack(op, make):
    for shape, count, dim in [((3, 4), 2, 0), ((3, 4), 3, 1), ((3, 4), 2, -1), ((), 3, 0), ((0,), 2, 0), ((5,), 1, 1)]:
        yield Sample([make(*shape) for _ in range(count)], dim)


@samples("as_strided")
def as_strided(op, make):
    for size, stride, offset in [
        ((2, 3), (3, 1), None),
        ((3, 3), (1, 1), 0),
        ((2, 2), (1, 5), 2),
        ((), (), 7),
        ((0, 2), (2, 1), 0),
        ((4,), (0,), 3),
    ]:
        yield Sample(make(3, 5), list(size), list(stride), offset, layouts=False)


@samples(
    "diagonal",
    "diag",
    "tril",
    "triu",
    "flip",
    "roll",
    "movedim.int",
    "repeat",
    "expand_as",
    "view_as",
    "reshape_as",
    "repeat_interleave.self_int",
)
def rearranged(op, make):
    extra = {
        "flip": [[0]],
        "roll": [[1], [0]],
        "movedim": [0, 1],
        "repeat": [[2, 1]],
        "repeat_interleave": [2],
    }
    args = [make(3, 4)] if op.name.endswith("_as") else extra.get(op.name, [])
    yield Sample(make(3, 4), *args)
    yield Sample(make(0, 4), *([make(0, 4)] if op.name.endswith("_as") else args))


@samples("movedim.intlist", "moveaxis.intlist")
def movedim_list(op, make):
    yield Sample(make(2, 3, 4), [0, 2], [1, 0])
    yield Sample(make(2, 3, 4), [-1], [0])


@samples("sum_to_size")
def sum_to_size(op, make):
    for shape, to in [((3, 4), (3, 1)), ((3, 4), (4,)), ((2, 3, 4), (1, 4)), ((3, 4), (3, 4)), ((), ())]:
        yield Sample(make(*shape), list(to))


@samples("ravel", "adjoint", "mT", "mH", "H", "atleast_1d", "atleast_2d", "atleast_3d")
def rearranged_alone(op, make):
    for shape in [(3, 4), (2, 3, 4)] + (
        [(), (0,)] if op.name in ("ravel", "atleast_1d", "atleast_2d", "atleast_3d") else []
    ):
        yield Sample(make(*shape))


@samples(
    "contiguous",
    "clone",
    "detach",
    "alias",
    "detach_copy",
    "positive",
    "conj",
    "resolve_conj",
    "resolve_neg",
    "_conj",
    "real",
)
def copies(op, make):
    for shape in [(3, 4), (), (0,), (2, 3, 4, 5)]:
        yield Sample(make(*shape), layouts=op.name != "detach", inplace=shape != (0,), grad=op.name != "detach_copy")
    if op.name == "clone":
        yield Sample(make(2, 3, 4, 5), memory_format=oracle.channels_last)
        yield Sample(make(3, 4).t(), memory_format=oracle.contiguous_format)
    if op.name == "contiguous":
        yield Sample(make(2, 3, 4, 5), memory_format=oracle.channels_last)


ALL = [
    oracle.float32,
    oracle.float64,
    oracle.bfloat16,
    oracle.float16,
    oracle.int64,
    oracle.int32,
    oracle.uint8,
    oracle.bool,
]


@samples("to.dtype")
def to_dtype(op, make):
    for dtype in ALL:
        yield Sample(make(3, 4, low=0), dtype)
    yield Sample(make(3, 4), make.dtype, False, True)


@samples("to.device", dtypes=["float32", "int64"])
def to_device(op, make):
    yield Sample(make(3, 4), "cpu", oracle.float64, meta=False)


@samples("to.dtype_layout", "_to_copy", dtypes=["float32", "int64"])
def to_options(op, make):
    yield Sample(make(3, 4), dtype=oracle.float64)
    yield Sample(make(3, 4).t(), dtype=oracle.float64)


@samples("to.other")
def to_other(op, make):
    yield Sample(make(3, 4), make(2, dtype=oracle.float64))


@samples("type_as")
def type_as(op, make):
    yield Sample(make(3, 4), make(2, dtype=oracle.float64))


@samples("copy_")
def copy(op, make):
    for a, b in [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), ()), ((0,), (0,)), ((300, 203), (300, 1))]:
        for dtype in [make.dtype, oracle.float64, oracle.int64, oracle.bfloat16]:
            yield Sample(make(*a), make(*b, low=0, dtype=dtype))


@samples("fill_.Scalar", "fill.Scalar")
def fill(op, make):
    for shape in [(3, 4), (), (0,), (40003,)]:
        yield Sample(make(*shape), 1)
        yield Sample(make(*shape), 2.0)
        yield Sample(make(*shape), True)


@samples("fill_.Tensor", "fill.Tensor")
def fill_tensor(op, make):
    for shape in [(3, 4), (), (0,)]:
        yield Sample(make(*shape), make())


@samples("zero_", "zero")
def zero(op, make):
    for shape in [(3, 4), (), (0,), (40003,)]:
        yield Sample(make(*shape))
