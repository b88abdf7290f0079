"""In-place changes, views and version counters."""

import pytest


def leaf(torch, values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def test_in_place_on_a_result(torch):
    a, w = leaf(torch, [1.0, 2.0]), leaf(torch, [3.0, 5.0])
    y = a + 0
    y.mul_(w)
    y.sum().backward()
    assert a.grad.tolist() == [3, 5] and w.grad.tolist() == [1, 2]


def test_in_place_on_a_view_changes_the_base(torch):
    a, w = leaf(torch, [[1.0, 2.0], [3.0, 4.0]]), leaf(torch, [10.0, 20.0])
    y = a + 0
    v = y[1]
    other = y.view(4)
    v.mul_(w)
    assert type(y.grad_fn).__name__ == "CopySlices" and v._base is y
    assert type(other.grad_fn).__name__ in ("AsStridedBackward0", "ViewBackward0")
    (y.sum() + other.sum()).backward()
    assert a.grad.tolist() == [[2, 2], [20, 40]] and w.grad.tolist() == [6, 8]


def test_change_of_the_base_reaches_views(torch):
    a = leaf(torch, [[1.0, 2.0], [3.0, 4.0]])
    y = a + 0
    v = y[0].view(2, 1).expand(2, 3)
    y.mul_(5)
    v.sum().backward()
    assert a.grad.tolist() == [[15, 15], [0, 0]]


def test_overlapping_view_after_change_of_base(torch):
    a = leaf(torch, [1.0, 2.0, 3.0, 4.0])
    y = a + 0
    windows = y.as_strided((3, 2), (1, 1))
    y.mul_(2)
    (windows * torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64)).sum().backward()
    assert a.grad.tolist() == [2, 10, 18, 12]


def test_in_place_makes_a_plain_base_part_of_the_graph(torch):
    w, base = leaf(torch, [3.0, 4.0]), torch.ones(2, 2, dtype=torch.float64)
    base[0].mul_(w)
    assert base.requires_grad
    (base * 2).sum().backward()
    assert w.grad.tolist() == [2, 2]


def test_views_of_views_have_the_root_as_base(torch):
    base = torch.zeros(2, 3, 4)
    v = base[0].view(12)[2:5]
    assert v._base is base
    v.add_(1)
    assert base._version == 1 and v._version == 1
    assert base.sum().item() == 3


def test_saved_tensor_changed(torch):
    a, w = leaf(torch, [1.0, 2.0]), torch.ones(2, dtype=torch.float64)
    y = (a * w).sum()
    w.add_(1)
    with pytest.raises(RuntimeError, match=r"\[torch.DoubleTensor \[2\]\] is at version 1; expected version 0 instead"):
        y.backward()
    e = a.exp()
    e.add_(1)
    with pytest.raises(RuntimeError, match="which is output 0 of Exp.*, is at version 1; expected version 0 instead"):
        e.sum().backward()


def test_change_through_data_goes_unnoticed(torch):
    a, w = leaf(torch, [1.0, 2.0]), torch.ones(2, dtype=torch.float64)
    y = (a * w).sum()
    w.data.add_(1)
    assert w._version == 0
    y.backward()
    assert a.grad.tolist() == [2, 2]


def test_refused(torch):
    a = leaf(torch, [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(
        RuntimeError, match="^a leaf Variable that requires grad is being used in an in-place operation.$"
    ):
        a.add_(1)
    with pytest.raises(
        RuntimeError, match="^a view of a leaf Variable that requires grad is being used in an in-place operation.$"
    ):
        a.view(4).add_(1)
    with pytest.raises(
        RuntimeError,
        match="Output 0 of Unbind.* is a view and is being modified inplace. This view is the output of a function",
    ):
        (a + 0).unbind(0)[0].add_(1)
    with pytest.raises(RuntimeError, match="Output 1 of Split.* is a view and is being modified inplace"):
        (a + 0).split(1)[1].mul_(a[0])
    plain = torch.ones(2, dtype=torch.float64)
    with torch.no_grad():
        v = plain.view(2)
    with pytest.raises(
        RuntimeError, match="A view was created in no_grad mode and is being modified inplace with grad mode enabled."
    ):
        v.mul_(a[0])
    with torch.inference_mode():
        v = plain.view(2)
    with pytest.raises(
        RuntimeError, match="A view was created in inference mode and is being modified inplace in normal mode."
    ):
        v.mul_(a[0])
    with pytest.raises(
        RuntimeError, match="more than one element of the written-to tensor refers to a single memory location"
    ):
        plain[:1].expand(2).add_(1)
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        (a + 0).view(4).detach_()
    assert a.tolist() == [[1, 2], [3, 4]] and plain.tolist() == [1, 1]


def test_no_grad_changes_leaves(torch):
    a = leaf(torch, [1.0, 2.0])
    with torch.no_grad():
        a.add_(1)
        a[0] = 7
    assert a.tolist() == [7, 3] and a.is_leaf and a.requires_grad and a._version == 2


def test_data_assignment(torch):
    a = leaf(torch, [1.0, 2.0])
    a.data = torch.tensor([5.0, 6.0, 7.0], dtype=torch.float64)
    (a * a).sum().backward()
    assert a.grad.tolist() == [10, 12, 14]
    with pytest.raises(
        RuntimeError, match="data set to a tensor that requires gradients must be floating point or complex dtype"
    ):
        a.data = torch.ones(2, dtype=torch.int64)


def test_double_backward_through_copy_slices(torch):
    a = leaf(torch, [1.0, 2.0])
    y = a * a
    y[0].mul_(a[1])
    (g,) = torch.autograd.grad(y.sum(), a, create_graph=True)
    assert g.tolist() == [4, 5]
    assert torch.autograd.grad(g.sum(), a)[0].tolist() == [6, 4]


def test_setitem(torch):
    a, v = leaf(torch, [1.0, 2.0, 3.0]), leaf(torch, [9.0])
    y = a * 2
    y[1] = v[0]
    y.sum().backward()
    assert a.grad.tolist() == [2, 0, 2] and v.grad.tolist() == [1]
