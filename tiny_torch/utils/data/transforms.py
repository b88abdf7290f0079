"""Transforms of images: what :mod:`tiny_torch.utils.data.datasets` gives -> what a network takes.

They work on tensors [..., C, H, W], single images or batches, and are named and called like those of
``torchvision.transforms``. Random ones draw from the global generator, so :func:`torch.manual_seed` fixes them.

    >>> import tiny_torch as torch
    >>> from tiny_torch.utils.data import transforms
    >>> prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    >>> prepare(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    tensor([[[-1.,  1.]]])
"""

import enum
import math

import tiny_torch as torch
from tiny_torch.nn import functional as F

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomApply",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToTensor",
]


class InterpolationMode(enum.Enum):
    """Where values between pixels come from."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


# The numbers that Pillow has for them.
_MODES = {0: InterpolationMode.NEAREST, 2: InterpolationMode.BILINEAR, 3: InterpolationMode.BICUBIC}


def _mode(name, interpolation, known):
    mode = _MODES.get(interpolation) if isinstance(interpolation, int) else interpolation
    if not isinstance(mode, InterpolationMode) or mode not in known:
        raise ValueError(f"{name}: expected one of {', '.join(map(str, known))}, got {interpolation}")
    return mode


def _uniform(low, high):
    return torch.empty(1).uniform_(low, high).item()


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


def _resized(image, size, mode, antialias):
    """An image [..., C, H, W] of another size; the dtype stays."""
    if tuple(image.shape[-2:]) == tuple(size):
        return image
    smooth = mode in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC)
    batch = image.reshape(-1, *image.shape[-3:])
    batch = batch if image.dtype in (torch.float32, torch.float64) else batch.float()
    batch = F.interpolate(
        batch,
        size=tuple(size),
        mode=mode.value,
        align_corners=False if smooth else None,
        antialias=bool(antialias) and smooth,
    )
    if mode is InterpolationMode.BICUBIC and image.dtype == torch.uint8:
        batch = batch.clamp(0, 255)
    if not image.is_floating_point():
        batch = batch.round()
    return batch.to(image.dtype).reshape(*image.shape[:-2], *size)


class RandomResizedCrop:
    """A part of random size, shape and place, brought to one size: the usual augmentation for ImageNet.

    Args:
        size (int or (int, int)): height and width of the result.
        scale ((float, float)): the part's share of the area.
        ratio ((float, float)): its width over its height.
        interpolation (InterpolationMode): how it is brought to `size`.
        antialias (bool): blurs before making smaller.

    Source: Szegedy et al., "Going Deeper with Convolutions", 2014.
    """

    def __init__(
        self,
        size,
        scale=(0.08, 1.0),
        ratio=(3.0 / 4.0, 4.0 / 3.0),
        interpolation=InterpolationMode.BILINEAR,
        antialias=True,
    ):
        for name, value in (("scale", scale), ("ratio", ratio)):
            if not isinstance(value, (list, tuple)):
                raise TypeError(f"RandomResizedCrop(): expected {name} to be a sequence, got {type(value).__name__}")
            if len(value) != 2 or not 0 <= value[0] <= value[1]:
                raise ValueError(f"RandomResizedCrop(): expected {name} to be (min, max), got {value}")
        self.size, self.scale, self.ratio, self.antialias = _pair(size, "size"), scale, ratio, antialias
        self.interpolation = _mode("RandomResizedCrop()", interpolation, tuple(InterpolationMode))

    @staticmethod
    def get_params(image, scale, ratio):
        """(top, left, height, width) of a part: ten tries, then the largest part in the middle that `ratio` allows."""
        rows, columns = image.shape[-2:]
        low, high = torch.log(torch.tensor(ratio)).tolist()
        for _ in range(10):
            area = rows * columns * _uniform(*scale)
            shape = torch.exp(torch.empty(1).uniform_(low, high)).item()
            width, height = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if 0 < width <= columns and 0 < height <= rows:
                top = int(torch.randint(0, rows - height + 1, (1,)))
                return top, int(torch.randint(0, columns - width + 1, (1,))), height, width
        height, width = rows, columns
        if columns < rows * min(ratio):
            height = round(columns / min(ratio))
        elif columns > rows * max(ratio):
            width = round(rows * max(ratio))
        return (rows - height) // 2, (columns - width) // 2, height, width

    def __call__(self, image):
        _check_image("RandomResizedCrop()", image, 3)
        part = _crop("RandomResizedCrop()", image, *self.get_params(image, self.scale, self.ratio))
        return _resized(part, self.size, self.interpolation, self.antialias)

    def __repr__(self):
        scale, ratio = (tuple(round(v, 4) for v in pair) for pair in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomRotation:
    """Turns an image by a random angle; one angle for a whole batch.

    Args:
        degrees (float or (float, float)): the range of angles, counter-clockwise; d stands for (-d, d).
        interpolation (InterpolationMode): NEAREST or BILINEAR.
        expand (bool): makes the image large enough for all of what is turned. Without `center` only.
        center ((float, float), optional): column and row of the point that stays; the middle if not given.
        fill (float or sequence): what is put where the image has nothing, a number or one for each channel.
    """

    def __init__(self, degrees, interpolation=InterpolationMode.NEAREST, expand=False, center=None, fill=0):
        if isinstance(degrees, (int, float)):
            if degrees < 0:
                raise ValueError("If degrees is a single number, it must be positive.")
            degrees = (-degrees, degrees)
        elif not isinstance(degrees, (list, tuple)):
            raise TypeError(f"degrees should be a number or a sequence of length 2, got {type(degrees).__name__}")
        if len(degrees) != 2:
            raise ValueError(f"degrees should be a sequence of length 2, got {len(degrees)} values")
        if center is not None and not isinstance(center, (list, tuple)):
            raise TypeError(f"center should be a sequence of length 2, got {type(center).__name__}")
        if center is not None and len(center) != 2:
            raise ValueError(f"center should be a sequence of length 2, got {len(center)} values")
        fill = 0 if fill is None else fill
        if not isinstance(fill, (int, float, list, tuple)):
            raise TypeError("Fill should be either a sequence or a number.")
        self.degrees, self.expand, self.center, self.fill = [float(d) for d in degrees], expand, center, fill
        self.interpolation = _mode(
            "RandomRotation()", interpolation, (InterpolationMode.NEAREST, InterpolationMode.BILINEAR)
        )

    @staticmethod
    def get_params(degrees):
        """The angle."""
        return _uniform(*degrees)

    def _grid(self, angle, rows, columns, dtype):
        """Places in the image, -1 to 1, of the result's pixels: (1, height, width, 2)."""
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        # From the middle of the image, as all that follows.
        x, y = (0.0, 0.0) if self.center is None else (self.center[0] - columns * 0.5, self.center[1] - rows * 0.5)
        matrix = [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y]
        width, height = columns, rows
        if self.expand:
            width, height = self._expanded(matrix, columns, rows)
        pixels = torch.ones(height, width, 3, dtype=dtype)
        pixels[..., 0] = torch.linspace(0.5 - width * 0.5, width * 0.5 - 0.5, width)
        pixels[..., 1] = torch.linspace(0.5 - height * 0.5, height * 0.5 - 0.5, height).unsqueeze(1)
        half = torch.tensor([0.5 * columns, 0.5 * rows], dtype=dtype)
        places = torch.tensor(matrix, dtype=dtype).view(2, 3).t() / half
        return (pixels.view(-1, 3) @ places).view(1, height, width, 2)

    @staticmethod
    def _expanded(matrix, columns, rows):
        """Width and height that hold the turned corners; a ten thousandth of a pixel does not count."""
        sizes = []
        for at, size in ((0, columns), (3, rows)):
            ends = [
                matrix[at] * sx * columns + matrix[at + 1] * sy * rows + matrix[at + 2] + 0.5 * size
                for sx in (-0.5, 0.5)
                for sy in (-0.5, 0.5)
            ]
            low, high = (math.trunc(round(end, 6) * 1e4) * 1e-4 for end in (min(ends), max(ends)))
            sizes.append(math.ceil(round(high, 6)) - math.floor(round(low, 6)))
        return sizes

    def __call__(self, image):
        _check_image("RandomRotation()", image, 3)
        channels = image.size(-3)
        fill = [float(f) for f in self.fill] if isinstance(self.fill, (list, tuple)) else [float(self.fill)]
        if len(fill) not in (1, channels):
            raise ValueError(f"RandomRotation(): expected fill for {channels} channels, got {len(fill)} numbers")
        dtype = image.dtype if image.is_floating_point() else torch.float32
        grid = self._grid(self.get_params(self.degrees), *image.shape[-2:], dtype)
        batch = image.reshape(-1, *image.shape[-3:]).to(dtype)
        # A channel of ones says how much of each new pixel lies in the image.
        batch = torch.cat([batch, torch.ones_like(batch[:, :1])], 1)
        turned = F.grid_sample(
            batch,
            grid.expand(batch.size(0), -1, -1, -1),
            mode=self.interpolation.value,
            padding_mode="zeros",
            align_corners=False,
        )
        turned, inside = turned[:, :-1], turned[:, -1:]
        outside = torch.tensor(fill, dtype=dtype).view(1, -1, 1, 1)
        if self.interpolation is InterpolationMode.NEAREST:
            turned = torch.where(inside < 0.5, outside, turned)
        else:
            turned = turned * inside + (1.0 - inside) * outside
        if not image.is_floating_point():
            turned = turned.round()
        return turned.to(image.dtype).reshape(*image.shape[:-2], *turned.shape[-2:])

    def __repr__(self):
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill})"
        )


