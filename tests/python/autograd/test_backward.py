"""backward() and grad(): values, errors, and what stays alive."""

import gc
import threading
import warnings
import weakref

import pytest


def close(a, b):
    return all(abs(x - y) <= 1e-9 * max(1, abs(y)) for x, y in zip(a.tolist(), b.tolist()))


def leaf(torch, values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def test_shared_subexpression(torch):
    a, b = leaf(torch, [1.0, 2.0]), leaf(torch, [3.0, 4.0])
    ((a + b) + a).sum().backward()
    assert a.grad.tolist() == [2, 2] and b.grad.tolist() == [1, 1]
    a.grad.mul_(5)
    assert b.grad.tolist() == [1, 1]


def test_gradients_accumulate(torch):
    a = leaf(torch, [1.0, 2.0])
    for _ in range(3):
        (a * a).sum().backward()
    assert a.grad.tolist() == [6, 12]
    a.grad = None
    (a * 3).sum().backward()
    assert a.grad.tolist() == [3, 3]


def test_given_gradient_is_not_taken_over(torch):
    a = leaf(torch, [1.0, 2.0])
    g = torch.tensor([5.0, 6.0], dtype=torch.float64)
    (a + 0).backward(g)
    a.grad.add_(1)
    assert g.tolist() == [5, 6]


def test_broadcast_and_dtypes(torch):
    s = torch.tensor(2.0, requires_grad=True)
    x = leaf(torch, [[1.0, 2.0], [3.0, 4.0]])
    (s * x).sum().backward()
    assert s.grad.dtype == torch.float32 and s.grad.shape == () and s.grad.item() == 10
    assert x.grad.dtype == torch.float64


def test_graph_is_freed(torch):
    a = leaf(torch, [1.0, 2.0])
    y = (a * a).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()
    # Nothing was saved here, so there is nothing to miss.
    z = (a + a).sum()
    z.backward()
    z.backward()


def test_double_backward(torch):
    a = leaf(torch, [2.0, 3.0])
    (g,) = torch.autograd.grad((a * a * a).sum(), a, create_graph=True)
    assert g.tolist() == [12, 27] and g.requires_grad
    (g2,) = torch.autograd.grad(g.sum(), a)
    assert g2.tolist() == [12, 18] and not g2.requires_grad
    assert a.grad is None


def test_grad_of_intermediates_and_unused(torch):
    a, b = leaf(torch, [1.0]), leaf(torch, [2.0])
    mid = a * 3
    out = (mid * mid).sum()
    assert [g.tolist() for g in torch.autograd.grad(out, [mid, a], retain_graph=True)] == [[6], [18]]
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        torch.autograd.grad(out, b, retain_graph=True)
    assert torch.autograd.grad(out, [a, b], retain_graph=True, allow_unused=True)[1] is None
    assert torch.autograd.grad(out, b, retain_graph=True, materialize_grads=True)[0].tolist() == [0]
    with pytest.raises(ValueError):
        torch.autograd.grad(out, b, allow_unused=False, materialize_grads=True)
    with pytest.raises(RuntimeError, match="One of the differentiated Tensors does not require grad"):
        torch.autograd.grad(out, torch.ones(1))


def test_looking_for_the_gradient_of_an_intermediate_warns(torch):
    a = leaf(torch, [1.0])
    mid = a * 3
    with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"):
        assert mid.grad is None
    mid.retain_grad()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mid.grad is None and a.grad is None
        mid.sum().backward()
        assert mid.grad.tolist() == [1] and a.grad.tolist() == [3]


def test_backward_with_inputs(torch):
    a, b = leaf(torch, [1.0]), leaf(torch, [2.0])
    mid = a * b
    (mid * mid).sum().backward(inputs=[a, mid])
    assert a.grad.tolist() == [8] and mid.grad.tolist() == [4] and b.grad is None


def test_errors(torch):
    a = leaf(torch, [1.0, 2.0])
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        a.exp().backward()
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad and does not have a grad_fn"):
        torch.ones(1).backward()
    with pytest.raises(RuntimeError, match=r"grad_output\[0\] has a shape of torch.Size\(\[3\]\)"):
        a.exp().backward(torch.ones(3))
    with pytest.raises(TypeError, match="gradients can be either Tensors or None"):
        torch.autograd.backward([a.sum()], [1])
    with pytest.raises(RuntimeError, match="cannot be empty"):
        a.sum().backward(inputs=[])
    with pytest.raises(RuntimeError, match="cannot be empty"):
        torch.autograd.grad(a.sum(), [])
    assert a.grad is None


def test_requires_grad_errors(torch):
    with pytest.raises(RuntimeError, match="floating point"):
        torch.ones(2, dtype=torch.int64).requires_grad_()
    a = leaf(torch, [1.0])
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables"):
        (a + 1).requires_grad_(False)


def test_no_grad_modes(torch):
    a = leaf(torch, [1.0])
    with torch.no_grad():
        assert not (a * 2).requires_grad
        with torch.enable_grad():
            assert (a * 2).requires_grad
    with torch.set_grad_enabled(False):
        assert not (a * 2).requires_grad
    assert torch.is_grad_enabled()

    @torch.no_grad()
    def plain():
        return a * 2

    @torch.no_grad()
    def steps():
        received = yield (a * 2).requires_grad
        yield received, (a * 2).requires_grad
        return "end"

    assert not plain().requires_grad
    g = steps()
    assert next(g) is False and torch.is_grad_enabled()
    assert g.send("sent") == ("sent", False)
    with pytest.raises(StopIteration, match="end"):
        next(g)


def test_inference_mode(torch):
    a = leaf(torch, [1.0])
    with torch.inference_mode():
        b = a * 2
        assert b.is_inference() and not b.requires_grad
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        a * b
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode"):
        b.add_(1)
    with pytest.raises(RuntimeError, match="Setting requires_grad=True on inference tensor"):
        b.requires_grad_()
    assert b.clone().requires_grad_().requires_grad


def test_detached_shares_memory_not_history(torch):
    a = leaf(torch, [1.0, 2.0])
    y = a * 2
    d = y.detach()
    assert not d.requires_grad and d.is_leaf and d.data_ptr() == y.data_ptr()
    d.zero_()
    assert y.tolist() == [0, 0] and y._version == 1


def test_nodes(torch):
    a, b = leaf(torch, [1.0]), leaf(torch, [2.0])
    y = a * b
    node = y.grad_fn
    assert node.name() == "MulBackward0" and type(node).__name__ == "MulBackward0" and node is y.grad_fn
    assert repr(node).startswith("<MulBackward0 object at 0x")
    (left, zero), (right, _) = node.next_functions
    assert left.variable is a and right.variable is b and zero == 0
    assert (y + 1).grad_fn.next_functions[0][0] is node
    assert isinstance(node, torch.autograd.graph.Node)
    assert (torch.ones(1) + a).grad_fn.next_functions[0] == (None, 0)
    node.metadata["note"] = 1
    assert y.grad_fn.metadata["note"] == 1
    assert a.grad_fn is None and a.is_leaf and not y.is_leaf


def test_graph_without_names_dies_at_once(torch):
    a = leaf(torch, [1.0])
    seen = []

    class Witness:
        pass

    w = Witness()
    y = a * 2
    y.grad_fn.metadata["w"] = w
    seen.append(weakref.ref(w))
    del w, y
    gc.collect()
    assert seen[0]() is None


def test_long_chain(torch):
    y = a = leaf(torch, [1.0])
    for _ in range(20000):
        y = y * 1.0
    y.backward()
    assert a.grad.tolist() == [1]


def test_threads_share_a_graph(torch):
    a = leaf(torch, [1.0, 2.0])
    shared = (a * a).exp()
    errors = []

    def work():
        try:
            for _ in range(20):
                (shared * 2).sum().backward(retain_graph=True)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    single = torch.autograd.grad((shared * 2).sum(), a)[0]
    assert close(a.grad, single * 80)


def test_grad_assignment(torch):
    a = leaf(torch, [1.0, 2.0])
    with pytest.raises(RuntimeError, match="attempting to assign a gradient of size"):
        a.grad = torch.ones(3, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="attempting to assign a gradient with dtype"):
        a.grad = torch.ones(2, dtype=torch.float32)
    with pytest.raises(RuntimeError, match="can't assign Variable as its own grad"):
        a.grad = a
    with pytest.raises(TypeError, match="assigned grad expected to be a Tensor or None"):
        a.grad = 3
    g = torch.ones(2, dtype=torch.float64)
    a.grad = g
    assert a.grad is g


def test_create_graph_accumulates_out_of_place(torch):
    a = leaf(torch, [3.0])
    (a * a * a).sum().backward(create_graph=True)
    first = a.grad
    assert first.requires_grad
    (a * a).sum().backward(create_graph=True)
    assert a.grad is not first and a.grad.tolist() == [33]
    a.grad = None


def test_anomaly_mode_names_the_operation(torch):
    a = leaf(torch, [0.0])
    with torch.autograd.detect_anomaly():
        y = (a / a).sum()
        with pytest.raises(RuntimeError, match="Function 'DivBackward0' returned nan values in its 1th output."):
            with pytest.warns(UserWarning, match="Error detected in DivBackward0"):
                y.backward()


def test_complex(torch):
    z = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex128, requires_grad=True)
    (z * z.conj()).real.sum().backward()
    assert z.grad.tolist() == [2 + 4j, 6 - 2j]
    with pytest.raises(
        RuntimeError, match="grad can be implicitly created only for real scalar outputs but got torch.complex128"
    ):
        z.sum().backward()


