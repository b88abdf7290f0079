"""Pruning: sets chosen elements of parameters to zero and keeps them there; source: ``torch.nn.utils.prune``.

A pruned parameter `name` lives on as the parameter `name_orig`, its mask of ones and zeros as the buffer `name_mask`;
`name` is their product, made again before each forward.

    >>> from tiny_torch import nn
    >>> from tiny_torch.nn.utils import prune
    >>> layer = nn.Linear(4, 2)
    >>> _ = prune.l1_unstructured(layer, "weight", amount=3)
    >>> int((layer.weight == 0).sum()), sorted(layer.state_dict())
    (3, ['bias', 'weight_mask', 'weight_orig'])
    >>> _ = prune.remove(layer, "weight")
    >>> sorted(layer.state_dict())
    ['bias', 'weight']
"""

import numbers
from abc import ABC, abstractmethod

import tiny_torch as torch
from tiny_torch.nn.utils.convert_parameters import parameters_to_vector

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


def _hooks_of(module, name=None):
    """Keys of the hooks that prune `module`, or its parameter `name`."""
    return [
        key
        for key, hook in module._forward_pre_hooks.items()
        if isinstance(hook, BasePruningMethod) and name in (None, hook._tensor_name)
    ]


def _scores(given, value, what):
    if given is not None and given.shape != value.shape:
        raise AssertionError(
            f"importance_scores should have the same shape as {what}, got {given.shape} vs {value.shape}"
        )
    return value if given is None else given


class BasePruningMethod(ABC):
    """A way to choose what is pruned. Subclasses define `compute_mask` and say their ``PRUNING_TYPE``.

    "unstructured" methods are given what is not pruned yet as a vector when they prune again, "structured" ones, which
    have a `dim`, the slices that are not all zero, "global" ones everything.
    """

    _tensor_name = None

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t, default_mask):
        """The mask for scores `t`: `default_mask`, of the same shape, with zeros where it prunes."""

    def apply_mask(self, module):
        """The pruned tensor: original times mask. AssertionError before `apply`."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        """Prunes the parameter `name` of `module`, on top of what was pruned before; returns the hook that does it.

        Args:
            module (Module): what has the parameter.
            name (str): the parameter.
            importance_scores (Tensor): chosen by these instead of by the parameter itself; of its shape.
            args, kwargs: for the constructor.

        Raises:
            AssertionError: scores of another shape.
        """
        method = cls(*args, **kwargs)
        method._tensor_name = name
        value = getattr(module, name)
        scores = _scores(importance_scores, value, f"parameter {name} of {module}")
        earlier = _hooks_of(module, name)
        if len(earlier) > 1:
            raise AssertionError(f"{len(earlier)} hooks prune {name} of module {module}; use a PruningContainer")
        if earlier:
            before = module._forward_pre_hooks[earlier[0]]
            method = PruningContainer(*(before if isinstance(before, PruningContainer) else [before]), method)
            mask = getattr(module, name + "_mask").detach().clone(memory_format=torch.contiguous_format)
        else:
            mask = torch.ones_like(value)
        # The module changes only when the mask is there.
        mask = method.compute_mask(scores, default_mask=mask)
        if earlier:
            del module._forward_pre_hooks[earlier[0]]
        else:
            module.register_parameter(name + "_orig", value)
            del module._parameters[name]
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t, default_mask=None, importance_scores=None):
        """A pruned copy of `t`, without a module.

        Args:
            t (Tensor): what is pruned.
            default_mask (Tensor): what was pruned before, ones by default.
            importance_scores (Tensor): chosen by these instead of by `t`; of its shape, or AssertionError.
        """
        scores = _scores(importance_scores, t, "tensor t")
        return t * self.compute_mask(scores, default_mask=torch.ones_like(t) if default_mask is None else default_mask)

    def remove(self, module):
        """Makes the pruned values those of the parameter, which gets its name back. AssertionError before `apply`."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        name = self._tensor_name
        pruned = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        parameter = module._parameters.pop(name + "_orig")
        del module._buffers[name + "_mask"]
        parameter.data = pruned.data
        setattr(module, name, parameter)


class PruningContainer(BasePruningMethod):
    """Several methods one after the other, all of one parameter; each prunes what those before it left.

    Raises:
        TypeError: something that is no pruning method.
        ValueError: a method of another parameter.
    """

    def __init__(self, *args):
        self._pruning_methods = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method):
        """Appends a method."""
        if not isinstance(method, BasePruningMethod) and method is not None:
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer "
                f"{self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, idx):
        return self._pruning_methods[idx]

    def compute_mask(self, t, default_mask):
        """`default_mask` with what the last method prunes of the rest set to zero."""
        method = self._pruning_methods[-1]
        part = _unpruned(method, t, default_mask)
        mask = default_mask.to(dtype=t.dtype, copy=True)
        mask[part] = method.compute_mask(t[part], default_mask=default_mask[part]).to(dtype=mask.dtype)
        return mask