def _blend(image, other, factor):
    """factor * image + (1 - factor) * other within what the dtype calls black and white."""
    white = 1.0 if image.is_floating_point() else torch.iinfo(image.dtype).max
    return (factor * image + (1.0 - factor) * other).clamp(0, white).to(image.dtype)


def _turn_hue(image, turn):
    """The colours of an image in red, green and blue, moved on by `turn` of the colour circle."""
    convert = ConvertImageDtype(image.dtype)
    image = ConvertImageDtype(torch.float32)(image) if image.dtype != torch.float32 else image
    red, green, blue = image.unbind(-3)
    value = image.amax(-3)
    chroma = value - image.amin(-3)
    width = torch.where(chroma == 0, 1.0, chroma)
    # In sixths of the circle, from red.
    hue = torch.where(
        value == red,
        (green - blue) / width,
        torch.where(value == green, 2.0 + (blue - red) / width, 4.0 + (red - green) / width),
    )
    hue = (hue / 6.0 + turn) % 1.0 * 6.0
    parts = []
    for start in (5.0, 3.0, 1.0):
        place = (hue + start) % 6.0
        parts.append(value - chroma * torch.minimum(place, 4.0 - place).clamp(0, 1))
    return convert(torch.stack(parts, -3).clamp(0, 1))


