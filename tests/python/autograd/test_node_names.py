"""What grad_fn prints: the names PyTorch gives to the operation that made a tensor."""

import pytest

NAMES = [
    ("F.linear(x, w, b)", "AddmmBackward0"),
    ("F.linear(x, w)", "MmBackward0"),
    ("F.linear(x[0], w, b)", "ViewBackward0"),
    ("F.linear(x[0], w)", "SqueezeBackward4"),
    ("F.linear(x.expand(4, 2, 2).contiguous(), w, b)", "ViewBackward0"),
    ("F.linear(x.expand(4, 2, 2), w, b)", "AddBackward0"),
    ("F.linear(x.expand(4, 2, 2), w)", "UnsafeViewBackward0"),
    ("F.linear(x[0], w[0])", "DotBackward0"),
    ("F.linear(x, w[0])", "MvBackward0"),
    ("x - 1", "SubBackward0"),
    ("1 - x", "RsubBackward1"),
    ("torch.rsub(x, x)", "RsubBackward0"),
    ("torch.rsub(x, 1)", "RsubBackward1"),
    ("2 ** x", "PowBackward2"),
    ("x ** x", "PowBackward1"),
    ("x ** 2", "PowBackward0"),
    ("1 / x", "MulBackward0"),
    ("x // 2", "torch::autograd::NotImplemented"),
    ("x.T", "PermuteBackward0"),
    ("x.t()", "TBackward0"),
    ("x.clamp_min(0)", "ClampMinBackward0"),
    ("x.clamp_max(x)", "ClampMaxBackward1"),
    ("x.repeat(2, 2)", "RepeatBackward0"),
    ("x.roll(1)", "RollBackward0"),
    ("x.trace()", "TraceBackward0"),
    ("x.diag()", "DiagonalBackward0_copy"),
    ("torch.select_copy(x, 0, 0)", "SelectBackward0_copy"),
    ("torch.fft.fft(x)", "FftR2CBackward0"),
    ("F.pairwise_distance(x, w)", "NormBackward1"),
    ("F.group_norm(image, 2)", "NativeGroupNormBackward0"),
    ("F.adaptive_avg_pool2d(image, 1)", "MeanBackward1"),
    ("F.adaptive_avg_pool2d(image, 2)", "AdaptiveAvgPool2DBackward0"),
    ("F.pixel_shuffle(image, 2)", "PixelShuffleBackward0"),
    ("F.pixel_unshuffle(image, 2)", "PixelUnshuffleBackward0"),
    ("F.max_unpool2d(image, torch.zeros_like(image).long(), 2)", "MaxUnpool2DBackward0"),
]


@pytest.mark.parametrize("expression, name", NAMES, ids=[expression for expression, _ in NAMES])
def test_name(torch, expression, name):
    names = {
        "torch": torch,
        "F": torch.nn.functional,
        "x": torch.ones(2, 2, requires_grad=True),
        "w": torch.ones(2, 2, requires_grad=True),
        "b": torch.ones(2),
        "image": torch.ones(1, 4, 4, 4, requires_grad=True),
    }
    grad_fn = eval(expression, names).grad_fn
    assert grad_fn.name() == name
    assert str(grad_fn).startswith(f"<{name.rpartition('::')[2]} object at 0x")


def test_printing_a_layers_output(torch):
    layer = torch.nn.Linear(2, 1)
    with torch.no_grad():
        layer.weight.fill_(0.5)
        layer.bias.fill_(1.0)
    assert str(layer(torch.ones(1, 2))) == "tensor([[2.]], grad_fn=<AddmmBackward0>)"


def test_a_derivative_that_is_not_defined(torch):
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="derivative for aten::floor_divide is not implemented"):
        (x // 2).sum().backward()
