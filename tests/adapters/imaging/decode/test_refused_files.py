"""Files that are no pictures, not accepted, or damaged."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from pixellab.domain.errors import FileTooLarge, UndecodableImage, UnsupportedImage
from tests.adapters.imaging.decode.files import ALWAYS_READ, opened, png_chunk, saved
from tests.conftest import photo_bytes, scene

NOT_PICTURES = {
    "empty": b"",
    "one byte": b"\xff",
    "text": b"hello, world, this is no picture",
    "text that begins as a bitmap": b"BM stands for something else in this sentence, surely.",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage",
    "html": b"<!DOCTYPE html><html><img src=x></html>",
    "zip": b"PK\x03\x04" + bytes(100),
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(100),
    "canon raw": b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(100),
    "zeros": bytes(1000),
}


NOISE = b"".join(b"\0" + bytes((x * y * 37) % 255 + 1 for x in range(192)) for y in range(64))
"""The rows of 64 x 64 pixels, none of them black."""


def png_of(data: bytes, end: bytes = b"", size: int = 64, interlaced: bool = False) -> bytes:
    """A PNG of RGB whose pixels are ``data``, coded; ``end`` in place of its last chunk."""
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, interlaced)
    parts = png_chunk(b"IHDR", header), png_chunk(b"IDAT", data), end or png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return (
        data[:middle] + bytes(255 - byte for byte in data[middle : middle + 2]) + data[middle + 2 :]
    )


WHOLE = zlib.compress(NOISE)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (flipped(WHOLE), "damaged or incomplete"),
        (WHOLE[:-4] + b"wrong", "damaged or incomplete"),  # the sum at the end
        (zlib.compress(NOISE[: 32 * 193] + b"\x09" + NOISE[32 * 193 + 1 :]), "damaged"),
        (zlib.compress(NOISE[: 32 * 193]), "about 50% of the picture is missing"),
        (zlib.compress(NOISE[: 63 * 193]), "about 2% of the picture is missing"),
        (WHOLE[: len(WHOLE) // 2], "damaged or incomplete"),
        (b"", "damaged or incomplete"),
    ],
)
def test_a_png_whose_pixels_are_damaged_or_missing_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(UndecodableImage, match=told):
        opened(png_of(data))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_a_tiff_whose_pixels_are_damaged_is_refused_in_our_words_alone(
    compression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = saved(Image.fromarray(scene()), "TIFF", compression=compression)
    damaged = bytearray(whole)
    damaged[200:400] = b"\xff" * 200
    assert opened(whole).pixels.shape == scene().shape
    with pytest.raises(UndecodableImage, match="damaged or incomplete"):
        opened(bytes(damaged))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("end", [b"\0", png_chunk(b"IEND", b"")[:7], png_chunk(b"IEND", b"")[:-1]])
def test_a_png_of_which_only_the_end_is_damaged_is_opened(end: bytes) -> None:
    assert np.array_equal(opened(png_of(WHOLE, end)).pixels, opened(png_of(WHOLE)).pixels)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5, 8, 13])
def test_a_black_png_is_whole_with_all_its_bytes_and_not_with_one_less(
    size: int, interlaced: bool
) -> None:
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
    passes = [*passes, (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    sizes = [
        (len(range(left, size, across)), len(range(top, size, down)))
        for left, top, across, down in passes
    ]
    needed = sum(rows * (1 + 3 * columns) for columns, rows in sizes if columns)
    black = png_of(zlib.compress(bytes(needed)), size=size, interlaced=interlaced)
    assert opened(black).pixels.max() == 0
    less = png_of(zlib.compress(bytes(needed - 1)), size=size, interlaced=interlaced)
    with pytest.raises(UndecodableImage, match="damaged or incomplete"):
        opened(less)


def test_an_interlaced_png_without_its_last_pass_is_refused() -> None:
    without = zlib.compress(
        b"".join(
            b"\0" + b"\xff" * 3 * n for n in [2, 2, 2, 2, 4, 4, 3, 3, 3, 3, *[7] * 3, *[6] * 7]
        )
    )
    with pytest.raises(UndecodableImage, match="of the picture is missing"):
        opened(png_of(without, size=13, interlaced=True))


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_accepted_picture_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedImage, match="accepted") as refused:
        opened(NOT_PICTURES[name])
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("image_format", ["PPM", "ICO", "TGA", "EPS", "PDF", "PCX", "JPEG2000"])
def test_pictures_in_other_formats_are_refused(image_format: str) -> None:
    with pytest.raises(UnsupportedImage):
        opened(saved(Image.fromarray(scene()), image_format))


def test_camera_raw_is_refused() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[50706] = b"\x01\x04\x00\x00"
    tags.tagtype[50706] = 1
    with pytest.raises(UnsupportedImage, match="raw"):
        opened(saved(Image.fromarray(scene()), "TIFF", tiffinfo=tags))


def heic_header() -> bytes:
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)


def test_heic_is_recognised() -> None:
    """Without the extra it is refused with the reason; with it, these bytes are damaged."""
    with pytest.raises((UnsupportedImage, UndecodableImage), match="HEI"):
        opened(heic_header())


@pytest.mark.parametrize("image_format", ALWAYS_READ)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8, 0.95])
def test_a_truncated_file_is_undecodable(image_format: str, share: float) -> None:
    data = photo_bytes(160, 120, image_format)
    kept = max(70, int(len(data) * share))
    with pytest.raises(UndecodableImage) as refused:
        opened(data[:kept])
    assert refused.value.message.startswith(f"The {image_format} file is damaged")


def test_a_truncated_progressive_jpeg_is_undecodable() -> None:
    data = saved(Image.fromarray(scene(160, 120)), "JPEG", progressive=True)
    for kept in range(len(data) // 8, len(data) - 2, len(data) // 8):
        with pytest.raises(UndecodableImage):
            opened(data[:kept])


@settings(max_examples=150)
@given(data=st.data(), image_format=st.sampled_from(ALWAYS_READ))
def test_damaged_bytes_open_or_are_refused_in_our_own_words(
    data: st.DataObject, image_format: str
) -> None:
    content = bytearray(photo_bytes(40, 30, image_format))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = opened(bytes(content), max_pixels=1_000_000)
    except (FileTooLarge, UnsupportedImage, UndecodableImage):
        return
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape[2] in (3, 4)


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises((UnsupportedImage, UndecodableImage)):
        opened(garbage)


def test_many_threads_open_at_once() -> None:
    files = [photo_bytes(120, 90, image_format) for image_format in ALWAYS_READ] * 4
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(opened, files))
    for data, picture in zip(files, at_once, strict=True):
        assert np.array_equal(picture.pixels, opened(data).pixels)


def heic(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(out, quality=95, **options)
    return out.getvalue()


def test_a_phones_heic_opens_upright_and_without_its_place() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x8298] = 6, "The shop"
    exif.get_ifd(0x8825)[1] = "N"
    picture = opened(heic(scene(128, 96), exif=exif.tobytes()))
    assert picture.format == "HEIF"
    assert picture.metadata.copyright == "The shop"
    # 6 is "turn 90 degrees clockwise".
    assert (picture.width, picture.height) == (96, 128)
    upright = np.rot90(scene(128, 96), -1).astype(np.float64)
    assert np.abs(picture.pixels - upright).mean() < 4


def test_a_cut_heic_is_undecodable() -> None:
    data = heic(scene(128, 96))
    with pytest.raises(UndecodableImage):
        opened(data[: len(data) * 2 // 3])
