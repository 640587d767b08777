"""Encoding, judged by what a decoder makes of the bytes."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.adapters.imaging.encode.encode import encode
from pixellab.adapters.imaging.encode.look_alike import BLOCKS_LEFT
from pixellab.adapters.imaging.formats import write, writing
from pixellab.adapters.imaging.likeness.ssimulacra2 import ssimulacra2
from pixellab.adapters.imaging.quality.blockiness import blocks_seen
from pixellab.adapters.imaging.quality.view import full_size_tiles
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodeSpec, Metadata
from tests.adapters.imaging.encode.pictures import (
    CREDITS,
    LOSSY,
    encoded,
    photo,
    picture_of,
    reopened,
)
from tests.conftest import scene


@pytest.mark.parametrize("effort", list(Effort))
@pytest.mark.parametrize("output", list(Format))
def test_the_file_is_what_it_says(output: Format, effort: Effort) -> None:
    result = encoded(photo(), output, effort=effort)
    again = reopened(result)
    assert again.format == output == result.format
    assert (again.width, again.height) == (480, 360) == (result.width, result.height)
    assert result.size_bytes == len(result.data)
    assert result.encodes >= 1
    assert result.target_met is None
    assert result.reason is None
    assert (result.quality is None) == (output not in LOSSY)


@pytest.mark.parametrize("output", LOSSY)
def test_faithful_is_visually_lossless(output: Format) -> None:
    result = encoded(photo(), output)
    assert cv2.PSNR(reopened(result).pixels, photo()) > 37
    assert result.encodes == 1


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("effort", list(Effort))
def test_png_is_lossless(effort: Effort, channels: int) -> None:
    pixels = np.dstack([photo(), photo()[..., 0]])[..., :channels]
    assert np.array_equal(reopened(encoded(pixels, Format.PNG, effort=effort)).pixels, pixels)


def test_grey_and_few_colours_cost_less_in_png_and_lose_nothing() -> None:
    grey = np.repeat(photo()[..., :1], 3, axis=2)
    few = np.ascontiguousarray(photo() // 128 * 127)
    for pixels, share in ((grey, 0.5), (few, 0.5)):
        result = encoded(pixels, Format.PNG)
        plain = io.BytesIO()
        Image.fromarray(pixels).save(plain, "PNG", compress_level=6)
        assert np.array_equal(reopened(result).pixels, pixels)
        assert result.size_bytes < len(plain.getvalue())
        assert share < 1


@pytest.mark.parametrize("output", LOSSY)
def test_smallest_looks_the_same_in_fewer_bytes_than_the_finest(output: Format) -> None:
    finest = writing(output).qualities
    assert finest is not None
    plain = write(photo(), Settings(format=output, quality=finest.smallest[1], full_chroma=True))
    smallest = encoded(photo(), output, effort=Effort.SMALLEST)
    assert smallest.size_bytes < len(plain)
    assert ssimulacra2(photo(), reopened(smallest).pixels) >= 85


def test_smallest_looks_at_the_product_not_at_its_white_canvas() -> None:
    canvas = np.full((1100, 1400, 3), 255, np.uint8)
    canvas[380:740, 460:940] = photo()
    alone = encoded(photo(), Format.JPEG, effort=Effort.SMALLEST)
    laid = encoded(canvas, Format.JPEG, effort=Effort.SMALLEST)
    assert laid.quality is not None
    assert alone.quality is not None
    assert abs(laid.quality - alone.quality) <= 3


def test_smallest_keeps_colours_that_are_finer_than_light() -> None:
    """A print of thin red and blue lines of one lightness, which half the chroma would smear."""
    red, blue = np.array((200, 60, 60)), np.array((60, 95, 210))
    lines = np.arange(240)[None, :, None] // 2 % 2
    pixels = np.broadcast_to(np.where(lines, red, blue), (180, 240, 3)).astype(np.uint8)
    smallest = encoded(np.ascontiguousarray(pixels), Format.JPEG, effort=Effort.SMALLEST)
    with Image.open(io.BytesIO(smallest.data)) as image:
        assert [each[1:3] for each in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]
    assert ssimulacra2(pixels, reopened(smallest).pixels) >= 85


def test_smallest_leaves_no_blocks_to_be_seen_on_plain_cloth() -> None:
    grain = np.random.default_rng(0).normal(0, 1, (480, 600)).astype(np.float32)
    weave = cv2.GaussianBlur(grain, (0, 0), 1.5)
    y, x = np.mgrid[0:480, 0:600]
    shaded = 150 + 20 * np.sin(x / 150 + y / 210) + 2.5 * weave / weave.std()
    cloth = np.clip(shaded[..., None] * (1, 0.9, 0.8), 0, 255).astype(np.uint8)
    smallest = encoded(cloth, Format.JPEG, effort=Effort.SMALLEST)
    assert ssimulacra2(cloth, reopened(smallest).pixels) >= 85
    assert blocks_seen(full_size_tiles(reopened(smallest).pixels)) <= BLOCKS_LEFT
    # The dead zone leaves more, where it is as good by the likeness.
    zoned = write(cloth, Settings(format=Format.JPEG, quality=smallest.quality))
    pixels = np.asarray(Image.open(io.BytesIO(zoned)))
    assert ssimulacra2(cloth, pixels) >= 85
    assert blocks_seen(full_size_tiles(pixels)) > BLOCKS_LEFT


@pytest.mark.parametrize("output", list(Format))
def test_the_same_picture_gives_the_same_bytes(output: Format) -> None:
    picture = picture_of(photo(), metadata=CREDITS)
    for spec in (
        EncodeSpec(format=output),
        EncodeSpec(format=output, effort=Effort.SMALLEST),
        EncodeSpec(format=output, max_bytes=20_000),
    ):
        assert encode(picture, spec) == encode(picture, spec)


def test_another_process_gives_the_same_bytes() -> None:
    """No time of making, no random table and no memory address is written."""
    program = (
        "import hashlib, numpy as np;"
        "from pixellab.adapters.imaging.encode.encode import encode;"
        "from pixellab.domain.pictures import EncodeSpec, Format, Metadata, Picture;"
        "p = Picture(pixels=np.full((40, 60, 3), 99, np.uint8), format='PNG',"
        " metadata=Metadata(author='Ana'));"
        "print([hashlib.sha256(encode(p, EncodeSpec(format=f)).data).hexdigest() for f in Format])"
    )
    outputs = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(outputs) == 1


def test_many_threads_write_the_same_bytes() -> None:
    picture = picture_of(photo())
    specs = [EncodeSpec(format=output, max_bytes=15_000) for output in Format] * 3
    with ThreadPoolExecutor(6) as pool:
        at_once = list(pool.map(lambda spec: encode(picture, spec), specs))
    assert at_once == [encode(picture, spec) for spec in specs]


# What a JPEG source asks for


@pytest.mark.parametrize(("source", "written"), [(70, 80), (85, 85), (92, 92), (98, 92)])
def test_faithful_is_no_finer_than_the_source(source: int, written: int) -> None:
    picture = picture_of(photo(), source_quality=source)
    assert encode(picture, EncodeSpec(format=Format.JPEG)).quality == written


def test_an_untouched_jpeg_loses_almost_nothing_and_does_not_grow() -> None:
    for quality in (82, 90):
        data = io.BytesIO()
        Image.fromarray(photo()).save(data, "JPEG", quality=quality)
        source = open_picture(io.BytesIO(data.getvalue()), max_bytes=10**8, max_pixels=10**8)
        result = encode(source, EncodeSpec(format=Format.JPEG))
        assert cv2.PSNR(reopened(result).pixels, source.pixels) > 45
        assert result.size_bytes < len(data.getvalue()) + 1000
        optimized = encode(source, EncodeSpec(format=Format.JPEG, effort=Effort.SMALLEST))
        assert optimized.size_bytes < len(data.getvalue())


@pytest.mark.parametrize("noise", [0, 3, 12, 25])
@pytest.mark.parametrize("quality", [10, 30, 50, 75])
def test_smallest_is_smaller_than_a_jpeg_of_any_quality_and_looks_the_same(
    quality: int, noise: float
) -> None:
    rough = np.random.default_rng(1).normal(0, noise, (360, 480, 3))
    data = io.BytesIO()
    pixels = np.clip(scene(480, 360) + rough, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(data, "JPEG", quality=quality)
    source = open_picture(io.BytesIO(data.getvalue()), max_bytes=10**8, max_pixels=10**8)
    result = encode(source, EncodeSpec(format=Format.JPEG, effort=Effort.SMALLEST))
    assert result.size_bytes < len(data.getvalue())
    assert cv2.PSNR(reopened(result).pixels, source.pixels) > 30


# Alpha


def test_alpha_is_laid_on_white_for_jpeg() -> None:
    pixels = np.zeros((64, 96, 4), np.uint8)
    pixels[:, 32:64] = (200, 0, 0, 255)
    pixels[:, 64:] = (0, 0, 0, 128)
    again = reopened(encoded(pixels, Format.JPEG)).pixels.astype(int)
    for column, expected in ((12, (255, 255, 255)), (48, (200, 0, 0)), (84, (127, 127, 127))):
        assert np.abs(again[:, column] - expected).max() <= 6


@pytest.mark.parametrize("output", [each for each in Format if each.keeps_alpha])
@pytest.mark.parametrize("spec", [{}, {"effort": Effort.SMALLEST}, {"max_bytes": 4_000}])
def test_alpha_is_kept(output: Format, spec: dict[str, Any]) -> None:
    alpha = np.zeros((360, 480), np.uint8)
    cv2.circle(alpha, (240, 180), 120, 255, -1)
    result = encoded(np.dstack([photo(), alpha]), output, **spec)
    again = reopened(result).pixels
    assert again.shape[2] == 4
    middle, corner = again[result.height // 2, result.width // 2, 3], again[2, 2, 3]
    assert (middle, corner) == (255, 0)


def test_scaling_down_lets_no_hidden_colour_bleed_in() -> None:
    rgba = np.dstack([photo(600, 600), np.zeros((600, 600), np.uint8)])
    rgba[..., :3] = (0, 255, 0)
    cv2.circle(rgba, (300, 300), 200, (220, 30, 30, 255), -1)
    rgba[..., :3] = np.where(rgba[..., 3:] > 0, rgba[..., :3], (0, 255, 0))
    noisy = rgba.copy()
    noisy[..., 0] = np.where(rgba[..., 3] > 0, photo(600, 600)[..., 0] // 3 + 160, 0)
    result = encoded(noisy, Format.PNG, max_bytes=6_000)
    assert result.width < 600
    again = reopened(result).pixels
    seen = again[again[..., 3] > 100]
    assert seen[:, 1].max() < 80


@pytest.mark.parametrize("output", list(Format))
def test_bytes_that_are_reserved_are_kept_free(output: Format) -> None:
    result = encoded(photo(), output, max_bytes=12_000, reserved_bytes=4_000)
    assert result.target_met
    assert len(result.data) <= 8_000
    full = encoded(photo(), output, max_bytes=3_000, reserved_bytes=5_000)
    assert full.target_met is False
    assert f"{output} cannot hold this picture in 3 KB" in str(full.reason)


# Profile and metadata


@pytest.mark.parametrize("output", list(Format))
def test_srgb_and_the_kept_metadata_are_written(output: Format) -> None:
    picture = picture_of(photo(), metadata=CREDITS)
    result = encode(picture, EncodeSpec(format=output))
    image = Image.open(io.BytesIO(result.data))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert reopened(result).metadata == CREDITS
    packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
    assert b"cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" in packet
    assert set(image.getexif()) <= {0x8298, 0x013B, 0x0112}


@pytest.mark.parametrize("output", list(Format))
def test_without_metadata_none_are_written(output: Format) -> None:
    image = Image.open(io.BytesIO(encoded(photo(), output).data))
    assert not {"xmp", "XML:com.adobe.xmp"} & set(image.info)
    assert not dict(image.getexif())


def test_gps_and_the_camera_do_not_survive() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera maker"
    exif[0x8298] = "Shop"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    data = io.BytesIO()
    Image.fromarray(photo()).save(data, "JPEG", exif=exif, comment=b"a comment")
    source = open_picture(io.BytesIO(data.getvalue()), max_bytes=10**8, max_pixels=10**8)
    for output in Format:
        result = encode(source, EncodeSpec(format=output))
        image = Image.open(io.BytesIO(result.data))
        assert image.getexif()[0x8298].encode("latin-1").decode() == "Shop"
        assert not image.getexif().get_ifd(0x8825)
        assert b"Camera maker" not in result.data
        assert b"a comment" not in result.data


@settings(max_examples=60)
@given(text=st.text(min_size=1, max_size=80), output=st.sampled_from(list(Format)))
def test_any_text_survives_as_printable_text(text: str, output: Format) -> None:
    picture = picture_of(np.full((8, 8, 3), 90, np.uint8), metadata=Metadata(author=text))
    again = reopened(encode(picture, EncodeSpec(format=output))).metadata.author
    printable = "".join(c if c.isprintable() else " " for c in text.split("\0")[0]).strip()
    assert again == (printable or None)
