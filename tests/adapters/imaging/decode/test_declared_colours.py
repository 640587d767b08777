"""Colours that a file declares otherwise than by an ICC profile come out in sRGB."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from pixellab.adapters.imaging.decode.colour_spaces import SRGB, Colours, Curve
from pixellab.adapters.imaging.decode.declared_colours import ADOBE_RGB
from pixellab.adapters.imaging.decode.declared_colours import HDR as HDR_TOLD
from tests.adapters.imaging.decode.colour_files import (
    ADOBE_XY,
    BT2020,
    HLG,
    P3,
    PQ,
    SRGB_CURVE,
    adobe_exif,
    avif,
    chrm,
    cicp,
    exact_levels,
    hdr_profile,
    heic,
    levels_in,
    wide_avif,
    wide_heic,
    wide_png,
)
from tests.adapters.imaging.decode.files import CHART, opened, patch_colours, patches, png, saved


@pytest.mark.parametrize("write", [cicp, avif, heic])
def test_display_p3_by_code_points(write: Any) -> None:
    data = write(patches(levels_in(Colours(P3))), 12, SRGB_CURVE)
    picture = opened(data)
    assert np.abs(patch_colours(picture.pixels) - CHART).max() <= 8
    assert picture.warnings == ()
    assert not picture.may_be_handed_on


@pytest.mark.parametrize("write", [cicp, avif])
def test_pq_is_brought_to_sdr_with_a_warning(write: Any) -> None:
    grey = CHART[1:, :3]
    data = write(patches(levels_in(Colours(BT2020, Curve.PQ), grey)), 9, PQ)
    picture = opened(data)
    assert np.abs(patch_colours(picture.pixels) - grey).max() <= 8
    assert "HDR" in picture.warnings[0]


def test_hlg_has_its_white_at_three_quarters() -> None:
    """75% of HLG is 203 cd/m2 on a display of 1000 (BT.2408)."""
    flat = np.full((32, 32, 3), round(0.75 * 255), np.uint8)
    picture = opened(cicp(flat, 9, HLG))
    assert picture.pixels.min() >= 250
    assert "HDR" in picture.warnings[0]


def test_unknown_code_points_are_a_warning() -> None:
    picture = opened(cicp(patches(CHART), 3, 200))
    assert np.array_equal(patch_colours(picture.pixels), CHART)
    assert "sRGB was assumed" in picture.warnings[0]


@pytest.mark.parametrize("transfer", [2, 1, SRGB_CURVE])
def test_srgbs_own_code_points_change_nothing(transfer: int) -> None:
    picture = opened(cicp(patches(CHART), 1, transfer))
    assert np.array_equal(patch_colours(picture.pixels), CHART)
    assert picture.warnings == ()
    assert picture.may_be_handed_on


def test_gamma_of_a_png() -> None:
    linear = Colours(curve=1.0)
    picture = opened(png(patches(levels_in(linear)), 8, 2, gAMA=struct.pack(">I", 100_000)))
    assert np.abs(patch_colours(picture.pixels) - CHART).max() <= 8


def test_primaries_of_a_png() -> None:
    levels = levels_in(Colours(ADOBE_RGB.primaries, 2.2))
    data = png(patches(levels), 8, 2, gAMA=struct.pack(">I", 45_455), cHRM=chrm(*ADOBE_XY))
    assert np.abs(patch_colours(opened(data).pixels) - CHART).max() <= 4


def test_srgbs_gamma_and_primaries_change_nothing() -> None:
    xy = (*SRGB.white, *SRGB.red, *SRGB.green, *SRGB.blue)
    data = png(patches(CHART), 8, 2, gAMA=struct.pack(">I", 45_455), cHRM=chrm(*xy))
    picture = opened(data)
    assert np.array_equal(patch_colours(picture.pixels), CHART)
    assert picture.may_be_handed_on


@pytest.mark.parametrize(
    "pieces",
    [
        {"cHRM": chrm(*[0] * 8)},
        {"cHRM": chrm(0.3127, 0.329, *[0.64, 0.33] * 3)},
        {"cHRM": chrm(0.9, 0.05, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)},
        {"gAMA": struct.pack(">I", 1)},
        {"gAMA": struct.pack(">I", 2**31 - 1)},
    ],
    ids=["all zero", "all one", "no white", "black", "white"],
)
def test_what_cannot_be_meant_is_a_warning(pieces: dict[str, bytes]) -> None:
    picture = opened(png(patches(CHART), 8, 2, **pieces))
    assert np.array_equal(patch_colours(picture.pixels), CHART)
    assert "sRGB was assumed" in picture.warnings[0]


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
def test_adobe_rgb_by_exif(image_format: str) -> None:
    image = Image.fromarray(patches(levels_in(ADOBE_RGB)))
    options: dict[str, Any] = {"lossless": True} if image_format == "WEBP" else {"subsampling": 0}
    picture = opened(saved(image, image_format, exif=adobe_exif(), quality=98, **options))
    assert np.abs(patch_colours(picture.pixels) - CHART).max() <= 8
    assert "Adobe RGB" in picture.warnings[0]


def test_colours_that_exif_does_not_name_are_a_warning() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    picture = opened(saved(Image.fromarray(patches(CHART)), "JPEG", exif=exif, quality=98))
    assert "not which" in picture.warnings[0]


def test_alpha_is_carried_over() -> None:
    rgba = np.dstack([patches(levels_in(Colours(P3))), np.full((48, 96), 77, np.uint8)])
    picture = opened(png(rgba, 8, 6, cICP=bytes([12, SRGB_CURVE, 0, 1])))
    assert np.abs(patch_colours(picture.pixels) - CHART).max() <= 8
    assert set(np.unique(picture.pixels[..., 3])) == {77}


@pytest.mark.parametrize("curve", [Curve.PQ, 1.0], ids=str)
@pytest.mark.parametrize("write", [wide_png, wide_avif, wide_heic])
def test_more_than_8_bits_are_used(write: Any, curve: Curve | float) -> None:
    """In 8 bits linear light and PQ show bands: several levels are missing in between."""
    ramp = np.arange(30, 226, dtype=np.uint8)[None, :, None].repeat(16, axis=0).repeat(3, axis=2)
    levels = exact_levels(Colours(P3, curve), ramp)
    picture = opened(write(levels, 12, 16 if curve is Curve.PQ else 8))
    assert np.abs(picture.pixels[8].astype(int) - ramp[8]).max() <= 2


def test_alpha_of_16_bits_is_carried_over() -> None:
    ramp = np.arange(0, 256, dtype=np.uint8)[None].repeat(3, axis=0)
    rgba = np.dstack([ramp, ramp, ramp, ramp[:, ::-1]]).astype(np.uint16) * 257
    picture = opened(png(rgba, 16, 6, cICP=bytes([12, SRGB_CURVE, 0, 1])))
    assert np.array_equal(picture.pixels[..., 3], ramp[:, ::-1])
    assert np.abs(picture.pixels[..., 0].astype(int) - ramp).max() <= 1


@given(st.integers(0, 255))
def test_the_narrow_range_is_widened(level: int) -> None:
    """Video's black is 16 and its white 235 (BT.2100, table 9)."""
    narrow = np.full((2, 2, 3), round(16 + level * 219 / 255), np.uint8)
    picture = opened(png(narrow, 8, 2, cICP=bytes([1, SRGB_CURVE, 0, 0])))
    assert np.abs(picture.pixels.astype(int) - level).max() <= 1


def test_a_profile_with_code_points_of_hdr_is_hdr() -> None:
    grey = CHART[1:, :3]
    image = Image.fromarray(patches(levels_in(Colours(BT2020, Curve.PQ), grey)))
    picture = opened(saved(image, "PNG", icc_profile=hdr_profile(PQ)))
    assert np.abs(patch_colours(picture.pixels) - grey).max() <= 3
    assert picture.warnings == (HDR_TOLD,)


def test_a_profile_with_code_points_of_sdr_is_taken_as_it_is() -> None:
    picture = opened(saved(Image.fromarray(patches(CHART)), icc_profile=hdr_profile(SRGB_CURVE)))
    assert np.array_equal(patch_colours(picture.pixels), CHART)
    assert picture.warnings == ()


def test_pq_by_the_name_of_a_profile() -> None:
    grey = CHART[1:, :3]
    levels = patches(levels_in(Colours(BT2020, Curve.PQ), grey))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    named = b"ITUR_2100_PQ_FULL\0\0" + zlib.compress(profile)
    picture = opened(png(levels, 8, 2, iCCP=named))
    assert np.abs(patch_colours(picture.pixels) - grey).max() <= 3
    assert picture.warnings == (HDR_TOLD,)
