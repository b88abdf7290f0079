"""Convolution, pooling and normalisation against their definitions in elementary operators, gradients included."""

import itertools

import pytest

import tiny_torch as torch
from tiny_torch.autograd import gradcheck, gradgradcheck
from tiny_torch.nn import functional as F


def layouts(shape, dtype=None):
    """The same values contiguous, channels last, and as every second column of something wider."""
    torch.manual_seed(3)
    x = torch.randn(*shape, dtype=dtype or torch.float32)
    wide = torch.zeros(*shape[:-1], 2 * shape[-1], dtype=x.dtype)
    wide[..., ::2] = x
    return {
        "contiguous": x,
        "channels_last": x.contiguous(memory_format=torch.channels_last),
        "strided": wide[..., ::2],
    }


def close(a, b, tolerance=1e-4):
    assert a.shape == b.shape
    assert a.numel() == 0 or (a - b).abs().max().item() <= tolerance * (1 + b.abs().max().item())


def grads(f, *tensors):
    leaves = [t.detach().requires_grad_() for t in tensors]
    out = f(*leaves)
    weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).reshape(out.shape)
    return out.detach(), torch.autograd.grad((out * weight).sum(), leaves)


def same_with_grads(fast, composite, *tensors, tolerance=1e-4):
    out, gradients = grads(fast, *tensors)
    expected, expected_gradients = grads(composite, *tensors)
    close(out, expected, tolerance)
    for mine, theirs in zip(gradients, expected_gradients):
        close(mine, theirs, tolerance)


def padded(x, padding, value=0.0):
    n, c, h, w = x.shape
    full = torch.full((n, c, h + 2 * padding, w + 2 * padding), value, dtype=x.dtype)
    full[:, :, padding : padding + h, padding : padding + w] = x
    return full


