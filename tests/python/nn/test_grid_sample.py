"""grid_sample: the kernels against the composite they stand for, gradients and second derivatives, odd positions."""

import itertools
import math

import pytest

import tiny_torch as torch

ALL = list(itertools.product(range(3), range(3), [False, True]))


def inputs(dims, dtype=torch.float64, channels=3, positions=5):
    g = torch.Generator().manual_seed(dims)
    image = torch.randn(2, channels, *(4, 5, 3)[:dims], generator=g, dtype=torch.float64)
    grid = torch.rand(2, positions, *(7, 4)[: dims - 1], dims, generator=g, dtype=torch.float64) * 3.4 - 1.7
    return image.to(dtype), grid.to(dtype)


def kernel(dims):
    return torch._C._VariableFunctions.grid_sampler_2d if dims == 2 else torch._C._VariableFunctions.grid_sampler_3d


def composite(*args):
    return torch._C._VariableFunctions._grid_sampler_composite(*args)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("mode", "padding", "align"), ALL)
def test_kernel_is_the_composite(dims, mode, padding, align):
    if mode == 2 and dims == 3:
        pytest.skip("cubic volumes are refused")
    for positions, layout in ((5, "plain"), (40, "plain"), (9, "strided")):
        image, grid = inputs(dims, positions=positions)
        if layout == "strided":
            image = image.transpose(-1, -2).contiguous().transpose(-1, -2)
            grid = grid.transpose(0, 1).contiguous().transpose(0, 1)
        results = []
        for f in (kernel(dims), composite):
            x, g = image.clone().requires_grad_(), grid.clone().requires_grad_()
            out = f(x, g, mode, padding, align)
            (out * torch.arange(out.numel()).reshape(out.shape).cos()).sum().backward()
            results.append((out, x.grad, g.grad))
        for a, b in zip(*results):
            assert torch.allclose(a, b, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("mode", "padding", "align"), ALL)
def test_second_derivatives(dims, mode, padding, align):
    if mode == 2 and dims == 3:
        pytest.skip("cubic volumes are refused")
    image, grid = inputs(dims, channels=1, positions=2)
    image.requires_grad_()
    if mode != 1:
        grid.requires_grad_()
    f = lambda x, g: kernel(dims)(x, g, mode, padding, align)
    assert torch.autograd.gradgradcheck(f, (image, grid))


def test_third_derivatives():
    image, grid = (t.requires_grad_() for t in inputs(2, channels=1, positions=2))

    def second(g):
        out = kernel(2)(image, g, 0, 0, True)
        (first,) = torch.autograd.grad((out**3).sum(), g, create_graph=True)
        return torch.autograd.grad((first**3).sum(), g, create_graph=True)[0]

    assert torch.autograd.gradcheck(second, (grid,))


def test_half_types_compute_in_float():
    image, grid = inputs(2, torch.bfloat16)
    out = kernel(2)(image, grid, 0, 0, False)
    assert out.dtype == torch.bfloat16
    assert torch.equal(out, kernel(2)(image.float(), grid.float(), 0, 0, False).bfloat16())


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_positions_far_outside(mode, padding):
    image = torch.arange(12.0).reshape(1, 1, 3, 4)
    odd = [math.inf, -math.inf, 1e30, -1e30, 1e10, -5.0, 3.0]
    grid = torch.tensor([[a, b] for a in odd for b in odd]).reshape(1, 7, 7, 2).requires_grad_()
    out = kernel(2)(image, grid, mode, padding, False)
    if padding == 0:
        finite = grid.isfinite().all(-1)
        assert (out[0, 0][finite[0]] == 0).all()
    out.sum().backward()
    empty = kernel(2)(image, grid[:, :0], mode, padding, False)
    assert empty.shape == (1, 1, 0, 7)


def test_only_what_is_asked_for():
    image, grid = inputs(2)
    grid.requires_grad_()
    kernel(2)(image, grid, 0, 0, False).sum().backward()
    assert image.grad is None and grid.grad.shape == grid.shape
    image.requires_grad_()
    kernel(2)(image, grid.detach(), 0, 0, False).sum().backward()
    assert image.grad.shape == image.shape
