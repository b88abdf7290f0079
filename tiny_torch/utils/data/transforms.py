"""Transforms of images: what :mod:`tiny_torch.utils.data.datasets` gives -> what a network takes.

They work on tensors [..., C, H, W], single images or batches, and are named and called like those of
``torchvision.transforms``. Random ones draw from the global generator, so :func:`torch.manual_seed` fixes them.

    >>> import tiny_torch as torch
    >>> from tiny_torch.utils.data import transforms
    >>> prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    >>> prepare(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    tensor([[[-1.,  1.]]])
"""

import tiny_torch as torch
from tiny_torch.nn import functional as F

__all__ = [
    "CenterCrop",
    "Compose",
    "ConvertImageDtype",
    "Grayscale",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomApply",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "Resize",
    "ToTensor",
]


def _pair(value, name):
    """(height, width) of an int, or of a sequence of one or two ints."""
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) not in (1, 2) or not all(isinstance(v, int) and v > 0 for v in values):
        raise ValueError(f"{name} must be a positive int or two of them, got {value}")
    return values[0], values[-1]


def _check_image(name, image, dims=2):
    if not isinstance(image, torch.Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(image).__name__}; ToTensor makes one of an array")
    if image.dim() < dims:
        raise ValueError(f"{name}: expected a tensor image of size (..., C, H, W), got {list(image.shape)}")


class Compose:
    """Applies transforms one after the other.

    Args:
        transforms (sequence): callables.
    """

    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, image):
        for transform in self.transforms:
            image = transform(image)
        return image

    def __repr__(self):
        return "\n".join([f"{type(self).__name__}(", *(f"    {t}" for t in self.transforms), ")"])


class Lambda:
    """A function as a transform.

    Raises:
        TypeError: it isn't callable.
    """

    def __init__(self, lambd):
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image):
        return self.lambd(image)

    def __repr__(self):
        return f"{type(self).__name__}()"


class ToTensor:
    """Bytes 0 to 255 as floats of the default dtype in 0 to 1.

    Takes a tensor [..., C, H, W], or an array [H, W] or [H, W, C] of NumPy or of Pillow, which becomes [C, H, W]. What holds
    no bytes keeps its dtype and its values.
    """

    def __call__(self, image):
        if not isinstance(image, torch.Tensor):
            import numpy

            array = numpy.array(image)
            if array.ndim not in (2, 3):
                raise ValueError(f"ToTensor(): image should be 2/3 dimensional. Got {array.ndim} dimensions.")
            image = torch.from_numpy(array)
            image = image.unsqueeze(0) if array.ndim == 2 else image.permute(2, 0, 1).contiguous()
        return image.to(torch.get_default_dtype()).div(255) if image.dtype == torch.uint8 else image

    def __repr__(self):
        return f"{type(self).__name__}()"


class ConvertImageDtype:
    """Another dtype, scaled so that the brightest value stays the brightest: floats are in 0 to 1.

    Args:
        dtype (torch.dtype): a floating dtype or uint8.

    Raises:
        ValueError: another dtype, of the argument or of an image.
    """

    def __init__(self, dtype):
        if not (dtype.is_floating_point or dtype == torch.uint8):
            raise ValueError(f"ConvertImageDtype(): expected a floating dtype or torch.uint8, got {dtype}")
        self.dtype = dtype

    def __call__(self, image):
        _check_image("ConvertImageDtype()", image)
        if image.dtype == self.dtype:
            return image
        if image.is_floating_point():
            if self.dtype.is_floating_point:
                return image.to(self.dtype)
            # Just below 256, so that each byte stands for an equally wide interval.
            return image.clamp(0, 1).mul(255 + 1.0 - 1e-3).to(self.dtype)
        if image.dtype != torch.uint8:
            raise ValueError(f"ConvertImageDtype(): expected an image of floats or bytes, got {image.dtype}")
        return image.to(self.dtype).div(255)

    def __repr__(self):
        return f"{type(self).__name__}({self.dtype})"


