"""Colours that a file declares otherwise than by an ICC profile come out in sRGB."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.decode.colour_spaces import SRGB, Colours, Curve, in_srgb
from pixellab.adapters.imaging.decode.declared_colours import ADOBE_RGB, CURVES, PRIMARIES
from pixellab.adapters.imaging.srgb import to_linear
from tests.adapters.imaging.decode.files import (
    CHART,
    opened,
    patch_colours,
    patches,
    png,
    saved,
)

P3, BT2020 = PRIMARIES[12], PRIMARIES[9]
SRGB_CURVE, PQ, HLG = 13, 16, 18
ADOBE_XY = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def levels_in(colours: Colours, chart: NDArray[np.uint8] = CHART) -> NDArray[np.uint8]:
    """What a file of ``colours`` has where sRGB has ``chart``, white being at 203 cd/m2."""
    matrix = np.linalg.inv(colours.primaries.to_xyz()) @ SRGB.to_xyz()
    light = np.clip(to_linear(chart) @ matrix.T, 0, 1)
    if colours.curve is Curve.SRGB:
        level = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    elif colours.curve is Curve.PQ:
        power = (light * 203 / 10_000) ** (2610 / 16384)
        level = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    else:
        assert isinstance(colours.curve, float)
        level = light ** (1 / colours.curve)
    return np.asarray(np.round(255 * level), np.uint8)


def with_nclx(data: bytes, primaries: int, transfer: int) -> bytes:
    """An AVIF or HEIC with other code points in place of its own."""
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def avif(pixels: NDArray[np.uint8], primaries: int, transfer: int) -> bytes:
    data = saved(Image.fromarray(pixels), "AVIF", quality=100, subsampling="4:4:4")
    return with_nclx(data, primaries, transfer)


def heic(pixels: NDArray[np.uint8], primaries: int, transfer: int) -> bytes:
    file = pillow_heif.from_pillow(Image.fromarray(pixels))
    out = io.BytesIO()
    file.save(
        out,
        quality=100,
        chroma=444,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=6,
        full_range_flag=1,
    )
    return out.getvalue()


def cicp(pixels: NDArray[np.uint8], primaries: int, transfer: int) -> bytes:
    return png(pixels, 8, 2, cICP=bytes([primaries, transfer, 0, 1]))


def chrm(*xy: float) -> bytes:
    return struct.pack(">8I", *(round(each * 100_000) for each in xy))


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


def test_lights_brighter_than_white_keep_their_order_and_hue() -> None:
    levels = np.arange(100, 256, dtype=np.uint8)
    ramp = np.stack([levels, levels * 0.8, levels * 0.8], axis=-1).astype(np.uint8)[None]
    shown = in_srgb(ramp.repeat(16, axis=0), Colours(BT2020, Curve.PQ))[0].astype(int)
    assert (np.diff(shown[:, 0]) >= 0).all()
    assert 200 < shown[150 - 100, 0] < 255
    assert (shown[:, 0] > shown[:, 1]).all()


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


def adobe_exif() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    return exif.tobytes()


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


def test_a_gain_map_is_said_to_be_dropped() -> None:
    data = saved(Image.fromarray(patches(CHART)), "JPEG")
    body = b"http://ns.adobe.com/xap/1.0/\0<x hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'/>"
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    picture = opened(data[:2] + segment + data[2:])
    assert "gain map" in picture.warnings[0]
    assert opened(data).warnings == ()


@given(
    colours=st.builds(
        Colours,
        st.sampled_from([P3, BT2020, ADOBE_RGB.primaries]),
        st.sampled_from([Curve.SRGB, 1.8, 2.2]),
    ),
    colour=st.tuples(*[st.integers(30, 255)] * 3),
)
def test_a_colour_of_srgb_comes_back_from_a_wider_space(
    colours: Colours, colour: tuple[int, int, int]
) -> None:
    chart = np.array([[colour]], np.uint8)
    back = in_srgb(levels_in(colours, chart), colours)
    assert np.abs(back.astype(int) - chart).max() <= 6


@given(st.integers(0, 255), st.sampled_from(list(PRIMARIES.values())))
def test_grey_stays_grey_in_every_primaries(level: int, primaries: Any) -> None:
    shown = in_srgb(np.full((1, 1, 3), level, np.uint8), Colours(primaries))[0, 0].astype(int)
    assert np.abs(shown - level).max() <= 1


@pytest.mark.parametrize("curve", sorted({*CURVES.values()}, key=str), ids=str)
def test_no_curve_makes_a_lighter_level_darker(curve: Curve | float) -> None:
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    assert (np.diff(in_srgb(ramp, Colours(curve=curve))[0, :, 1].astype(int)) >= 0).all()
