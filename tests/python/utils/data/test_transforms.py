"""Transforms of images, held against plain tensor arithmetic."""

import importlib

import pytest

NAME = "tiny_torch"
torch = importlib.import_module(NAME)
transforms = importlib.import_module(f"{NAME}.utils.data.transforms")


def ramp(*shape):
    count = 1
    for size in shape:
        count *= size
    return torch.arange(count, dtype=torch.float32).view(shape)


def test_to_tensor():
    numpy = pytest.importorskip("numpy")
    to_tensor = transforms.ToTensor()
    array = numpy.arange(24, dtype=numpy.uint8).reshape(2, 4, 3)
    image = to_tensor(array)
    assert image.shape == (3, 2, 4) and image.dtype == torch.float32 and image.is_contiguous()
    assert image[1, 0].tolist() == pytest.approx([v / 255 for v in (1, 4, 7, 10)])
    assert to_tensor(array[:, :, 0]).shape == (1, 2, 4)
    assert (
        to_tensor(array.astype(numpy.float64))[2, 1, 3] == 23 and to_tensor(array.astype("f8")).dtype == torch.float64
    )
    octets = torch.tensor([[[0, 51, 255]]], dtype=torch.uint8)
    assert to_tensor(octets).tolist() == [[[0.0, pytest.approx(0.2), 1.0]]]
    with pytest.raises(ValueError, match="2/3 dimensional. Got 1"):
        to_tensor(numpy.zeros(3))
    array[0, 0, 0] = 99
    assert image[0, 0, 0] == 0


def test_convert_image_dtype_there_and_back_changes_no_byte():
    octets = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    for dtype in (torch.float32, torch.float64):
        values = transforms.ConvertImageDtype(dtype)(octets)
        assert values.dtype == dtype and values.max() == 1
        assert torch.equal(transforms.ConvertImageDtype(torch.uint8)(values), octets)
    with pytest.raises(ValueError, match="floating dtype or torch.uint8"):
        transforms.ConvertImageDtype(torch.int64)
    with pytest.raises(ValueError, match="image of floats or bytes"):
        transforms.ConvertImageDtype(torch.float32)(torch.zeros(1, 2, 2, dtype=torch.int64))


def test_normalize():
    image = ramp(2, 3, 4, 5)
    out = transforms.Normalize([1.0, 2.0, 3.0], [2.0, 4.0, 8.0])(image)
    for channel, (mean, std) in enumerate([(1, 2), (2, 4), (3, 8)]):
        assert torch.equal(out[:, channel], (image[:, channel] - mean) / std)
    assert torch.equal(image, ramp(2, 3, 4, 5))
    assert transforms.Normalize((0.0,), (2.0,), inplace=True)(image) is image and image[0, 0, 0, 1] == 0.5
    with pytest.raises(TypeError, match="should be a float tensor"):
        transforms.Normalize((0.5,), (0.5,))(torch.zeros(1, 2, 2, dtype=torch.uint8))
    with pytest.raises(ValueError, match="std evaluated to zero"):
        transforms.Normalize((0.5,), (0.0,))(torch.zeros(1, 2, 2))
    with pytest.raises(ValueError, match="mean has 2 values, the image 3 channels"):
        transforms.Normalize((0.5, 0.5), (1.0, 1.0))(torch.zeros(3, 2, 2))
    with pytest.raises(TypeError, match="expected a tensor, got list"):
        transforms.Normalize((0.5,), (0.5,))([[0.0]])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_pad(dtype):
    image = ramp(1, 2, 3).to(dtype)
    assert transforms.Pad(1)(image).shape == (1, 4, 5) and transforms.Pad((2, 0))(image).shape == (1, 2, 7)
    padded = transforms.Pad((1, 0, 2, 3), fill=9)(image)
    assert padded.dtype == dtype and padded.shape == (1, 5, 6)
    assert padded[0, 0].tolist() == [9, 0, 1, 2, 9, 9] and (padded[0, 2:] == 9).all()
    assert transforms.Pad((1, 0), padding_mode="edge")(image)[0, 0].tolist() == [0, 0, 1, 2, 2]
    assert transforms.Pad((2, 0), padding_mode="reflect")(image)[0, 0].tolist() == [2, 1, 0, 1, 2, 1, 0]
    with pytest.raises(ValueError, match="padding_mode must be one of"):
        transforms.Pad(1, padding_mode="wrap")
    with pytest.raises(ValueError, match="1, 2 or 4"):
        transforms.Pad((1, 2, 3))


