"""What is wrong with exposure, white balance, contrast and shadows, for who asks to correct it.

``judge_light`` is the careful one, for those who only ask for the best.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.balance import ON_REQUEST, white_balanced
from pixellab.adapters.enhancers.local.light.correct_light import Light, toned
from pixellab.adapters.enhancers.local.light.ground import find_ground, log_chromaticity
from pixellab.adapters.enhancers.local.light.neutral import gains_of, tint_at
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.imaging.quality.colour_cast import ColourCast, colour_cast
from pixellab.adapters.imaging.srgb import from_linear, to_linear
from pixellab.domain.requests import Task

Pixels = NDArray[np.uint8]
Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

VIEW_SIDE = 512
"""Longest side, in pixels, of the reduced picture on which light is judged: noise averages out."""
OPAQUE = 250

WHITE_POINT, BLACK_POINT = 99.5, 0.5
"""Percentiles, of the lightest channel and of luma, that stand for white and black."""
LIGHTEST = 99.9
"""Percentile that has to be dark, too, in an underexposed photo: a lack of light spares nothing."""
DARK = 222.0
"""Underexposed is what has nothing lighter (8-bit level)."""
HAZE_BLACK, HAZE_WHITE, HAZE_RAMP = 30.0, 216.0, 12.0
"""A darkest channel above is haze, and a lighter white point has no haze before it (8-bit levels):
a coloured thing is dark in one of its channels, while haze is grey. A white point by so much lower
is taken for haze in full; before, in proportion."""
LEAST_CONTRAST, CONTRAST_RAMP = 190.0, 20.0
"""A smaller span from the darkest channel to the white point is flat, and by so much less
stretched in full; before, in proportion."""
DIM_MEAN, DIM_RAMP = 75.0, 15.0
"""A lower mean luma has its shadows lifted, and one by so much lower in full."""
TARGET_WHITE, TARGET_BLACK = 240.0, 16.0
"""Where they are put, in 8-bit levels: room is left for glints and for deep shade."""
MAX_EXPOSURE = 4.0
"""Two stops, in linear light: below lies more noise than picture."""
HIGH_KEY_BLACK = 110.0
"""A picture with nothing darker than this shows pale things on purpose."""
BACKDROP_SHARE, BACKDROP_SPREAD = 0.35, 6.0
"""So much of the picture within so many 8-bit levels of its white is a backdrop: before a dim one
stands a pale product, underexposed, rather than haze."""
NEAR_CAST = 8.0
"""CIELAB distance in a*, b* within which pixels belong to the tinted neutral."""
EXPOSURE_RAMP = 0.08
"""How far below DARK, as a share of it, a photo is exposed in full; before, in proportion."""
MAX_STRETCH = 2.1
DEEP_BLACK, KEPT_BLACK = 50.0, 0.3
"""A darker black point is haze alone; of a lighter one, this share may be the picture's own."""
WELL_LIT = 100.0
"""Mean luma of an ordinary photo."""
STRONGEST_LIFT = 0.6


def measure_light(pixels: Pixels, task: Task, networks: Networks | None = None) -> Light:
    """What is wrong with uint8 (H, W, 3 or 4) RGB(A); what is transparent does not count.

    Its figures are 8-bit levels of the reduced picture, on another base than the quality report's:
    ``white_level`` of the lightest channel and ``black_level`` of luma, both with the colour cast
    taken off, ``mean_level`` of luma as it came; and ``cast``, in CIELAB chroma. Without
    ``networks`` colours are judged by a plain ground alone.
    """
    view = reduced(pixels)
    rgb = view[..., :3][view[..., 3] >= OPAQUE] if view.shape[2] == 4 else view.reshape(-1, 3)
    if not rgb.size:
        return Light()
    cast = colour_cast(view)
    light = asked_balance(pixels, cast, rgb, task)
    colours = np.ascontiguousarray(view[..., :3])
    ground = find_ground(colours)
    if task.white_at is None:
        light = white_balanced(light, ground, colours, networks, ON_REQUEST) or light
    balanced = toned(rgb[None], light)[0]
    lightness = lightest_channel(balanced)
    white = float(np.percentile(lightness, WHITE_POINT))
    lightest = float(np.percentile(lightness, LIGHTEST))
    black = float(np.percentile(luma_of(balanced), BLACK_POINT))
    haze = float(np.percentile(balanced.min(axis=1), BLACK_POINT))
    hazy = haze > HAZE_BLACK and black < HIGH_KEY_BLACK and white < HAZE_WHITE
    flat = hazy and white - haze < LEAST_CONTRAST
    backdrop = float((lightness >= white - BACKDROP_SPREAD).mean()) > BACKDROP_SHARE
    if flat and not (backdrop and lightest < DARK):
        sure = min(
            (LEAST_CONTRAST - white + haze) / CONTRAST_RAMP, (HAZE_WHITE - white) / HAZE_RAMP
        )
        sure = min(sure, 1.0)
        light = stretched(light, haze, white)
        light = evolve(light, stretch=light.stretch**sure, black=sure * light.black)
    elif 0 < lightest < DARK:
        light = exposed(light, white, min((DARK - lightest) / (EXPOSURE_RAMP * DARK), 1.0))
    mean = float(luma_of(toned(rgb[None], light)[0]).mean())
    if ground is not None:
        # A dark ground is meant: shadows are lifted for the product's sake.
        mean = max(mean, float(luma_of(toned(ground.product[None], light)[0]).mean()))
    if mean < DIM_MEAN:
        light = evolve(light, lift=lift_for(mean) ** min((DIM_MEAN - mean) / DIM_RAMP, 1.0))
    return evolve(light, figures=figures_of(rgb, white, black, cast))


