"""Recurrent layers and other modules over the wider operators, held against PyTorch with the same weights."""

import pickle

import numpy as np
import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")


def to_tiny(value):
    return torch.from_numpy(value.detach().numpy().copy())


def copy_weights(target, source):
    target.load_state_dict({name: to_tiny(value) for name, value in source.state_dict().items()})
    return target


def close(mine, theirs, tolerance=1e-10):
    np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


def pair(name, *args, **kwargs):
    """The same module in both libraries, float64."""
    theirs = getattr(oracle.nn, name)(*args, dtype=oracle.float64, **kwargs)
    return copy_weights(getattr(torch.nn, name)(*args, dtype=torch.float64, **kwargs), theirs), theirs


RECURRENT = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu", "num_layers": 2}),
    ("GRU", {"num_layers": 2, "bidirectional": True}),
    ("LSTM", {"num_layers": 2, "bidirectional": True, "bias": False}),
    ("LSTM", {"proj_size": 3, "num_layers": 2}),
]


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_packed_sequences(name, options):
    mine, theirs = pair(name, 5, 6, **options)
    oracle.manual_seed(0)
    data = oracle.randn(7, 4, 5, dtype=oracle.float64)
    lengths = [3, 7, 1, 5]
    results = []
    for library, module, x in ((torch, mine, to_tiny(data)), (oracle, theirs, data.clone())):
        x.requires_grad_()
        utils = library.nn.utils.rnn
        packed = utils.pack_padded_sequence(x, lengths, enforce_sorted=False)
        output, state = module(packed)
        padded, sizes = utils.pad_packed_sequence(output, padding_value=-1.0)
        states = state if isinstance(state, tuple) else (state,)
        (padded.square().sum() + sum(s.sum() for s in states)).backward()
        results.append((padded, *states, x.grad, *[p.grad for p in module.parameters()]))
        assert sizes.tolist() == lengths
    for a, b in zip(*results, strict=True):
        close(a, b)


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_second_derivatives(name, options):
    mine, theirs = pair(name, 3, 4, **options)
    data = oracle.randn(4, 2, 3, dtype=oracle.float64)
    grads = []
    for library, module, x in ((torch, mine, to_tiny(data)), (oracle, theirs, data.clone())):
        x.requires_grad_()
        (first,) = library.autograd.grad(module(x)[0].sum(), x, create_graph=True)
        grads.append(library.autograd.grad(first.square().sum(), x)[0])
    close(*grads)


FUNCTIONS = torch._C._VariableFunctions
LAYER, LAYER_BACKWARD, LAYER_COMPOSITE = (
    {kind: getattr(FUNCTIONS, f"_{kind}_layer{form}") for kind in ("lstm", "gru")}
    for form in ("", "_backward", "_composite")
)
RESULTS = {"lstm": 3, "gru": 2}
KINDS = pytest.mark.parametrize("kind", ["lstm", "gru"])


def layer_operands(kind, steps, batch, hidden, dtype=torch.float64):
    """gates, h0, c0, w_hh of _lstm_layer; gates, h0, w_hh, b_hh of _gru_layer."""
    torch.manual_seed(0)
    state, rows = (batch, hidden), (4 if kind == "lstm" else 3) * hidden
    shapes = [state, state, (rows, hidden)] if kind == "lstm" else [state, (rows, hidden), (rows,)]
    return [(torch.randn(*shape, dtype=dtype) * 0.5).requires_grad_() for shape in [(steps, batch, rows), *shapes]]


# The last ones are large enough for w_hh to be packed.
@KINDS
@pytest.mark.parametrize("sizes", [(1, 1, 1), (5, 3, 7), (3, 0, 4), (2, 2, 0), (4, 70, 65), (14, 2, 80), (15, 33, 75)])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kernel_and_composite_agree(kind, sizes, reverse, dtype):
    operands, count = layer_operands(kind, *sizes, dtype=dtype), RESULTS[kind]
    fast, slow = LAYER[kind](*operands, reverse, True)[:count], LAYER_COMPOSITE[kind](*operands, reverse)
    tolerance = 1e-5 if dtype is torch.float32 else 1e-12
    for a, b in zip(fast, slow, strict=True):
        close(a, b, tolerance)
    with torch.no_grad():
        for a, b in zip(LAYER[kind](*operands, reverse, False)[:count], fast, strict=True):
            assert torch.equal(a, b)
    for used in [(0,), (1,), (0, 1)] + [(2,), (0, 2), (0, 1, 2)] * (count == 3):
        losses = [sum((i + 1) * out[i].square().sum() for i in used) for out in (fast, slow)]
        grads = [torch.autograd.grad(loss, operands, retain_graph=True, allow_unused=True) for loss in losses]
        for a, b in zip(*grads, strict=True):
            close(a, torch.zeros_like(a) if b is None else b, 20 * tolerance)


