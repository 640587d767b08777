"""From primaries and curves to sRGB: beside an independent library, and by laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.imaging.colour_difference import ciede2000
from pixellab.adapters.imaging.decode.colour_spaces import SRGB, Colours, Curve, in_srgb
from pixellab.adapters.imaging.decode.declared_colours import ADOBE_RGB, CURVES, PRIMARIES
from tests.adapters.imaging.decode.colour_files import (
    BT2020,
    P3,
    cicp,
    exact_levels,
    lab,
    levels_in,
    pq_levels,
)
from tests.adapters.imaging.decode.files import opened


def test_lights_brighter_than_white_keep_their_order_and_hue() -> None:
    levels = np.arange(100, 256, dtype=np.uint8)
    ramp = np.stack([levels, levels * 0.8, levels * 0.8], axis=-1).astype(np.uint8)[None]
    shown = in_srgb(ramp.repeat(16, axis=0), Colours(BT2020, Curve.PQ))[0].astype(int)
    assert (np.diff(shown[:, 0]) >= 0).all()
    assert 200 < shown[150 - 100, 0] < 255
    assert (shown[:, 0] > shown[:, 1]).all()


REFERENCE = [
    (12, 13, (208, 141, 182), (220, 137, 184)),
    (12, 13, (83, 79, 203), (84, 79, 211)),
    (9, 13, (83, 91, 78), (78, 92, 76)),
    (9, 13, (142, 136, 126), (146, 135, 125)),
    (9, 8, (167, 150, 91), (220, 201, 155)),
    (9, 8, (113, 27, 49), (212, 71, 122)),
    (1, 4, (75, 124, 99), (74, 125, 99)),
    (1, 4, (165, 205, 62), (166, 206, 60)),
    (9, 16, (130, 112, 103), (215, 127, 109)),
    (9, 16, (97, 61, 49), (124, 23, 21)),
    (12, 16, (72, 69, 94), (57, 51, 97)),
    (12, 16, (102, 91, 107), (116, 87, 125)),
    (9, 18, (77, 66, 51), (82, 63, 47)),
    (9, 18, (129, 129, 82), (141, 139, 82)),
    (11, 13, (177, 214, 71), (170, 216, 23)),
    (4, 4, (179, 135, 120), (198, 134, 118)),
    (5, 5, (98, 188, 26), (65, 174, 19)),
    (6, 13, (223, 42, 158), (218, 57, 158)),
]
"""Code points, levels, and sRGB's levels as colour-science 0.4.7 has them (Bradford's adaptation,
of HDR with white at 203 cd/m2), below the knee."""


@pytest.mark.parametrize(("primaries", "transfer", "levels", "expected"), REFERENCE)
def test_colours_are_those_of_an_independent_library(
    primaries: int, transfer: int, levels: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    picture = opened(cicp(np.full((8, 8, 3), levels, np.uint8), primaries, transfer))
    assert np.abs(picture.pixels[4, 4].astype(int) - expected).max() <= 1


@given(
    primaries=st.sampled_from([P3, BT2020, SRGB]),
    colour=st.tuples(*[st.integers(0, 255)] * 3),
)
def test_sdr_comes_back_from_pq_of_10_bits(primaries: Any, colour: tuple[int, int, int]) -> None:
    chart = np.array([[colour]], np.uint8)
    colours = Colours(primaries, Curve.PQ)
    tenth = np.round(exact_levels(colours, chart) * 1023).astype(np.uint16)
    back = in_srgb(tenth * np.uint16(64) + (tenth >> 4), colours).astype(int)
    # Dark channels of bright colours are where a level of PQ is several of sRGB.
    assert np.abs(back - chart).max() <= 6
    assert ciede2000(*(lab(each) for each in (back, chart))).max() <= 1


@given(
    peak=st.floats(203, 10_000),
    curve=st.just(Curve.PQ),
)
def test_white_is_bright_whatever_is_brighter(peak: float, curve: Curve) -> None:
    """255 where nothing is brighter than 203 cd/m2, and never less than 240."""
    light = np.full((14, 14, 3), 203 / 10_000)
    light[7:] = peak / 10_000
    shown = in_srgb(pq_levels(light), Colours(BT2020, curve)).astype(int)
    assert shown[0, 0].min() >= (254 if peak < 204 else 240)
    assert shown[-1, -1].min() >= 254


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
