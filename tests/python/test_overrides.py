"""torch.overrides: what __torch_function__ sees."""

import copy
import inspect
import pickle
import warnings

import tiny_torch as torch
from tiny_torch import overrides


class Seen(torch.Tensor):
    """Remembers what was called."""

    calls = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.calls.append(func)
        return super().__torch_function__(func, types, args, kwargs or {})


def test_functions_methods_and_properties_are_overridable():
    functions = overrides.get_overridable_functions()
    assert torch.add in functions[torch] and torch.Tensor.add in functions[torch.Tensor]
    assert torch.nn.functional.linear in functions[torch.nn.functional]
    assert torch.zeros in overrides.get_ignored_functions() and torch.zeros not in functions[torch]
    assert overrides.get_testing_overrides()[torch.add](1, 2) == -1
    x = torch.ones(2).as_subclass(Seen)
    for call, function in [
        (lambda: torch.add(x, 1), torch.add),
        (lambda: x.add(1), torch.Tensor.add),
        (lambda: x.shape, torch.Tensor.shape.__get__),
        (lambda: torch.meshgrid(x, x), torch.meshgrid),
        (lambda: torch.result_type(x, 1), torch.result_type),
    ]:
        Seen.calls.clear()
        call()
        assert Seen.calls[0] == function


def test_modes_see_every_call():
    seen = []

    class Log(overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    class Double(overrides.BaseTorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            result = super().__torch_function__(func, types, args, kwargs)
            return result + result if func is torch.ones else result

    with Log(), Double():
        x = torch.ones(2)
        torch.add(x, 1)
    assert x.tolist() == [2.0, 2.0]
    assert seen == [torch.ones, torch.Tensor.add, torch.add]
    seen.clear()
    torch.ones(2)
    assert not seen
    try:
        with Log():
            torch.add(1, "a")
    except TypeError:
        pass
    assert torch._C._len_torch_function_stack() == 0


def test_functions_written_in_python_are_seen_themselves():
    """Not the operators they call; which would hide from a handler what the program asked for."""
    F = torch.nn.functional
    x, image = torch.ones(3, 3).as_subclass(Seen), torch.ones(1, 1, 4, 4).as_subclass(Seen)
    plain, target = torch.ones(3, 3), torch.tensor([0, 1, 2])
    for function, call in [
        (F.relu, lambda: F.relu(x)),
        (F.relu, lambda: F.relu(x.clone(), inplace=True)),
        (F.cross_entropy, lambda: F.cross_entropy(plain, target, weight=x[0])),
        (F.mse_loss, lambda: F.mse_loss(plain, x)),
        (F.interpolate, lambda: F.interpolate(image, scale_factor=2)),
        (F.normalize, lambda: F.normalize(input=x)),
        (F.unfold, lambda: F.unfold(image, 2)),
        (F.softmax, lambda: F.softmax(x, 1)),
        (torch.norm, lambda: torch.norm(x)),
        (torch.unique, lambda: torch.unique(x)),
        (torch.stft, lambda: torch.stft(x[0], 2, 1, window=plain[0, :2], return_complex=True)),
    ]:
        Seen.calls.clear()
        assert isinstance(call(), Seen)
        assert Seen.calls[-1] is function and function not in Seen.calls[:-1]

    class Log(overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    seen = []
    with Log():
        torch.nn.GELU()(plain), F.dropout(plain)
    assert seen == [F.gelu, F.dropout]


def test_what_a_wrapped_function_looks_like():
    F = torch.nn.functional
    assert inspect.signature(F.relu).parameters["inplace"].default is False
    assert F.relu.__name__ == "relu" and F.relu.__module__ == "tiny_torch.nn.functional" and F.relu.__doc__
    assert pickle.loads(pickle.dumps(F.relu)) is F.relu and copy.deepcopy(F.relu) is F.relu


def test_warnings_name_the_callers_line():
    for call in [
        lambda: torch.nn.functional.softmax(torch.ones(2)),
        lambda: torch.nn.Softmax()(torch.ones(2)),
        lambda: torch.nn.functional.upsample(torch.ones(1, 1, 2, 2), scale_factor=2),
        lambda: torch.nn.functional.mse_loss(torch.ones(2, 1), torch.ones(2)),
        lambda: torch.nn.functional.grid_sample(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 1, 2)),
    ]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        assert [w.filename for w in caught] == [__file__]