def test_crops():
    image = ramp(1, 5, 6)
    assert torch.equal(transforms.CenterCrop((3, 2))(image), image[:, 1:4, 2:4])
    with pytest.raises(ValueError, match="larger than input image size"):
        transforms.CenterCrop(6)(image)
    torch.manual_seed(0)
    crop = transforms.RandomCrop((2, 3))
    places = {int(crop(image)[0, 0, 0]) for _ in range(300)}
    assert places == {6 * top + left for top in range(4) for left in range(4)}
    assert torch.equal(transforms.RandomCrop((5, 6))(image), image)
    with pytest.raises(ValueError, match="larger than input image size"):
        transforms.RandomCrop((6, 6))(image)
    padded = {
        tuple(transforms.RandomCrop(1, padding=1, fill=-1)(torch.ones(1, 1, 1)).flatten().tolist()) for _ in range(99)
    }
    assert padded == {(1.0,), (-1.0,)}
    widened = {
        tuple(transforms.RandomCrop((1, 3), pad_if_needed=True)(torch.ones(1, 1, 2)).flatten().tolist())
        for _ in range(99)
    }
    assert widened == {(0.0, 1.0, 1.0), (1.0, 1.0, 0.0)}
    with pytest.raises(ValueError, match="positive int"):
        transforms.RandomCrop((0, 3))


def test_flips_follow_the_seed():
    image = ramp(2, 2, 3)
    assert torch.equal(transforms.RandomHorizontalFlip(1.0)(image), image.flip(-1))
    assert torch.equal(transforms.RandomVerticalFlip(1.0)(image), image.flip(-2))
    assert transforms.RandomHorizontalFlip(0.0)(image) is image
    flip = transforms.RandomHorizontalFlip()
    runs = []
    for _ in range(2):
        torch.manual_seed(5)
        runs.append([flip(image) is image for _ in range(200)])
    assert runs[0] == runs[1] and 60 < sum(runs[0]) < 140
    with pytest.raises(ValueError, match=r"expected p in \[0, 1\]"):
        transforms.RandomHorizontalFlip(1.5)


def test_random_erasing():
    torch.manual_seed(0)
    image = torch.ones(3, 20, 30)
    erase = transforms.RandomErasing(1.0, value=0)
    for _ in range(20):
        out = erase(image)
        hole = out[0] == 0
        rows, columns = hole.any(1), hole.any(0)
        assert hole.sum() == rows.sum() * columns.sum() and 0 < hole.sum() < 0.4 * 600
        assert torch.equal(out[0], out[2])
    assert image.min() == 1 and transforms.RandomErasing(0.0)(image) is image


def test_resize_and_grayscale():
    image = ramp(3, 4, 6)
    assert transforms.Resize((2, 5))(image).shape == (3, 2, 5)
    assert transforms.Resize(8)(image).shape == (3, 8, 12) and transforms.Resize(2)(image.mT).shape == (3, 3, 2)
    assert transforms.Resize((4, 6))(image.to(torch.uint8)).dtype == torch.uint8
    assert torch.equal(transforms.Resize((4, 6))(image.to(torch.uint8)), image.to(torch.uint8))
    gray = transforms.Grayscale()(image)
    assert gray.shape == (1, 4, 6)
    expected = 0.2989 * image[0] + 0.587 * image[1] + 0.114 * image[2]
    assert torch.allclose(gray[0], expected) and transforms.Grayscale(3)(image).shape == (3, 4, 6)
    with pytest.raises(ValueError, match="1 or 3 channels, got 2"):
        transforms.Grayscale()(torch.zeros(2, 3, 3))


def test_compose_lambda_and_apply():
    pipe = transforms.Compose([transforms.Lambda(lambda x: x + 1), transforms.Lambda(lambda x: x * 2)])
    assert pipe(torch.zeros(1)).item() == 2
    assert repr(transforms.Compose([transforms.ToTensor()])) == "Compose(\n    ToTensor()\n)"
    with pytest.raises(TypeError, match="should be callable, got int"):
        transforms.Lambda(3)
    double = transforms.RandomApply([transforms.Lambda(lambda x: x * 2)], p=1.0)
    assert double(torch.ones(1)).item() == 2 and transforms.RandomApply([double], p=0.0)(torch.ones(1)).item() == 1


def image(*shape, seed=0):
    torch.manual_seed(seed)
    return torch.rand(*shape)


def test_random_resized_crop_takes_the_drawn_part():
    x = image(3, 20, 30)
    crop = transforms.RandomResizedCrop(7, scale=(0.2, 0.9), ratio=(0.5, 2.0), antialias=False)
    for seed in range(20):
        torch.manual_seed(seed)
        out = crop(x)
        torch.manual_seed(seed)
        top, left, height, width = crop.get_params(x, crop.scale, crop.ratio)
        part = x[:, top : top + height, left : left + width]
        assert part.shape == (3, height, width)
        assert 0.15 < height * width / 600 < 0.95 and 0.4 < width / height < 2.3
        expected = torch.nn.functional.interpolate(part[None], (7, 7), mode="bilinear", align_corners=False)[0]
        assert torch.equal(out, expected)
    # The draws in their order: area, ratio, top, left.
    torch.manual_seed(3)
    area = 600 * torch.empty(1).uniform_(0.2, 0.9).item()
    low, high = torch.log(torch.tensor((0.5, 2.0))).tolist()
    ratio = torch.empty(1).uniform_(low, high).exp().item()
    width, height = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
    top, left = torch.randint(0, 21 - height, (1,)).item(), torch.randint(0, 31 - width, (1,)).item()
    torch.manual_seed(3)
    assert crop.get_params(x, crop.scale, crop.ratio) == (top, left, height, width)


def test_random_resized_crop_without_a_fitting_part_takes_the_middle():
    for shape, ratio, expected in [
        ((1, 10, 40), (0.5, 2.0), (0, 10, 10, 20)),
        ((1, 40, 10), (0.5, 2.0), (10, 0, 20, 10)),
        ((1, 9, 9), (0.5, 2.0), (0, 0, 9, 9)),
    ]:
        assert transforms.RandomResizedCrop.get_params(torch.zeros(shape), (50.0, 60.0), ratio) == expected


def test_random_resized_crop_keeps_dtype_and_batch():
    octets = (image(2, 3, 9, 9) * 255).to(torch.uint8)
    for mode in transforms.InterpolationMode:
        out = transforms.RandomResizedCrop((4, 6), interpolation=mode)(octets)
        assert out.dtype == torch.uint8 and out.shape == (2, 3, 4, 6)
    whole = transforms.RandomResizedCrop(9, scale=(1.0, 1.0), ratio=(1.0, 1.0))
    assert torch.equal(whole(octets), octets)
    with pytest.raises(TypeError, match="scale"):
        transforms.RandomResizedCrop(3, scale=0.5)
    with pytest.raises(ValueError, match="ratio"):
        transforms.RandomResizedCrop(3, ratio=(2.0, 1.0))
    with pytest.raises(ValueError, match="expected one of"):
        transforms.RandomResizedCrop(3, interpolation="bilinear")
    assert "interpolation=bilinear, antialias=True" in repr(whole)


def test_random_rotation_by_right_angles_moves_pixels():
    x = image(2, 3, 6, 6)
    for turns in range(-2, 4):
        rotate = transforms.RandomRotation((90 * turns, 90 * turns))
        assert torch.equal(rotate(x), torch.rot90(x, turns, (-2, -1)))
    wide = image(3, 4, 8)
    assert torch.equal(transforms.RandomRotation((90, 90), expand=True)(wide), torch.rot90(wide, 1, (-2, -1)))
    octets = (wide * 255).to(torch.uint8)
    turned = transforms.RandomRotation((180, 180), 2)(octets)
    assert turned.dtype == torch.uint8 and torch.equal(turned, octets.flip(-1, -2))


def test_random_rotation_fills_what_is_outside():
    ones = torch.ones(2, 40, 40)
    turned = transforms.RandomRotation((45, 45), fill=(3, -1))(ones)
    assert set(turned[0].unique().tolist()) == {1.0, 3.0} and set(turned[1].unique().tolist()) == {1.0, -1.0}
    assert turned[0, 0, 0] == 3 and turned[0, 20, 20] == 1
    # An octagon is left of the square.
    assert turned[0].eq(1).float().mean() == pytest.approx(2 * (2**0.5 - 1), abs=0.02)
    grown = transforms.RandomRotation((45, 45), transforms.InterpolationMode.BILINEAR, expand=True)(ones)
    assert grown.shape == (2, 58, 58) and grown[0].sum() == pytest.approx(1600, rel=0.03)
    # What turns about a corner leaves it where it is.
    x = image(1, 5, 5)
    about = transforms.RandomRotation((90, 90), center=(0, 0), fill=9)(x)
    assert about[0, 1:].eq(9).all() and torch.equal(about[0, 0], torch.full((5,), 9.0))
    assert torch.equal(transforms.RandomRotation((90, 90), center=(5, 0), fill=9)(x)[0, :, 0], torch.full((5,), 9.0))


def test_random_rotation_draws_one_angle():
    rotate, x = transforms.RandomRotation(30), image(1, 9, 9)
    torch.manual_seed(5)
    out = rotate(x)
    torch.manual_seed(5)
    angle = torch.empty(1).uniform_(-30, 30).item()
    assert torch.equal(out, transforms.RandomRotation((angle, angle))(x))
    for wrong, error in [
        ({"degrees": -1}, ValueError),
        ({"degrees": (1, 2, 3)}, ValueError),
        ({"degrees": None}, TypeError),
        ({"degrees": 3, "center": 3}, TypeError),
        ({"degrees": 3, "fill": object()}, TypeError),
        ({"degrees": 3, "interpolation": 3}, ValueError),
    ]:
        with pytest.raises(error):
            transforms.RandomRotation(**wrong)
    assert repr(rotate) == "RandomRotation(degrees=[-30.0, 30.0], interpolation=nearest, expand=False, fill=0)"


def test_color_jitter_against_colorsys():
    import colorsys

    x = image(3, 6, 7)
    grey = 0.2989 * x[0] + 0.587 * x[1] + 0.114 * x[2]
    for factor in (0.3, 1.7):
        only = (factor, factor)
        assert torch.allclose(transforms.ColorJitter(brightness=only)(x), (x * factor).clamp(0, 1))
        expected = (factor * x + (1 - factor) * grey.mean()).clamp(0, 1)
        assert torch.allclose(transforms.ColorJitter(contrast=only)(x), expected)
        expected = (factor * x + (1 - factor) * grey).clamp(0, 1)
        assert torch.allclose(transforms.ColorJitter(saturation=only)(x), expected)
    x[:, 0] = torch.tensor([[0.0] * 7, [0.0] * 7, [0.0] * 7])
    x[:, 1] = 0.4
    for turn in (-0.5, -0.2, 0.1, 0.5):
        out = transforms.ColorJitter(hue=(turn, turn))(x).flatten(1).t().tolist()
        for given, got in zip(x.flatten(1).t().tolist(), out):
            hue, saturation, value = colorsys.rgb_to_hsv(*given)
            assert got == pytest.approx(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value), abs=1e-5)


def test_color_jitter_order_and_draws():
    x = image(3, 5, 5)
    jitter = transforms.ColorJitter(0.4, 0.3, 0.2, 0.1)
    orders = set()
    for seed in range(6):
        torch.manual_seed(seed)
        out = jitter(x)
        torch.manual_seed(seed)
        order = torch.randperm(4).tolist()
        orders.add(tuple(order))
        amounts = [torch.empty(1).uniform_(1 - d, 1 + d).item() for d in (0.4, 0.3, 0.2)]
        amounts.append(torch.empty(1).uniform_(-0.1, 0.1).item())
        expected = x
        for kind in order:
            name = ("brightness", "contrast", "saturation", "hue")[kind]
            expected = transforms.ColorJitter(**{name: (amounts[kind],) * 2})(expected)
        assert torch.equal(out, expected)
    assert len(orders) > 1
    octets = (x * 255).to(torch.uint8)
    assert jitter(octets).dtype == torch.uint8
    single = image(2, 1, 4, 4)
    assert torch.equal(transforms.ColorJitter(saturation=3, hue=0.5)(single), single)
    for wrong, error in [
        ({"brightness": -1}, ValueError),
        ({"hue": 0.6}, ValueError),
        ({"contrast": (2, 1)}, ValueError),
        ({"saturation": "a"}, TypeError),
        ({"saturation": (1, 2, 3)}, TypeError),
    ]:
        with pytest.raises(error):
            transforms.ColorJitter(**wrong)
    with pytest.raises(TypeError, match="found 2"):
        jitter(image(2, 4, 4))
    assert repr(transforms.ColorJitter(0.5)) == (
        "ColorJitter(brightness=(0.5, 1.5), contrast=None, saturation=None, hue=None)"
    )


def test_random_augmentations_against_torchvision():
    oracle = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = pytest.importorskip("torchvision.transforms", reason="torchvision is not installed")
    x = image(3, 11, 14)
    for make in (
        lambda lib: lib.ColorJitter(0.4, 0.4, 0.4, 0.1),
        lambda lib: lib.RandomResizedCrop(6),
        lambda lib: lib.RandomRotation(40, lib.InterpolationMode.BILINEAR, expand=True, fill=0.5),
    ):
        for seed in range(5):
            torch.manual_seed(seed)
            oracle.manual_seed(seed)
            mine, expected = make(transforms)(x), make(theirs)(oracle.tensor(x.tolist()))
            assert torch.allclose(mine, torch.tensor(expected.tolist()), atol=2e-6)
