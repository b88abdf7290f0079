"""Custom functions."""

import functools
import gc
import weakref

import pytest


def close(a, b):
    return all(abs(x - y) <= 1e-9 * max(1, abs(y)) for x, y in zip(a.tolist(), b.tolist()))


def leaf(torch, values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def make(torch, forward_, backward_=lambda ctx, *g: g[0], **extra):
    members = {"forward": staticmethod(forward_), "backward": staticmethod(backward_)}
    members.update({k: staticmethod(v) for k, v in extra.items()})
    return type(torch.autograd.Function)("Custom", (torch.autograd.Function,), members)


def exp_function(torch):
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y

    return make(torch, forward, backward)


def test_forward_backward_and_again(torch):
    exp = exp_function(torch)
    a = leaf(torch, [0.5, 1.0])
    y = exp.apply(a)
    assert close(y, a.exp()) and type(y.grad_fn).__name__ == "CustomBackward" and y.grad_fn.name() == "CustomBackward"
    (g,) = torch.autograd.grad(y.sum(), a, create_graph=True)
    assert close(g, a.exp())
    assert close(torch.autograd.grad(g.sum(), a)[0], a.exp())
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        z = exp.apply(a).sum()
        z.backward()
        z.backward()


def test_gradcheck_of_custom_function(torch):
    exp = exp_function(torch)
    a = leaf(torch, [0.5, 1.0, -2.0])
    assert torch.autograd.gradcheck(exp.apply, (a,))
    assert torch.autograd.gradgradcheck(exp.apply, (a,))
    wrong = make(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 3)
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0"):
        torch.autograd.gradcheck(wrong.apply, (a,))
    assert not torch.autograd.gradcheck(wrong.apply, (a,), raise_exception=False)


def test_context(torch):
    seen = {}

    def forward(ctx, x, n, y, other=None):
        ctx.n = n
        ctx.save_for_backward(x, None, y)
        return x * n, y.clone(), "text"

    def backward(ctx, gx, gy, gt):
        seen.update(n=ctx.n, needs=ctx.needs_input_grad, saved=ctx.saved_tensors, gy=gy, gt=gt)
        return gx * ctx.n, None, None

    f = make(torch, forward, backward)
    a, b = leaf(torch, [1.0, 2.0]), torch.ones(3)
    out, copy, text = f.apply(a, 3, b)
    assert text == "text" and out.requires_grad and copy.requires_grad
    out.sum().backward()
    assert a.grad.tolist() == [3, 3]
    assert (
        seen["n"] == 3 and seen["needs"] == (True, False, False) and seen["saved"][1] is None and seen["saved"][0] is a
    )
    assert seen["gy"].tolist() == [0, 0, 0] and seen["gt"] is None


def test_unmaterialized_and_non_differentiable(torch):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        index = x.argmax()
        mask = x * 0
        ctx.mark_non_differentiable(index, mask)
        return x * 2, x * 3, index, mask

    def backward(ctx, *grads):
        seen.append(grads)
        return grads[0] * 2

    a = leaf(torch, [1.0, 2.0])
    two, three, index, mask = make(torch, forward, backward).apply(a)
    assert two.requires_grad and three.requires_grad and not index.requires_grad and not mask.requires_grad
    two.sum().backward()
    assert a.grad.tolist() == [2, 2] and seen[0][1:] == (None, None, None)


def test_setup_context(torch):
    def forward(x, n):
        return x * n

    def setup(ctx, inputs, output):
        ctx.n = inputs[1]

    f = make(torch, forward, lambda ctx, g: (g * ctx.n, None), setup_context=setup)
    a = leaf(torch, [1.0])
    f.apply(a, 4).sum().backward()
    assert a.grad.item() == 4


def test_mark_dirty(torch):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    f = make(torch, forward, lambda ctx, g: g * 2)
    a = leaf(torch, [1.0, 2.0])
    y = a + 0
    z = f.apply(y)
    assert z is y and y._version == 2
    z.sum().backward()
    assert a.grad.tolist() == [2, 2]
    with pytest.raises(
        RuntimeError, match="a leaf Variable that requires grad has been used in an in-place operation."
    ):
        f.apply(a)
    base = a * 1
    f.apply(base[0])
    assert type(base.grad_fn).__name__ == "CopySlices"
    assert torch.autograd.grad(base.sum(), a)[0].tolist() == [2, 1]
    forgot = make(torch, lambda ctx, x: (ctx.mark_dirty(x), x.clone())[1])
    with pytest.raises(
        RuntimeError, match="Some elements marked as dirty during the forward method were not returned as output"
    ):
        forgot.apply(a + 0)


def test_input_returned_as_it_is(torch):
    f = make(torch, lambda ctx, x: x, lambda ctx, g: g * 5)
    a = leaf(torch, [1.0])
    y = f.apply(a)
    assert y is not a and y._base is a and not y.is_leaf
    with pytest.raises(RuntimeError, match="This view was created inside a custom Function"):
        y.add_(1)
    y = f.apply(a)
    y.sum().backward()
    assert a.grad.item() == 5


def test_without_gradients(torch):
    calls = []
    f = make(torch, lambda ctx, x: (calls.append(torch.is_grad_enabled()), ctx.save_for_backward(x), x * 2)[-1])
    assert not f.apply(torch.ones(1)).requires_grad
    with torch.no_grad():
        assert not f.apply(leaf(torch, [1.0])).requires_grad
    assert calls == [False, False]


def test_errors(torch):
    a = leaf(torch, [1.0, 2.0])
    cases = (
        (
            lambda ctx, g: (g, g),
            "function CustomBackward returned an incorrect number of gradients \\(expected 1, got 2\\)",
        ),
        (lambda ctx, g: 3, "expected Variable or None \\(got int\\)"),
        (
            lambda ctx, g: torch.ones(7, dtype=torch.float64),
            "Function CustomBackward returned an invalid gradient at index 0 - got \\[7\\]",
        ),
    )
    for backward, message in cases:
        with pytest.raises(RuntimeError, match=message):
            make(torch, lambda ctx, x: x * 2, backward).apply(a).sum().backward()
    with pytest.raises(RuntimeError, match="returned a gradient different than None at position 2"):
        make(torch, lambda ctx, x, n: x * 2, lambda ctx, g: (g, g)).apply(a, 3).sum().backward()
    with pytest.raises(TypeError, match="save_for_backward can only save variables, but argument 0 is of type int"):
        make(torch, lambda ctx, x: (ctx.save_for_backward(3), x * 2)[1]).apply(a)
    with pytest.raises(NotImplementedError, match="You must implement either the backward or vjp method"):
        only_forward = type(torch.autograd.Function)(
            "F", (torch.autograd.Function,), {"forward": staticmethod(lambda ctx, x: x * 2)}
        )
        only_forward.apply(a).sum().backward()
    with pytest.raises(ZeroDivisionError):
        make(torch, lambda ctx, x: x * 2, lambda ctx, g: 1 / 0).apply(a).sum().backward()
    surplus = make(torch, lambda ctx, x: x * 2, lambda ctx, g: (g, None, None))
    surplus.apply(a).sum().backward()
    assert a.grad.tolist() == [1, 1]


def test_once_differentiable(torch):
    once = torch.autograd.function.once_differentiable
    f = make(torch, lambda ctx, x: x * 2, once(lambda ctx, g: g * 2))
    a = leaf(torch, [1.0])
    f.apply(a).sum().backward()
    assert a.grad.item() == 2
    y = f.apply(a * a).sum()
    (g,) = torch.autograd.grad(y, a, torch.ones((), dtype=torch.float64, requires_grad=True), create_graph=True)
    with pytest.raises(
        RuntimeError, match="trying to differentiate twice a function that was marked with @once_differentiable"
    ):
        g.sum().backward()


def test_saved_output_makes_no_leak(torch):
    exp = exp_function(torch)
    a = leaf(torch, [1.0])
    y = exp.apply(a)
    ref = weakref.ref(y.grad_fn)
    del y
    gc.collect()
    assert ref() is None


def test_nested_backward_inside_backward(torch):
    def forward(ctx, x):
        ctx.save_for_backward(x.detach())
        return x * x

    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        x = x.requires_grad_()
        with torch.enable_grad():
            y = x * x
        y.backward(g)
        return x.grad

    f = make(torch, forward, backward)
    a = leaf(torch, [3.0])
    f.apply(f.apply(a)).sum().backward()
    assert a.grad.item() == 4 * 27


def test_hooks_on_custom_nodes(torch):
    f = make(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 2)
    a = leaf(torch, [1.0])
    y = f.apply(a)
    seen = []
    y.grad_fn.register_hook(lambda gi, go: seen.append((gi[0].item(), go[0].item())))
    y.sum().backward()
    assert seen == [(2.0, 1.0)]
    assert y.grad_fn.next_functions[0][0].variable is a


def test_module_of_nodes_and_pickled_class_names(torch):
    f = exp_function(torch)
    y = f.apply(leaf(torch, [1.0]))
    assert isinstance(y.grad_fn, torch.autograd.graph.Node)
    assert "CustomBackward" in repr(y) or "CustomBackward" in str(y)


def test_context_that_holds_its_output_is_collected(torch):
    def forward(ctx, x):
        y = x * 2
        ctx.y = y
        return y

    y = make(torch, forward, lambda ctx, g: g * 2).apply(leaf(torch, [1.0]))
    ref = weakref.ref(y)
    del y
    gc.collect()
    assert ref() is None


def test_keyword_arguments_take_their_place(torch):
    seen = []

    def forward(ctx, x, w=None, k=2):
        ctx.k = k
        seen.append(ctx.needs_input_grad)
        return x * w * k

    f = make(torch, forward, lambda ctx, g: (g * ctx.k, g * ctx.k, None))
    a, b = leaf(torch, [1.0, 2.0]), leaf(torch, [1.0, 1.0])
    f.apply(a, w=b, k=3).sum().backward()
    f.apply(k=4, w=b, x=a).sum().backward()
    assert close(a.grad, torch.tensor([7.0, 7.0])) and close(b.grad, torch.tensor([7.0, 7.0]))
    assert seen == [(True, True, False)] * 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'zz'"):
        f.apply(a, zz=3)
    with pytest.raises(TypeError, match="multiple values for argument 'x'"):
        f.apply(a, x=a)
    with pytest.raises(TypeError, match="missing required argument: 'w'"):
        f.apply(a, k=3)
    one_gradient = make(torch, lambda ctx, x, k=2: x * k)
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        one_gradient.apply(a, k=3).sum().backward()


def test_setup_context_sees_defaults(torch):
    seen = []

    def setup_context(ctx, inputs, output):
        seen.append(len(inputs))

    f = make(torch, lambda x, k=2: x * k, lambda ctx, g: (g * 2, None), setup_context=setup_context)
    a = leaf(torch, [1.0])
    f.apply(a).sum().backward()
    f.apply(a, k=3)
    assert seen == [2, 2] and close(a.grad, torch.tensor([2.0]))
    with pytest.raises(TypeError):
        f.apply(a, zz=3)
    keyword_only = make(torch, lambda x, *, k=2: x * k, setup_context=setup_context)
    with pytest.raises(TypeError, match="unexpected keyword argument 'k'"):
        keyword_only.apply(a)


def test_setup_context_sees_defaults_behind_decorators(torch):
    seen = []

    def inner(x, k=2):
        return x * k

    @functools.wraps(inner)
    def forward(*args, **kwargs):
        return inner(*args, **kwargs)

    f = make(torch, forward, setup_context=lambda ctx, inputs, output: seen.append(len(inputs)))
    f.apply(leaf(torch, [1.0]))
    assert seen == [2]
