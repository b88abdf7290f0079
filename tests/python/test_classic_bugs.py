"""Mistakes that small frameworks make, one direct test each, with expected values worked out by hand or by plain loops.

The generated comparisons with PyTorch would find most of them too; these need no oracle and say what is wrong.
"""

import importlib
import itertools
import math
import os

import pytest

NAME = os.environ.get("TINY_TORCH_TEST_LIBRARY", "tiny_torch")
torch = importlib.import_module(NAME)
F = importlib.import_module(f"{NAME}.nn.functional")
nn = torch.nn
HALVES = (torch.float16, torch.bfloat16)


def integers(*shape, low=-4, high=5, seed=0):
    """Small whole numbers as floats: sums and products of them are exact."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(low, high, shape, generator=generator).float()


# ----------------------------------------------------------------------------------------------- convolution and pooling
def test_conv2d_keeps_channels_and_places_apart():
    x, weight = integers(2, 3, 4, 5), integers(2, 3, 2, 3, seed=1)
    out = F.conv2d(x, weight)
    assert out.shape == (2, 2, 3, 3)
    for n, o, i, j in itertools.product(range(2), range(2), range(3), range(3)):
        assert out[n, o, i, j] == (x[n, :, i : i + 2, j : j + 3] * weight[o]).sum()


def test_gradients_of_conv2d_keep_channels_and_places_apart():
    x, weight = integers(2, 3, 4, 5).requires_grad_(), integers(2, 3, 2, 3, seed=1).requires_grad_()
    grad = integers(2, 2, 3, 3, seed=2)
    F.conv2d(x, weight).backward(grad)
    expected_x, expected_weight = torch.zeros(2, 3, 4, 5), torch.zeros(2, 3, 2, 3)
    for n, o, i, j in itertools.product(range(2), range(2), range(3), range(3)):
        expected_x[n, :, i : i + 2, j : j + 3] += grad[n, o, i, j] * weight.detach()[o]
        expected_weight[o] += grad[n, o, i, j] * x.detach()[n, :, i : i + 2, j : j + 3]
    assert torch.equal(x.grad, expected_x) and torch.equal(weight.grad, expected_weight)


def test_max_pool2d_keeps_channels_and_places_apart():
    x = integers(2, 3, 4, 6, low=-50, high=50).requires_grad_()
    out = F.max_pool2d(x, 2)
    assert out.shape == (2, 3, 2, 3)
    for n, c, i, j in itertools.product(range(2), range(3), range(2), range(3)):
        assert out[n, c, i, j] == x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
    out.sum().backward()
    assert x.grad.sum() == 2 * 3 * 2 * 3 and ((x.grad != 0).sum((2, 3)) == 6).all()


def test_max_pool2d_pads_with_minus_infinity():
    x = -torch.ones(1, 2, 3, 3)
    assert (F.max_pool2d(x, 3, stride=2, padding=1) == -1).all()
    low = torch.full((1, 1, 2, 2), -10, dtype=torch.int64)
    assert (F.max_pool2d(low, 2, stride=1, padding=1) == -10).all()


# ----------------------------------------------------------------------------------------------------- gradients of operators
def test_backward_of_permute_permutes():
    x = torch.zeros(2, 3, 4, requires_grad=True)
    grad = torch.arange(24.0).view(4, 2, 3)
    x.permute(2, 0, 1).backward(grad)
    for i, j, k in itertools.product(range(2), range(3), range(4)):
        assert x.grad[i, j, k] == grad[k, i, j]


@pytest.mark.parametrize("name, sign", [("add", 1), ("sub", -1)])
def test_alpha_reaches_the_gradient(name, sign):
    a, b = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    getattr(torch, name)(a, b, alpha=3).backward(torch.tensor([1.0, 2.0, 3.0]))
    assert a.grad.tolist() == [1, 2, 3] and b.grad.tolist() == [sign * 3, sign * 6, sign * 9]
    c = torch.ones(3, requires_grad=True)
    getattr(torch.zeros(3), name + "_")(c, alpha=-2).sum().backward()
    assert c.grad.tolist() == [-2 * sign] * 3


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_nll_loss_passes_the_incoming_gradient_on(reduction):
    x = torch.zeros(3, 4, requires_grad=True)
    target = torch.tensor([2, 0, 3])
    loss = F.nll_loss(x, target, reduction=reduction)
    grad = torch.tensor([5.0, 6.0, 7.0]) if reduction == "none" else torch.tensor(6.0)
    loss.backward(grad)
    expected = torch.zeros(3, 4)
    for row, column in enumerate([2, 0, 3]):
        value = grad[row].item() if reduction == "none" else 6.0
        expected[row, column] = -value / (3 if reduction == "mean" else 1)
    assert torch.equal(x.grad, expected)
    y = torch.zeros(3, 4, requires_grad=True)
    (5 * F.cross_entropy(y, target)).backward()
    assert y.grad[0, 2].item() == pytest.approx(5 * (0.25 - 1) / 3)


def test_linear_over_three_dims():
    x, weight, bias = integers(2, 3, 4).requires_grad_(), integers(5, 4, seed=1).requires_grad_(), integers(5, seed=2)
    out = F.linear(x, weight, bias)
    assert out.shape == (2, 3, 5)
    for i, j, k in itertools.product(range(2), range(3), range(5)):
        assert out[i, j, k] == (x[i, j] * weight[k]).sum() + bias[k]
    grad = integers(2, 3, 5, seed=3)
    out.backward(grad)
    assert torch.equal(x.grad, torch.stack([g @ weight.detach() for g in grad]))
    assert torch.equal(weight.grad, sum(g.mT @ part for g, part in zip(grad, x.detach())))


# --------------------------------------------------------------------------------------------------------------- the engine
def test_gradients_of_intermediates_are_not_kept():
    x = torch.tensor([2.0], requires_grad=True)
    y = x * x
    z = y * 3
    z.backward(retain_graph=True)
    first = x.grad.item()
    z.backward()
    assert first == 12 and x.grad.item() == 24
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None


def test_one_gradient_returned_for_two_inputs_is_not_added_to_in_place():
    a, b = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    ((a + b) + a).sum().backward()
    assert a.grad.tolist() == [2, 2, 2] and b.grad.tolist() == [1, 1, 1]
    a.grad.mul_(10)
    assert b.grad.tolist() == [1, 1, 1]
    c, d = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    given = torch.ones(3)
    ((c + d) + c).backward(given)
    assert given.tolist() == [1, 1, 1] and c.grad.tolist() == [2, 2, 2] and d.grad.tolist() == [1, 1, 1]


def test_in_place_operators_stay_in_the_graph():
    x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
    y = x * 2
    y.mul_(3).add_(1)
    y[0] = 5
    y.relu_()
    y.sum().backward()
    assert y.grad_fn is not None and x.grad.tolist() == [0, 0, 6]


# -------------------------------------------------------------------------------------------------------- tensors and views
def test_indexing_a_view_counts_from_its_own_start():
    base = torch.arange(24).view(4, 6)
    view = base[1:, 2:]
    assert view[0, 0] == 8 and view[1].tolist() == [14, 15, 16, 17] and view[1][1] == 15
    assert view[[0, 2]].tolist() == [[8, 9, 10, 11], [20, 21, 22, 23]]
    assert view.t()[1:, 1:].tolist() == [[15, 21], [16, 22], [17, 23]]
    view[1][2:] = -1
    assert base[2].tolist() == [12, 13, 14, 15, -1, -1] and (base == -1).sum() == 2
    assert view.clone()[0].tolist() == [8, 9, 10, 11]
    assert torch.as_strided(view, (2,), (1,)).tolist() == [8, 9]
    assert view.numpy()[0].tolist() == [8, 9, 10, 11] if view.is_contiguous() else True


def test_reversed_operators():
    x = torch.tensor([2.0, 4.0])
    assert (10 - x).tolist() == [8, 6] and (8 / x).tolist() == [4, 2]
    assert (9 // torch.tensor([2, 4])).tolist() == [4, 2] and (9 % torch.tensor([2, 4])).tolist() == [1, 1]
    assert (2**x).tolist() == [4, 16]
    assert torch.rsub(x, 10).tolist() == [8, 6] and torch.rsub(x, 10, alpha=2).tolist() == [6, 2]
    y = torch.tensor([2.0, 4.0], requires_grad=True)
    (8 / y + (1 - y)).sum().backward()
    assert y.grad.tolist() == [-3, -1.5]


def test_sign_of_zero_is_zero():
    for dtype in (torch.float32, torch.float64, torch.int64, torch.int8, *HALVES):
        assert torch.tensor([-3, 0, 5], dtype=dtype).sign().tolist() == [-1, 0, 1]
    assert torch.tensor(-0.0).sign().item() == 0 and torch.tensor([0, 7], dtype=torch.uint8).sign().tolist() == [0, 1]


def test_var_divides_by_what_it_is_told():
    x = torch.tensor([1.0, 2.0, 6.0])
    squares = 14.0
    assert x.var().item() == squares / 2 and x.var(correction=0).item() == pytest.approx(squares / 3)
    assert x.var(unbiased=False).item() == pytest.approx(squares / 3) and x.var(correction=2).item() == squares
    assert x.std().item() == pytest.approx(math.sqrt(7)) and torch.var_mean(x)[1].item() == 3
    # Batch norm normalises by the biased variance and keeps the unbiased one.
    norm = nn.BatchNorm1d(1, eps=1e-12, momentum=1)
    out = norm(x.view(3, 1))
    assert out[0].item() == pytest.approx(-2 / math.sqrt(squares / 3)) and norm.running_var.item() == squares / 2


@pytest.mark.parametrize("dtype", HALVES)
def test_std_of_half_types(dtype):
    x = torch.tensor([1.0, 3.0] * 512).to(dtype)
    assert x.std().dtype == dtype and x.std(correction=0).item() == 1
    # The squares' sum is beyond float16's range; the result isn't.
    large = torch.tensor([-200.0, 200.0] * 64).to(dtype)
    assert large.std(correction=0).item() == 200 and large.var(correction=0).item() == pytest.approx(40000, rel=0.01)


@pytest.mark.parametrize("dtype", HALVES)
def test_half_sums_do_not_stick(dtype):
    """1 added to 256 (2048 for float16) one at a time changes nothing in the type itself."""
    ones = torch.ones(8192, dtype=dtype)
    assert ones.sum().item() == 8192 and ones.view(4, 2048).sum(0)[0].item() == 4
    assert ones.view(2, 4096).sum(1).tolist() == [4096, 4096] and ones.view(4096, 2).sum(0).tolist() == [4096, 4096]
    assert ones.mean().item() == 1 and ones.norm().item() == pytest.approx(math.sqrt(8192), rel=0.01)
    assert (ones.view(1, -1) @ ones.view(-1, 1)).item() == 8192 and ones.cumsum(0)[-1].item() == 8192


@pytest.mark.parametrize("dtype", HALVES)
def test_gradients_of_half_broadcasts_do_not_stick(dtype):
    bias = torch.zeros(2, dtype=dtype, requires_grad=True)
    (torch.zeros(4096, 2, dtype=dtype) + bias).sum().backward()
    assert bias.grad.tolist() == [4096, 4096]


def test_sort_of_rows_is_stable_along_any_dim():
    x = torch.tensor([[3, 1, 2, 1], [0, 5, 0, 5]])
    values, order = torch.sort(x, dim=1, stable=True)
    assert values.tolist() == [[1, 1, 2, 3], [0, 0, 5, 5]] and order.tolist() == [[1, 3, 2, 0], [0, 2, 1, 3]]
    values, order = torch.sort(x.t(), dim=0, stable=True)
    assert values.t().tolist() == [[1, 1, 2, 3], [0, 0, 5, 5]] and order.t().tolist() == [[1, 3, 2, 0], [0, 2, 1, 3]]


def test_cat_of_strided_parts_along_any_dim():
    parts = [torch.arange(24).view(2, 3, 4).transpose(0, dim) for dim in (0, 1, 2)]
    for dim in range(3):
        shapes = [list(p.shape) for p in parts]
        target = [max(s[d] for s in shapes) for d in range(3)]
        fitting = [p[tuple(slice(None) if d == dim else slice(0, 2) for d in range(3))] for p in parts]
        out = torch.cat(fitting, dim)
        assert out.size(dim) == sum(p.size(dim) for p in fitting) <= 3 * target[dim]
        start = 0
        for part in fitting:
            assert torch.equal(out.narrow(dim, start, part.size(dim)), part)
            start += part.size(dim)


# --------------------------------------------------------------------------------------------------------- modules, optimizers
def test_train_false_is_eval():
    net = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.BatchNorm1d(2)))
    assert net.train(False) is net and not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules()) and not net.eval().training
    x = torch.ones(3, 2)
    assert torch.equal(net[0](x), x)
    with pytest.raises(ValueError, match="training mode is expected to be boolean"):
        net.train("False")


def parameter(value, grad):
    result = nn.Parameter(torch.tensor([value], dtype=torch.float64))
    result.grad = torch.tensor([grad], dtype=torch.float64)
    return result


def test_centred_rmsprop_divides_by_the_root():
    p = parameter(1.0, 3.0)
    torch.optim.RMSprop([p], lr=0.1, alpha=0.9, eps=0, centered=True).step()
    square, mean = 0.1 * 9, 0.1 * 3
    assert p.item() == pytest.approx(1 - 0.1 * 3 / math.sqrt(square - mean**2), rel=1e-12)


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_amsgrad_takes_the_maximum_before_bias_correction(name):
    p = parameter(0.0, 3.0)
    optimizer = getattr(torch.optim, name)([p], lr=0.1, betas=(0.5, 0.5), eps=0, amsgrad=True, weight_decay=0)
    value, first, second, largest = 0.0, 0.0, 0.0, 0.0
    for step, grad in enumerate([3.0, 0.5, 0.25, 2.0], 1):
        p.grad.fill_(grad)
        optimizer.step()
        first, second = 0.5 * first + 0.5 * grad, 0.5 * second + 0.5 * grad**2
        largest = max(largest, second)
        value -= 0.1 * (first / (1 - 0.5**step)) / math.sqrt(largest / (1 - 0.5**step))
        assert p.item() == pytest.approx(value, rel=1e-12)


def test_adamw_leaves_parameters_without_gradient_alone():
    used, unused = parameter(1.0, 1.0), nn.Parameter(torch.ones(1))
    torch.optim.AdamW([used, unused], lr=0.1, weight_decay=0.5).step()
    assert unused.item() == 1 and used.item() == pytest.approx(1 - 0.05 - 0.1)


def test_zero_grad_does_something():
    p = parameter(1.0, 1.0)
    optimizer = torch.optim.SGD([p], lr=0.1)
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.item() == 0
    optimizer.zero_grad()
    assert p.grad is None


def test_nesterov_is_asked_for_by_its_own_flag():
    expected = {False: [0.9, 0.71], True: [0.81, 0.539]}
    for nesterov, values in expected.items():
        p = parameter(1.0, 1.0)
        optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9, nesterov=nesterov)
        for value in values:
            optimizer.step()
            assert p.item() == pytest.approx(value, rel=1e-12)
    with pytest.raises(ValueError, match="Nesterov momentum requires a momentum and zero dampening"):
        torch.optim.SGD([parameter(1.0, 1.0)], lr=0.1, nesterov=True)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam", "Adamax", "Adadelta"])
def test_optimizers_write_into_the_parameters_memory(name):
    embedding, head = nn.Embedding(4, 3), nn.Linear(3, 4, bias=False)
    head.weight = embedding.weight
    view, address = embedding.weight.detach()[1:], embedding.weight.data_ptr()
    optimizer = getattr(torch.optim, name)(head.parameters(), lr=0.1)
    for _ in range(2):
        head(embedding(torch.tensor([0, 1, 2, 3]))).square().sum().backward()
        optimizer.step()
    assert head.weight is embedding.weight and embedding.weight.data_ptr() == address
    assert torch.equal(view, embedding.weight.detach()[1:])


# ------------------------------------------------------------------------------------------------------------------- randomness
def test_each_dropout_mask_is_another():
    torch.manual_seed(0)
    layer, x = nn.Dropout(0.5), torch.ones(1000)
    first, second = layer(x), layer(x)
    assert not torch.equal(first, second) and 350 < (first == second).sum() < 650
    generator = torch.Generator().manual_seed(1)
    assert not torch.equal(torch.rand(9, generator=generator), torch.rand(9, generator=generator))


def test_distributed_sampler_leaves_the_global_generator_alone():
    data = importlib.import_module(f"{NAME}.utils.data")
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    sampler = data.DistributedSampler(list(range(10)), num_replicas=2, rank=0, shuffle=True, seed=3)
    sampler.set_epoch(7)
    assert len(list(sampler)) == 5 and torch.equal(torch.rand(4), expected)


# --------------------------------------------------------------------------------------------------------------------- checks
def test_dtypes_that_do_not_fit_are_refused_not_reinterpreted():
    floats, doubles, whole = (
        torch.ones(2, 2),
        torch.ones(2, 2, dtype=torch.float64),
        torch.ones(2, 2, dtype=torch.int64),
    )
    for call in (
        lambda: floats @ doubles,
        lambda: torch.mm(floats, whole),
        lambda: F.linear(floats, doubles),
        lambda: F.conv2d(floats.view(1, 1, 2, 2), doubles.view(1, 1, 2, 2)),
        lambda: floats.index_add_(0, torch.tensor([0, 1]), doubles),
        lambda: floats.scatter_(0, whole, doubles),
        lambda: floats.gather(0, doubles),
        lambda: F.embedding(floats, floats),
        lambda: whole.add_(0.5),
    ):
        with pytest.raises((RuntimeError, IndexError)):
            call()
    assert floats.tolist() == [[1, 1], [1, 1]] and whole.tolist() == [[1, 1], [1, 1]]
    assert (floats + doubles).dtype == torch.float64 and (floats + whole).dtype == torch.float32
    with pytest.raises((RuntimeError, NotImplementedError)):
        floats + torch.ones(2, 2, device="meta")


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.float32, torch.float64])
def test_bounds_are_counted_in_elements(dtype):
    x = torch.arange(8).to(dtype)
    assert torch.as_strided(x, (4,), (2,), 1).tolist() == [1, 3, 5, 7]
    for size, stride, offset in (((8,), (1,), 1), ((4,), (2,), 2), ((2,), (8,), 0), ((1,), (1,), 8)):
        with pytest.raises(RuntimeError, match="out of bounds for storage"):
            torch.as_strided(x, size, stride, offset)
    if dtype.is_floating_point:
        assert torch.frombuffer(bytearray(16), dtype=dtype).numel() == 16 // x.element_size()
        with pytest.raises((RuntimeError, ValueError)):
            torch.frombuffer(bytearray(16), dtype=dtype, count=16 // x.element_size() + 1)
    assert x.untyped_storage().nbytes() == 8 * x.element_size()


def test_negative_dims_and_wrong_indices_of_gather():
    x = torch.arange(12.0).view(3, 4)
    index = torch.tensor([[0, 3], [1, 1], [2, 0]])
    assert torch.equal(x.gather(-1, index), x.gather(1, index)) and x.gather(-1, index)[0].tolist() == [0, 3]
    for dim in (2, -3):
        with pytest.raises(IndexError, match=r"expected to be in range of \[-2, 1\]"):
            x.gather(dim, index)
    for wrong in (4, -1, 2**40, -(2**63)):
        bad = index.clone()
        bad[1, 1] = wrong
        with pytest.raises((IndexError, RuntimeError), match="out of bounds"):
            x.gather(1, bad)
        target = torch.zeros(3, 4)
        with pytest.raises((IndexError, RuntimeError), match="out of bounds"):
            target.scatter_(1, bad, torch.ones(3, 2))
        assert NAME == "torch" or (target == 0).all()  # PyTorch writes what comes before the wrong index


def test_wrong_indices_of_embedding():
    weight = torch.arange(12.0).view(4, 3).requires_grad_()
    assert F.embedding(torch.tensor([3, 0]), weight).tolist() == [[9, 10, 11], [0, 1, 2]]
    for wrong in (4, -1, 2**40, -(2**63)):
        with pytest.raises((IndexError, RuntimeError), match="index out of range|out of bounds"):
            F.embedding(torch.tensor([0, wrong]), weight)
        with pytest.raises(IndexError):
            weight.detach()[torch.tensor([0, wrong if wrong != -1 else -5])]
    F.embedding(torch.tensor([1, 1, 2]), weight).sum().backward()
    assert weight.grad[:, 0].tolist() == [0, 2, 1, 0]


def test_headers_of_files_are_checked(tmp_path):
    """A saved tensor whose description claims more than its storage holds is refused."""
    import zipfile

    path, changed = tmp_path / "x.pt", tmp_path / "y.pt"
    torch.save(torch.arange(6, dtype=torch.int32).view(2, 3), path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("data.pkl"):
                # (2, 3) as pickled small numbers -> (2, 103)
                assert data.count(b"K\x02K\x03\x86") == 1
                data = data.replace(b"K\x02K\x03\x86", b"K\x02K\x67\x86")
            target.writestr(name, data)
    with pytest.raises((RuntimeError, ValueError)):
        torch.load(changed)
    data = path.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) - 1):
        changed.write_bytes(data[:length])
        with pytest.raises((RuntimeError, EOFError, ValueError, OSError)):
            torch.load(changed)


def test_user_mistakes_are_exceptions_and_the_process_goes_on():
    x = torch.ones(2, 3)
    for call in (
        lambda: x.view(4, 2),
        lambda: x @ x,
        lambda: torch.cat([]),
        lambda: torch.stack([x, x[0]]),
        lambda: x.reshape(-1, -1),
        lambda: F.cross_entropy(x, torch.tensor([0, 3])),
        lambda: F.max_pool2d(x.view(1, 1, 2, 3), 0),
        lambda: F.conv2d(x.view(1, 1, 2, 3), torch.ones(1, 2, 1, 1)),
        lambda: torch.zeros(-1),
        lambda: x.backward(),
        lambda: torch.multinomial(torch.zeros(3), 1),
        lambda: x.expand(1, 3),
    ):
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
            call()
    assert (x + x).tolist() == [[2] * 3] * 2