@KINDS
@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (3,), (1, 3), (0, 2)])
def test_gradients_of_some_operands(kind, wanted):
    operands = [x.detach().requires_grad_(i in wanted) for i, x in enumerate(layer_operands(kind, 4, 2, 3))]
    chosen = [operands[i] for i in wanted]
    fast, slow = LAYER[kind](*operands, False, True)[0], LAYER_COMPOSITE[kind](*operands, False)[0]
    grads = [torch.autograd.grad(out.square().sum(), chosen) for out in (fast, slow)]
    for a, b in zip(*grads, strict=True):
        close(a, b)


@KINDS
@pytest.mark.parametrize("reverse", [False, True])
def test_kernel_against_finite_differences(kind, reverse):
    operands = layer_operands(kind, 3, 2, 3)

    def layer(*args):
        return LAYER[kind](*args, reverse, True)[: RESULTS[kind]]

    assert torch.autograd.gradcheck(layer, operands)
    assert torch.autograd.gradgradcheck(layer, operands)


def test_gru_layer_without_bias():
    gates, h0, w_hh, _ = layer_operands("gru", 4, 2, 3)
    fast, slow = (
        LAYER["gru"](gates, h0, w_hh, None, False, True)[0],
        LAYER_COMPOSITE["gru"](gates, h0, w_hh, None, False)[0],
    )
    close(fast, slow)
    for create_graph in (False, True):
        grads = [
            torch.autograd.grad(out.sum(), [gates, w_hh], create_graph=create_graph, retain_graph=True)
            for out in (fast, slow)
        ]
        for a, b in zip(*grads, strict=True):
            close(a, b)


def test_lstm_second_derivatives_where_operands_depend_on_each_other():
    gates, h0, c0, w_hh = layer_operands("lstm", 3, 2, 3)

    def twice(layer):
        inner = layer(gates, h0, h0)
        out, h, c = layer(gates * w_hh.sum(), inner[1], inner[2])
        (first,) = torch.autograd.grad(out.square().sum() + c.sum(), w_hh, create_graph=True)
        return torch.autograd.grad(first.square().sum(), [gates, h0, w_hh])

    fast = twice(lambda *states: LAYER["lstm"](*states, w_hh, False, True)[:3])
    slow = twice(lambda *states: LAYER_COMPOSITE["lstm"](*states, w_hh, False))
    for a, b in zip(fast, slow, strict=True):
        close(a, b)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_first": True, "bias": False},
        {"num_layers": 3, "bidirectional": True},
        {"num_layers": 2, "batch_first": True, "bidirectional": True},
    ],
)
@pytest.mark.parametrize("used", ["output", "h", "c", "all"])
@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_layers_against_pytorch(name, options, used):
    if name == "GRU" and used == "c":
        pytest.skip("a GRU has no cell state")
    theirs = getattr(oracle.nn, name)(5, 75, **options)
    mine = copy_weights(getattr(torch.nn, name)(5, 75, **options), theirs)
    oracle.manual_seed(0)
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    data, states = oracle.randn(13, 3, 10), oracle.randn(2, layers, 13 if "batch_first" in options else 3, 75)
    results = []
    for library, module in ((torch, mine), (oracle, theirs)):
        x, hx = (
            to_tiny(t).requires_grad_() if library is torch else t.clone().requires_grad_() for t in (data, states)
        )

        def run(module=module, x=x, hx=hx):
            output, state = module(x[..., ::2], (hx[0], hx[1]) if name == "LSTM" else hx[0])
            return output, *(state if name == "LSTM" else (state, state))

        output, h, c = run()
        parts = {"output": [output], "h": [h], "c": [c], "all": [output, h, c]}[used]
        sum(part.square().sum() for part in parts).backward()
        module.eval()
        with library.no_grad():
            evaluated = run()
        parameters = [p.grad for p in module.parameters()]
        results.append((output, h, c, *evaluated, x.grad, hx.grad, *parameters))
    for a, b in zip(*results, strict=True):
        close(a, b, 2e-4)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_results_may_be_written_to(name, batch_first):
    mine, theirs = pair(name, 3, 4, batch_first=batch_first)
    data = oracle.randn(4, 2, 3, dtype=oracle.float64)
    for module, x in ((mine, to_tiny(data)), (theirs, data)):
        output, state = module(x)
        states = state if name == "LSTM" else [state]
        (output.mul_(2).sum() + sum(s.mul_(3).sum() for s in states)).backward()
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        close(a.grad, b.grad)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_layers_of_half_types(name, dtype):
    wide = getattr(torch.nn, name)(4, 6, num_layers=2)
    half = copy_weights(getattr(torch.nn, name)(4, 6, num_layers=2, dtype=getattr(torch, dtype)), wide)
    x = torch.randn(5, 3, 4)
    output = half(x.to(getattr(torch, dtype)))[0]
    assert output.dtype is getattr(torch, dtype)
    close(output.float(), wide(x)[0], 0.03)