def _unpruned(method, t, mask):
    """The index of the part of `t` that `method` is to choose from."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    whole = [slice(None)] * t.dim()
    if method.PRUNING_TYPE == "global":
        return tuple(whole)
    if method.PRUNING_TYPE != "structured":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    if not hasattr(method, "dim"):
        raise AttributeError('Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.')
    if method.dim < -t.dim():
        raise IndexError(f"Index is out of bounds for tensor with dimensions {t.dim()}")
    dim = method.dim % t.dim()
    whole[dim] = mask.sum(dim=[d for d in range(t.dim()) if d != dim]) != 0
    return tuple(whole)


class Identity(BasePruningMethod):
    """Prunes nothing, but adds the mask."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        """`default_mask`."""
        return default_mask


class _ByAmount(BasePruningMethod):
    """Prunes `amount` units: an int counts them, a float in [0, 1] is their share.

    Raises:
        TypeError: `amount` is no number.
        ValueError: it is negative, a share above 1, or more than there is.
    """

    def __init__(self, amount):
        if not isinstance(amount, numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        if amount < 0 or (not isinstance(amount, numbers.Integral) and amount > 1):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount = amount

    def _count(self, size):
        """How many of `size` units are pruned."""
        if not isinstance(self.amount, numbers.Integral):
            return round(self.amount * size)
        if self.amount > size:
            raise ValueError(f"amount={self.amount} should be smaller than the number of parameters to prune={size}")
        return self.amount


class RandomUnstructured(_ByAmount):
    """Prunes random elements."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        """`default_mask` with zeros at random places."""
        return _without_least(-torch.rand_like(t), self._count(t.nelement()), default_mask)


class L1Unstructured(_ByAmount):
    """Prunes the elements of the smallest absolute values."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        """`default_mask` with zeros where ``|t|`` is smallest."""
        return _without_least(t.abs(), self._count(t.nelement()), default_mask)


def _without_least(scores, count, default_mask):
    mask = default_mask.clone(memory_format=torch.contiguous_format)
    if count:
        mask.view(-1)[torch.topk(scores.reshape(-1), k=count, largest=False).indices] = 0
    return mask


class _Structured(_ByAmount):
    """Prunes whole slices of the dimension `dim` of tensors of two or more dimensions, else ValueError."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount, dim=-1):
        super().__init__(amount)
        self.dim = dim

    def _counts(self, t):
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. "
                f"Found tensor of shape {t.shape} with {t.dim()} dims"
            )
        if self.dim >= t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        size = t.shape[self.dim]
        return size, self._count(size)

    def _keep(self, t, slices, default_mask):
        """`default_mask` with zeros outside of `slices`, a mask or indices."""
        index = [slice(None)] * t.dim()
        index[self.dim] = slices
        mask = torch.zeros_like(t)
        mask[tuple(index)] = 1
        return mask * default_mask.to(dtype=mask.dtype)


class RandomStructured(_Structured):
    """Prunes random slices of `dim`; `amount` counts slices."""

    def compute_mask(self, t, default_mask):
        """`default_mask` with zeros in random slices."""
        size, count = self._counts(t)
        if count == 0:
            return default_mask
        chances = torch.rand(size)
        return self._keep(t, chances > torch.kthvalue(chances, k=count).values, default_mask)


class LnStructured(_Structured):
    """Prunes the slices of `dim` with the smallest norms of order `n`; `amount` counts slices."""

    def __init__(self, amount, n, dim=-1):
        super().__init__(amount, dim)
        self.n = n

    def compute_mask(self, t, default_mask):
        """`default_mask` with zeros in the slices of `t` with the smallest norms."""
        size, count = self._counts(t)
        if count == 0:
            return default_mask
        norms = torch.norm(t, p=self.n, dim=[d for d in range(t.dim()) if d != self.dim % t.dim()])
        return self._keep(t, torch.topk(norms, k=size - count, largest=True).indices, default_mask)


class CustomFromMask(BasePruningMethod):
    """Prunes by a given mask of the parameter's shape."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = mask

    def compute_mask(self, t, default_mask):
        """`default_mask` times the given one."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} does not match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)


def identity(module, name):
    """Adds a mask of ones to the parameter `name`; returns `module`."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name, amount):
    """Prunes `amount` random elements (int) or that share of them (float) of the parameter `name`; returns `module`."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name, amount, importance_scores=None):
    """Prunes the `amount` elements of smallest absolute value, or score, of the parameter `name`; returns `module`."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module, name, amount, dim):
    """Prunes `amount` random slices of `dim` of the parameter `name`; returns `module`."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name, amount, n, dim, importance_scores=None):
    """Prunes the `amount` slices of `dim` with the smallest norms of order `n` of the parameter `name`; returns `module`."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module, name, mask):
    """Prunes the parameter `name` by `mask`, a tensor of its shape; returns `module`."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    """Prunes several parameters as if they were one vector.

    Args:
        parameters (iterable): pairs (module, name).
        pruning_method (type): an unstructured method, such as `L1Unstructured`.
        importance_scores (dict): scores by (module, name), of the parameters' shapes; by default their values.
        kwargs: for the method, such as `amount`.

    Raises:
        TypeError: `parameters` is not iterable, `importance_scores` no dict, the method not unstructured.
    """
    try:
        parameters = list(parameters)
    except TypeError:
        raise TypeError("global_unstructured(): parameters is not an Iterable") from None
    importance_scores = {} if importance_scores is None else importance_scores
    if not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    values = [getattr(module, name) for module, name in parameters]
    scores = parameters_to_vector([importance_scores.get(key, value) for key, value in zip(parameters, values)])
    masks = [
        getattr(module, name + "_mask", torch.ones_like(value)) for (module, name), value in zip(parameters, values)
    ]
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of '
            f"type {method.PRUNING_TYPE}"
        )
    mask = PruningContainer(method).compute_mask(scores, parameters_to_vector(masks))
    parts = mask.split([value.numel() for value in values])
    for (module, name), value, part in zip(parameters, values, parts):
        custom_from_mask(module, name, part.view_as(value))


def remove(module, name):
    """Ends the pruning of the parameter `name`, whose values stay pruned; returns `module`.

    Raises:
        ValueError: it is not pruned.
    """
    for key in _hooks_of(module, name):
        module._forward_pre_hooks.pop(key).remove(module)
        return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module):
    """Whether anything in `module` or below it is pruned."""
    return any(_hooks_of(part) for part in module.modules())
