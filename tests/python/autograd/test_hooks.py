"""Hooks on tensors, nodes and saved tensors."""

import gc
import weakref

import pytest


def close(a, b):
    return all(abs(x - y) <= 1e-9 * max(1, abs(y)) for x, y in zip(a.tolist(), b.tolist()))


def leaf(torch, values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def test_tensor_hooks_in_order_and_removed(torch):
    a = leaf(torch, [1.0, 2.0])
    y = a * a
    handle = y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: g + 1)
    y.register_hook(lambda g: None)
    s = y.sum()
    s.backward(retain_graph=True)
    assert a.grad.tolist() == [22, 44]
    handle.remove()
    a.grad = None
    s.backward()
    assert a.grad.tolist() == [4, 8]


def test_leaf_hook_sees_the_sum_once(torch):
    a, seen = leaf(torch, [3.0]), []
    a.register_hook(lambda g: seen.append(g.tolist()))
    (a * a).sum().backward()
    assert seen == [[6.0]]
    # The graph above is gone, the hook is not.
    (a * 2).sum().backward()
    assert seen == [[6.0], [2.0]]


def test_hook_errors(torch):
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"):
        torch.ones(1).register_hook(print)
    a = leaf(torch, [1.0, 2.0])
    for hook, error, message in (
        (lambda g: 3, TypeError, "hook returned 'int'"),
        (lambda g: torch.ones(5, dtype=torch.float64), RuntimeError, "has changed the size of value"),
        (lambda g: g.float(), RuntimeError, "has changed the type of value"),
        (lambda g: 1 / 0, ZeroDivisionError, "division by zero"),
    ):
        y = a * 2
        y.register_hook(hook)
        with pytest.raises(error, match=message):
            y.sum().backward()
    assert a.grad is None


def test_hooks_stay_with_the_value_they_were_made_for(torch):
    a, seen = leaf(torch, [1.0]), []
    y = a * 1
    y.register_hook(lambda g: seen.append(g.item()))
    y.mul_(5)
    y.backward()
    assert seen == [5.0]


def test_retain_grad_outlives_detaching_in_place(torch):
    """The tensor leaves the graph, the node goes on to give it its gradient."""
    a = torch.ones(2, requires_grad=True)
    y = a * 2
    y.retain_grad()
    s = (y * 3).sum()
    y.detach_()
    assert y.retains_grad and not y.requires_grad and y.is_leaf
    s.backward(retain_graph=True)
    assert y.grad.tolist() == [3, 3] and a.grad.tolist() == [6, 6]
    y.requires_grad_().mul(5).sum().backward()
    assert y.grad.tolist() == [8, 8]
    # The node has nobody to give a gradient to any more.
    del y
    s.backward()
    assert a.grad.tolist() == [12, 12]


def test_retain_grad(torch):
    a = leaf(torch, [1.0, 2.0])
    y = a * a
    y.retain_grad()
    assert y.retains_grad and not a.retains_grad
    y.mul_(3)
    (y * 7).sum().backward()
    assert y.grad.tolist() == [7, 7] and a.grad.tolist() == [42, 84]
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=False"):
        torch.ones(1).retain_grad()


def test_node_hooks(torch):
    a = leaf(torch, [1.0, 2.0])
    y = a * a
    seen = []
    pre = y.grad_fn.register_prehook(lambda grads: (grads[0] * 2,))
    post = y.grad_fn.register_hook(
        lambda grad_inputs, grad_outputs: seen.append((len(grad_inputs), grad_outputs[0].tolist()))
    )
    s = y.sum()
    s.backward(retain_graph=True)
    assert a.grad.tolist() == [4, 8] and seen == [(2, [2.0, 2.0])]
    pre.remove()
    post.remove()
    a.grad = None
    s.backward()
    assert a.grad.tolist() == [2, 4] and len(seen) == 1


def test_accumulator_post_hook(torch):
    a, calls = leaf(torch, [1.0]), []
    accumulator = a.view_as(a).grad_fn.next_functions[0][0]
    accumulator.register_hook(lambda *args: calls.append(a.grad.item()))
    (a * 3).sum().backward()
    assert calls == [3.0]