def figures_of(rgb: Pixels, white: float, black: float, cast: ColourCast) -> dict[str, float]:
    """As ``measure_light`` documents them."""
    figures = {
        "white_level": white,
        "black_level": black,
        "mean_level": float(luma_of(rgb).mean()),
        "cast": cast.strength,
    }
    return {name: round(value, 1) for name, value in figures.items()}


def asked_balance(pixels: Pixels, cast: ColourCast, rgb: Pixels, task: Task) -> Light:
    """The white balance that ``task.white_at`` asks for, in full."""
    if task.white_at is None:
        return Light()
    if task.neutral_place is None:
        tint = _crowd(rgb, cast)
        return Light() if tint is None else Light(gains=gains_of(tint))
    tint = tint_at(pixels[..., :3], task.neutral_place)
    if tint is None:
        return Light(remarks=("The white point is too dark to judge the colour by.",))
    return Light(gains=gains_of(tint))


def stretched(light: Light, black: float, white: float) -> Light:
    """``light`` with contrast stretched from these black and white points, 8-bit levels of luma."""
    floor = TARGET_BLACK + KEPT_BLACK * max(black - DEEP_BLACK, 0)
    stretch = (max(TARGET_WHITE, white) - floor) / max(white - black, 1.0)
    stretch = min(stretch, MAX_STRETCH)
    return evolve(light, stretch=stretch, black=black - floor / stretch)


def exposed(light: Light, white: float, sure: float) -> Light:
    """``light`` with the exposure that this white point lacks, to the power of ``sure``."""
    gain = float(to_linear(TARGET_WHITE) / to_linear(white))
    return evolve(light, exposure=min(gain, MAX_EXPOSURE) ** sure)


def reduced(pixels: Pixels) -> Pixels:
    """As it is looked at: VIEW_SIDE pixels at most a side."""
    height, width = pixels.shape[:2]
    scale = min(1.0, VIEW_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _crowd(rgb: Pixels, cast: ColourCast) -> Plane | None:
    """The log-chromaticity of the pixels that crowd around the tinted neutral."""
    lab = cv2.cvtColor(rgb[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    tinted = np.hypot(lab[:, 1] - cast.a, lab[:, 2] - cast.b) < NEAR_CAST
    if not tinted.any():
        return None
    mean = to_linear(rgb[tinted]).mean(axis=0)
    return np.asarray(log_chromaticity(from_linear(mean)))


def lift_for(mean: float) -> float:
    """The exponent that brings the mean half way to that of an ordinary photo."""
    wanted = np.log((mean + WELL_LIT) / 2 / 255) / np.log(max(mean, 1.0) / 255)
    return float(np.clip(wanted, STRONGEST_LIFT, 1.0))


def lightest_channel(rgb: Pixels) -> Pixels:
    """uint8 (...), of uint8 (..., 3); several times as fast as numpy's maximum along an axis."""
    red, green, blue = (rgb[..., each] for each in range(3))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8).reshape(rgb.shape[:-1])


def luma_of(rgb: Pixels) -> Pixels:
    """ITU-R BT.601 luma, uint8 (n), of uint8 (n, 3)."""
    return np.asarray(cv2.cvtColor(rgb[None], cv2.COLOR_RGB2GRAY)[0], np.uint8)
