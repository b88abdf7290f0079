"""nn.utils against PyTorch's: parametrizations, norms by hooks, fusion, packed sequences, functional calls; SWA."""

import copy

import pytest

import tiny_torch as torch
from tiny_torch import nn

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")


def both(make, x):
    """The results and gradients of the same module, made by `make`, in both libraries."""
    results = []
    for module in (oracle, torch):
        module.manual_seed(1)
        net = make(module)
        a = module.tensor(x, requires_grad=True)
        out = net(a)
        (out * out).sum().backward()
        grads = {name: p.grad.tolist() for name, p in net.named_parameters()}
        state = {name: t.tolist() for name, t in net.state_dict().items()}
        results.append((out.tolist(), a.grad.tolist(), grads, state))
    return results


def assert_same(results):
    theirs, mine = results
    assert list(mine[2]) == list(theirs[2]) and list(mine[3]) == list(theirs[3])
    for a, b in zip(mine, theirs):
        for x, y in zip(a.values() if isinstance(a, dict) else [a], b.values() if isinstance(b, dict) else [b]):
            oracle.testing.assert_close(oracle.tensor(x), oracle.tensor(y), rtol=2e-4, atol=2e-5)


X = [[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]]


@pytest.mark.parametrize(
    "make",
    [
        lambda m: m.nn.utils.parametrizations.weight_norm(m.nn.Linear(3, 2)),
        lambda m: m.nn.utils.parametrizations.weight_norm(m.nn.Linear(3, 2), dim=None),
        lambda m: m.nn.utils.parametrizations.spectral_norm(m.nn.Linear(3, 2)),
        lambda m: m.nn.utils.parametrizations.spectral_norm(m.nn.Linear(3, 2), n_power_iterations=3).eval(),
        lambda m: m.nn.utils.spectral_norm(m.nn.Linear(3, 2)),
    ],
    ids=["weight_norm", "weight_norm of all", "spectral_norm", "spectral_norm in evaluation", "older spectral_norm"],
)
def test_normalised_weights(make):
    assert_same(both(make, X))


def test_older_weight_norm():
    with pytest.warns(FutureWarning):
        reference = oracle.nn.utils.weight_norm(oracle.nn.Linear(3, 2))
    layer = nn.utils.weight_norm(nn.Linear(3, 2))
    assert list(layer.state_dict()) == list(reference.state_dict())
    weight = layer.weight.detach().clone()
    layer(torch.tensor(X)).sum().backward()
    assert layer.weight_g.grad is not None and layer.weight_v.grad is not None
    nn.utils.remove_weight_norm(layer)
    assert list(layer.state_dict()) == ["bias", "weight"] and torch.allclose(layer.weight, weight)
    with pytest.raises(ValueError):
        nn.utils.remove_weight_norm(layer)


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)

    def right_inverse(self, a):
        return a.triu()


def test_parametrize():
    P = nn.utils.parametrize
    layer = nn.Linear(3, 3)
    original = layer.weight
    assert P.register_parametrization(layer, "weight", Symmetric()) is layer
    assert torch.equal(layer.weight, layer.weight.t()) and P.is_parametrized(layer, "weight")
    assert isinstance(layer, nn.Linear) and type(layer).__name__ == "ParametrizedLinear"
    assert P.type_before_parametrizations(layer) is nn.Linear
    assert layer.parametrizations.weight.original is original
    layer.weight = torch.eye(3) * 2
    assert torch.equal(layer.weight, torch.eye(3) * 2)
    with P.cached():
        assert layer.weight is layer.weight
    assert layer.weight is not layer.weight
    copied = copy.deepcopy(layer)
    assert torch.equal(copied.weight, layer.weight) and copied.parametrizations is not layer.parametrizations
    copied.load_state_dict(layer.state_dict())
    P.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and layer.weight is original and torch.equal(layer.weight, torch.eye(3) * 2)
    with pytest.raises(ValueError):
        P.remove_parametrizations(layer, "weight")
    with pytest.raises(ValueError):
        P.register_parametrization(layer, "nothing", Symmetric())
    with pytest.raises(ValueError, match="shape"):
        P.register_parametrization(nn.Linear(2, 3), "weight", nn.Flatten(0))


