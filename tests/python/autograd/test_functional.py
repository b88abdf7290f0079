"""Jacobians, Hessians and their products."""

import pytest


def t(torch, values):
    return torch.tensor(values, dtype=torch.float64)


def test_jacobian(torch):
    F = torch.autograd.functional
    x = t(torch, [1.0, 2.0, 3.0])
    assert F.jacobian(lambda x: x * x, x).tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6]]
    y = t(torch, [4.0])
    (dx, dy), (ex, ey) = F.jacobian(lambda x, y: (x * y, x + 1), (x, y))
    assert dx.tolist() == [[4, 0, 0], [0, 4, 0], [0, 0, 4]] and dy.tolist() == [[1], [2], [3]]
    assert ex.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]] and ey.tolist() == [[0], [0], [0]]
    with pytest.raises(RuntimeError):
        F.jacobian(lambda x, y: x * 1, (x, y), strict=True)
    assert not F.jacobian(lambda x: x * x, x).requires_grad
    x.requires_grad_()
    assert F.jacobian(lambda x: x * x, x, create_graph=True).requires_grad


def test_hessian(torch):
    F = torch.autograd.functional
    x, y = t(torch, [1.0, 2.0]), t(torch, [3.0])
    assert F.hessian(lambda x: (x * x * x).sum(), x).tolist() == [[6, 0], [0, 12]]
    h = F.hessian(lambda x, y: (x * x * y).sum(), (x, y))
    assert h[0][0].tolist() == [[6, 0], [0, 6]] and h[0][1].tolist() == [[2], [4]] and h[1][1].tolist() == [[0]]
    with pytest.raises(RuntimeError):
        F.hessian(lambda x: x, x)


def test_products(torch):
    F = torch.autograd.functional
    x, v = t(torch, [1.0, 2.0]), t(torch, [5.0, 7.0])
    out, g = F.vjp(lambda x: x * x, x, v)
    assert out.tolist() == [1, 4] and g.tolist() == [10, 28]
    out, g = F.jvp(lambda x: x * x, x, v)
    assert out.tolist() == [1, 4] and g.tolist() == [10, 28]
    for product in (F.vhp, F.hvp):
        out, g = product(lambda x: (x * x * x).sum(), x, v)
        assert out.item() == 9 and g.tolist() == [30, 84]
    with pytest.raises(RuntimeError):
        F.vjp(lambda x: x * x, x, t(torch, [1.0]))


def test_gradcheck_finds_what_it_should(torch):
    x = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: (x * x, x.exp()), (x,))
    assert torch.autograd.gradgradcheck(lambda x: (x * x * x).sum(), (x,))
    with pytest.raises(ValueError):
        torch.autograd.gradcheck(lambda x: x, (x.detach(),))
    z = torch.tensor([0.3 + 1j, -0.7j], dtype=torch.complex128, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: z * z.conj() * z, (z,))
    assert torch.autograd.gradcheck(lambda z: (z * z).real, (z,))
