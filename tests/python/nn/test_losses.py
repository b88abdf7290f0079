"""Softmax, losses and attention against PyTorch: values, both derivatives, and what they refuse."""

import pytest

import tiny_torch as torch
import tiny_torch.nn.functional as F

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
OF = oracle.nn.functional


def ours(t, dtype=None):
    """A tensor of ours with PyTorch's values and strides."""
    if not isinstance(t, oracle.Tensor):
        return t
    base = torch.from_numpy(t.detach().double().numpy().copy() if t.is_floating_point() else t.numpy().copy())
    made = torch.empty_strided(t.shape, t.stride(), dtype=base.dtype).copy_(base)
    return made.to(getattr(torch, str(t.dtype).split(".")[1]))


def close(a, b, factor=16):
    a = oracle.from_numpy(a.detach().double().numpy())
    eps = oracle.finfo(b.dtype).eps
    oracle.testing.assert_close(a, b.detach().double(), rtol=factor * eps, atol=factor * eps, equal_nan=True)


def both(f, of, tensors, factor=16, twice=True):
    """Value, gradients and gradients of gradients of f(ours) and of(PyTorch's)."""
    theirs = [t.detach().clone().requires_grad_() if t.is_floating_point() else t for t in tensors]
    mine = [ours(t).requires_grad_() if t.is_floating_point() else ours(t) for t in tensors]
    a, b = f(*mine), of(*theirs)
    close(a, b, factor)
    assert tuple(a.shape) == tuple(b.shape)
    xs, ys = [t for t in mine if t.requires_grad], [t for t in theirs if t.requires_grad]
    seed = oracle.randn(b.shape, dtype=b.dtype)
    da = torch.autograd.grad(a, xs, ours(seed), create_graph=twice)
    db = oracle.autograd.grad(b, ys, seed, create_graph=twice)
    for x, y in zip(da, db):
        close(x, y, factor * 4)
    if not twice:
        return
    da = torch.autograd.grad(sum((x * x).sum() for x in da), xs, allow_unused=True)
    db = oracle.autograd.grad(sum((y * y).sum() for y in db), ys, allow_unused=True)
    for x, y in zip(da, db):
        if y is not None and x is not None:
            close(x, y, factor * 64)


SHAPES = [((5,), 0), ((3, 4), 1), ((3, 4), 0), ((2, 70, 3), 1), ((2, 3, 131), 2), ((131, 70), 0), ((1, 1), 1), ((), -1)]


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape, dim", SHAPES)
def test_softmax(name, shape, dim):
    x = oracle.randn(shape, dtype=oracle.float64) * 5
    both(lambda t: getattr(torch, name)(t, dim), lambda t: getattr(oracle, name)(t, dim), [x])
    both(lambda t: getattr(torch, name)(t, dim), lambda t: getattr(oracle, name)(t, dim), [x.float()], twice=False)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("shape, dim", [((7, 33), 1), ((7, 33, 5), 1), ((2, 200, 90), 1)])
def test_softmax_of_half_types(name, dtype, shape, dim):
    x = oracle.randn(shape).to(getattr(oracle, dtype))
    both(lambda t: getattr(torch, name)(t, dim), lambda t: getattr(oracle, name)(t, dim), [x], factor=2, twice=False)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_special_values(name):
    inf, nan = float("inf"), float("nan")
    rows = [[0.0, -inf, 1.0], [-inf] * 3, [inf, 0.0, 1.0], [nan, 1.0, 2.0], [3e38, -3e38, 0.0], [1e4, 1e4, 1e4 + 1]]
    x = oracle.tensor(rows)
    for t, dim in ((x, 1), (x.t().contiguous(), 0)):
        close(getattr(torch, name)(ours(t), dim), getattr(oracle, name)(t, dim))


