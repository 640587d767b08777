"""Pictures with a palette."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.codecs.palette import all_colours, nearest_colours
from pixellab.domain.formats import Format
from tests.adapters.imaging.encode.pictures import encoded, photo, reopened

WHITE, CREAM, BLUE, OTHER_BLUE = (255, 255, 255), (250, 249, 246), (0, 91, 187), (4, 85, 184)


def package() -> NDArray[np.uint8]:
    """A print of flat colours, some of them near each other, on white."""
    pixels = np.full((240, 320, 3), WHITE, np.uint8)
    pixels[30:210, 40:280] = CREAM
    pixels[60:120, 60:260] = BLUE
    pixels[120:180, 60:260] = OTHER_BLUE
    return pixels


def shown(image: Image.Image, mode: str) -> NDArray[np.uint8]:
    return np.asarray(image.convert(mode))


@settings(max_examples=60)
@given(data=st.data(), channels=st.sampled_from([3, 4]), colours=st.integers(1, 256))
def test_up_to_256_colours_lose_nothing(data: st.DataObject, channels: int, colours: int) -> None:
    palette = data.draw(npst.arrays(np.uint8, (colours, channels)))
    indices = np.random.default_rng(colours).integers(0, colours, (20, 20))
    pixels = np.ascontiguousarray(palette[indices])
    image = all_colours(pixels)
    assert image is not None
    assert np.array_equal(shown(image, "RGB" if channels == 3 else "RGBA"), pixels)
    again = reopened(encoded(pixels, Format.PNG)).pixels
    assert np.array_equal(again[..., :3], pixels[..., :3])


def test_257_colours_are_too_many() -> None:
    pixels = np.zeros((257, 1, 3), np.uint8)
    pixels[:, 0, 0] = np.arange(257) % 256
    pixels[256] = (0, 0, 9)
    assert all_colours(pixels) is None


@pytest.mark.parametrize("alpha", [False, True])
def test_few_colours_cost_few_bytes(alpha: bool) -> None:
    pixels = package()
    if alpha:
        pixels = np.dstack([pixels, np.where(pixels[..., 2] == 255, 0, 255).astype(np.uint8)])
    result = encoded(pixels, Format.PNG)
    assert np.array_equal(reopened(result).pixels, pixels)
    assert result.size_bytes < 1500
    assert result.reason is None


def test_flat_colours_stay_exact_where_a_photo_takes_the_rest() -> None:
    pixels = np.vstack([package(), photo(320, 240)])
    again = shown(nearest_colours(pixels), "RGB")
    assert np.array_equal(again[:240], package())
    assert cv2.PSNR(again[240:], pixels[240:]) > 28


@pytest.mark.parametrize("channels", [3, 4])
def test_256_colours_are_nearer_than_an_octrees(channels: int) -> None:
    pixels = photo(300, 220)
    if channels == 4:
        alpha = np.full((220, 300), 255, np.uint8)
        alpha[:40] = 0
        pixels = np.dstack([pixels, alpha])
    mode = "RGB" if channels == 3 else "RGBA"
    image = Image.fromarray(pixels)
    octree = shown(image.quantize(254, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE), mode)
    ours = shown(nearest_colours(pixels), mode)
    # Dithering costs likeness by pixel, so both are held against the picture a little blurred.
    soft = [cv2.GaussianBlur(each, (0, 0), 1.5) for each in (pixels, ours, octree)]
    assert cv2.PSNR(soft[0][60:], soft[1][60:]) > cv2.PSNR(soft[0][60:], soft[2][60:])
    if channels == 4:
        assert np.array_equal(ours[..., 3], pixels[..., 3])
