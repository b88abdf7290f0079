"""torch.overrides: what __torch_function__ sees."""

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