class ColorJitter:
    """Changes brightness, contrast, saturation and hue by random amounts in a random order.

    Args:
        brightness, contrast, saturation (float or (float, float)): range of the factors; d stands for (max(0, 1 - d), 1 + d).
        hue (float or (float, float)): range of the turns of the colour circle, in [-0.5, 0.5]; d stands for (-d, d).

    Images have 1 or 3 channels; those with 1 have no saturation and no hue.
    """

    def __init__(self, brightness=0, contrast=0, saturation=0, hue=0):
        self.brightness = self._range("brightness", brightness)
        self.contrast = self._range("contrast", contrast)
        self.saturation = self._range("saturation", saturation)
        self.hue = self._range("hue", hue, center=0.0, bound=(-0.5, 0.5))

    @staticmethod
    def _range(name, value, center=1.0, bound=(0.0, math.inf)):
        """(min, max), None where nothing changes."""
        if isinstance(value, (int, float)):
            if value < 0:
                raise ValueError(f"If {name} is a single number, it must be non negative.")
            low = center - value
            value = (max(low, 0.0) if center else low, center + value)
        elif not isinstance(value, (list, tuple)) or len(value) != 2:
            raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
        low, high = map(float, value)
        if not bound[0] <= low <= high <= bound[1]:
            raise ValueError(f"{name} values should be between {bound}, but got {[low, high]}.")
        return None if low == high == center else (low, high)

    @staticmethod
    def get_params(brightness, contrast, saturation, hue):
        """The order of the four changes, and the amount of each, None for one without a range."""
        order = torch.randperm(4)
        ranges = (brightness, contrast, saturation, hue)
        return (order, *(None if r is None else _uniform(*r) for r in ranges))

    def _changed(self, image, kind, amount):
        if kind == 0:
            return _blend(image, torch.zeros_like(image), amount)
        if kind == 1:
            grey = Grayscale()(image)
            mean = grey.to(image.dtype if image.is_floating_point() else torch.float32).mean((-3, -2, -1), keepdim=True)
            return _blend(image, mean, amount)
        if image.size(-3) == 1:
            return image
        return _blend(image, Grayscale()(image), amount) if kind == 2 else _turn_hue(image, amount)

    def __call__(self, image):
        _check_image("ColorJitter()", image, 3)
        if image.size(-3) not in (1, 3):
            raise TypeError(f"Input image tensor permitted channel values are 1 or 3, but found {image.size(-3)}")
        order, *amounts = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        for kind in order.tolist():
            if amounts[kind] is not None:
                image = self._changed(image, kind, amounts[kind])
        return image

    def __repr__(self):
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )
