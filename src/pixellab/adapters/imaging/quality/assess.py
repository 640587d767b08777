"""The quality report: how good a picture is technically.

Every part is 100 for no defect and falls smoothly towards 0; half way, at 50, the defect is plain
to see and a seller would take the photo again. The scale on which each is measured:

============  ==========================================  ===================================
part          figure                                      measured on
============  ==========================================  ===================================
blur          sigma of the sharpest edges (``blur``)      the view: about one megapixel
noise         sigma of luma and chroma noise (``noise``)  the view, and single pixels (chroma)
exposure      key and white point (``tone``)              the view
contrast      range of luma (``tone``)                    the view
colour_cast   colour of neutral things (``colour_cast``)  the view
blockiness    JPEG's grid as far as it is seen            single pixels: the grid is only there
              (``blockiness``)
============  ==========================================  ===================================

A view is what a person looks at, so a part means the same whatever the size of the file; what is
measured on single pixels as well is found in ``measurements``.
"""

from __future__ import annotations

from math import hypot

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.imaging.quality.blockiness import blocks_seen
from pixellab.adapters.imaging.quality.blur import blur_of
from pixellab.adapters.imaging.quality.colour_cast import colour_cast_of
from pixellab.adapters.imaging.quality.noise import (
    CHROMA_WEIGHT,
    chroma_noise_of,
    luma_noise_of,
    noise_sigma_viewed,
    sure_chroma_noise_of,
    sure_noise_viewed,
)
from pixellab.adapters.imaging.quality.tone import Tone, tone_of
from pixellab.adapters.imaging.quality.view import View, full_size_tiles
from pixellab.domain.pictures import Picture, QualityReport

# Where each part is 50, and how steeply it falls there.
BLUR_HALF, BLUR_STEEPNESS = 1.8, 3.0
"""Pixels of a one-megapixel view."""
NOISE_HALF, NOISE_STEEPNESS = 8.5, 2.5
"""8-bit levels in a one-megapixel view."""
KEY_HALF, KEY_STEEPNESS = 0.018, 2.0
"""Log-average luminance; a little over three stops below middle grey."""
WHITE_HALF, WHITE_STEEPNESS = 110.0, 6.0
"""Luma, 0 to 255."""
BLOWN_HALF, BLOWN_STEEPNESS = 0.35, 3.0
CONTRAST_HALF, CONTRAST_STEEPNESS = 85.0, 3.5
ENOUGH_CONTRAST = 185.0
"""Range of luma beyond which more is no better: a photo gains nothing by being pumped up."""
STUDIO_CONTRAST_HALF = 40.0
"""A white product on white, or a black one on black, needs less."""
CAST_HALF, CAST_STEEPNESS = 15.0, 3.0
"""CIELAB units."""
BLOCKINESS_HALF, BLOCKINESS_STEEPNESS = 1.3, 2.5

METHOD = "PixelLab 4"
"""Another number as soon as the same pixels may get another report."""
LEAST = 0.001
"""No part is taken for less, as its impairment would be infinite."""


def assess(picture: Picture) -> QualityReport:
    """Measure ``picture``: the score and its parts from 0 to 100, one decimal each.

    A part of 100 / (1 + x) has an impairment of x: 0 for none, 1 half way. People sum impairments
    up as a Minkowski metric (H. de Ridder, Minkowski-metrics as a combination rule for
    digital-image-coding impairments, SPIE 1666, 1992); with exponent 2, the score is
    100 / (1 + sqrt(sum of x^2)). So one defect alone makes the score what its part is, and the
    worst of several counts most: no score is above its worst part.

    A picture with transparency is judged as it shows on a white page, so a cut-out has one score in
    any format, and what is hidden does not count. The same pixels always give the same report.
    ``measurements`` has

    - ``noise_sigma``, ``noise_sigma_viewed``, ``chroma_noise_sigma``: 8-bit levels (``noise``)
    - ``blur_sigma``, ``blur_sigma_viewed``: pixels of the picture and of the view (``blur``)
    - ``blockiness``: 0.0 is none, or none that is seen (``blocks_seen``)
    - ``mean_luma``, ``black_point``, ``white_point``, ``contrast_range``: 0 to 255, and
      ``clipped_dark``, ``clipped_bright``, ``white_background``, ``black_background``, ``blown``:
      shares from 0 to 1, and ``key``: linear luminance from 0 to 1 (``tone``)
    - ``cast_a``, ``cast_b``: CIELAB; ``cast_confidence``: 0 to 1 (``colour_cast``)
    - ``megapixels``
    """
    pixels = _shown(picture.pixels)
    view, tiles = View.of(pixels), full_size_tiles(pixels)
    light, cast, grid = tone_of(view), colour_cast_of(view), blocks_seen(tiles)
    noise, noise_viewed, chroma = (
        luma_noise_of(tiles),
        noise_sigma_viewed(view),
        chroma_noise_of(tiles),
    )
    blur = blur_of(pixels, view, noise, noise_viewed)
    grain = hypot(
        sure_noise_viewed(view),
        CHROMA_WEIGHT * sure_chroma_noise_of(tiles) * min(1.0, 2 / (view.scale * view.rest)),
    )
    parts = {
        "blur": _falling(blur.viewed, BLUR_HALF, BLUR_STEEPNESS),
        "noise": _falling(grain, NOISE_HALF, NOISE_STEEPNESS),
        "exposure": _exposure(light),
        "contrast": _contrast(light),
        "colour_cast": _falling(cast.confidence * cast.strength, CAST_HALF, CAST_STEEPNESS),
        "blockiness": _falling(grid, BLOCKINESS_HALF, BLOCKINESS_STEEPNESS),
    }
    impairment = hypot(*(_impairment(part) for part in parts.values()))
    return QualityReport(
        score=round(100 / (1 + impairment), 1),
        measured_by=METHOD,
        **{name: round(part, 1) for name, part in parts.items()},
        measurements={
            "noise_sigma": round(noise, 3),
            "noise_sigma_viewed": round(noise_viewed, 3),
            "chroma_noise_sigma": round(chroma, 3),
            "blur_sigma": round(blur.sigma, 3),
            "blur_sigma_viewed": round(blur.viewed, 3),
            "blockiness": round(grid, 4),
            "mean_luma": round(light.mean_luma, 2),
            "black_point": light.black,
            "white_point": light.white,
            "contrast_range": light.contrast_range,
            "clipped_dark": round(light.clipped_dark, 5),
            "clipped_bright": round(light.clipped_bright, 5),
            "white_background": round(light.white_background, 5),
            "black_background": round(light.black_background, 5),
            "blown": round(light.blown, 5),
            "key": round(light.key, 5),
            "cast_a": round(cast.a, 2),
            "cast_b": round(cast.b, 2),
            "cast_confidence": round(cast.confidence, 3),
            "megapixels": round(picture.width * picture.height / 1e6, 3),
        },
    )


def _shown(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.shape[2] == 3:
        return pixels
    return on_white(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))


def _exposure(light: Tone) -> float:
    """Too dark: its brightest parts, and the frame as a whole; too bright: clipped things.

    A product in good light on a dark ground has bright parts, so the frame counts as far as they
    are dull: by the geometric mean of both impairments.
    """
    dark = _impairment(_rising(light.key, KEY_HALF, KEY_STEEPNESS))
    dull = _impairment(_rising(light.shown_white, WHITE_HALF, WHITE_STEEPNESS))
    blown = _falling(light.blown, BLOWN_HALF, BLOWN_STEEPNESS)
    return blown / (1 + dull + float(np.sqrt(dark * dull)))


def _contrast(light: Tone) -> float:
    studio = light.white_background > 0 or light.black_background > 0
    half = STUDIO_CONTRAST_HALF if studio else CONTRAST_HALF
    most = _rising(ENOUGH_CONTRAST, half, CONTRAST_STEEPNESS)
    return min(100.0, 100 * _rising(light.shown_range, half, CONTRAST_STEEPNESS) / most)


def _impairment(part: float) -> float:
    return 100 / max(part, LEAST) - 1


def _falling(figure: float, half: float, steepness: float) -> float:
    """100 at 0 and 50 at ``half``: the Hill curve, which K. Naka and W. Rushton (Journal of
    Physiology 185, 1966) found in the eye's answer to light."""
    return 100.0 / (1.0 + float((figure / half) ** steepness))


def _rising(figure: float, half: float, steepness: float) -> float:
    """0 at 0, 50 at ``half`` and towards 100: what ``_falling`` leaves."""
    return 100 - _falling(figure, half, steepness)