class Normalize:
    """(image - mean) / std for each channel.

    Args:
        mean (sequence of float): one for each channel, or one for all.
        std (sequence of float): the same.
        inplace (bool): overwrites the image.

    Raises:
        ValueError: a std is 0, or an image has another number of channels.
        TypeError: an image isn't floating point.
    """

    def __init__(self, mean, std, inplace=False):
        self.mean, self.std, self.inplace = mean, std, inplace

    def _values(self, values, image, name):
        result = torch.as_tensor(values, dtype=image.dtype, device=image.device).view(-1, 1, 1)
        if result.size(0) not in (1, image.size(-3)):
            raise ValueError(f"Normalize(): {name} has {result.size(0)} values, the image {image.size(-3)} channels")
        return result

    def __call__(self, image):
        _check_image("Normalize()", image, 3)
        if not image.is_floating_point():
            raise TypeError(f"Input tensor should be a float tensor. Got {image.dtype}.")
        mean, std = self._values(self.mean, image, "mean"), self._values(self.std, image, "std")
        if (std == 0).any():
            raise ValueError(f"std evaluated to zero after conversion to {image.dtype}, leading to division by zero.")
        return image.sub_(mean).div_(std) if self.inplace else image.sub(mean).div_(std)

    def __repr__(self):
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


class Pad:
    """Wider borders.

    Args:
        padding (int or sequence): on all sides; (left and right, top and bottom); or (left, top, right, bottom).
        fill (float): the value of constant borders.
        padding_mode (str): "constant", "edge" (the outermost pixels again) or "reflect".
    """

    _MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}

    def __init__(self, padding, fill=0, padding_mode="constant"):
        if padding_mode not in self._MODES:
            raise ValueError(f"Pad(): padding_mode must be one of {', '.join(self._MODES)}, got {padding_mode!r}")
        sides = (padding,) if isinstance(padding, int) else tuple(padding)
        if len(sides) not in (1, 2, 4) or not all(isinstance(side, int) for side in sides):
            raise ValueError(f"Pad(): padding must be an int or 1, 2 or 4 of them, got {padding}")
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode
        left, top, right, bottom = sides * (4 // len(sides))
        self._sides = (left, right, top, bottom)

    def __call__(self, image):
        _check_image("Pad()", image, 3)
        if self.padding_mode == "constant":
            return F.pad(image, self._sides, value=self.fill)
        batch = image if image.dim() == 4 else image.reshape(-1, *image.shape[-3:])
        # The borders of bytes are copied values, exact in float.
        padded = F.pad(
            batch.float() if not batch.is_floating_point() else batch, self._sides, self._MODES[self.padding_mode]
        )
        return padded.to(image.dtype).reshape(*image.shape[:-2], *padded.shape[-2:])

    def __repr__(self):
        return f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


def _crop(name, image, top, left, height, width):
    _check_image(name, image)
    if top < 0 or left < 0 or top + height > image.size(-2) or left + width > image.size(-1):
        raise ValueError(
            f"{name}: Required crop size {(height, width)} is larger than input image size {tuple(image.shape[-2:])}"
        )
    return image[..., top : top + height, left : left + width]


class CenterCrop:
    """The middle of an image.

    Args:
        size (int or (int, int)): height and width.

    Raises:
        ValueError: an image is smaller.
    """

    def __init__(self, size):
        self.size = _pair(size, "size")

    def __call__(self, image):
        _check_image("CenterCrop()", image)
        height, width = self.size
        top, left = round((image.size(-2) - height) / 2.0), round((image.size(-1) - width) / 2.0)
        return _crop("CenterCrop()", image, top, left, height, width)

    def __repr__(self):
        return f"{type(self).__name__}(size={self.size})"


class RandomCrop:
    """A part of an image at a random place; one place for a whole batch.

    Args:
        size (int or (int, int)): height and width.
        padding (int or sequence, optional): borders given to the image before; see :class:`Pad`.
        pad_if_needed (bool): widens an image that is still smaller, by what it lacks on each side.
        fill (float): their value.
        padding_mode (str): their kind.

    Raises:
        ValueError: an image is smaller, with its borders.
    """

    def __init__(self, size, padding=None, pad_if_needed=False, fill=0, padding_mode="constant"):
        self.size, self.padding, self.pad_if_needed = _pair(size, "size"), padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode
        self._pad = None if padding is None else Pad(padding, fill, padding_mode)

    def __call__(self, image):
        _check_image("RandomCrop()", image)
        if self._pad is not None:
            image = self._pad(image)
        height, width = self.size
        lacking = [max(width - image.size(-1), 0), max(height - image.size(-2), 0)]
        if self.pad_if_needed and any(lacking):
            image = Pad(lacking, self.fill, self.padding_mode)(image)
        spare = (image.size(-2) - height, image.size(-1) - width)
        top, left = (int(torch.randint(0, s + 1, (1,))) if s > 0 else min(s, 0) for s in spare)
        return _crop("RandomCrop()", image, top, left, height, width)

    def __repr__(self):
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class _RandomFlip:
    _dim = -1

    def __init__(self, p=0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}(): expected p in [0, 1], got {p}")
        self.p = p

    def __call__(self, image):
        _check_image(f"{type(self).__name__}()", image)
        return image.flip(self._dim) if torch.rand(1) < self.p else image

    def __repr__(self):
        return f"{type(self).__name__}(p={self.p})"


class RandomHorizontalFlip(_RandomFlip):
    """Exchanges left and right with probability `p`."""


class RandomVerticalFlip(_RandomFlip):
    """Exchanges top and bottom with probability `p`."""

    _dim = -2


class RandomApply:
    """Applies all of some transforms with probability `p`, or none of them."""

    def __init__(self, transforms, p=0.5):
        self.transforms, self.p = transforms, p

    def __call__(self, image):
        if self.p < torch.rand(1):
            return image
        for transform in self.transforms:
            image = transform(image)
        return image

    def __repr__(self):
        return f"{type(self).__name__}(p={self.p}, {', '.join(map(str, self.transforms))})"


class RandomErasing:
    """Overwrites a random rectangle with probability `p`.

    Args:
        p (float): the probability.
        scale ((float, float)): the rectangle's share of the area.
        ratio ((float, float)): its height over its width.
        value (float): what it is filled with.

    Source: Zhong et al., "Random Erasing Data Augmentation", 2017.
    """

    def __init__(self, p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False):
        if not 0 <= p <= 1 or not 0 <= scale[0] <= scale[1] <= 1 or not 0 < ratio[0] <= ratio[1]:
            raise ValueError(f"RandomErasing(): p={p}, scale={scale} or ratio={ratio} is out of range")
        self.p, self.scale, self.ratio, self.value, self.inplace = p, scale, ratio, value, inplace

    def __call__(self, image):
        _check_image("RandomErasing()", image)
        if torch.rand(1) >= self.p:
            return image
        rows, columns = image.shape[-2:]
        low, high = torch.log(torch.tensor(self.ratio)).tolist()
        for _ in range(10):
            area = rows * columns * torch.empty(1).uniform_(*self.scale).item()
            ratio = torch.exp(torch.empty(1).uniform_(low, high)).item()
            height, width = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if height < rows and width < columns:
                top = int(torch.randint(0, rows - height + 1, (1,)))
                left = int(torch.randint(0, columns - width + 1, (1,)))
                image = image if self.inplace else image.clone()
                image[..., top : top + height, left : left + width] = self.value
                return image
        return image

    def __repr__(self):
        return f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value})"