def taps(x, kernel, stride, padding=0, dilation=1, value=0.0):
    """The input seen by each tap of a square kernel, in reading order."""
    x = padded(x, padding, value)
    size = [(n - dilation * (kernel - 1) - 1) // stride + 1 for n in x.shape[2:]]
    for i, j in itertools.product(range(kernel), repeat=2):
        top, left = i * dilation, j * dilation
        yield x[
            :, :, top : top + (size[0] - 1) * stride + 1 : stride, left : left + (size[1] - 1) * stride + 1 : stride
        ]


def conv_by_taps(x, w, b, stride, padding, dilation, groups):
    """Sum over taps of a product over channels."""
    out_channels, in_channels, kernel, _ = w.shape
    parts = []
    for g in range(groups):
        rows = out_channels // groups
        filters = w[g * rows : (g + 1) * rows]
        channels = x[:, g * in_channels : (g + 1) * in_channels]
        total = None
        for index, tap in enumerate(taps(channels, kernel, stride, padding, dilation)):
            n, c, height, width = tap.shape
            product = torch.matmul(filters[:, :, index // kernel, index % kernel], tap.reshape(n, c, height * width))
            total = product if total is None else total + product
        parts.append(total.reshape(n, rows, height, width))
    return torch.cat(parts, 1) + b.reshape(1, -1, 1, 1)


CONVOLUTIONS = [(1, 0, 1, 1), (2, 1, 1, 1), (1, 2, 2, 1), (1, 1, 1, 2), (2, 1, 1, 4)]


@pytest.mark.parametrize("layout", ["contiguous", "channels_last", "strided"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stride, padding, dilation, groups", CONVOLUTIONS)
def test_conv2d_is_the_sum_over_its_taps(layout, dtype, stride, padding, dilation, groups):
    dtype = getattr(torch, dtype)
    x = layouts((2, 4, 8, 7), dtype)[layout]
    w = torch.randn(8, 4 // groups, 3, 3, dtype=dtype)
    b = torch.randn(8, dtype=dtype)
    same_with_grads(
        lambda x, w, b: F.conv2d(x, w, b, stride, padding, dilation, groups),
        lambda x, w, b: conv_by_taps(x, w, b, stride, padding, dilation, groups),
        x,
        w,
        b,
    )


@pytest.mark.parametrize("layout", ["contiguous", "channels_last", "strided"])
@pytest.mark.parametrize("kernel, stride, padding, dilation", [(2, 2, 0, 1), (3, 2, 1, 1), (3, 1, 1, 2), (2, 3, 1, 1)])
def test_max_pool2d_is_the_maximum_of_its_taps(layout, kernel, stride, padding, dilation):
    # All negative: padding with zeros would win.
    x = -1 - layouts((2, 3, 9, 8))[layout].abs()

    def composite(x):
        best = None
        for tap in taps(x, kernel, stride, padding, dilation, -float("inf")):
            best = tap if best is None else torch.maximum(best, tap)
        return best

    same_with_grads(lambda x: F.max_pool2d(x, kernel, stride, padding, dilation), composite, x)


@pytest.mark.parametrize("layout", ["contiguous", "channels_last", "strided"])
@pytest.mark.parametrize("kernel, stride, padding", [(2, 2, 0), (3, 2, 1), (3, 1, 1)])
@pytest.mark.parametrize("counts", [True, False])
def test_avg_pool2d_is_the_mean_of_its_taps(layout, kernel, stride, padding, counts):
    x = layouts((2, 3, 9, 8))[layout]

    def composite(x):
        total = sum(taps(x, kernel, stride, padding))
        if counts:
            return total / kernel**2
        return total / sum(taps(torch.ones(1, 1, 9, 8), kernel, stride, padding))

    same_with_grads(lambda x: F.avg_pool2d(x, kernel, stride, padding, False, counts), composite, x)


def test_max_pool2d_finds_nan_and_the_first_of_equals():
    nan = float("nan")
    x = torch.tensor([[[[1.0, 1.0, nan, 2.0], [1.0, 1.0, 3.0, 4.0]]]])
    for kernel in (2, (2, 2)):
        out, indices = F.max_pool2d(x, kernel, return_indices=True)
        assert out[0, 0, 0, 0].item() == 1.0 and out[0, 0, 0, 1].isnan().item()
        assert indices.tolist() == [[[[0, 2]]]]
    overlapping = F.max_pool2d(x, 2, 1, return_indices=True)[1]
    assert overlapping.tolist() == [[[[0, 2, 2]]]]


def composite_norm(x, dims, weight, bias, shape, eps):
    mean = x.mean(dims, keepdim=True)
    centred = x - mean
    variance = (centred * centred).mean(dims, keepdim=True)
    return centred / (variance + eps).sqrt() * weight.reshape(shape) + bias.reshape(shape)


@pytest.mark.parametrize("shape", [(6, 5), (4, 5, 3), (3, 5, 4, 6), (2, 5, 2, 3, 2), (16, 5, 9, 9)])
@pytest.mark.parametrize("layout", ["contiguous", "channels_last", "strided"])
def test_batch_norm_is_its_definition(shape, layout):
    if layout != "contiguous" and len(shape) != 4:
        pytest.skip("layouts are those of images")
    x = layouts(shape)[layout] if len(shape) == 4 else torch.randn(*shape)
    w, b = torch.rand(5) + 0.5, torch.randn(5)
    dims = [d for d in range(len(shape)) if d != 1]
    per_channel = (1, 5) + (1,) * (len(shape) - 2)
    same_with_grads(
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        lambda x, w, b: composite_norm(x, dims, w, b, per_channel, 1e-5),
        x,
        w,
        b,
        tolerance=1e-3,
    )


def test_batch_norm_statistics():
    x = torch.randn(8, 3, 5)
    mean, var = torch.zeros(3), torch.ones(3)
    F.batch_norm(x, mean, var, training=True, momentum=0.25)
    values = x.permute(1, 0, 2).reshape(3, 40)
    close(mean, 0.25 * values.mean(1))
    close(var, 0.75 + 0.25 * values.var(1))
    before = mean.clone(), var.clone()
    out = F.batch_norm(x, mean, var, training=False)
    close(out, (x - mean.reshape(1, 3, 1)) / (var.reshape(1, 3, 1) + 1e-5).sqrt())
    assert (mean == before[0]).all() and (var == before[1]).all()


@pytest.mark.parametrize("shape, last", [((4, 7), 1), ((3, 4, 33), 2), ((2, 300), 1), ((600, 5), 1)])
def test_layer_norm_is_its_definition(shape, last):
    size = shape[-last:]
    dims = list(range(len(shape) - last, len(shape)))
    for x in (torch.randn(*shape), torch.randn(*shape[:-1], 2 * shape[-1])[..., ::2]):
        same_with_grads(
            lambda x, w, b: F.layer_norm(x, size, w, b),
            lambda x, w, b: composite_norm(x, dims, w, b, size, 1e-5),
            x,
            torch.rand(*size) + 0.5,
            torch.randn(*size),
            tolerance=1e-3,
        )


def test_normalisation_survives_a_large_mean():
    x = torch.randn(16, 512) + 4096
    exact = F.layer_norm(x.double(), (512,)).float()
    close(F.layer_norm(x, (512,)), exact, 2e-3)
    batch = F.batch_norm(x.t().contiguous(), None, None, training=True)
    close(batch, exact.t(), 2e-3)


DOUBLE = {
    "conv2d": (lambda x, w, b: F.conv2d(x, w, b, 2, 1), [(2, 2, 5, 5), (4, 2, 3, 3), (4,)]),
    "conv2d_groups": (lambda x, w, b: F.conv2d(x, w, b, 1, 0, 2, 2), [(1, 4, 5, 6), (4, 2, 2, 3), (4,)]),
    "conv1d": (lambda x, w: F.conv1d(x, w, padding="same"), [(2, 2, 6), (3, 2, 4)]),
    "conv3d": (lambda x, w: F.conv3d(x, w), [(1, 2, 3, 4, 3), (2, 2, 2, 2, 2)]),
    "conv_transpose2d": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1, 2),
        [(1, 4, 3, 3), (4, 2, 3, 3), (4,)],
    ),
    "max_pool2d": (lambda x: F.max_pool2d(x, 3, 2, 1), [(2, 2, 6, 5)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1, True, False), [(2, 2, 6, 5)]),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (2, 3)), [(2, 2, 5, 5)]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (4,), w, b), [(3, 4), (4,), (4,)]),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), [(3, 2, 4), (2,), (2,)]),
    "batch_norm_eval": (
        lambda x, w, b: F.batch_norm(x, torch.arange(2.0).double(), torch.ones(2).double(), w, b),
        [(3, 2, 4), (2,), (2,)],
    ),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), [(2, 4, 3), (4,), (4,)]),
    "instance_norm": (lambda x: F.instance_norm(x), [(2, 2, 5)]),
}


