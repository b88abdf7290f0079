"""Samples of products and of the functions of neural networks."""

import torch as oracle

from .samples import Sample, samples

# PyTorch multiplies bools only where there is nothing to multiply.
NUMBERS = ["float32", "float64", "int64", "bfloat16", "float16", "int32", "uint8"]
SMALL = ["float32", "float64", "bfloat16"]


@samples("mm", dtypes=NUMBERS)
def mm(op, make):
    for m, k, n in [(2, 3, 4), (1, 5, 1), (0, 3, 4), (2, 0, 4), (3, 4, 0), (17, 33, 65), (70, 300, 50)]:
        yield Sample(make(m, k), make(k, n), length=k)
    yield Sample(make(5, 3).t(), make(4, 5).t(), length=5)
    yield Sample(make(3, 1).expand(3, 4), make(4, 2), length=4)


@samples("bmm", dtypes=NUMBERS)
def bmm(op, make):
    for b, m, k, n in [(2, 2, 3, 4), (1, 1, 5, 1), (0, 2, 3, 4), (2, 2, 0, 4), (5, 17, 33, 20)]:
        yield Sample(make(b, m, k), make(b, k, n), length=k)
    yield Sample(make(2, 5, 3).transpose(1, 2), make(2, 4, 5).transpose(1, 2), length=5)