def test_post_accumulate_grad_hook(torch):
    a, seen = leaf(torch, [1.0]), []

    def step(p):
        seen.append(p.grad.item())
        p.grad = None

    handle = a.register_post_accumulate_grad_hook(step)
    (a * 3).sum().backward()
    assert seen == [3.0] and a.grad is None
    handle.remove()
    (a * 3).sum().backward()
    assert seen == [3.0] and a.grad.item() == 3
    with pytest.raises(RuntimeError, match="post accumulate grad hooks cannot be registered on non-leaf tensors"):
        (a * 1).register_post_accumulate_grad_hook(step)


def test_nested_backward_in_a_hook(torch):
    a, b = leaf(torch, [2.0]), leaf(torch, [5.0])
    y = a * a

    def hook(g):
        with torch.enable_grad():
            (b * b).sum().backward()

    y.register_hook(hook)
    y.sum().backward()
    assert a.grad.item() == 4 and b.grad.item() == 10


def test_saved_tensors_hooks(torch):
    a, log = leaf(torch, [1.0, 2.0]), []

    def pack(t):
        log.append("pack")
        return t.detach() * 2

    def unpack(t):
        log.append("unpack")
        return t / 2

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = (a.exp() * a).sum()
    (a * a).sum()
    assert log == ["pack"] * 3
    (g,) = torch.autograd.grad(y, a, create_graph=True)
    assert log == ["pack"] * 3 + ["unpack"] * 3
    assert close(g, ((1 + a) * a.exp()))
    assert close(torch.autograd.grad(g.sum(), a)[0], (2 + a) * a.exp())


def test_saved_tensors_hooks_errors(torch):
    a = leaf(torch, [1.0])
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 3):
        y = (a * a).sum()
    with pytest.raises(
        TypeError, match="Output of saved tensor unpack_hook expected to be a Tensor but got result of type"
    ):
        y.backward()
    with torch.autograd.graph.disable_saved_tensors_hooks("not now"):
        with pytest.raises(RuntimeError, match="not now"):
            with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
                pass


def test_save_on_cpu(torch):
    a = leaf(torch, [1.0, 2.0])
    with torch.autograd.graph.save_on_cpu():
        y = (a * a).sum()
    y.backward()
    assert a.grad.tolist() == [2, 4]


def test_multi_grad_hook(torch):
    a, b, c = (leaf(torch, [v]) for v in (1.0, 2.0, 3.0))
    calls = []
    handle = torch.autograd.graph.register_multi_grad_hook(
        (a, b, c), lambda gs: calls.append([None if g is None else g.item() for g in gs])
    )
    (a * b).sum().backward()
    assert calls == [[2.0, 1.0, None]]
    (a * b * c).sum().backward()
    assert calls[1] == [6.0, 3.0, 2.0]
    handle.remove()
    (a * b).sum().backward()
    assert len(calls) == 2


def test_queue_callback(torch):
    a, log = leaf(torch, [1.0]), []

    def hook(g):
        torch.autograd.Variable._execution_engine.queue_callback(lambda: log.append(a.grad.item()))

    y = a * 2
    y.register_hook(hook)
    y.sum().backward()
    assert log == [2.0]


def test_gradient_edge_and_increment_version(torch):
    a = leaf(torch, [1.0])
    y = a * 2
    edge = torch.autograd.graph.get_gradient_edge(y)
    assert edge.node is y.grad_fn and edge.output_nr == 0
    assert torch.autograd.graph.get_gradient_edge(a).node.name().endswith("AccumulateGrad")
    torch.autograd.graph.increment_version(y)
    assert y._version == 1


def test_hooks_that_hold_their_tensor_make_no_leak(torch):
    a = leaf(torch, [1.0])
    a.register_hook(lambda g, keep=a: None)
    ref_a = weakref.ref(a)
    del a
    b = leaf(torch, [1.0])
    y = b * 2
    y.register_hook(lambda g, keep=y: None)
    ref_y = weakref.ref(y)
    del y
    gc.collect()
    assert ref_a() is None
    # PyTorch keeps this one.
    assert torch.__name__ == "torch" or ref_y() is None
