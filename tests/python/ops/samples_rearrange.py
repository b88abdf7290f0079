"""Samples of stacking, splitting, repeating and rolling."""

import torch as oracle

from .samples import Sample, samples

SHAPES = [(3, 4), (2, 3, 4), (4,), (2, 0, 3)]


@samples("moveaxis.int")
def moveaxis_int(op, make):
    for shape, a, b in [((2, 3, 4), 0, -1), ((3, 4), 1, 0), ((), 0, 0)]:
        yield Sample(make(*shape), a, b)


@samples("moveaxis.intlist")
def moveaxis(op, make):
    for shape, a, b in [((2, 3, 4), [0, 1], [1, 0]), ((3, 4), [0], [-1])]:
        yield Sample(make(*shape), a, b)


@samples("atleast_1d", "atleast_2d", "atleast_3d")
def atleast(op, make):
    for shape in [(), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 1), (0,)]:
        yield Sample(make(*shape))


@samples("atleast_1d.Sequence", "atleast_2d.Sequence", "atleast_3d.Sequence")
def atleast_sequence(op, make):
    yield Sample([make(), make(3), make(2, 3)], grad=False)


@samples("hstack", "vstack", "row_stack", "dstack", "column_stack")
def stack(op, make):
    for shape in [(), (3,), (2, 3), (2, 3, 4)]:
        yield Sample([make(*shape), make(*shape)])
    yield Sample([make(3), make(3, dtype=oracle.float32)], grad=False)


@samples("broadcast_tensors")
def broadcast_tensors(op, make):
    yield Sample(make(2, 1), make(3), make())
    yield Sample(make(4))


@samples("meshgrid")
def meshgrid(op, make):
    yield Sample(make(2), make(3), make())


@samples("meshgrid.indexing")
def meshgrid_indexing(op, make):
    for indexing in ["ij", "xy"]:
        yield Sample(make(2), make(3), make(4), indexing=indexing)


@samples("tensor_split.sections")
def tensor_split(op, make):
    for shape, sections, dim in [((7,), 3, 0), ((3, 5), 2, -1), ((2,), 4, 0), ((0, 3), 2, 0)]:
        yield Sample(make(*shape), sections, dim)


@samples("tensor_split.indices")
def tensor_split_indices(op, make):
    for shape, indices, dim in [((7,), [2, 5], 0), ((3, 5), [1, 1, 9], 1), ((5,), [-2], 0), ((3,), [], 0)]:
        yield Sample(make(*shape), indices, dim)


@samples("tensor_split.tensor_indices_or_sections")
def tensor_split_tensor(op, make):
    yield Sample(make(7), oracle.tensor([2, 5]), fixed=(1,), meta=False, layouts=False)
    yield Sample(make(7), oracle.tensor(3), fixed=(1,), meta=False, layouts=False)


@samples("hsplit.int", "vsplit.int", "dsplit.int")
def split_equally(op, make):
    yield Sample(make(4, 6, 2), 2)
    if op.name == "hsplit":
        yield Sample(make(6), 3)


@samples("hsplit.array", "vsplit.array", "dsplit.array")
def split_at(op, make):
    yield Sample(make(4, 6, 5), [1, 3])


@samples("repeat")
def repeat(op, make):
    for shape, times in [((3,), [2]), ((3, 2), [2, 1, 3]), ((), [3]), ((), []), ((2, 3), [1, 1]), ((2, 3), [0, 2])]:
        yield Sample(make(*shape), times)


@samples("tile")
def tile(op, make):
    for shape, times in [((3,), [2]), ((3, 2), [2]), ((2, 3), [2, 1, 2]), ((), [])]:
        yield Sample(make(*shape), times)


@samples("roll")
def roll(op, make):
    for shape, shifts, dims in [
        ((7,), 2, 0),
        ((3, 4), [1, -1], [0, 1]),
        ((3, 4), 5, -1),
        ((3, 4), 0, 0),
        ((0, 3), 1, 1),
    ]:
        yield Sample(make(*shape), shifts, dims)
    yield Sample(make(3, 4), 5)


@samples("rot90")
def rot90(op, make):
    for k in [-1, 0, 1, 2, 3, 5]:
        yield Sample(make(2, 3, 4), k, [0, 2])
    yield Sample(make(3, 4))


