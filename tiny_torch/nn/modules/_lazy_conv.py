"""Convolutions that find their `in_channels` at the first call; their public home is `tiny_torch.nn.modules.conv`."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.nn.modules import conv
from tiny_torch.nn.modules.lazy import LazyModuleMixin


class _LazyConvNd(LazyModuleMixin):
    def __init__(
        self,
        out_channels: int,
        kernel_size,
        *args,
        bias: bool = True,
        device=None,
        dtype=None,
        **kwargs,
    ):
        # Positional arguments go on after kernel_size as they do in the class to become, up to bias.
        names = self._positional
        if len(args) > len(names):
            raise TypeError(
                f"{type(self).__name__}.__init__() takes at most {len(names) + 3} positional arguments, "
                f"but {len(args) + 3} were given"
            )
        given = dict(zip(names, args))
        bias = given.pop("bias", bias)
        for name in ("device", "dtype"):
            if name in given:
                device, dtype = (given.pop(name), dtype) if name == "device" else (device, given.pop(name))
        super().__init__(0, 0, kernel_size, bias=False, **given, **kwargs)
        self._make_lazy(["weight", "bias"] if bias else ["weight"], device, dtype)
        self.out_channels = out_channels

    def reset_parameters(self) -> None:
        """Draws new starting values once the sizes are known."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input, *args, **kwargs) -> None:
        """Takes the number of channels over from `input`.

        Raises:
            RuntimeError: `input` has the wrong number of dimensions.
            ValueError: the channels are not divisible by `groups`.
        """
        spatial = len(self.kernel_size)
        if input.dim() not in (spatial + 1, spatial + 2):
            raise RuntimeError(
                f"Expected {spatial + 1}D (unbatched) or {spatial + 2}D (batched) input to {type(self).__name__}, "
                f"but got input of size: {input.shape}"
            )
        if not self.has_uninitialized_params():
            if self.in_channels == 0:
                self.in_channels = input.shape[-spatial - 1]
            return
        self.in_channels = input.shape[-spatial - 1]
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        channels = (self.out_channels, self.in_channels // self.groups)
        if self.transposed:
            channels = (self.in_channels, self.out_channels // self.groups)
        with torch.no_grad():
            self.weight.materialize((*channels, *self.kernel_size))
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))
            self.reset_parameters()


_CONV = ("stride", "padding", "dilation", "groups", "bias", "padding_mode", "device", "dtype")
_TRANSPOSED = (
    "stride",
    "padding",
    "output_padding",
    "groups",
    "bias",
    "dilation",
    "padding_mode",
    "device",
    "dtype",
)


class LazyConv1d(_LazyConvNd, conv.Conv1d):
    """`Conv1d` whose `in_channels` is found at the first call."""

    cls_to_become = conv.Conv1d
    _positional = _CONV


class LazyConv2d(_LazyConvNd, conv.Conv2d):
    """`Conv2d` whose `in_channels` is found at the first call."""

    cls_to_become = conv.Conv2d
    _positional = _CONV


class LazyConv3d(_LazyConvNd, conv.Conv3d):
    """`Conv3d` whose `in_channels` is found at the first call."""

    cls_to_become = conv.Conv3d
    _positional = _CONV


class LazyConvTranspose1d(_LazyConvNd, conv.ConvTranspose1d):
    """`ConvTranspose1d` whose `in_channels` is found at the first call."""

    cls_to_become = conv.ConvTranspose1d
    _positional = _TRANSPOSED


class LazyConvTranspose2d(_LazyConvNd, conv.ConvTranspose2d):
    """`ConvTranspose2d` whose `in_channels` is found at the first call."""

    cls_to_become = conv.ConvTranspose2d
    _positional = _TRANSPOSED


class LazyConvTranspose3d(_LazyConvNd, conv.ConvTranspose3d):
    """`ConvTranspose3d` whose `in_channels` is found at the first call."""

    cls_to_become = conv.ConvTranspose3d
    _positional = _TRANSPOSED


__all__ = [f"Lazy{kind}{n}d" for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)]
for _name in __all__:
    globals()[_name].__module__ = conv.__name__
    # Pickles look for the classes there.
    setattr(conv, _name, globals()[_name])
