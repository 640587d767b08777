"""Puts exposure, white balance and contrast right, and lifts shadows that hide the product.

It is one curve per channel, and for shadows a gain that follows the local brightness. White
balance and exposure are gains in linear light (von Kries), contrast is a stretch of the sRGB values
that all channels share, so hues stay; highlights bend into a shoulder instead of clipping.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.lift_shadows import lift_shadows
from pixellab.adapters.imaging.srgb import from_linear, to_linear

Gains = tuple[float, float, float]

NEUTRAL: Gains = (1.0, 1.0, 1.0)
SHOULDER = 246.0
"""8-bit level from which values bend instead of clipping."""


@frozen(kw_only=True)
class Light:
    """What is to be done to the light, and the figures that say so."""

    gains: Gains = NEUTRAL
    """White balance: factors of linear R, G, B, the smallest 1."""
    exposure: float = 1.0
    """Factor of linear light."""
    black: float = 0.0
    stretch: float = 1.0
    """Contrast: the sRGB value v becomes (v - black) * stretch."""
    lift: float = 1.0
    """Exponent of the local brightness, at most 1; below 1 lifts shadows."""
    figures: Mapping[str, float] = field(factory=dict)

    @property
    def corrects(self) -> bool:
        return self.balances or self.exposure != 1 or self.stretch != 1 or self.lift != 1

    @property
    def balances(self) -> bool:
        return self.gains != NEUTRAL


def correct_light(pixels: NDArray[np.uint8], light: Light) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB in and out."""
    curves = _curves(light)
    if (curves != np.arange(256)[:, None]).any():
        pixels = np.asarray(cv2.LUT(pixels, curves[:, None, :]), np.uint8)
    return lift_shadows(pixels, light.lift) if light.lift < 1 else pixels


def describe(light: Light) -> str:
    """What ``light`` puts right, in a sentence for the photo's owner."""
    found = {
        "the colour cast was taken off": light.balances,
        f"the underexposed photo was made {np.log2(light.exposure):.1f} stops lighter": (
            light.exposure > 1
        ),
        "flat contrast was stretched": light.stretch != 1,
        "dark shadows were lifted": light.lift < 1,
    }
    text = "; ".join(each for each, true in found.items() if true)
    return f"{text[:1].upper()}{text[1:]}."


def toned(rgb: NDArray[np.uint8], light: Light) -> NDArray[np.uint8]:
    """uint8 (n, 3) R, G, B, with gains and contrast put right and shadows as they are."""
    return _curves(light)[rgb, [0, 1, 2]]


def _curves(light: Light) -> NDArray[np.uint8]:
    """uint8 (256, 3): what each value of R, G and B becomes."""
    gains = np.array(light.gains) * light.exposure
    values = np.arange(256.0)[:, None]
    levels = np.where(gains == 1, values, from_linear(to_linear(values) * gains))
    levels = (levels - light.black) * light.stretch
    if light.corrects:
        room = 255 - SHOULDER
        bent = SHOULDER + room * -np.expm1(-np.maximum(levels - SHOULDER, 0) / room)
        levels = np.where(levels > SHOULDER, bent, levels)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
