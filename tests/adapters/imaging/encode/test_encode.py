"""Encoding, judged by what a decoder makes of the bytes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.adapters.imaging.encode.encode import encode
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodedImage, EncodeSpec, Metadata, Picture
from tests.conftest import scene

LOSSY = [Format.JPEG, Format.WEBP, Format.AVIF]
CREDITS = Metadata(
    copyright="© 2026 Müller & Söhne",
    author="Ana <ana>",
    digital_source_type="trainedAlgorithmicMedia",
)


def picture_of(pixels: NDArray[np.uint8], **fields: Any) -> Picture:
    return Picture(pixels=np.ascontiguousarray(pixels), format="PNG", **fields)


def photo(width: int = 480, height: int = 360, seed: int = 0) -> NDArray[np.uint8]:
    """A textured scene that compresses about as a photo does."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (height, width, 3)).astype(np.float32)
    texture = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma * 12 for sigma in (1, 3, 9))
    mixed = scene(width, height, seed) * 0.8 + 20 + np.asarray(texture)
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def encoded(pixels: NDArray[np.uint8], output: Format, **spec: Any) -> EncodedImage:
    return encode(picture_of(pixels), EncodeSpec(format=output, **spec))


def reopened(result: EncodedImage) -> Picture:
    return open_picture(io.BytesIO(result.data), max_bytes=10**8, max_pixels=10**8)


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
    assert (result.quality is None) == (output is Format.PNG)


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
def test_smallest_is_smaller_and_looks_the_same(output: Format) -> None:
    faithful = encoded(photo(), output)
    smallest = encoded(photo(), output, effort=Effort.SMALLEST)
    assert smallest.size_bytes <= faithful.size_bytes
    assert cv2.PSNR(reopened(smallest).pixels, photo()) > 33


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


@pytest.mark.parametrize("noise", [0, 3, 12, 50])
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


@pytest.mark.parametrize("output", [Format.PNG, Format.WEBP, Format.AVIF])
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


# Shapes


@pytest.mark.parametrize("output", list(Format))
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 5), (17, 31)])
def test_small_and_odd_shapes(output: Format, shape: tuple[int, int]) -> None:
    for effort in Effort:
        result = encoded(np.full((*shape, 3), 120, np.uint8), output, effort=effort)
        assert reopened(result).pixels.shape[:2] == shape


@pytest.mark.parametrize(
    ("output", "longest"), [(Format.JPEG, 65500), (Format.WEBP, 16383), (Format.AVIF, 32768)]
)
@pytest.mark.parametrize("upright", [True, False])
def test_a_side_the_format_cannot_hold_is_scaled_with_the_reason(
    output: Format, longest: int, upright: bool
) -> None:
    row = np.full((100_000, 1, 3) if upright else (1, 100_000, 3), 77, np.uint8)
    result = encoded(row, output)
    assert max(result.width, result.height) == longest
    assert min(result.width, result.height) == 1
    assert result.reason is not None
    assert str(longest) in result.reason
    assert reopened(result).width == result.width


def test_png_holds_a_long_row_as_it_is() -> None:
    result = encoded(np.full((1, 100_000, 3), 77, np.uint8), Format.PNG)
    assert (result.width, result.height, result.reason) == (100_000, 1, None)


def test_noise_at_full_size_can_be_written() -> None:
    """The worst case for an encoder's output buffer."""
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    for output in Format:
        assert reopened(encoded(noise, output)).width == 900