def test_functional_call():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    net.tied = net[0]
    x = torch.ones(3, 2)
    replaced = {"0.weight": torch.zeros(2, 2, requires_grad=True), "0.bias": torch.ones(2)}
    out = nn.utils.stateless.functional_call(net[0], {"weight": replaced["0.weight"], "bias": replaced["0.bias"]}, x)
    assert torch.equal(out, torch.ones(3, 2)) and net[0].weight.abs().sum().item() > 0
    out.sum().backward()
    assert torch.equal(replaced["0.weight"].grad, torch.full((2, 2), 3.0))
    with pytest.raises(RuntimeError, match="Missing key"):
        nn.utils.stateless.functional_call(net[0], {"weight": replaced["0.weight"]}, x, strict=True)
    with pytest.raises(ValueError):
        different = {"0.weight": torch.zeros(2, 2), "tied.weight": torch.ones(2, 2)}
        nn.utils.stateless.functional_call(net, different, x)


def test_fusion():
    conv, norm = nn.Conv2d(2, 3, 3, bias=False).eval(), nn.BatchNorm2d(3)
    norm(torch.randn(4, 3, 5, 5))
    norm.eval()
    x = torch.randn(1, 2, 5, 5)
    fused = nn.utils.fuse_conv_bn_eval(conv, norm)
    assert torch.allclose(fused(x), norm(conv(x)), rtol=1e-4, atol=1e-5)
    with pytest.raises(AssertionError):
        nn.utils.fuse_conv_bn_eval(conv.train(), norm)


def test_skip_init():
    layer = nn.utils.skip_init(nn.Linear, 2, 3, bias=False)
    assert layer.weight.shape == (3, 2) and layer.weight.device.type == "cpu" and layer.bias is None
    with pytest.raises(RuntimeError):
        nn.utils.skip_init(nn.ReLU)


def test_packed_sequences():
    R, S = nn.utils.rnn, oracle.nn.utils.rnn
    if not hasattr(torch._C._VariableFunctions, "_pack_padded_sequence"):
        pytest.skip("this build has no _pack_padded_sequence")
    rows = [[1.0, 2.0], [3.0, 4.0, 5.0], [6.0]]
    mine = R.pack_sequence([torch.tensor(row) for row in rows], enforce_sorted=False)
    theirs = S.pack_sequence([oracle.tensor(row) for row in rows], enforce_sorted=False)
    for a, b in zip(mine, theirs):
        assert a.tolist() == b.tolist()
    assert [t.tolist() for t in R.unpack_sequence(mine)] == rows
    padded, lengths = R.pad_packed_sequence(mine, batch_first=True, padding_value=-1.0, total_length=4)
    assert padded.tolist()[2] == [6.0, -1.0, -1.0, -1.0] and lengths.tolist() == [2, 3, 1]
    with pytest.raises(RuntimeError):
        R.pack_padded_sequence(torch.ones(3, 2), [1, 3])


def test_averaged_model():
    from tiny_torch.optim import swa_utils

    net = nn.Linear(1, 1, bias=False)
    averaged = swa_utils.AveragedModel(net)
    ema = swa_utils.AveragedModel(net, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5))
    for value in (1.0, 2.0, 6.0):
        nn.init.constant_(net.weight, value)
        averaged.update_parameters(net)
        ema.update_parameters(net)
    assert averaged.module.weight.item() == 3.0 and ema.module.weight.item() == 3.75
    assert averaged.n_averaged.item() == 3


def test_update_bn():
    from tiny_torch.optim import swa_utils

    net = nn.Sequential(nn.BatchNorm1d(1))
    batches = [torch.tensor([[1.0], [3.0]]), [torch.tensor([[5.0], [7.0]])]]
    swa_utils.update_bn(batches, net)
    assert net[0].running_mean.item() == 4.0 and net[0].momentum == 0.1


