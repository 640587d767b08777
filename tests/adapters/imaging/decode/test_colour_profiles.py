"""Colour profiles of files are converted to sRGB."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.adapters.imaging.decode.files import LOSSLESS, WITH_EXIF, opened, ramp, saved
from tests.conftest import photo_bytes, scene


def rgb_profile(*, swapped: bool = False) -> bytes:
    """An sRGB-like profile by hand; ``swapped`` exchanges the red and the blue primary."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    if swapped:
        count = struct.unpack_from(">I", profile, 128)[0]
        for entry in range(132, 132 + 12 * count, 12):
            name = bytes(profile[entry : entry + 4])
            profile[entry : entry + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


@pytest.mark.parametrize("image_format", WITH_EXIF)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_is_converted_to_srgb(image_format: str, mode: str) -> None:
    if image_format == "JPEG" and mode == "RGBA":
        mode = "RGB"
    red = Image.new(mode, (32, 32), (255, 0, 0, 100)[: len(mode)])
    options = {"lossless": True} if image_format == "WEBP" else {}
    data = saved(red, image_format, icc_profile=rgb_profile(swapped=True), **options)
    picture = opened(data)
    assert np.abs(picture.pixels[..., :3].astype(int) - (0, 0, 255)).max() <= 4
    if mode == "RGBA":
        assert set(np.unique(picture.pixels[..., 3])) == {100}


def test_an_srgb_profile_changes_nothing() -> None:
    for image_format in LOSSLESS[:2]:
        data = saved(Image.fromarray(ramp()), image_format, icc_profile=rgb_profile())
        assert np.abs(opened(data).pixels.astype(int) - ramp()).max() <= 1
    jpeg = photo_bytes()
    tagged = saved(Image.open(io.BytesIO(jpeg)), "JPEG", quality="keep", icc_profile=rgb_profile())
    assert np.array_equal(opened(tagged).pixels, opened(jpeg).pixels)


def test_lab_becomes_srgb() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(Image.fromarray(scene()), srgb, lab, outputMode="LAB")
    assert image is not None
    assert cv2.PSNR(opened(saved(image, "TIFF")).pixels, scene()) > 33


@pytest.mark.parametrize("profile", [b"not a profile", rgb_profile()[:200]])
def test_a_broken_profile_is_a_warning(profile: bytes) -> None:
    picture = opened(saved(Image.fromarray(ramp()), icc_profile=profile))
    assert np.array_equal(picture.pixels, ramp())
    assert len(picture.warnings) == 1
    assert "profile" in picture.warnings[0]


def test_a_profile_for_another_colour_space_is_a_warning() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture = opened(saved(Image.fromarray(ramp()), icc_profile=lab))
    assert np.array_equal(picture.pixels, ramp())
    assert len(picture.warnings) == 1
