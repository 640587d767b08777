"""What is wrong with exposure, white balance, contrast and the depth of shadows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.correct_light import Light, toned
from pixellab.adapters.imaging.quality.colour_cast import colour_cast
from pixellab.adapters.imaging.srgb import to_linear

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

VIEW_SIDE = 512
"""Longest side, in pixels, of the reduced picture on which light is judged: noise averages out."""
OPAQUE = 250

WHITE_POINT, BLACK_POINT = 99.5, 0.5
"""Percentiles, of the lightest channel and of luma, that stand for white and black."""
LIGHTEST = 99.9
"""Percentile that has to be dark, too, in an underexposed photo: a lack of light spares nothing."""
TARGET_WHITE, TARGET_BLACK = 240.0, 16.0
"""Where they are put, in 8-bit levels: room is left for glints and for deep shade."""
MAX_EXPOSURE = 4.0
"""Two stops, in linear light: below lies more noise than picture."""
HIGH_KEY_BLACK = 110.0
"""A picture with nothing darker than this shows pale things on purpose."""
BACKDROP_SHARE, BACKDROP_SPREAD = 0.35, 6.0
"""So much of the picture within so many 8-bit levels of its white is a backdrop: before a dim one
stands a pale product, underexposed, rather than haze."""
SURE_OF_CAST = 0.55
NEAR_CAST = 8.0
"""CIELAB distance in a*, b* within which pixels belong to the tinted neutral."""
AGREEMENT = 0.5
"""Share of the tint that the highlights must have too: they do if the light had it, and do not if
only a backdrop has."""
RAMP = 0.45
"""How far past its limit, as a share of it, a tint is taken off in full; before, in proportion."""
EXPOSURE_RAMP = 0.06
"""The same for a white point below its limit."""
MAX_STRETCH = 2.1
DEEP_BLACK, KEPT_BLACK = 50.0, 0.3
"""A darker black point is haze alone; of a lighter one, this share may be the picture's own."""
WELL_LIT = 100.0
"""Mean luma of an ordinary photo."""
STRONGEST_LIFT = 0.6


@frozen
class Limits:
    """From where on light is taken for wrong."""

    white: float
    """Underexposed is what has nothing lighter (8-bit level)."""
    black: float
    """A black point above is haze (8-bit level)."""
    contrast: float
    """A smaller span from black to white point is flat."""
    haze: float
    """A lighter white point than this has no haze before it."""
    cast: float
    """A stronger tint, in CIELAB chroma, is a colour cast."""
    coloured: float
    """A yet stronger tint is the scene's own light or paint."""
    mean: float
    """A lower mean luma has its shadows lifted."""


PLAINLY_WRONG = Limits(white=182, black=40, contrast=175, haze=225, cast=9.5, coloured=30, mean=50)
"""Beyond what photographers do on purpose."""
ON_REQUEST = Limits(white=235, black=30, contrast=200, haze=240, cast=4, coloured=50, mean=85)
"""For those who ask for the light to be corrected."""


def measure_light(pixels: NDArray[np.uint8], limits: Limits) -> Light:
    """What is wrong with uint8 (H, W, 3 or 4) RGB(A); what is transparent does not count.

    Its figures are 8-bit levels of the reduced picture, on another base than the quality report's:
    ``white_level`` of the lightest channel and ``black_level`` of luma, both with the colour cast
    taken off, ``mean_level`` of luma as it came; and ``cast``, in CIELAB chroma.
    """
    view = _reduced(pixels)
    rgb = view[..., :3][view[..., 3] >= OPAQUE] if view.shape[2] == 4 else view.reshape(-1, 3)
    if not rgb.size:
        return Light()
    light, cast = _white_balance(view, rgb, limits)
    balanced = toned(rgb, light)
    lightness = balanced.max(axis=1)
    white = float(np.percentile(lightness, WHITE_POINT))
    lightest = float(np.percentile(lightness, LIGHTEST))
    black = float(np.percentile(_luma(balanced), BLACK_POINT))
    hazy = limits.black < black < HIGH_KEY_BLACK and white < limits.haze
    flat = hazy and white - black < limits.contrast
    backdrop = float((lightness >= white - BACKDROP_SPREAD).mean()) > BACKDROP_SHARE
    if flat and not (backdrop and lightest < limits.white):
        floor = TARGET_BLACK + KEPT_BLACK * max(black - DEEP_BLACK, 0)
        stretch = (max(TARGET_WHITE, white) - floor) / max(white - black, 1.0)
        stretch = min(stretch, MAX_STRETCH)
        light = evolve(light, stretch=stretch, black=black - floor / stretch)
    elif 0 < lightest < limits.white:
        gain = float(to_linear(TARGET_WHITE) / to_linear(white))
        sure = min((limits.white - lightest) / (EXPOSURE_RAMP * limits.white), 1.0)
        light = evolve(light, exposure=min(gain, MAX_EXPOSURE) ** sure)
    mean = float(_luma(toned(rgb, light)).mean())
    if mean < limits.mean:
        light = evolve(light, lift=_lift(mean))
    figures = {
        "white_level": white,
        "black_level": black,
        "mean_level": float(_luma(rgb).mean()),
        "cast": cast,
    }
    return evolve(light, figures={name: round(value, 1) for name, value in figures.items()})


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = min(1.0, VIEW_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _white_balance(
    view: NDArray[np.uint8], rgb: NDArray[np.uint8], limits: Limits
) -> tuple[Light, float]:
    """The gains that take a tint off, if the picture's neutrals and its highlights agree on one."""
    cast = colour_cast(view)
    strength = cast.strength
    if not limits.cast < strength < limits.coloured or cast.confidence < SURE_OF_CAST:
        return Light(), strength
    lab = cv2.cvtColor(rgb[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    tinted = np.hypot(lab[:, 1] - cast.a, lab[:, 2] - cast.b) < NEAR_CAST
    if not tinted.any():
        return Light(), strength
    neutrals = _log_chromaticity(to_linear(rgb[tinted]).mean(axis=0))
    highlights = _log_chromaticity(to_linear(np.percentile(rgb, WHITE_POINT, axis=0)))
    share = float(neutrals @ highlights / max(float(neutrals @ neutrals), 1e-9))
    if share < AGREEMENT:
        return Light(), strength
    sure = min((strength - limits.cast) / (RAMP * limits.cast), 1.0)
    gains = np.exp(-min(share, 1.0) * sure * neutrals)
    gains /= gains.min()
    return Light(gains=(float(gains[0]), float(gains[1]), float(gains[2]))), strength


def _log_chromaticity(rgb: Plane) -> Plane:
    logs = np.log(np.maximum(rgb, 1e-4))
    return np.asarray(logs - logs.mean())


def _lift(mean: float) -> float:
    """The exponent that brings the mean half way to that of an ordinary photo."""
    wanted = np.log((mean + WELL_LIT) / 2 / 255) / np.log(max(mean, 1.0) / 255)
    return float(np.clip(wanted, STRONGEST_LIFT, 1.0))


def _luma(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(rgb[None], cv2.COLOR_RGB2GRAY)[0], np.uint8)