@pytest.mark.parametrize("trivialised", [True, False])
@pytest.mark.parametrize("orthogonal_map", [None, "householder", "cayley", "matrix_exp"])
@pytest.mark.parametrize("shape", [(3, 3), (3, 5), (5, 3), (2, 4, 3)])
def test_orthogonal_weights(shape, orthogonal_map, trivialised):
    values = oracle.randn(shape, dtype=oracle.float64, generator=oracle.Generator().manual_seed(3)).tolist()
    moves = oracle.randn(shape, dtype=oracle.float64, generator=oracle.Generator().manual_seed(4)).tolist()

    def record(module):
        module.manual_seed(0)
        net = module.nn.Module()
        net.weight = module.nn.Parameter(module.tensor(values, dtype=module.float64))
        module.nn.utils.parametrizations.orthogonal(net, orthogonal_map=orthogonal_map, use_trivialization=trivialised)
        weight, original = net.weight, net.parametrizations.weight.original
        weight.pow(3).sum().backward()
        out = [weight, original.grad, original]
        with module.no_grad():
            original.add_(module.tensor(moves, dtype=module.float64).tril(-1), alpha=0.1)
        out.append(net.weight)
        if trivialised or orthogonal_map == "householder" or orthogonal_map is None and shape != (3, 3):
            net.weight = weight.detach()
            out.append(net.weight)
            assert module.allclose(net.weight, weight)
        else:
            with pytest.raises(NotImplementedError):
                net.weight = weight.detach()
        return [t.tolist() for t in out]

    for a, b in zip(record(torch), record(oracle)):
        oracle.testing.assert_close(oracle.tensor(a), oracle.tensor(b), rtol=1e-5, atol=1e-6)


