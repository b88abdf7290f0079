"""What nodes keep for backward, seen from Python."""

import contextlib

import pytest


def test_tensors_and_values_are_shown(torch):
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = torch.ones(2, requires_grad=True)
    product = (x * y).grad_fn
    assert product._saved_self is x and product._saved_other is y
    assert (x * 2).grad_fn._saved_self is None
    total = x.sum(1, keepdim=True).grad_fn
    assert total._saved_dim == (1,) and total._saved_keepdim is True
    assert total._saved_self_sym_sizes == (2, 2)
    assert x.pow(3).grad_fn._saved_exponent == 3
    assert torch.add(x, y, alpha=2).grad_fn._saved_alpha == 2
    indices = x[torch.tensor([1])].grad_fn._saved_indices
    assert isinstance(indices, tuple) and indices[0].tolist() == [1]


def test_a_saved_result_belongs_to_its_node(torch):
    x = torch.tensor([0.5], requires_grad=True)
    y = x.exp()
    saved = y.grad_fn._saved_result
    assert saved.tolist() == y.tolist()
    assert saved.grad_fn is y.grad_fn and saved.requires_grad


def test_freed_tensors_raise(torch):
    x = torch.tensor([0.5], requires_grad=True)
    y = x.exp()
    node = y.grad_fn
    y.sum().backward()
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        node._saved_result  # noqa: B018
    with pytest.raises(AttributeError):
        node._saved_other  # noqa: B018


def test_changed_tensors_raise(torch):
    x = torch.tensor([0.5], requires_grad=True)
    y = x * 1
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.grad_fn._saved_self  # noqa: B018


def test_dir_lists_them(torch):
    x = torch.tensor([0.5], requires_grad=True)
    assert {"_saved_self", "_raw_saved_self"} <= set(dir((x * x).grad_fn))
    assert not hasattr((x + x).grad_fn, "_saved_self")


def test_only_accumulators_have_a_variable(torch):
    x = torch.tensor([0.5], requires_grad=True)
    node = x.exp().grad_fn
    assert node.next_functions[0][0].variable is x
    assert not hasattr(node, "variable")


def test_hooks_on_one_saved_tensor(torch):
    x = torch.tensor([3.0], requires_grad=True)
    y = x * x
    packed = []
    y.grad_fn._raw_saved_self.register_hooks(lambda t: packed.append(t.item()) or 10.0, lambda v: torch.tensor([v]))
    assert packed == [3.0]
    y.sum().backward()
    assert x.grad.item() == 3.0 + 10.0


def test_hooks_are_set_once(torch):
    x = torch.tensor([3.0], requires_grad=True)
    y = x * x
    saved = y.grad_fn._raw_saved_other
    saved.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(RuntimeError, match="already been set"):
        saved.register_hooks(lambda t: t, lambda t: t)


def test_a_raw_saved_tensor_outlives_what_it_names(torch):
    x = torch.tensor([[3.0]], requires_grad=True)
    y = x[torch.tensor([0])]
    raw = y.grad_fn._raw_saved_indices
    y.sum().backward()
    with contextlib.suppress(RuntimeError):
        raw[0].register_hooks(lambda t: t, lambda t: t)


def test_of_a_custom_function(torch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            return 2 * grad * ctx.saved_tensors[0]

    x = torch.tensor([3.0], requires_grad=True)
    y = Square.apply(x)
    assert y.grad_fn.saved_tensors[0] is x
    y.grad_fn._raw_saved_tensors[0].register_hooks(lambda t: t * 2, lambda t: t)
    y.sum().backward()
    assert x.grad.item() == 12.0


def test_retained_gradients_are_memory_of_their_own(torch):
    x = torch.ones(3, requires_grad=True)
    a = x * 1
    b = a + 0
    a.retain_grad()
    b.retain_grad()
    b.sum().backward()
    b.grad.zero_()
    assert a.grad.tolist() == [1.0, 1.0, 1.0]


def test_captured_gradients_and_hooks(torch):
    # A gradient that travels on is captured as it arrives; the hook's result goes on.
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    y.register_hook(lambda grad: grad * 3)
    at_y, at_x = torch.autograd.grad(y.sum(), [y, x], retain_graph=True)
    assert at_y.tolist() == [1.0, 1.0] and at_x.tolist() == [3.0, 3.0]
    (alone,) = torch.autograd.grad(y.sum(), [y])
    assert alone.tolist() == [3.0, 3.0]


def test_geometry_in_place(torch):
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    y = x * 1
    part = y[0]
    y.transpose_(0, 1)
    assert y.shape == (3, 2) and y._version == 1
    (y * torch.arange(6.0).reshape(3, 2)).sum().backward(retain_graph=True)
    assert x.grad.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    assert type(part.grad_fn).__name__ == "AsStridedBackward0"
    y.unsqueeze_(0).squeeze_(0).t_()
    assert y.shape == (2, 3)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.t_()


def test_a_view_says_why_it_cannot_follow(torch):
    x = torch.ones(2, 3, requires_grad=True)
    base = x * 1
    first = base.unbind()[0]
    base.mul_(2)
    with pytest.raises(RuntimeError, match="its base or another view of its base has been modified inplace"):
        first.grad_fn  # noqa: B018
    plain = torch.ones(2, 3)
    with torch.no_grad():
        view = plain[0]
    plain.mul_(x)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and its base"):
        view.grad_fn  # noqa: B018


def test_as_strided_of_shared_elements(torch):
    x = torch.tensor([[1.0], [2.0]], requires_grad=True)
    y = x.expand(2, 3).as_strided((2, 2), (1, 0))
    y.sum().backward()
    assert x.grad.tolist() == [[2.0], [2.0]]


def test_gradient_edges_stand_for_tensors(torch):
    edge_of = torch.autograd.graph.get_gradient_edge
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    assert torch.autograd.grad(y.sum(), edge_of(x), retain_graph=True)[0].tolist() == [3.0, 3.0]
    assert torch.autograd.grad((y * y).sum(), [edge_of(y), x])[0].tolist() == [6.0, 12.0]
    z = (x * x).sum()
    torch.autograd.backward(edge_of(z))
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(RuntimeError):
        torch.autograd.grad(z, edge_of(torch.ones(1, requires_grad=True)))


def test_batched_gradients(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (rows,) = torch.autograd.grad(x.exp() * x.sum(), x, torch.eye(2), is_grads_batched=True)
    assert torch.allclose(rows, torch.autograd.functional.jacobian(lambda a: a.exp() * a.sum(), x))