def test_softmax_arguments():
    x = torch.tensor([[0, 1, 2], [3, 4, 5]])
    assert torch.softmax(x, 1, dtype=torch.float64).dtype == torch.float64
    out = torch.empty(0)
    assert torch.softmax(x.float(), 0, out=out) is out and out.shape == (2, 3)
    with pytest.raises(NotImplementedError):
        torch.softmax(x, 1)
    with pytest.raises(IndexError):
        torch.softmax(x.float(), 2)
    assert torch.softmax(torch.empty(0, 3), 1).shape == (0, 3)
    assert torch.softmax(torch.empty(2, 3, device="meta"), 1).shape == (2, 3)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(4, 5), (5,), (2, 5, 3), (2, 5, 3, 2), (1, 5, 2, 2, 2), (9, 300)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy(reduction, weighted, shape, smoothing):
    classes = shape[0] if len(shape) == 1 else shape[1]
    x = oracle.randn(shape, dtype=oracle.float64)
    target = oracle.randint(0, classes, shape[:1] + shape[2:] if len(shape) > 1 else ())
    if target.dim() > 0:
        target.view(-1)[0] = 2
    weight = oracle.rand(classes, dtype=oracle.float64) if weighted else None
    options = {"reduction": reduction, "label_smoothing": smoothing}
    both(
        lambda t: F.cross_entropy(t, ours(target), ours(weight), ignore_index=2, **options),
        lambda t: OF.cross_entropy(t, target, weight, ignore_index=2, **options),
        [x],
    )
    both(
        lambda t: F.cross_entropy(t, ours(target), ours(weight), **options),
        lambda t: OF.cross_entropy(t, target, weight, **options),
        [x],
    )
    probabilities = oracle.rand(shape, dtype=oracle.float64)
    both(
        lambda t, p: F.cross_entropy(t, p, ours(weight), **options),
        lambda t, p: OF.cross_entropy(t, p, weight, **options),
        [x, probabilities],
    )


def test_targets_out_of_bounds_change_nothing():
    x = torch.randn(3, 4, requires_grad=True)
    for bad in (4, -1, 2**40):
        for reduction in ("none", "mean"):
            with pytest.raises(IndexError, match=f"Target {bad} is out of bounds"):
                F.cross_entropy(x, torch.tensor([0, bad, 1]), reduction=reduction)
    assert F.cross_entropy(x, torch.tensor([-100, -100, -100])).isnan()


@pytest.mark.parametrize(
    "shape, target, dtype",
    [
        ((3, 4), (2,), "int64"),
        ((3, 4), (3, 1), "int64"),
        ((3, 4), (3,), "float32"),
        ((3, 4, 5), (3, 4), "int64"),
        ((3,), (2,), "int64"),
        ((), (), "int64"),
        ((3, 4), (), "int64"),
        ((3, 4, 5, 6), (3, 4, 5), "int64"),
    ],
)
def test_cross_entropy_refuses_what_pytorch_refuses(shape, target, dtype):
    with pytest.raises(Exception) as theirs:
        OF.cross_entropy(oracle.randn(shape), oracle.zeros(target, dtype=getattr(oracle, dtype)))
    with pytest.raises(theirs.type):
        F.cross_entropy(torch.randn(shape), torch.zeros(target, dtype=getattr(torch, dtype)))


ELEMENTWISE = {
    "mse_loss": {},
    "l1_loss": {},
    "smooth_l1_loss": {"beta": 0.7},
    "huber_loss": {"delta": 0.7},
    "binary_cross_entropy": {},
    "binary_cross_entropy_with_logits": {},
}


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_losses(name, reduction):
    # Away from 0 and 1: there PyTorch adds 1e-12 to the denominators of second derivatives.
    x, y = (oracle.rand(4, 37, dtype=oracle.float64) * 0.6 + 0.2 for _ in range(2))
    options = {"reduction": reduction, **ELEMENTWISE[name]}
    both(lambda a, b: getattr(F, name)(a, b, **options), lambda a, b: getattr(OF, name)(a, b, **options), [x, y], 2**14)
    both(
        lambda a, b: getattr(F, name)(a, b, **options),
        lambda a, b: getattr(OF, name)(a, b, **options),
        [x.t(), y.t()],
        2**14,
    )


@pytest.mark.parametrize("weighted, positive", [(False, False), (False, True), (True, False), (True, True)])
def test_binary_cross_entropy_with_weights(weighted, positive):
    x, y = oracle.randn(3, 5, dtype=oracle.float64) * 4, oracle.rand(3, 5, dtype=oracle.float64)
    x[0, 0] = 0.0
    w = oracle.rand(3, 5, dtype=oracle.float64) if weighted else None
    p = oracle.rand(5, dtype=oracle.float64) * 3 if positive else None
    both(
        lambda a, b: F.binary_cross_entropy_with_logits(a, b, ours(w), pos_weight=ours(p)),
        lambda a, b: OF.binary_cross_entropy_with_logits(a, b, w, pos_weight=p),
        [x, y],
        64,
    )
    q = x.tanh() * 0.3 + 0.5
    both(
        lambda a, b: F.binary_cross_entropy(a, b, ours(w)), lambda a, b: OF.binary_cross_entropy(a, b, w), [q, y], 2**14
    )
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(torch.tensor([1.5]), torch.tensor([1.0]))


