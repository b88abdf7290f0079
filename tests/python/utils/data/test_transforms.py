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