def test_calling_a_node(torch):
    a = leaf(torch, [1.0, 2.0])
    node = (a * a).grad_fn
    g = torch.ones(2, dtype=torch.float64)
    assert [t.tolist() for t in node(g)] == [[1, 2], [1, 2]]
    for arguments in ((), (g, g)):
        with pytest.raises(TypeError, match="expected 1 arguments"):
            node(*arguments)
    with pytest.raises(TypeError, match="argument 0 is not a Variable"):
        node("s")
    with pytest.raises(TypeError, match="cannot create 'MulBackward0' instances"):
        type(node)()


def test_wrong_arguments(torch):
    a = leaf(torch, [1.0, 2.0])
    grad, backward = torch.autograd.grad, torch.autograd.backward
    for call in (
        lambda: grad(None, a),
        lambda: grad(a.sum(), None),
        lambda: grad(a.sum(), a, 3.0),
        lambda: grad(a.sum(), a, retain_graph="x"),
        lambda: backward(3),
        lambda: a.sum().backward(3),
        lambda: torch.autograd.set_detect_anomaly("x"),
        lambda: torch.autograd.graph.saved_tensors_hooks(1, 2).__enter__(),
    ):
        with pytest.raises(TypeError):
            call()
    for call in (
        lambda: grad(a.sum(), [None]),
        lambda: a.sum().backward(inputs=[None]),
        lambda: grad([a.sum(), a.sum()], a, [torch.ones((), dtype=torch.float64)]),
        lambda: torch.autograd.graph.increment_version(3),
    ):
        with pytest.raises(RuntimeError):
            call()
    assert a.grad is None and not torch.is_anomaly_enabled()
