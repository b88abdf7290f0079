"""autocast and GradScaler: which dtype each operator computes in, what stays as it is, how the scale moves."""

import copy
import pickle
import re
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import tiny_torch as torch
from tiny_torch import nn

REPOSITORY = Path(__file__).resolve().parents[2]
F = nn.functional


def policies_of_pytorch(oracle):
    """The operators PyTorch gives an autocast kernel on the CPU, without overload names."""
    names = set()
    for name in oracle._C._dispatch_get_all_op_names():
        if name.startswith("aten::"):
            dump = oracle._C._dispatch_dump(name)
            if re.search(r"AutocastCPU: registered at [^\n]*autocast_mode", dump):
                names.add(name[len("aten::") :].partition(".")[0])
    return names


def test_the_same_operators_as_in_pytorch_have_a_policy():
    oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    from tools.gen_ops.model import load

    ops = [op for family in load([REPOSITORY / "csrc/aten/ops"]).values() for op in family if op.form == "functional"]
    ours = {op.schema.name for op in ops if "autocast" in op.entry}
    present = {op.schema.name for op in ops}
    # PyTorch's lstm calls mkldnn_rnn_layer, which has the policy there; ours is one operator.
    assert ours - {"lstm"} == policies_of_pytorch(oracle) & present
    assert len(ours) > 80


CALLS = {
    "matmul": lambda t, a, b: a @ b,
    "mm_out_of_scope_dtype": lambda t, a, b: t.mm(a, b) + a,
    "linear": lambda t, a, b: t.nn.functional.linear(a, b),
    "bmm": lambda t, a, b: t.bmm(a[None], b[None]),
    "baddbmm": lambda t, a, b: t.baddbmm(a[None], a[None], b[None]),
    "conv": lambda t, a, b: t.nn.functional.conv1d(a[None], b[:, :, None]),
    "attention": lambda t, a, b: t.nn.functional.scaled_dot_product_attention(a[None], b[None], b[None]),
    "prelu": lambda t, a, b: t.nn.functional.prelu(a, b[0, :1]),
    "mse": lambda t, a, b: t.nn.functional.mse_loss(a, b),
    "l1": lambda t, a, b: t.nn.functional.l1_loss(a, b),
    "nll": lambda t, a, b: t.nn.functional.nll_loss(a, t.arange(4)),
    "cross_entropy": lambda t, a, b: t.nn.functional.cross_entropy(a, t.arange(4)),
    "prod": lambda t, a, b: a.prod(1),
    "trace": lambda t, a, b: a.trace(),
    "pad": lambda t, a, b: t.nn.functional.pad(a[None], (1, 1), mode="reflect"),
    "fft": lambda t, a, b: t.fft.rfft(a).real,
    "inv": lambda t, a, b: t.linalg.inv(a @ a.mT + t.eye(4).to(a.dtype) * 9),
    "cat": lambda t, a, b: t.cat([a, b.to(t.bfloat16)]),
    "stack": lambda t, a, b: t.stack([a.to(t.bfloat16), b.to(t.bfloat16)]),
    "add": lambda t, a, b: a + b,
    "softmax": lambda t, a, b: a.softmax(1),
    "layer_norm": lambda t, a, b: t.nn.functional.layer_norm(a, (4,)),
    "sum": lambda t, a, b: a.sum(1),
    "inplace": lambda t, a, b: a.clone().addmm_(a, b),
    "double": lambda t, a, b: a.double() @ b.double(),
    "integers": lambda t, a, b: a.long() @ b.long(),
}


