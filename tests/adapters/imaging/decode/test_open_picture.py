"""Opening, on real bytes of every accepted format: sizes, orientations, kinds of pixels."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.domain.errors import FileTooLarge, UnsupportedImage
from tests.adapters.imaging.decode.files import (
    ALWAYS_READ,
    GENEROUS,
    LOSSLESS,
    WITH_EXIF,
    opened,
    ramp,
    saved,
)
from tests.conftest import photo_bytes, scene


@pytest.mark.parametrize("image_format", ALWAYS_READ)
def test_every_format_opens(image_format: str) -> None:
    picture = opened(photo_bytes(image_format=image_format))
    assert picture.format == image_format
    assert (picture.width, picture.height) == (96, 72)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    assert picture.pixels.shape[2] == 3
    assert cv2.PSNR(picture.pixels, scene()) > (60 if image_format in LOSSLESS else 25)
    assert picture.warnings == ()


def test_jpeg_pixels_are_those_of_pillow() -> None:
    data = photo_bytes(201, 133)
    expected = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(opened(data).pixels, expected)


def test_reading_starts_at_the_current_position() -> None:
    data = io.BytesIO(b"header" + photo_bytes())
    data.seek(6)
    assert open_picture(data, max_bytes=GENEROUS, max_pixels=10_000).width == 96


def test_pixels_cannot_be_changed_in_place() -> None:
    picture = opened(photo_bytes())
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0, 0] = 1


# Limits


def test_a_file_of_exactly_the_limit_opens_and_one_byte_more_does_not() -> None:
    data = photo_bytes()
    assert opened(data, max_bytes=len(data)).width == 96
    with pytest.raises(FileTooLarge, match="file is too large"):
        opened(data, max_bytes=len(data) - 1)


def test_pixels_are_limited_by_the_header() -> None:
    assert opened(photo_bytes(), max_pixels=96 * 72).width == 96
    with pytest.raises(FileTooLarge, match="96 x 72"):
        opened(photo_bytes(), max_pixels=96 * 72 - 1)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises the given size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8_000, 11_000, 30_000, 100_000])
def test_a_decompression_bomb_is_too_large_before_it_is_decoded(side: int) -> None:
    with pytest.raises(FileTooLarge, match="megapixels"):
        opened(bomb(side, side))


@pytest.mark.parametrize("image_format", ALWAYS_READ)
def test_one_pixel_opens(image_format: str) -> None:
    assert opened(saved(Image.new("RGB", (1, 1), "red"), image_format)).pixels.shape == (1, 1, 3)


@pytest.mark.parametrize("size", [(100_000, 1), (1, 100_000)])
def test_a_single_row_or_column_opens(size: tuple[int, int]) -> None:
    picture = opened(saved(Image.new("RGB", size)))
    assert (picture.width, picture.height) == size


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", WITH_EXIF)
def test_exif_orientation_is_applied_once(image_format: str, orientation: int) -> None:
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = np.ascontiguousarray(undo[orientation](ramp()))
    picture = opened(saved(Image.fromarray(lying), image_format, exif=exif))
    assert picture.pixels.shape == ramp().shape
    assert cv2.PSNR(picture.pixels, ramp()) > 28


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_a_nonsense_orientation_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = opened(saved(Image.fromarray(ramp()), "PNG", exif=exif))
    assert np.array_equal(picture.pixels, ramp())


# Modes


def test_grey_becomes_rgb() -> None:
    grey = ramp()[..., 0]
    for image_format in LOSSLESS:
        picture = opened(saved(Image.fromarray(grey), image_format))
        assert np.array_equal(picture.pixels, np.repeat(grey[..., None], 3, axis=2))


def test_one_bit_becomes_black_and_white() -> None:
    bits = ramp()[..., 0] > 90
    picture = opened(saved(Image.fromarray(bits)))
    assert np.array_equal(picture.pixels[..., 1], bits * np.uint8(255))


@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(image_format: str) -> None:
    grey = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    picture = opened(saved(Image.fromarray(grey), image_format))
    assert np.array_equal(picture.pixels[..., 0], np.arange(256, dtype=np.uint8).reshape(16, 16))


@pytest.mark.parametrize("extension", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_colour_is_scaled_not_clipped(extension: str, channels: int) -> None:
    colour = np.dstack([ramp(), np.full((48, 64), 128, np.uint8)])[..., :channels]
    order = [2, 1, 0, 3][:channels]
    deep = np.ascontiguousarray(colour[..., order]).astype(np.uint16) * 257
    done, data = cv2.imencode(extension, deep)
    assert done
    picture = opened(data.tobytes())
    assert picture.pixels.shape == colour.shape
    assert np.abs(picture.pixels.astype(int) - colour).max() <= 1


def test_float_from_0_to_1_is_scaled_and_other_floats_are_refused() -> None:
    unit = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    picture = opened(saved(Image.fromarray(unit), "TIFF"))
    assert picture.pixels[0, 0, 0] == 0
    assert picture.pixels[-1, -1, 0] == 255
    with pytest.raises(UnsupportedImage, match="0 to 1"):
        opened(saved(Image.fromarray(unit * 1000), "TIFF"))


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_cmyk_has_its_colours(image_format: str) -> None:
    red = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    picture = opened(saved(red, image_format))
    assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() <= 6


def test_cmyk_jpeg_counts_ink_down_from_white_with_and_without_adobes_marker() -> None:
    data = saved(Image.new("CMYK", (32, 32), (255, 0, 0, 0)), "JPEG")
    at = data.index(b"\xff\xee")
    length = struct.unpack(">H", data[at + 2 : at + 4])[0]
    for file in (data, data[:at] + data[at + 2 + length :]):
        assert np.abs(opened(file).pixels.astype(int) - (0, 255, 255)).max() <= 6


def test_palette_and_its_transparency() -> None:
    image = Image.fromarray(ramp()).quantize(16)
    assert np.array_equal(opened(saved(image)).pixels, np.asarray(image.convert("RGB")))
    clear = opened(saved(image, transparency=3))
    assert clear.has_alpha
    assert np.array_equal(clear.pixels[..., 3] == 0, np.asarray(image) == 3)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
def test_alpha_is_kept_straight(image_format: str) -> None:
    rgba = np.dstack([ramp(), ramp()[..., 0]])
    picture = opened(saved(Image.fromarray(rgba), image_format))
    assert np.array_equal(picture.pixels, rgba)
    la = opened(saved(Image.fromarray(rgba).convert("LA"), image_format))
    assert la.pixels.shape == rgba.shape
    assert np.array_equal(la.pixels[..., 3], rgba[..., 3])


def test_transparent_colour_of_an_rgb_png() -> None:
    picture = opened(saved(Image.fromarray(ramp()), transparency=(0, 0, 0)))
    assert picture.pixels[0, 0, 3] == 0
    assert picture.pixels[-1, -1, 3] == 255


def test_alpha_that_hides_nothing_is_dropped() -> None:
    rgba = np.dstack([ramp(), np.full((48, 64), 255, np.uint8)])
    assert np.array_equal(opened(saved(Image.fromarray(rgba))).pixels, ramp())


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_the_first_frame_is_used_with_a_warning(image_format: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "lime")]
    data = saved(frames[0], image_format, save_all=True, append_images=frames[1:])
    picture = opened(data)
    assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() <= 6
    assert len(picture.warnings) == 1
    assert "first" in picture.warnings[0]


def test_a_stereo_jpeg_is_a_jpeg() -> None:
    frames = [Image.fromarray(scene(seed=seed)) for seed in (1, 2)]
    picture = opened(saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert picture.format == "JPEG"
    assert cv2.PSNR(picture.pixels, scene(seed=1)) > 25