MASKS = ["none", "causal", "bool", "float", "dead row", "bool and causal", "float and causal"]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("sizes", [(2, 3, 5, 7, 8, 8), (1, 2, 33, 70, 16, 24), (2, 1, 130, 130, 64, 64)])
def test_attention(mask, sizes):
    batch, heads, rows, columns, width, value_width = sizes
    q = oracle.randn(batch, heads, rows, width, dtype=oracle.float64)
    k = oracle.randn(batch, heads, columns, width, dtype=oracle.float64)
    v = oracle.randn(batch, heads, columns, value_width, dtype=oracle.float64)
    m = None
    if mask in ("bool", "dead row", "bool and causal"):
        m = oracle.rand(rows, columns) > 0.3
        if mask == "dead row":
            m[1] = False
    elif mask in ("float", "float and causal"):
        m = oracle.randn(batch, 1, rows, columns, dtype=oracle.float64)
    causal = "causal" in mask
    if m is not None and causal and width != value_width:
        for lib, t in ((F, ours), (OF, lambda t: t)):
            with pytest.raises(RuntimeError):
                lib.scaled_dot_product_attention(t(q), t(k), t(v), attn_mask=t(m), is_causal=True)
        return
    both(
        lambda *t: F.scaled_dot_product_attention(*t, attn_mask=ours(m), is_causal=causal),
        lambda *t: OF.scaled_dot_product_attention(*t, attn_mask=m, is_causal=causal),
        [q, k, v],
        256,
        twice=False,
    )


def with_gradients(f, tensors, seed):
    leaves = [t.detach().clone().requires_grad_() for t in tensors]
    result = f(*leaves)
    return [result, *torch.autograd.grad(result, leaves, seed)]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("layout", ["contiguous", "heads inside", "strided"])