@KINDS
def test_layers_refuse_what_does_not_fit(kind):
    layer, backward = LAYER[kind], LAYER_BACKWARD[kind]
    good = [x.detach() for x in layer_operands(kind, 3, 2, 4)]
    results = layer(*good, False, True)
    wrong = [torch.zeros(2, 4, dtype=torch.float32), torch.zeros(2, 5).double(), torch.zeros(3, 4).double()]
    wrong += [torch.zeros(()).double(), torch.zeros(4).double(), torch.zeros(0, 2, 16).double(), torch.zeros(3, 2, 15)]
    for i in range(4):
        for bad in wrong:
            with pytest.raises((RuntimeError, NotImplementedError)):
                layer(*good[:i], bad, *good[i + 1 :], False, True)
    with pytest.raises(NotImplementedError, match="Long"):
        layer(*[x.long() for x in good], False, True)
    if kind == "lstm":
        saved = [results[0], None, None, *good[1:], results[0], results[3], results[4]]
    else:
        saved = [results[0], None, *good[1:3], results[0], results[2]]
    assert len(backward(*saved, False, [True] * 4)) == 4
    for i in range(len(saved)):
        for bad in wrong:
            with pytest.raises((RuntimeError, NotImplementedError)):
                backward(*saved[:i], bad, *saved[i + 1 :], False, [True] * 4)
    with pytest.raises(RuntimeError, match="4"):
        backward(*saved, False, [True] * 3)
    operands = layer_operands(kind, 3, 2, 4)
    with pytest.raises(RuntimeError, match="activated"):
        layer(*operands, False, False)[0].sum().backward()


def test_wrong_batch_sizes_are_refused():
    packed = torch._C._VariableFunctions._pack_padded_sequence
    with pytest.raises(RuntimeError, match="decreasing"):
        packed(torch.zeros(3, 2, 1), torch.tensor([1, 2]), False)
    with pytest.raises(RuntimeError, match="at most 3"):
        packed(torch.zeros(3, 2, 1), torch.tensor([9, 2]), False)
    lstm = torch.nn.LSTM(1, 2)
    bad = torch.nn.utils.rnn.PackedSequence(torch.zeros(5, 1), torch.tensor([2, 2, 2]))
    with pytest.raises(RuntimeError):
        lstm(bad)


def test_cross_map_lrn():
    oracle.manual_seed(0)
    data = oracle.randn(2, 7, 3, 3, dtype=oracle.float64)
    for size in (2, 3, 5):
        results = []
        for library, x in ((torch, to_tiny(data)), (oracle, data.clone())):
            x.requires_grad_()
            out = library.nn.CrossMapLRN2d(size, alpha=0.3)(x)
            out.sum().backward()
            results.append((out, x.grad))
        for a, b in zip(*results, strict=True):
            close(a, b)


def test_linear_cross_entropy():
    data, target = oracle.randn(4, 5, dtype=oracle.float64), oracle.tensor([0, 2, 1, 2])
    mine, theirs = pair("LinearCrossEntropyLoss", 5, 3, label_smoothing=0.1)
    close(mine(to_tiny(data), to_tiny(target)), theirs(data, target))
    with pytest.raises(RuntimeError, match="in_features"):
        torch.nn.functional.linear_cross_entropy(torch.zeros(2, 3), torch.zeros(4, 2), torch.zeros(2).long())


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(7, 9), (31, 20)])
@pytest.mark.parametrize("antialias", [False, True])
def test_bytes_are_resized_as_pytorch_does(mode, size, antialias):
    oracle.manual_seed(0)
    image = oracle.randint(0, 256, (2, 3, 17, 13), dtype=oracle.uint8)
    options = {"size": size, "mode": mode, "antialias": antialias}
    mine = torch.nn.functional.interpolate(to_tiny(image), **options)
    theirs = oracle.nn.functional.interpolate(image, **options)
    difference = np.abs(mine.numpy().astype(int) - theirs.numpy().astype(int))
    assert difference.max() <= 1
    assert (difference != 0).mean() < 0.01


def test_operators_pickle_by_name():
    for function in (torch.nn.functional.gelu, torch.conv2d):
        assert pickle.loads(pickle.dumps(function)) is function


def test_rrelu_draws_as_pytorch_does():
    x = oracle.linspace(-2, 2, 41)
    oracle.manual_seed(3)
    torch.manual_seed(3)
    mine = torch.nn.functional.rrelu(to_tiny(x), 0.1, 0.4, training=True)
    close(mine, oracle.nn.functional.rrelu(x, 0.1, 0.4, training=True), 1e-6)


@pytest.mark.parametrize("wrong", ["input", "batch", "hidden", "cell", "rows"])
def test_cells_name_what_does_not_fit(wrong):
    def call(t):
        states = [t.zeros(2, 4), t.zeros(2, 5 if wrong == "cell" else 4)]
        if wrong == "hidden":
            states[0] = t.zeros(2, 3)
        x = t.zeros(3 if wrong == "batch" else 2, 2 if wrong == "input" else 3)
        rows = 15 if wrong == "rows" else 16
        return t.lstm_cell(x, states, t.zeros(rows, 3), t.zeros(rows, 4))

    with pytest.raises(RuntimeError) as mine:
        call(torch)
    with pytest.raises(RuntimeError) as theirs:
        call(oracle)
    if wrong != "rows":
        assert str(mine.value) == str(theirs.value)