@pytest.mark.parametrize("shape", [(1, 65500), (65500, 1), (2, 40000), (1000, 1000)])
@pytest.mark.parametrize("effort", list(Effort))
@pytest.mark.parametrize("source_quality", [None, 100])
def test_a_jpeg_of_noise_outgrows_no_buffer(
    shape: tuple[int, int], effort: Effort, source_quality: int | None
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    picture = picture_of(noise, source_quality=source_quality)
    result = encode(picture, EncodeSpec(format=Format.JPEG, effort=effort))
    assert reopened(result).pixels.shape == noise.shape


# To a size


@pytest.mark.parametrize("output", list(Format))
@pytest.mark.parametrize("max_bytes", [8_000, 20_000, 60_000])
def test_a_target_is_met_closely_in_few_encodes(output: Format, max_bytes: int) -> None:
    pixels = photo(900, 700)
    free = encoded(pixels, output).size_bytes
    result = encoded(pixels, output, max_bytes=max_bytes)
    assert result.target_met is True
    assert result.size_bytes <= max_bytes
    assert result.size_bytes > 0.85 * min(free, max_bytes) or result.quality is not None
    assert result.size_bytes > 0.6 * min(free, max_bytes)
    assert result.encodes <= 8


@pytest.mark.parametrize("output", list(Format))
def test_more_bytes_give_a_better_picture(output: Format) -> None:
    pixels = photo(640, 480)
    likeness = []
    for max_bytes in (6_000, 15_000, 40_000):
        again = reopened(encoded(pixels, output, max_bytes=max_bytes)).pixels
        full = cv2.resize(again, (640, 480), interpolation=cv2.INTER_CUBIC)
        likeness.append(cv2.PSNR(full, pixels))
    assert likeness == sorted(likeness)


def test_a_generous_target_gives_nothing_up() -> None:
    for output in Format:
        result = encoded(photo(), output, max_bytes=2_000_000)
        assert result.target_met is True
        assert result.reason is None
        assert (result.width, result.height) == (480, 360)
        assert result.encodes <= 2


def test_what_was_given_up_is_said() -> None:
    scaled = encoded(photo(), Format.JPEG, max_bytes=5_000)
    assert scaled.reason is not None
    assert re.fullmatch(r"To stay within 5 KB: scaled down to \d+ x \d+\.", scaled.reason)
    assert f"{scaled.width} x {scaled.height}" in scaled.reason
    lossless = encoded(photo(), Format.PNG).size_bytes
    palette = encoded(photo(), Format.PNG, max_bytes=lossless // 2)
    assert palette.reason is not None
    assert "256 colours" in palette.reason


def test_white_stays_white_in_a_palette() -> None:
    pixels = photo()
    pixels[:, :120] = 255
    result = encoded(pixels, Format.PNG, max_bytes=60_000)
    assert "256 colours" in (result.reason or "")
    margin = reopened(result).pixels[:, : result.width // 5]
    assert margin.min() == 255


@pytest.mark.parametrize("output", list(Format))
def test_a_target_that_cannot_be_met_is_said(output: Format) -> None:
    result = encoded(photo(), output, max_bytes=300)
    assert result.target_met is False
    assert result.size_bytes > 300
    assert result.reason is not None
    assert "0.3 KB" in result.reason
    assert max(result.width, result.height) <= 64
    assert result.encodes <= 12


def test_large_pictures_are_judged_by_a_sample() -> None:
    pixels = cv2.resize(photo(), (2400, 1800), interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(pixels + np.random.default_rng(1).normal(0, 4, pixels.shape), 0, 255)
    for output, encodes in ((Format.JPEG, 6), (Format.WEBP, 7)):
        result = encoded(noisy.astype(np.uint8), output, max_bytes=150_000)
        assert result.target_met is True
        assert result.size_bytes > 0.8 * 150_000
        assert result.encodes <= encodes


@settings(max_examples=60)
@given(
    max_bytes=st.integers(50, 40_000),
    output=st.sampled_from(list(Format)),
    effort=st.sampled_from(list(Effort)),
    size=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    alpha=st.booleans(),
    seed=st.integers(0, 5),
)
def test_never_silently_larger(
    max_bytes: int,
    output: Format,
    effort: Effort,
    size: tuple[int, int],
    alpha: bool,
    seed: int,
) -> None:
    pixels = photo(*size, seed=seed)
    if alpha:
        pixels = np.dstack([pixels, photo(*size, seed=seed + 1)[..., 0]])
    picture = picture_of(pixels)
    result = encode(picture, EncodeSpec(format=output, max_bytes=max_bytes, effort=effort))
    assert result.target_met is (result.size_bytes <= max_bytes)
    assert result.target_met or result.reason
    assert (reopened(result).width, reopened(result).height) == (result.width, result.height)
    free = encode(evolve(picture), EncodeSpec(format=output, effort=effort))
    if free.size_bytes <= max_bytes:
        assert (result.width, result.height) == size