@pytest.mark.parametrize("name", DOUBLE)
def test_first_and_second_derivatives(name):
    f, shapes = DOUBLE[name]
    torch.manual_seed(5)
    inputs = [torch.randn(*s, dtype=torch.float64).requires_grad_() for s in shapes]
    assert gradcheck(f, tuple(inputs))
    assert gradgradcheck(f, tuple(inputs))


def test_statistics_of_group_norm_are_differentiable():
    x = torch.randn(2, 4, 3, dtype=torch.float64).requires_grad_()
    f = lambda x: torch.ops.aten.native_group_norm(x, None, None, 2, 4, 3, 2, 1e-5)
    with torch.no_grad():
        plain = f(x)
    for result, expected in zip(f(x), plain):
        assert result.requires_grad and torch.allclose(result, expected)
    assert gradgradcheck(f, (x,))


@pytest.mark.parametrize("name", sorted(name for name in DOUBLE if name.endswith("_norm")))
def test_third_derivatives(name):
    # Mean and deviation are saved by forward without a graph; derivatives of second ones must not take them for constants.
    f, shapes = DOUBLE[name]
    torch.manual_seed(5)
    inputs = tuple(torch.randn(*s, dtype=torch.float64).requires_grad_() for s in shapes)

    def first(*tensors):
        return torch.autograd.grad((f(*tensors) ** 2).sum(), tensors, create_graph=True)

    assert gradgradcheck(first, inputs)


