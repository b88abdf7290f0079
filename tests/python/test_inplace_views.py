"""Views written in place, copies of views, fill and scatter's reductions."""

import pytest

import tiny_torch as torch


def test_in_place_views_change_the_tensor_itself():
    x = torch.arange(6.0)
    y = x.view(2, 3)
    assert y.t_() is y and y.shape == (3, 2) and y.stride() == (1, 3)
    assert y.unsqueeze_(0).shape == (1, 3, 2) and y.squeeze_().shape == (3, 2)
    assert (
        y.transpose_(0, 1).shape == (2, 3) and y.swapaxes_(0, 1).shape == (3, 2) and y.swapdims_(0, 1).shape == (2, 3)
    )
    assert y.as_strided_((2,), (3,), 1).tolist() == [1.0, 4.0]
    assert x.shape == (6,) and y.data_ptr() == x.data_ptr() + 4
    y.zero_()
    assert x.tolist() == [0.0, 0.0, 2.0, 3.0, 0.0, 5.0]


def test_in_place_views_are_recorded():
    x = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)

    def change(x):
        y = x * 2
        y.t_().unsqueeze_(1).squeeze_(1)
        return y * torch.arange(6.0, dtype=torch.float64).view(3, 2)

    assert torch.autograd.gradcheck(change, (x,)) and torch.autograd.gradgradcheck(change, (x,))
    y = x * 2
    version = y._version
    y.t_()
    assert y.grad_fn.name() == "TBackward1" and y._version == version + 1
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        x.t_()


def test_in_place_views_of_views():
    x = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)

    def change(x):
        y = x * 2
        v = y[0:1]
        v.t_()
        v.mul_(torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64))
        return y.sum() + (v * v).sum()

    assert torch.autograd.gradcheck(change, (x,))


def test_copies_of_views_own_their_memory():
    x = torch.arange(6.0).view(2, 3)
    for copy, view in [
        (torch.t_copy(x), x.t()),
        (torch.view_copy(x, (3, 2)), x.view(3, 2)),
        (torch.select_copy(x, 0, 1), x[1]),
        (torch.expand_copy(x[:, :1], (2, 4)), x[:, :1].expand(2, 4)),
        (torch.unbind_copy(x)[1], x[1]),
        (torch.split_with_sizes_copy(x, [1, 2], 1)[1], x[:, 1:]),
    ]:
        assert torch.equal(copy, view) and copy.data_ptr() != view.data_ptr() and copy.is_contiguous()
    assert torch.autograd.gradcheck(lambda t: torch.permute_copy(t, (1, 0)), x.double().requires_grad_())
    out = torch.empty(3, 2)
    assert torch.t_copy(x, out=out) is out and torch.equal(out, x.t())


def test_fill():
    x = torch.rand(2, 2, dtype=torch.float64, requires_grad=True)
    value = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    assert torch.fill(x, 2).tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert torch.autograd.gradcheck(torch.fill, (x, value))


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("include_self", [True, False])
def test_scatter_reduce_gradients(reduce, include_self):
    torch.manual_seed(0)
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    src = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    index = torch.tensor([[0, 1, 2, 0], [0, 0, 2, 1]])
    call = lambda x, src: x.scatter_reduce(0, index, src, reduce, include_self=include_self)  # noqa: E731
    assert torch.autograd.gradcheck(call, (x, src))
    assert torch.autograd.gradgradcheck(call, (x, src))


def test_product_with_zeros():
    x = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    src = torch.tensor([0.0, 4.0, 0.0], dtype=torch.float64, requires_grad=True)
    x.scatter_reduce(0, torch.tensor([0, 0, 1]), src, "prod").sum().backward()
    assert x.grad.tolist() == [0.0, 0.0] and src.grad.tolist() == [8.0, 0.0, 3.0]


def test_scatter_with_a_reduction():
    x = torch.ones(3)
    index = torch.tensor([0, 0, 2])
    assert x.scatter(0, index, torch.tensor([1.0, 2.0, 3.0]), reduce="add").tolist() == [4.0, 1.0, 4.0]
    assert x.scatter_(0, index, 5, reduce="multiply").tolist() == [25.0, 1.0, 5.0]
    with pytest.raises(RuntimeError, match="either add or multiply"):
        x.scatter(0, index, 5, reduce="sum")
    with pytest.raises(RuntimeError, match="either sum, prod, mean, amax or amin"):
        x.scatter_reduce(0, index, torch.ones(3), "add")


def test_linear_out():
    x, w, b = torch.rand(2, 3), torch.rand(4, 3), torch.rand(4)
    out = torch.empty(0)
    assert torch._C._nn.linear(x, w, b, out=out) is out and torch.equal(out, torch.nn.functional.linear(x, w, b))


def test_resizing_counts_as_a_change():
    x = torch.ones(2, 3)
    x.resize_(4)
    assert x._version == 1 and x.resize_as_(torch.ones(2))._version == 2
    assert x.resize_(2)._version == 2 and x.resize_as_(torch.ones(2))._version == 2