@pytest.mark.parametrize("sizes", [(1, 1, 32, 1, 1, 1), (2, 3, 65, 129, 17, 9), (1, 2, 200, 130, 64, 64)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tiled_attention_equals_its_composite(causal, layout, sizes, dtype):
    batch, heads, rows, columns, width, value_width = sizes
    dtype = getattr(torch, dtype)

    def make(length, size):
        if layout == "heads inside":
            return torch.randn(batch, length, heads, size, dtype=dtype).transpose(1, 2)
        if layout == "strided":
            return torch.randn(batch, heads, length, 2 * size, dtype=dtype)[..., ::2]
        return torch.randn(batch, heads, length, size, dtype=dtype)

    tensors = [make(rows, width), make(columns, width), make(columns, value_width)]
    # A mask, also one that hides nothing, leads to the composite.
    shown = torch.ones(rows, columns, dtype=torch.bool)
    if causal:
        shown = torch.ones(rows, 1, dtype=torch.int64).cumsum(0) >= torch.ones(1, columns, dtype=torch.int64).cumsum(1)
    seed = make(rows, value_width)
    tiled = with_gradients(lambda *t: F.scaled_dot_product_attention(*t, is_causal=causal), tensors, seed)
    composite = with_gradients(lambda *t: F.scaled_dot_product_attention(*t, attn_mask=shown), tensors, seed)
    tolerance = 64 * torch.finfo(dtype).eps * max(rows, columns) ** 0.5
    for a, b in zip(tiled, composite):
        assert a.shape == b.shape and float((a - b).abs().max()) <= tolerance * (1 + float(b.abs().max()))


@pytest.mark.parametrize("causal", [False, True])
def test_attention_derivatives(causal):
    q, k, v = (torch.randn(1, 1, n, 2, dtype=torch.float64, requires_grad=True) for n in (33, 5, 5))
    f = lambda *t: F.scaled_dot_product_attention(*t, is_causal=causal)  # noqa: E731
    assert torch.autograd.gradcheck(f, (q, k, v))
    assert torch.autograd.gradgradcheck(f, (q, k, v))


def test_tiled_attention_with_infinite_scores():
    q, k, v = torch.ones(1, 1, 40, 2), torch.zeros(1, 1, 150, 2), torch.randn(1, 1, 150, 3)
    k[0, 0, :130] = -float("inf")  # more than a block of keys that no query sees
    tiled = F.scaled_dot_product_attention(q, k, v)
    assert torch.allclose(tiled, v[:, :, 130:].mean(2, keepdim=True).expand(1, 1, 40, 3), atol=1e-6)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_tiled_attention_rounds_half_types_once(dtype):
    dtype = getattr(torch, dtype)
    q, k, v = (torch.randn(1, 2, 64, 16).to(dtype) for _ in range(3))
    wide = F.scaled_dot_product_attention(q.float(), k.float(), v.float())
    assert torch.equal(F.scaled_dot_product_attention(q, k, v), wide.to(dtype))


def test_cross_entropy_of_rows_twice():
    x = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    target, weight = torch.tensor([0, 4, -100, 2, 2, 1]), torch.rand(5, dtype=torch.float64)
    for reduction in ("none", "mean", "sum"):
        f = lambda t, r=reduction: F.cross_entropy(t, target, weight, reduction=r)
        assert torch.autograd.gradcheck(f, (x,))
        assert torch.autograd.gradgradcheck(f, (x,))
    small = target.clamp(0).to(torch.uint8)
    assert torch.autograd.gradgradcheck(lambda t: F.cross_entropy(t, small), (x,))


def test_cross_entropy_of_no_rows():
    empty = torch.zeros(0, 5, requires_grad=True)
    loss = F.cross_entropy(empty, torch.zeros(0, dtype=torch.int64))
    assert loss.isnan()
    loss.backward()
    assert empty.grad.shape == (0, 5)
    with pytest.raises(IndexError):
        F.cross_entropy(torch.zeros(2, 5), torch.tensor([1, 5]))
    with pytest.raises(IndexError):
        F.cross_entropy(torch.zeros(2, 0), torch.tensor([0, 0]))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize("strided", [False, True])
def test_cross_entropy_of_rows_equals_its_composite(reduction, dtype, strided):
    dtype = getattr(torch, dtype)
    x = torch.randn(40, 21, dtype=torch.float64).to(dtype)
    x = x.t() if strided else x[:21, :20]
    target = torch.randint(0, x.shape[1], (21,))
    target[3] = -100
    weight = torch.rand(x.shape[1], dtype=torch.float64).to(dtype)
    results = []
    for f in (
        lambda t: F.cross_entropy(t, target, weight, reduction=reduction),
        lambda t: F.nll_loss(F.log_softmax(t, 1), target, weight, reduction=reduction),
    ):
        leaf = x.detach().clone().requires_grad_()
        loss = f(leaf)
        results.append([loss, *torch.autograd.grad(loss.sum(), leaf)])
    for a, b in zip(*results):
        tolerance = 16 * torch.finfo(dtype).eps
        assert a.dtype == b.dtype and float((a - b).double().abs().max()) <= tolerance * (
            1 + float(b.double().abs().max())
        )


def test_attention_options():
    q, k, v = (oracle.randn(2, h, 6, 8, dtype=oracle.float64) for h in (4, 2, 2))
    both(
        lambda *t: F.scaled_dot_product_attention(*t, enable_gqa=True, scale=0.3),
        lambda *t: OF.scaled_dot_product_attention(*t, enable_gqa=True, scale=0.3),
        [q, k, v],
        256,
        twice=False,
    )
    x = torch.randn(2, 2, 4, 8)
    with pytest.raises(RuntimeError):
        F.scaled_dot_product_attention(x[0], x[0], x[0], attn_mask=torch.ones(4, 4), is_causal=True)
    with pytest.raises(RuntimeError):
        F.scaled_dot_product_attention(x, x, x, attn_mask=torch.ones(4, 4).requires_grad_(), is_causal=True)
    with pytest.raises(RuntimeError):
        F.scaled_dot_product_attention(x, x.double(), x)
    torch.manual_seed(0)
    kept = F.scaled_dot_product_attention(x, x, torch.ones_like(x), dropout_p=0.5)
    assert 0.5 < float(kept.mean()) < 1.5 and float(kept.std()) > 0.01