@pytest.mark.parametrize("short", ["bfloat16", "float16"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", CALLS)
def test_dtypes_and_values(name, dtype, short):
    oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    data = np.random.default_rng(0).standard_normal((2, 4, 4)).astype(np.float32)

    def run(module):
        a, b = (module.from_numpy(x.copy()).to(getattr(module, dtype)) for x in data)
        with module.autocast("cpu", dtype=getattr(module, short)):
            return CALLS[name](module, a, b)

    try:
        expected = run(oracle)
    except RuntimeError as error:
        with pytest.raises(type(error)):
            run(torch)
        return
    result = run(torch)
    assert str(result.dtype) == str(expected.dtype)
    # Two of them compute in the short dtype and answer in float32.
    tolerance = 2e-2 if "float16" in str(result.dtype) or name in ("mm_out_of_scope_dtype", "inv") else 1e-5
    np.testing.assert_allclose(result.double().numpy(), expected.double().numpy(), rtol=tolerance, atol=tolerance * 4)


def test_gradients_have_the_dtype_of_the_weights_and_equal_pytorchs():
    oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")

    def train(module):
        module.manual_seed(0)
        model = module.nn.Sequential(module.nn.Linear(8, 16), module.nn.ReLU(), module.nn.Linear(16, 4))
        x = module.randn(32, 8)
        optimizer = module.optim.SGD(model.parameters(), lr=0.1)
        losses = []
        for _ in range(5):
            optimizer.zero_grad()
            with module.autocast("cpu"):
                y = model(x)
                assert y.dtype == module.bfloat16
                loss = module.nn.functional.cross_entropy(y, module.arange(32) % 4)
            assert loss.dtype == module.float32
            loss.backward()
            assert all(p.grad.dtype == module.float32 for p in model.parameters())
            optimizer.step()
            losses.append(loss.item())
        return losses

    np.testing.assert_allclose(train(torch), train(oracle), rtol=2e-3)


def test_casts_of_weights_are_cached_until_the_outermost_scope_ends():
    weight = torch.randn(4, 4, requires_grad=True)
    x = torch.randn(2, 4)

    def node_behind(y):
        # The cast's node is shared where the cast is.
        return y.grad_fn.next_functions[1][0]

    with torch.autocast("cpu"):
        first = torch.mm(x, weight)
        with torch.autocast("cpu"):
            second = torch.mm(x, weight)
        third = torch.mm(x, weight)
        assert node_behind(first) is node_behind(second) is node_behind(third)
        torch.clear_autocast_cache()
        assert node_behind(torch.mm(x, weight)) is not node_behind(first)
    with torch.autocast("cpu", cache_enabled=False):
        assert node_behind(torch.mm(x, weight)) is not node_behind(torch.mm(x, weight))
    weight.data.mul_(2)
    with torch.autocast("cpu"):
        product = torch.mm(x, weight).float()
    torch.testing.assert_close(product, x @ weight, rtol=0.02, atol=0.1)


def test_scopes_nest_and_restore():
    a = torch.randn(2, 2)
    assert not torch.is_autocast_enabled("cpu")
    with torch.autocast("cpu", dtype=torch.float16):
        assert torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.float16
        with torch.autocast("cpu", enabled=False):
            assert (a @ a).dtype == torch.float32
        assert (a @ a).dtype == torch.float16
    assert not torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    with pytest.raises(KeyError):
        with torch.autocast("cpu"):
            raise KeyError
    assert (a @ a).dtype == torch.float32


def test_decorator_and_thread():
    a = torch.randn(2, 2)

    @torch.autocast("cpu")
    def product():
        seen = []
        other = threading.Thread(target=lambda: seen.append((a @ a).dtype))
        other.start()
        other.join()
        return (a @ a).dtype, seen[0]

    assert product() == (torch.bfloat16, torch.float32)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="device_type"):
        torch.autocast(torch.device("cpu"))
    with pytest.raises(RuntimeError):
        torch.autocast("meta")
    with pytest.raises(RuntimeError):
        torch.is_autocast_enabled("nowhere")
    with pytest.raises(TypeError):
        torch.set_autocast_dtype("cpu", "float16")
    with pytest.raises(TypeError):
        torch.autocast("cpu")(3)
    with pytest.warns(UserWarning, match="Disabling autocast"):
        scope = torch.autocast("cpu", dtype=torch.float64)
    with scope:
        assert not torch.is_autocast_enabled("cpu")


def test_custom_function_runs_backward_as_forward():
    seen = []

    class Product(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            seen.append((a.dtype, torch.is_autocast_enabled("cpu")))
            return a @ b

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, grad):
            a, b = ctx.saved_tensors
            seen.append((grad.dtype, torch.is_autocast_enabled("cpu")))
            return grad @ b.T, a.T @ grad

    a = torch.randn(2, 2, dtype=torch.bfloat16, requires_grad=True)
    b = torch.randn(2, 2, requires_grad=True)
    with torch.autocast("cpu"):
        y = Product.apply(a, b)
    y.sum().backward()
    assert seen == [(torch.float32, False), (torch.float32, False)]
    assert (a.grad.dtype, b.grad.dtype) == (torch.bfloat16, torch.float32)


def test_backward_of_a_custom_function_runs_under_the_autocast_of_its_forward():
    seen = []

    class Same(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu")
        def forward(ctx, a):
            return a.clone()

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, grad):
            seen.append((torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")))
            return grad

    a = torch.ones(2, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.float16):
        y = Same.apply(a)
    y.sum().backward()
    Same.apply(a).sum().backward()
    assert seen == [(True, torch.float16), (False, torch.bfloat16)]


def test_recurrent_networks_and_modules_under_autocast():
    model = nn.LSTM(4, 3)
    with torch.autocast("cpu"):
        y, _ = model(torch.randn(5, 2, 4))
        z = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)(torch.randn(3, 2, 8))
        assert nn.LSTM(4, 3).double()(torch.randn(5, 2, 4, dtype=torch.float64))[0].dtype == torch.float64
    assert y.dtype == torch.bfloat16
    (y.float().sum() + z.float().sum()).backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in model.parameters())


RECURRENT = {
    "lstm": (lambda n: n.LSTM(4, 3, num_layers=2, bidirectional=True), False),
    "lstm with projections": (lambda n: n.LSTM(4, 3, num_layers=2, proj_size=2), False),
    "packed lstm": (lambda n: n.LSTM(4, 3), True),
    "packed lstm with projections": (lambda n: n.LSTM(4, 3, proj_size=2, bidirectional=True), True),
    "gru": (lambda n: n.GRU(4, 3, num_layers=2), False),
    "packed gru": (lambda n: n.GRU(4, 3), True),
    "rnn": (lambda n: n.RNN(4, 3, batch_first=True), False),
    "relu": (lambda n: n.RNN(4, 3, nonlinearity="relu"), False),
}


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_networks_have_pytorchs_dtypes_under_autocast(name):
    oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    make, packed = RECURRENT[name]

    def run(module):
        module.manual_seed(0)
        model, x = make(module.nn), module.randn(5, 2, 4)
        if packed:
            x = module.nn.utils.rnn.pack_padded_sequence(x, [5, 3])
        with module.autocast("cpu"):
            y, states = model(x)
        results = [y.data if packed else y, *(states if isinstance(states, tuple) else (states,))]
        sum(r.float().sum() for r in results).backward()
        return results + [p.grad for p in model.parameters()]

    for mine, theirs in zip(run(torch), run(oracle)):
        assert str(mine.dtype) == str(theirs.dtype)
        np.testing.assert_allclose(mine.float().detach().numpy(), theirs.float().detach().numpy(), rtol=0.05, atol=0.1)


def scaled_steps(module):
    module.manual_seed(0)
    weight = module.nn.Parameter(module.randn(4))
    optimizer = module.optim.SGD([weight], lr=0.1)
    scaler = module.amp.GradScaler("cpu", init_scale=64.0, growth_interval=2)
    trace = []
    for step in range(8):
        optimizer.zero_grad()
        factor = float("inf") if step in (3, 6) else 1.0
        scaler.scale((weight * weight).sum() * factor).backward()
        if step % 2:
            scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        trace.append((scaler.get_scale(), scaler.state_dict()["_growth_tracker"], weight.detach().numpy().copy()))
    return trace, scaler.state_dict()


def test_the_scale_moves_as_in_pytorch():
    oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    (ours, state), (theirs, expected) = scaled_steps(torch), scaled_steps(oracle)
    assert state == expected
    for a, b in zip(ours, theirs):
        assert a[:2] == b[:2]
        np.testing.assert_allclose(a[2], b[2], rtol=1e-6)


def test_grad_scaler_refuses_what_pytorch_refuses():
    weight = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    with pytest.raises(AssertionError, match="_scale is None"):
        scaler.step(optimizer)
    loss = scaler.scale(weight.sum())
    with pytest.raises(AssertionError, match="No inf checks"):
        scaler.step(optimizer)
    loss.backward()
    scaler.update(4.0)
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="already been called"):
        scaler.unscale_(optimizer)
    with pytest.raises(AssertionError, match="pickled"):
        pickle.dumps(scaler)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="already been called"):
        scaler.step(optimizer)
    scaler.update()
    with pytest.raises(RuntimeError, match="[Cc]losure"):
        scaler.step(optimizer, closure=lambda: 1)
    with pytest.raises(AssertionError):
        torch.amp.GradScaler("cpu", growth_factor=1.0)
    half = nn.Parameter(torch.ones(2, dtype=torch.float16))
    half.grad = torch.ones_like(half)
    with pytest.raises(ValueError, match="FP16"):
        scaler.unscale_(torch.optim.SGD([half], lr=0.1))


