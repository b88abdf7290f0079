"""Samples of padding, resizing, windows, distances and activations with arguments of their own."""

import torch as oracle

from .samples import Sample, samples

SMALL = ["float32", "float64", "bfloat16"]
REALS = ["float32", "float64", "bfloat16", "int64", "uint8"]
EXACT = ["float32", "float64"]
SHAPES = (2, 3, 5, 6, 4)


def image(dims, batch=True):
    """The shape of a batch of signals, images or volumes, or of one of them."""
    return SHAPES[:1] * batch + (3,) + SHAPES[2 : 2 + dims]


@samples("constant_pad_nd", dtypes=[*REALS, "bool"])
def constant_pad(op, make):
    for pad in [[1, 2], [1, 0, 0, 3], [-1, 2], [-1, -1, 1, 1], [0, 0], []]:
        yield Sample(make(3, 4), pad)
        yield Sample(make(2, 3, 4), pad, 2)
    yield Sample(make(2, 3, 4, 5).permute(0, 3, 1, 2), [1, 1, 1, 1], 1)
    yield Sample(make(0, 3), [1, 1])


@samples(*[f"{kind}_pad{d}d" for kind in ["reflection", "replication"] for d in (1, 2, 3)], dtypes=REALS)
def mapped_pad(op, make):
    dims = int(op.name[-2])
    for pad in [[1, 2] * dims, [0, 3] * dims, [-1, 1] * dims]:
        for batch in [True, False]:
            yield Sample(make(*image(dims, batch)), pad)


@samples("_pad_circular", dtypes=REALS)
def circular_pad(op, make):
    for dims in (1, 2, 3):
        for pad in [[1, 2] * dims, [0, 3] * dims, [-1, 1] * dims]:
            yield Sample(make(*image(dims)), pad)


@samples("pad", "_pad_enum", dtypes=REALS)
def pad(op, make):
    modes = ["constant", "reflect", "replicate", "circular"]
    for number, mode in enumerate(modes):
        for dims in (1, 2, 3):
            chosen = mode if op.name == "pad" else number
            yield Sample(make(*image(dims)), [1, 2] * dims, chosen)
    yield Sample(make(2, 3), [1, 1, 2, 2], modes[0] if op.name == "pad" else 0, 3.0)


@samples("relu6", dtypes=REALS)
def relu6(op, make):
    for shape in [(3, 4), (), (0, 3)]:
        yield Sample(make(*shape, low=-8, high=8))


@samples("selu", "celu", dtypes=SMALL)
def scaled_elu(op, make):
    for shape in [(3, 4), (), (0, 3)]:
        yield Sample(make(*shape))
        if op.name == "celu":
            yield Sample(make(*shape), 0.5)


NEAREST = [f"{name}{d}d" for name in ["upsample_nearest", "_upsample_nearest_exact"] for d in (1, 2, 3)]
SMOOTH = ["upsample_linear1d", "upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d"]
ANTIALIASED = ["_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_lanczos2d_aa"]


def resize(op, make):
    dims = int(op.name.replace("_aa", "")[-2])
    corners = [[]] if op.name in NEAREST else [[False], [True]]
    for size in [[7, 9, 8], [3, 2, 2], [5, 6, 4], [10, 12, 8], [1, 1, 1]]:
        for align in corners:
            if op.overload == "vec":
                yield Sample(make(*image(dims)), size[:dims], *align, None, length=64)
            else:
                yield Sample(make(*image(dims)), size[:dims], *align, length=64)
    for factors in [[2.0, 1.5, 0.6], [0.5, 0.7, 2.3]]:
        for align in corners:
            if op.overload == "vec":
                yield Sample(make(*image(dims)), None, *align, factors[:dims], length=64)
            else:
                size = [int(n * f) for n, f in zip(SHAPES[2:], factors)]
                yield Sample(make(*image(dims)), size[:dims], *align, *factors[:dims], length=64)


samples(*NEAREST, *[f"{n}.vec" for n in NEAREST], dtypes=[*SMALL, "uint8"])(resize)
samples(*SMOOTH, *ANTIALIASED, *[f"{n}.vec" for n in SMOOTH + ANTIALIASED], dtypes=SMALL)(resize)


@samples("grid_sampler", "grid_sampler_2d", "grid_sampler_3d", dtypes=EXACT)
def grid_sampler(op, make):
    for dims in [3] if op.name.endswith("3d") else [2] if op.name.endswith("2d") else [2, 3]:
        for mode in range(3 if dims == 2 else 2):
            for padding in range(3):
                for align in [True, False]:
                    grid = make(2, *(4, 3, 2)[:dims], dims, low=-1.3, high=1.3)
                    yield Sample(make(*image(dims)), grid, mode, padding, align, length=64)


@samples("affine_grid_generator", dtypes=EXACT)
def affine_grid(op, make):
    for align in [True, False]:
        yield Sample(make(2, 2, 3), [2, 3, 4, 5], align, length=8)
        yield Sample(make(2, 3, 4), [2, 1, 2, 4, 3], align, length=8)
        yield Sample(make(1, 2, 3), [1, 1, 1, 3], align, length=8)


@samples("pixel_shuffle", "pixel_unshuffle", "channel_shuffle")
def shuffle(op, make):
    yield Sample(make(2, 8, 4, 6), 2)
    yield Sample(make(1, 4, 2, 2), 1)
    yield Sample(make(3, 2, 8, 4, 6) if "pixel" in op.name else make(3, 8, 4), 2)
    if op.name == "channel_shuffle":
        yield Sample(make(0, 4, 2, 2), 2)


@samples("native_channel_shuffle")
def native_shuffle(op, make):
    yield Sample(make(3, 8, 4), 2, grad=False)