class Resize:
    """Another size by bilinear interpolation.

    Args:
        size (int or (int, int)): height and width; an int is that of the shorter side, the ratio stays.
        antialias (bool): blurs before making smaller.
    """

    def __init__(self, size, antialias=True):
        self.size = size if isinstance(size, int) else _pair(size, "size")
        self.antialias = antialias

    def _target(self, height, width):
        if not isinstance(self.size, int):
            return self.size
        short, long = min(height, width), max(height, width)
        scaled = int(self.size * long / short)
        return (self.size, scaled) if height <= width else (scaled, self.size)

    def __call__(self, image):
        _check_image("Resize()", image, 3)
        batch = image.reshape(-1, *image.shape[-3:])
        batch = batch if batch.is_floating_point() else batch.float()
        size = self._target(*image.shape[-2:])
        batch = F.interpolate(batch, size=size, mode="bilinear", align_corners=False, antialias=self.antialias)
        if not image.is_floating_point():
            batch = batch.round_().to(image.dtype)
        return batch.reshape(*image.shape[:-2], *size)

    def __repr__(self):
        return f"{type(self).__name__}(size={self.size}, antialias={self.antialias})"


class Grayscale:
    """Brightness of an image in red, green and blue, in 1 or 3 equal channels.

    Args:
        num_output_channels (int): 1 or 3.
    """

    def __init__(self, num_output_channels=1):
        if num_output_channels not in (1, 3):
            raise ValueError(f"num_output_channels should be either 1 or 3, got {num_output_channels}")
        self.num_output_channels = num_output_channels

    def __call__(self, image):
        _check_image("Grayscale()", image, 3)
        if image.size(-3) not in (1, 3):
            raise ValueError(f"Grayscale(): expected 1 or 3 channels, got {image.size(-3)}")
        if image.size(-3) == 3:
            red, green, blue = image.unbind(-3)
            image = (0.2989 * red + 0.587 * green + 0.114 * blue).to(image.dtype).unsqueeze(-3)
        return image.expand(*image.shape[:-3], self.num_output_channels, *image.shape[-2:])

    def __repr__(self):
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"