@samples("matmul", dtypes=NUMBERS)
def matmul(op, make):
    for a, b in [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((2, 2, 3), (3, 4)),
        ((2, 2, 3), (2, 3, 4)),
        ((2, 1, 2, 3), (3, 3, 4)),
        ((2, 2, 3), (3,)),
        ((3,), (2, 3, 4)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
        ((5, 20, 30), (30, 7)),
        ((0,), (0,)),
        ((2, 3), (5, 3, 4)),
    ]:
        yield Sample(make(*a), make(*b), length=a[-1])


@samples("mv", dtypes=NUMBERS)
def mv(op, make):
    yield Sample(make(3, 4), make(4), length=4)


@samples("dot", "vdot", dtypes=NUMBERS)
def dot(op, make):
    yield Sample(make(5), make(5), length=5)
    yield Sample(make(0), make(0))


@samples("outer", "ger")
def outer(op, make):
    yield Sample(make(3), make(4))


@samples("addmm", dtypes=NUMBERS)
def addmm(op, make):
    for bias, m, k, n in [
        ((2, 4), 2, 3, 4),
        ((4,), 2, 3, 4),
        ((), 2, 3, 4),
        ((2, 1), 2, 3, 4),
        ((2, 4), 2, 0, 4),
        ((65,), 17, 33, 65),
    ]:
        inplace = bias == (m, n)
        yield Sample(make(*bias), make(m, k), make(k, n), length=k + 1, inplace=inplace)
        yield Sample(make(*bias), make(m, k), make(k, n), beta=2, alpha=3, length=k + 1, inplace=inplace)
        yield Sample(make(*bias), make(m, k), make(k, n), beta=0, length=k + 1, inplace=inplace)


@samples("baddbmm", dtypes=NUMBERS)
def baddbmm(op, make):
    yield Sample(make(2, 2, 4), make(2, 2, 3), make(2, 3, 4), length=4)
    yield Sample(make(2, 2, 4), make(2, 2, 3), make(2, 3, 4), beta=2, alpha=3, length=4)


@samples("addmv", dtypes=NUMBERS)
def addmv(op, make):
    yield Sample(make(3), make(3, 4), make(4), length=5)


@samples("linear", dtypes=NUMBERS)
def linear(op, make):
    for shape, out in [
        ((2, 3), 4),
        ((3,), 4),
        ((2, 5, 3), 4),
        ((0, 3), 4),
        ((2, 0), 4),
        ((17, 33), 65),
        ((2, 2, 2, 3), 1),
    ]:
        yield Sample(make(*shape), make(out, shape[-1]), make(out), length=shape[-1] + 1)
        yield Sample(make(*shape), make(out, shape[-1]), length=shape[-1] + 1)


@samples("conv2d", dtypes=SMALL)
def conv2d(op, make):
    for x, w, options in [
        ((2, 3, 5, 6), (4, 3, 3, 3), {}),
        ((2, 3, 5, 6), (4, 3, 3, 2), {"padding": 1}),
        ((2, 3, 7, 8), (4, 3, 3, 3), {"stride": 2}),
        ((2, 3, 7, 8), (4, 3, 3, 3), {"stride": [2, 1], "padding": [1, 2]}),
        ((1, 3, 9, 9), (4, 3, 3, 3), {"dilation": 2}),
        ((2, 4, 5, 5), (6, 2, 3, 3), {"groups": 2}),
        ((2, 4, 5, 5), (4, 1, 3, 3), {"groups": 4, "padding": 1}),
        ((3, 5, 6), (4, 3, 3, 3), {}),
        ((2, 3, 4, 4), (4, 3, 1, 1), {}),
        ((0, 3, 5, 5), (4, 3, 3, 3), {}),
        ((4, 16, 14, 14), (32, 16, 3, 3), {"padding": 1}),
    ]:
        length = w[1] * w[2] * w[3]
        if op.overload == "padding":
            if "padding" in options or "stride" in options:
                continue
            for padding in ["same", "valid"]:
                yield Sample(make(*x), make(*w), make(w[0]), padding=padding, length=length, **options)
            continue
        yield Sample(make(*x), make(*w), make(w[0]), length=length, **options)
        yield Sample(make(*x), make(*w), length=length, **options)


samples("conv2d.padding", dtypes=SMALL)(conv2d)


@samples("convolution", dtypes=SMALL)
def convolution(op, make):
    yield Sample(make(2, 3, 5, 6), make(4, 3, 3, 3), make(4), [1, 1], [1, 1], [1, 1], False, [0, 0], 1, length=27)


@samples("max_pool2d", "max_pool2d_with_indices", dtypes=SMALL)
def max_pool2d(op, make):
    for shape, args, options in [
        ((2, 3, 6, 8), [2], {}),
        ((2, 3, 7, 9), [3, 2, 1], {}),
        ((2, 3, 7, 9), [[3, 2], [2, 1]], {}),
        ((3, 6, 8), [2], {}),
        ((2, 3, 7, 8), [2], {"ceil_mode": True}),
        ((1, 2, 9, 9), [3], {"dilation": 2}),
        ((0, 3, 6, 6), [2], {}),
        ((1, 1, 4, 4), [3, 1, 1], {}),
    ]:
        count = oracle.Size(shape).numel()
        yield Sample(make.distinct(*shape) if count < 250 else make.distinct(*shape) / 2, *args, **options)
    if make.floating:
        yield Sample(-make(1, 2, 4, 4, low=1), 3, 2, 1)


@samples("avg_pool2d", dtypes=SMALL)
def avg_pool2d(op, make):
    for shape, args, options in [
        ((2, 3, 6, 8), [2], {}),
        ((2, 3, 7, 9), [3, 2, 1], {}),
        ((2, 3, 7, 9), [[3, 2], [2, 1]], {}),
        ((3, 6, 8), [2], {}),
        ((2, 3, 7, 8), [2], {"ceil_mode": True}),
        ((2, 3, 7, 8), [3, 2, 1], {"count_include_pad": False}),
        ((2, 3, 7, 8), [3], {"divisor_override": 5}),
        ((0, 3, 6, 6), [2], {}),
    ]:
        yield Sample(make(*shape), *args, length=9, **options)


@samples("adaptive_avg_pool2d", "_adaptive_avg_pool2d", dtypes=SMALL)
def adaptive_avg_pool2d(op, make):
    for shape, size in [
        ((2, 3, 6, 8), [2, 2]),
        ((2, 3, 7, 9), [3, 4]),
        ((2, 3, 5, 5), [1, 1]),
        ((3, 6, 8), [2, 3]),
        ((2, 3, 4, 4), [6, 7]),
        ((0, 3, 6, 6), [2, 2]),
    ]:
        yield Sample(make(*shape), size, length=64)


@samples("batch_norm", dtypes=SMALL)
def batch_norm(op, make):
    for shape in [(4, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 2, 3)]:
        c = shape[1]
        for training in [True, False]:
            for affine in [True, False]:
                stats = [make(c), make(c, low=0.5)] if not training or affine else [None, None]
                weights = [make(c, low=0.5), make(c)] if affine else [None, None]
                yield Sample(
                    make(*shape), *weights, *stats, training, 0.1, 1e-5, True, length=64, fixed=(3, 4), layouts=False
                )
    yield Sample(
        make(2, 3, 4, 5).permute(0, 3, 1, 2),
        make(5),
        make(5),
        make(5),
        make(5, low=0.5),
        True,
        0.1,
        1e-5,
        True,
        length=64,
        fixed=(3, 4),
        layouts=False,
    )


@samples("native_batch_norm", dtypes=SMALL)
def native_batch_norm(op, make):
    yield Sample(
        make(4, 3, 5),
        make(3),
        make(3),
        make(3),
        make(3, low=0.5),
        True,
        0.1,
        1e-5,
        length=64,
        fixed=(3, 4),
        layouts=False,
    )


@samples("layer_norm", dtypes=SMALL)
def layer_norm(op, make):
    for shape, last in [
        ((3, 4), [4]),
        ((2, 3, 4), [3, 4]),
        ((2, 3, 4), [4]),
        ((5,), [5]),
        ((0, 4), [4]),
        ((7, 1003), [1003]),
    ]:
        yield Sample(make(*shape), last, make(*last), make(*last), length=64)
        yield Sample(make(*shape), last, length=64)
        yield Sample(make(*shape), last, make(*last), None, 1e-3, length=64)


@samples("native_layer_norm", dtypes=SMALL)
def native_layer_norm(op, make):
    yield Sample(make(2, 3, 4), [4], make(4), make(4), 1e-5, length=64)


@samples("native_group_norm", dtypes=SMALL)
def native_group_norm(op, make):
    yield Sample(make(2, 6, 3), make(6), make(6), 2, 6, 3, 3, 1e-5, length=64, grad=False, layouts=False)
    yield Sample(make(2, 4, 3, 2), None, None, 2, 4, 6, 2, 1e-5, length=64, grad=False, layouts=False)


@samples("rms_norm", dtypes=SMALL)
def rms_norm(op, make):
    yield Sample(make(2, 3, 4), [4], make(4), length=64)


REDUCTIONS = [0, 1, 2]


@samples("cross_entropy_loss", dtypes=SMALL)
def cross_entropy(op, make):
    for reduction in REDUCTIONS:
        for shape in [(4, 5), (2, 5, 3), (5,), (64, 1003)]:
            classes = shape[1] if len(shape) > 1 else shape[0]
            target = make.index(*(shape[:1] + shape[2:] if len(shape) > 1 else ()), high=classes)
            yield Sample(make(*shape), target, None, reduction, length=64)
            yield Sample(make(*shape), target, make(classes, low=0.1), reduction, length=64, fixed=(2,))
            yield Sample(make(*shape), target, None, reduction, -100, 0.1, length=64)
            if target.dim():
                ignored = target.clone()
                ignored[0] = -100
                yield Sample(make(*shape), ignored, None, reduction, length=64)
        yield Sample(make(4, 5), make(4, 5, low=0, high=1), None, reduction, length=64)
        yield Sample(
            make(4, 5), make(4, 5, low=0, high=1), make(5, low=0.1), reduction, -100, 0.2, length=64, fixed=(2,)
        )


@samples("nll_loss", "nll_loss_nd", dtypes=SMALL)
def nll_loss(op, make):
    for reduction in REDUCTIONS:
        for shape in [(4, 5), (5,)]:
            classes = shape[-1]
            target = make.index(*shape[:-1], high=classes)
            weight = make(classes, low=0.1)
            yield Sample(make(*shape), target, None, reduction, -100, length=16)
            yield Sample(make(*shape), target, weight, reduction, 1, length=16, fixed=(2,))


@samples("nll_loss2d", dtypes=SMALL)
def nll_loss2d(op, make):
    for reduction in REDUCTIONS:
        yield Sample(make(2, 5, 3, 2), make.index(2, 3, 2, high=5), None, reduction, -100, length=16)
        yield Sample(
            make(2, 5, 3, 2), make.index(2, 3, 2, high=5), make(5, low=0.1), reduction, 1, length=16, fixed=(2,)
        )


@samples("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits")
def pair_loss(op, make):
    for reduction in REDUCTIONS:
        for a, b in [((3, 4), (3, 4)), ((), ()), ((40003,), (40003,))]:
            yield Sample(make(*a), make(*b), reduction=reduction)
    if op.name == "mse_loss":
        yield Sample(make(3, 4), make(4), 1, grad=False)


@samples("binary_cross_entropy")
def binary_cross_entropy(op, make):
    if not make.floating:
        return
    for reduction in REDUCTIONS:
        for shape in [(3, 4), (), (4003,)]:
            x, target = make(*shape, low=0.05, high=0.95), make(*shape, low=0, high=1)
            # PyTorch does not resize out= before it fills it: an empty one gives nan.
            yield Sample(x, target, reduction=reduction, skip_out=reduction < 2)
    yield Sample(make(3, 4, low=0.05, high=0.95), make(3, 4, low=0, high=1), make(4, low=0.1), 1, fixed=(2,))
    yield Sample(make.mask(3, 4).to(make.dtype), make.mask(3, 4).to(make.dtype), None, 0, grad=False, skip_out=True)


DROPOUTS = ["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"]


@samples(*DROPOUTS, *[name + "_" for name in DROPOUTS], dtypes=SMALL)
def dropout(op, make):
    for shape in [(3, 4), (0, 2)] + ([] if "feature" in op.name else [()]):
        yield Sample(make(*shape), 0.5, False)
        yield Sample(make(*shape), 0.0, True)
        yield Sample(make(*shape), 1.0, True)
    yield Sample(make(50, 40), 0.3, True)


@samples("native_dropout", dtypes=SMALL)
def native_dropout(op, make):
    yield Sample(make(30, 4), 0.5, True)


@samples("scaled_dot_product_attention", dtypes=["float32", "float64"])
def attention(op, make):
    for q, k in [
        ((2, 3, 4, 8), (2, 3, 4, 8)),
        ((2, 3, 4, 8), (2, 3, 7, 8)),
        ((3, 4, 8), (3, 5, 8)),
        ((2, 2, 65, 16), (2, 2, 65, 16)),
    ]:
        query, key, value = (make(*q, low=-1, high=1), make(*k, low=-1, high=1), make(*k[:-1], 8, low=-1, high=1))
        yield Sample(query, key, value, length=256)
        yield Sample(query, key, value, scale=0.3, length=256)
        if q == k:
            yield Sample(query, key, value, is_causal=True, length=256)
        yield Sample(query, key, value, make(q[-2], k[-2]), length=256, layouts=False)
        mask = make.mask(q[-2], k[-2])
        mask[:, 0] = True
        yield Sample(query, key, value, mask, length=256, layouts=False)


@samples("conv1d", "conv3d", "conv1d.padding", "conv3d.padding", dtypes=SMALL)
def conv(op, make):
    dims = int(op.name[4])
    for x, w, options in [
        ((2, 3, 7, 6, 5), (4, 3, 3, 2, 3), {}),
        ((2, 3, 7, 6, 5), (4, 3, 3, 2, 3), {"dilation": 2 if dims == 1 else 1}),
        ((2, 4, 5, 5, 5), (6, 2, 3, 3, 3), {"groups": 2}),
        ((3, 7, 6, 5), (4, 3, 3, 2, 3), {}),
    ]:
        batch = len(x) - 3
        image, kernel = x[: batch + dims], w[: 2 + dims]
        length = oracle.Size(kernel[1:]).numel()
        for extra in (
            [{"padding": "same"}, {"padding": "valid"}]
            if op.overload == "padding"
            else [{}, {"padding": 1}, {"stride": 2}]
        ):
            yield Sample(make(*image), make(*kernel), make(kernel[0]), length=length, **options, **extra)
    if not op.overload:
        yield Sample(make(*(2, 3, 7, 6, 5)[: 2 + dims]), make(*(4, 3, 3, 2, 3)[: 2 + dims]), length=54)


@samples("conv_transpose1d", "conv_transpose2d.input", "conv_transpose3d.input", dtypes=SMALL)
def conv_transpose(op, make):
    dims = int(op.name[14])
    for options in [
        {},
        {"stride": 2},
        {"padding": 1},
        {"stride": 2, "output_padding": 1},
        {"groups": 3},
        {"dilation": 2},
    ]:
        weight = make(*(3, 2, 3, 2, 3)[: 2 + dims])
        outputs = 2 * options.get("groups", 1)
        yield Sample(make(*(2, 3, 5, 4, 3)[: 2 + dims]), weight, make(outputs), length=54, **options)
    yield Sample(make(*(3, 5, 4, 3)[: 1 + dims]), make(*(3, 2, 3, 2, 3)[: 2 + dims]), length=54)


@samples("instance_norm", dtypes=SMALL)
def instance_norm(op, make):
    for shape in [(2, 3, 5), (2, 3, 4, 5)]:
        yield Sample(make(*shape), None, None, None, None, True, 0.1, 1e-5, True, length=64, layouts=False)
        yield Sample(
            make(*shape), make(3, low=0.5), make(3), None, None, True, 0.1, 1e-5, True, length=64, layouts=False
        )
        yield Sample(
            make(*shape),
            make(3, low=0.5),
            make(3),
            make(3),
            make(3, low=0.5),
            True,
            0.1,
            1e-5,
            True,
            length=64,
            layouts=False,
            fixed=(3, 4),
        )


@samples("group_norm", dtypes=SMALL)
def group_norm(op, make):
    for shape, groups in [((2, 6, 5), 3), ((2, 6, 4, 5), 2), ((2, 6), 1), ((2, 6, 3, 3), 6)]:
        yield Sample(make(*shape), groups, make(6), make(6), length=64)
        yield Sample(make(*shape), groups, length=64)


@samples("max_pool1d", "max_pool3d", "max_pool1d_with_indices", "max_pool3d_with_indices", dtypes=SMALL)
def max_pool(op, make):
    dims = int(op.name[8])
    for args, options in [([2], {}), ([3, 2, 1], {}), ([2], {"ceil_mode": True}), ([2, 1], {"dilation": 2})]:
        yield Sample(make.distinct(*(1, 2, 7, 5, 4)[: 2 + dims]), *args, **options)
    yield Sample(make.distinct(*(2, 7, 5, 4)[: 1 + dims]), 2)


@samples("avg_pool1d", "avg_pool3d", dtypes=SMALL)
def avg_pool(op, make):
    dims = int(op.name[8])
    for args, options in [
        ([2], {}),
        ([3, 2, 1], {}),
        ([2], {"ceil_mode": True}),
        ([3, 2, 1], {"count_include_pad": False}),
    ]:
        yield Sample(make(*(1, 2, 7, 5, 4)[: 2 + dims]), *args, length=27, **options)
    yield Sample(make(*(2, 7, 5, 4)[: 1 + dims]), 2, length=8)


@samples("adaptive_avg_pool1d", "adaptive_avg_pool3d", "_adaptive_avg_pool3d", dtypes=SMALL)
def adaptive_avg_pool(op, make):
    dims = 1 if op.name.endswith("1d") else 3
    for size in [[1], [2], [3]]:
        yield Sample(make(*(2, 3, 7, 5, 4)[: 2 + dims]), size * dims, length=150)