@samples("im2col", dtypes=[*SMALL, "bool"])
def im2col(op, make):
    for args in [([2, 2], [1, 1], [0, 0], [1, 1]), ([3, 2], [1, 2], [1, 0], [2, 1])]:
        yield Sample(make(2, 3, 6, 7), *args)
        yield Sample(make(3, 6, 7), *args)


@samples("col2im", dtypes=SMALL)
def col2im(op, make):
    yield Sample(make(2, 12, 30), [6, 7], [2, 2], [1, 1], [0, 0], [1, 1], length=4)
    yield Sample(make(12, 30), [6, 7], [2, 2], [1, 1], [0, 0], [1, 1], length=4)
    yield Sample(make(2, 6, 15), [6, 7], [3, 2], [1, 2], [1, 0], [2, 1], length=6)


@samples("one_hot", dtypes=["int64"])
def one_hot(op, make):
    for shape in [(3,), (2, 4), ()]:
        yield Sample(make(*shape, low=0), grad=False, meta=False)
        yield Sample(make(*shape, low=0), 7, grad=False)
    yield Sample(make(0, 3), 4, grad=False)


@samples("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", dtypes=SMALL)
def adaptive_max_pool(op, make):
    dims = int(op.name[-2])
    for size in [1, 2, 3, 7]:
        yield Sample(make.distinct(*(1, 2, 7, 5, 3)[: 2 + dims]), [size] * dims)
    yield Sample(make.distinct(*(2, 7, 5, 3)[: 1 + dims]), [2] * dims)


@samples("fractional_max_pool2d", "fractional_max_pool3d", dtypes=SMALL)
def fractional_max_pool(op, make):
    dims = int(op.name[-2])
    shape = (2, 2, 8, 7, 6)[: 2 + dims]
    for kernel, size in [(2, 3), (3, 4), (1, 1)]:
        sample = make(2, 2, dims, low=0, high=0.95)
        yield Sample(make.distinct(*shape), [kernel] * dims, [size] * dims, sample, fixed=(3,), layouts=False)


@samples("max_unpool2d", "max_unpool3d", dtypes=SMALL)
def max_unpool(op, make):
    dims = int(op.name[-2])
    extra = [] if dims == 2 else [[2, 2, 2], [0, 0, 0]]
    for batch in [True, False]:
        places = (2,) * batch + (3,) + (2,) * dims
        index = oracle.stack([oracle.randperm(5**dims)[: 2**dims] for _ in range(6 if batch else 3)]).reshape(places)
        yield Sample(make(*places), index, [5] * dims, *extra, layouts=False)


@samples("embedding_bag", dtypes=SMALL)
def embedding_bag(op, make):
    indices, offsets = make.index(10, high=6), oracle.tensor([0, 3, 3, 7])
    tail = [None] if op.overload else []
    for mode in range(3):
        for last in [False, True]:
            ends = oracle.cat([offsets, oracle.tensor([10])]) if last else offsets
            yield Sample(make(6, 4), indices, ends, False, mode, False, None, last, *tail, layouts=False, meta=False)
    weights = make(10)
    yield Sample(make(6, 4), indices, offsets, False, 0, False, weights, False, *tail, layouts=False, meta=False)
    # PyTorch may divide by the count of another row.
    full = oracle.tensor([0, 3, 7])
    yield Sample(make(6, 4), indices, full, True, 0, False, None, False, *tail, layouts=False, meta=False, grad=False)
    if op.overload:
        for mode in range(3):
            yield Sample(make(6, 4), indices, offsets, False, mode, False, None, False, 2, layouts=False, meta=False)


@samples("cdist", dtypes=EXACT)
def cdist(op, make):
    for p in [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, float("inf")]:
        for a, b in [((3, 4), (5, 4)), ((2, 3, 4), (2, 1, 4))]:
            yield Sample(make(*a), make(*b), p, None, length=64)
    yield Sample(make(2, 1, 3, 4), make(3, 5, 4), length=64)
    yield Sample(make(0, 4), make(5, 4))
    yield Sample(make(3, 0), make(5, 0), grad=False)


@samples("pdist", dtypes=EXACT)
def pdist(op, make):
    for p in [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, float("inf")]:
        yield Sample(make(5, 4), p, length=64)
    # PyTorch's gradient crashes where there is no pair.
    yield Sample(make(1, 4), 2.0, grad=False)
    yield Sample(make(0, 4), 2.0, grad=False)


@samples("pairwise_distance", "cosine_similarity", dtypes=SMALL)
def vector_pairs(op, make):
    for a, b in [((3, 4), (3, 4)), ((2, 3, 4), (3, 1)), ((4, 4), (1, 4))]:
        yield Sample(make(*a), make(*b), length=16)
    if op.name == "pairwise_distance":
        yield Sample(make(3, 4), make(3, 4), 1.0, 1e-3, True, length=16)
    else:
        yield Sample(make(3, 4, 2), make(3, 4, 2), 0, 0.1, length=16)


@samples("glu", dtypes=SMALL)
def glu(op, make):
    yield Sample(make(4, 6))
    yield Sample(make(4, 6, 3), 0)
    yield Sample(make(0, 6))


@samples("prelu", dtypes=SMALL)
def prelu(op, make):
    for shape in [(3, 4), (2, 4, 5), (7,), ()]:
        yield Sample(make(*shape), make(1), layouts=False)
    yield Sample(make(2, 4, 5), make(4), layouts=False)


@samples("rrelu", dtypes=SMALL)
def rrelu(op, make):
    yield Sample(make(3, 4))
    yield Sample(make(3, 4), 0.2, 0.2, True, meta=False)
    yield Sample(make(30, 40), 0.1, 0.4, True, layouts=False, meta=False)
