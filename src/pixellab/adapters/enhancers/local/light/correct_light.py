"""Puts exposure, white balance and contrast right, and lifts shadows that hide the product.

White balance and exposure are gains in linear light (von Kries), one curve per channel, whose
highlights bend into a shoulder instead of clipping. Contrast is a stretch of the lightness alone,
and shadows get a gain that follows the local brightness: both multiply R, G and B of a pixel alike,
so hue and saturation stay.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.lift_shadows import lift_shadows
from pixellab.adapters.enhancers.local.light.stretch_lightness import shouldered, stretch_lightness
from pixellab.adapters.imaging.srgb import from_linear, to_linear

Gains = tuple[float, float, float]

NEUTRAL: Gains = (1.0, 1.0, 1.0)


@frozen(kw_only=True)
class Light:
    """What is to be done to the light, and the figures that say so."""

    gains: Gains = NEUTRAL
    """White balance: factors of linear R, G, B, the smallest 1."""
    judged_by: str = "by the white point"
    """What ``gains`` were judged by."""
    exposure: float = 1.0
    """Factor of linear light."""
    black: float = 0.0
    stretch: float = 1.0
    """Contrast: the luma v, of 0 to 255, becomes (v - black) * stretch."""
    lift: float = 1.0
    """Exponent of the local brightness, at most 1; below 1 lifts shadows."""
    figures: Mapping[str, float] = field(factory=dict)
    remarks: tuple[str, ...] = ()
    """What was seen and left as it is, in sentences for the photo's owner."""

    @property
    def corrects(self) -> bool:
        return self.balances or self.exposure != 1 or self.stretch != 1 or self.lift != 1

    @property
    def balances(self) -> bool:
        return self.gains != NEUTRAL


def correct_light(pixels: NDArray[np.uint8], light: Light) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB in and out."""
    pixels = toned(pixels, light)
    return lift_shadows(pixels, light.lift) if light.lift < 1 else pixels


def describe(light: Light) -> str:
    """What ``light`` puts right and what it leaves, in sentences for the photo's owner."""
    found = {
        f"the colour cast was taken off, judged {light.judged_by}": light.balances,
        f"the underexposed photo was made {_stops(light.exposure)} lighter": light.exposure > 1,
        "flat contrast was stretched": light.stretch != 1,
        "dark shadows were lifted": light.lift < 1,
    }
    text = "; ".join(each for each, true in found.items() if true)
    done = (f"{text[:1].upper()}{text[1:]}.",) if text else ()
    return " ".join((*done, *light.remarks))


def _stops(exposure: float) -> str:
    stops = f"{np.log2(exposure):.1f}"
    return "a little" if stops == "0.0" else f"{stops} stops"


def toned(pixels: NDArray[np.uint8], light: Light) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB, with gains and contrast put right and shadows as they are."""
    curves = _curves(light)
    if (curves != np.arange(256)[:, None]).any():
        pixels = np.asarray(cv2.LUT(pixels, curves[:, None, :]), np.uint8)
    if light.stretch != 1:
        pixels = stretch_lightness(pixels, light.black, light.stretch)
    return pixels


def _curves(light: Light) -> NDArray[np.uint8]:
    """uint8 (256, 3): what each value of R, G and B becomes."""
    gains = np.array(light.gains) * light.exposure
    values = np.arange(256.0)[:, None]
    if (gains == 1).all():
        return np.tile(np.arange(256, dtype=np.uint8)[:, None], 3)
    levels = shouldered(np.where(gains == 1, values, from_linear(to_linear(values) * gains)))
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)