def test_grad_scaler_is_saved_copied_and_switched_off():
    scaler = torch.amp.GradScaler("cpu", init_scale=16.0)
    scaler.scale(torch.ones(()))
    for other in (pickle.loads(pickle.dumps(scaler)), copy.deepcopy(scaler)):
        assert other.state_dict() == scaler.state_dict()
    loaded = torch.amp.GradScaler("cpu")
    loaded.load_state_dict(scaler.state_dict())
    assert loaded.scale(torch.ones(())).item() == 16.0
    nested = scaler.scale([torch.ones(()), (torch.ones(2),)])
    assert nested[0].item() == 16.0 and nested[1][0].tolist() == [16.0, 16.0]
    off = torch.amp.GradScaler("cpu", enabled=False)
    assert off.state_dict() == {} and off.get_scale() == 1.0 and not off.is_enabled()
    weight = torch.ones(())
    assert off.scale(weight) is weight
    with pytest.raises(RuntimeError, match="empty"):
        scaler.load_state_dict({})


def test_older_names_warn_and_do_the_same():
    with pytest.warns(FutureWarning, match=r"`torch.cpu.amp.autocast\(args...\)` is deprecated"):
        scope = torch.cpu.amp.autocast()
    with scope:
        assert torch.is_autocast_cpu_enabled() and torch.get_autocast_cpu_dtype() == torch.bfloat16
    with pytest.warns(FutureWarning, match=r"`torch.cpu.amp.GradScaler\(args...\)` is deprecated"):
        scaler = torch.cpu.amp.GradScaler(8.0)
    assert isinstance(scaler, torch.amp.GradScaler) and scaler.scale(torch.ones(())).item() == 8.0
    again = pickle.loads(pickle.dumps(scaler))
    assert type(again) is torch.cpu.amp.GradScaler and again.get_scale() == 8.0
    with pytest.warns(FutureWarning, match="torch.cuda.amp.autocast"):
        scope = torch.cuda.amp.autocast(enabled=False)
    assert isinstance(scope, torch.amp.autocast) and scope.fast_dtype == torch.float16
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not torch.cuda.amp.GradScaler(enabled=False).is_enabled()
    assert torch.cuda.amp.custom_fwd.keywords == {"device_type": "cuda"}


def test_casts_made_without_gradients_do_not_cut_graphs():
    layer, x = nn.Linear(3, 2), torch.ones(2, 3)
    with torch.autocast("cpu"):
        with torch.no_grad():
            first = layer(x)
        second = layer(x)
        with torch.no_grad():
            third = layer(x)
    assert second.requires_grad and not first.requires_grad and not third.requires_grad
    second.float().sum().backward()
    assert layer.weight.grad.tolist() == [[2.0] * 3] * 2 and layer.weight.grad.dtype == torch.float32
    with torch.autocast("cpu"):
        with torch.inference_mode():
            layer(x)
        assert layer(x).requires_grad