def test_functions_named_as_their_file_stay_functions():
    """Whatever is imported first."""
    code = """if True:
        from tiny_torch.nn.utils import remove_weight_norm, weight_norm
        import tiny_torch.nn.utils.weight_norm, tiny_torch.nn.utils.spectral_norm
        from tiny_torch import nn
        for name in ("weight_norm", "spectral_norm"):
            assert callable(getattr(nn.utils, name)), name
        nn.utils.remove_weight_norm(weight_norm(nn.Linear(2, 2)))
    """
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def warned(run, module):
    """(result, categories of the warnings) of a program."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = run(module)
    return result, [warning.category for warning in caught]


@pytest.mark.parametrize(
    "layer, kwargs",
    [
        ({}, {}),
        ({"batch_first": True}, {}),
        ({}, {"enable_nested_tensor": False}),
        ({"batch_first": True, "norm_first": True}, {}),
        ({"batch_first": True, "nhead": 1}, {}),
        ({"batch_first": True, "bias": False}, {}),
        ({"batch_first": True, "activation": "gelu"}, {}),
        ({"batch_first": True, "activation": abs}, {}),
    ],
)
def test_encoders_warn_where_nested_tensors_cannot_be_used(layer, kwargs):
    def run(module):
        part = module.nn.TransformerEncoderLayer(d_model=4, **{"nhead": 2, **layer})
        module.nn.TransformerEncoder(part, 1, **kwargs)

    assert warned(run, torch)[1] == warned(run, oracle)[1]


@pytest.mark.parametrize(
    "run",
    [
        lambda m: m.nn.utils.weight_norm(m.nn.Linear(2, 2)) and None,
        lambda m: m.get_autocast_gpu_dtype() == m.float16,
        lambda m: m.is_autocast_cpu_enabled(),
        lambda m: m.get_autocast_cpu_dtype() == m.bfloat16,
        lambda m: m.set_autocast_cpu_dtype(m.bfloat16),
        lambda m: (m.set_float32_matmul_precision("no such"), m.get_float32_matmul_precision()),
        lambda m: m.nn.utils.weight_norm,
        lambda m: m.stft(m.ones(20), 8, window=m.ones(8), return_complex=True).shape,
        lambda m: len(m.meshgrid(m.ones(2), indexing="ij")),
    ],
)
def test_calls_that_warn_each_time(run):
    (mine, ours), (expected, theirs) = warned(run, torch), warned(run, oracle)
    assert ours == theirs and (mine == expected or callable(mine))


ONCE = [
    lambda m: m.meshgrid(m.ones(2)),
    lambda m: m.stft(m.ones(20), 8, return_complex=True),
    lambda m: m.stft(m.ones(20), 8, window=m.ones(8), return_complex=False),
    lambda m: m.istft(m.ones(5, 4, dtype=m.complex64), 8),
    lambda m: m.lu(m.eye(2)),
    lambda m: m.chain_matmul(m.eye(2), m.eye(2)),
    lambda m: m.set_default_tensor_type("torch.FloatTensor"),
]


@pytest.mark.parametrize("run", ONCE)
def test_calls_that_warn_once(run):
    for module in (torch, oracle):
        module.set_warn_always(True)
        try:
            assert [warned(run, module)[1] for _ in range(2)] == [[UserWarning]] * 2
        finally:
            module.set_warn_always(False)
        warned(run, module)
        assert warned(run, module)[1] == []


def test_full_backward_hooks_without_inputs_that_require_grad_warn():
    def run(module):
        layer = module.nn.Linear(2, 2)
        seen = []
        layer.register_full_backward_hook(lambda m, grad_input, grad_output: seen.append(grad_input))
        layer(module.ones(1, 2)).sum().backward()
        layer(module.ones(1, 2, requires_grad=True)).sum().backward()
        return [[grad is None for grad in grads] for grads in seen]

    assert warned(run, torch) == warned(run, oracle) == ([[True], [False]], [UserWarning])


def test_checkpoint_sequential_warns_without_use_reentrant():
    def run(module):
        from importlib import import_module

        checkpoint = import_module(f"{module.__name__}.utils.checkpoint")
        net = module.nn.Sequential(module.nn.Linear(2, 2), module.nn.Linear(2, 2), module.nn.Linear(2, 2))
        return tuple(checkpoint.checkpoint_sequential(net, 3, module.ones(1, 2, requires_grad=True)).shape)

    assert warned(run, torch) == warned(run, oracle)


def test_fused_biases_require_grad_as_before():
    for bias in (True, False):

        def run(module, bias=bias):
            nets = module.nn
            conv = nets.utils.fuse_conv_bn_eval(nets.Conv2d(1, 2, 2, bias=bias).eval(), nets.BatchNorm2d(2).eval())
            linear = nets.utils.fuse_linear_bn_eval(nets.Linear(1, 2, bias=bias).eval(), nets.BatchNorm1d(2).eval())
            return [p.requires_grad for net in (conv, linear) for p in net.parameters()]

        assert run(torch) == run(oracle)


def test_unpadded_sequences_are_contiguous():
    def run(module):
        rnn = module.nn.utils.rnn
        packed = rnn.pack_sequence([module.ones(3, 2), module.ones(1, 2)])
        parts = rnn.unpack_sequence(packed)
        parts += rnn.unpad_sequence(module.arange(24.0).reshape(3, 4, 2), module.tensor([3, 2, 1, 1]))
        return [(part.tolist(), part.stride(), part._base is None) for part in parts]

    assert run(torch) == run(oracle)
    with pytest.raises(ValueError):
        nn.utils.rnn.unpad_sequence(torch.ones(3, 4), torch.tensor([1]))


def of_module(forward):
    """Makes a module of a forward function, in the library it is given."""
    return lambda m: type("Made", (m.nn.Module,), {"forward": lambda self, *args: forward(*args)})()


@pytest.mark.parametrize(
    "make",
    [
        of_module(lambda x: x.exp()),
        of_module(lambda x: x.exp().exp()),
        of_module(lambda x: (x.exp(), x.sin())),
        of_module(lambda x: [x.exp()]),
        of_module(lambda x: {"a": x.exp()}),
        of_module(lambda x: (x, x.exp())),
        lambda m: m.nn.Linear(2, 2),
        lambda m: m.nn.Sequential(m.nn.ReLU()),
    ],
)
@pytest.mark.parametrize("leaf", [True, False])
def test_regular_backward_hooks_warn_where_they_miss_gradients(make, leaf):
    def run(module):
        net = make(module)
        net.register_backward_hook(lambda *args: None)
        x = module.ones(2, 2, requires_grad=True)
        net(x if leaf else x * 2)

    assert warned(run, torch)[1] == warned(run, oracle)[1]


def test_uneven_same_padding_warns_at_the_first_call():
    def run(module):
        even = [module.nn.Conv2d(1, 1, 3, padding="same"), module.nn.Conv1d(1, 1, 2, padding="same", dilation=2)]
        categories = [warned(lambda m: even[0](m.ones(1, 1, 4, 4)), module)[1]]
        categories.append(warned(lambda m: even[1](m.ones(1, 1, 4)), module)[1])
        uneven, made = warned(lambda m: m.nn.Conv2d(1, 1, 2, padding="same"), module)
        module.set_warn_always(True)
        try:
            return [*categories, made, warned(lambda m: uneven(m.ones(1, 1, 4, 4)), module)[1]]
        finally:
            module.set_warn_always(False)

    assert run(torch) == run(oracle) == [[], [], [], [UserWarning]]