def test_results_do_not_depend_on_the_number_of_threads():
    torch.manual_seed(7)
    x, w = torch.randn(64, 64, 33), torch.randn(64)
    wide = torch.randn(512, 1000)

    def run():
        out = []
        for f, arguments in [
            (lambda x, w: F.batch_norm(x, None, None, w, w, True), (x, w)),
            (lambda x, w: F.batch_norm(x, None, None, w, w, True), (torch.randn(4096, 64).fill_(0.5) + x[0, :, 0], w)),
            (lambda x, w: F.layer_norm(x, (1000,), w, w), (wide, torch.ones(1000))),
        ]:
            result, gradients = grads(f, *arguments)
            out += [result, *gradients]
        return out

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = run()
        torch.set_num_threads(4)
        four = run()
    finally:
        torch.set_num_threads(threads)
    assert all((a == b).all() for a, b in zip(one, four))


def test_unbatched_and_empty_batches():
    x, w = torch.randn(2, 3, 8, 8), torch.randn(4, 3, 3, 3)
    for f in (
        lambda x: F.conv2d(x, w),
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.avg_pool2d(x, 2),
        lambda x: F.adaptive_avg_pool2d(x, 3),
    ):
        close(f(x[0]), f(x)[0])
        assert f(x[:0]).shape == (0, *f(x).shape[1:])
        empty = x[:0].detach().requires_grad_()
        f(empty).sum().backward()
        assert empty.grad.shape == empty.shape


def test_pooled_gradients_reject_indices_outside():
    grad, x = torch.ones(1, 1, 2, 2), torch.ones(1, 1, 4, 4)
    for bad in (16, -1):
        indices = torch.full((1, 1, 2, 2), bad, dtype=torch.int64)
        with pytest.raises(RuntimeError, match="indices"):
            torch._C._nn.max_pool2d_with_indices_backward(grad, x, [2, 2], [2, 2], [0, 0], [1, 1], False, indices)


X, W = torch.ones(1, 2, 4, 4), torch.ones(3, 2, 3, 3)
MISTAKES = {
    "channels": lambda: F.conv2d(X[:, :1], W),
    "dtype": lambda: F.conv2d(X, W.double()),
    "bias length": lambda: F.conv2d(X, W, torch.ones(2)),
    "stride": lambda: F.conv2d(X, W, stride=0),
    "padding": lambda: F.conv2d(X, W, padding=-1),
    "dilation": lambda: F.conv2d(X, W, dilation=2),
    "groups": lambda: F.conv2d(X, W, groups=0),
    "padding name": lambda: F.conv2d(X, W, padding="full"),
    "same with stride": lambda: F.conv2d(X, W, stride=2, padding="same"),
    "dims": lambda: F.conv2d(X[0, 0], W),
    "pool padding": lambda: F.max_pool2d(X, 2, padding=2),
    "pool size": lambda: F.max_pool2d(X, 5),
    "pool stride": lambda: F.avg_pool2d(X, 2, 0),
    "divisor": lambda: F.avg_pool2d(X, 2, divisor_override=0),
    "normalized_shape": lambda: F.layer_norm(X, (3,)),
    "weight": lambda: F.layer_norm(X, (4,), torch.ones(3)),
    "running": lambda: F.batch_norm(X, torch.ones(3), torch.ones(2)),
    "no statistics": lambda: F.batch_norm(X, None, None),
    "norm groups": lambda: F.group_norm(X, 3),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_runtime_errors(name):
    with pytest.raises(RuntimeError) as error:
        MISTAKES[name]()
    assert type(error.value) is RuntimeError


@pytest.mark.parametrize("dtype", ["int64", "bool", "complex64"])
def test_dtypes_without_a_mean_are_not_implemented(dtype):
    x = X.to(getattr(torch, dtype))
    with pytest.raises(NotImplementedError):
        F.layer_norm(x, (4,))
    with pytest.raises(NotImplementedError):
        F.adaptive_avg_pool2d(x, 3)