@samples("fliplr", "flipud")
def flip(op, make):
    for shape in [(3, 4), (2, 3, 4), (0, 2)]:
        yield Sample(make(*shape))


@samples("argwhere")
def argwhere(op, make):
    for shape in [(3, 4), (), (5,)]:
        yield Sample(make(*shape), grad=False, meta=False)


@samples("take_along_dim")
def take_along_dim(op, make):
    yield Sample(make(3, 4), make.index(3, 2, high=4), 1)
    yield Sample(make(3, 4), make.index(1, 4, high=3), 0)
    yield Sample(make(3, 4), make.index(5, high=12))


@samples("index_copy")
def index_copy(op, make):
    for shape, dim, index in [((5,), 0, [3, 0]), ((3, 4), 1, [2, 0, 1]), ((3, 4), -2, [1]), ((), 0, [0])]:
        source = list(shape)
        if shape:
            source[dim] = len(index)
        yield Sample(make(*shape), dim, oracle.tensor(index), make(*source))


@samples("index_fill.int_Scalar")
def index_fill(op, make):
    for shape, dim, index in [((5,), 0, [3, 0]), ((3, 4), 1, [2, -1]), ((), 0, [0])]:
        yield Sample(make(*shape), dim, oracle.tensor(index), 1)


@samples("index_fill.int_Tensor")
def index_fill_tensor(op, make):
    for shape, dim, index in [((5,), 0, [3, 0]), ((3, 4), 1, [2]), ((3, 4), 0, [2, 1, 2]), ((3, 4), 1, [])]:
        yield Sample(make(*shape), dim, oracle.tensor(index, dtype=oracle.int64), make())


@samples("select_scatter")
def select_scatter(op, make):
    yield Sample(make(3, 4), make(4), 0, 1)
    yield Sample(make(2, 3, 4), make(2, 3), -1, -2)


@samples("slice_scatter")
def slice_scatter(op, make):
    yield Sample(make(5, 3), make(2, 3), 0, 1, 5, 2)
    yield Sample(make(5, 3), make(5, 2), 1, 1)


@samples("narrow_copy")
def narrow_copy(op, make):
    yield Sample(make(5, 3), 0, 1, 2)


@samples("repeat_interleave.Tensor")
def repeat_interleave_counts(op, make):
    yield Sample(oracle.tensor([2, 0, 3]), grad=False, meta=False, layouts=False)


@samples("repeat_interleave.self_Tensor")
def repeat_interleave_tensor(op, make):
    yield Sample(make(3, 2), oracle.tensor([2, 0, 1]), 0, meta=False, fixed=(1,))
    yield Sample(make(3), oracle.tensor([2, 0, 1]), meta=False, fixed=(1,))
    yield Sample(make(3, 2), oracle.tensor(2), 1, meta=False, fixed=(1,))


@samples("repeat_interleave.self_int")
def repeat_interleave(op, make):
    yield Sample(make(3, 2), 2)
    yield Sample(make(3, 2), 3, 1)
    yield Sample(make(3, 2), 0, 0)


@samples("resolve_conj", "resolve_neg")
def resolve(op, make):
    yield Sample(make(3, 2))


@samples("var_mean", "std_mean", dtypes=["float32", "float64", "bfloat16"])
def statistics(op, make):
    yield Sample(make(3, 4))
    yield Sample(make(3, 4), False)


@samples("var_mean.dim", "std_mean.dim", dtypes=["float32", "float64", "bfloat16"])
def statistics_dim(op, make):
    yield Sample(make(3, 4), 1)
    yield Sample(make(3, 4), [0, 1], False, True)


@samples("var_mean.correction", "std_mean.correction", dtypes=["float32", "float64", "bfloat16"])
def statistics_correction(op, make):
    yield Sample(make(3, 4), 1, correction=0)
    yield Sample(make(3, 4), correction=2, keepdim=True)


@samples("aminmax")
def aminmax(op, make):
    yield Sample(make.distinct(3, 4))
    yield Sample(make.distinct(3, 4), dim=1)
    yield Sample(make.distinct(3, 4), dim=0, keepdim=True)
