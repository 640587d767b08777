"""Shadows that a product casts on a plain background, told from the product by their colour.

In a shadow the background's light is reduced by nearly the same factor in all channels (Horprasert,
Harwood and Davis, "A statistical approach for real-time robust background subtraction and shadow
detection", 1999), without texture of its own, and somewhere along its border it fades. What only
may be a shadow is left to the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
    from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
        PlainBackground,
    )
DEEPEST, FAINTEST = 0.15, 0.95
"""Least and largest share of the background's light that is left in a shadow."""
MAX_CORE = 0.45
"""Share of the light left in the darkest tenth of a shadow; lighter may be a shaded product."""
MAX_TINT = 0.12
"""Largest difference between the channels, as natural logarithms of what is left of them."""
TINT_PER_NOISE = 0.1
"""... and what noise of one CIELAB unit adds to that."""
FLOOR = 0.003
"""Light, of 1, that is added before logarithms are taken."""
NECK = 5
"""Ways narrower than this many pixels do not connect a shadow."""
INSIDE, MAX_TEXTURE = 4.0, 0.05
"""Mean change of the logarithm per pixel, so many pixels inside a shadow."""
MIN_DEPTH = 0.04
"""Share of the longest side that is a shadow's half width; others need no search of their own."""
WINDOW, SOFT_WIDTH, MIN_SOFT_SHARE = 11, 4.0, 0.3
"""Pixels over which a soft border's fade is measured, how wide that is, and how much of it is."""
MIN_REST = 0.4
"""Share of what stands out that is left to the product; less would be a product in its shade."""


def cast_shadow(rgb: Bytes, plain: PlainBackground) -> Mask:
    """The parts of what stands out from ``plain`` that are cast shadow.

    ``rgb`` is uint8 (height, width, 3), of the size of the masks in ``plain``.
    """
    surface = cv2.cvtColor(plain.surface, cv2.COLOR_LAB2RGB)
    left = np.log((_linear(rgb.astype(np.float32) / 255) + FLOOR) / (_linear(surface) + FLOOR))
    light = cv2.GaussianBlur(np.asarray(left.mean(axis=2), np.float32), (0, 0), 1)
    tint = left.max(axis=2) - left.min(axis=2)
    alike = cv2.blur(np.asarray(tint, np.float32), (3, 3)) < MAX_TINT + TINT_PER_NOISE * plain.noise
    alike &= (light > np.log(DEEPEST)) & (light < np.log(FAINTEST))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (NECK, NECK))
    steepness = np.hypot(
        cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 8),
        cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 8),
    )
    unlit = (alike & ~plain.lit).astype(np.uint8)
    count, labels = cv2.connectedComponents(cv2.morphologyEx(unlit, cv2.MORPH_OPEN, disc))
    lit = _outer(plain.lit)
    shadow = np.zeros(alike.shape, np.bool_)
    for part in range(1, count):
        region = labels == part
        if np.percentile(light[region], 10) > np.log(MAX_CORE):
            continue
        if _is_smooth(region, steepness) and _fades(region, lit, light, steepness):
            shadow |= region
    shadow = dilated(shadow, NECK) & (alike | plain.mask) & ~plain.lit | shadow
    product = ~plain.mask
    rest = product & ~shadow
    return shadow if rest.sum() > MIN_REST * product.sum() else np.zeros_like(shadow)


def _linear(encoded: Floats) -> Floats:
    """Light, 0 to 1, of sRGB values, 0 to 1 (IEC 61966-2-1)."""
    bright = ((np.maximum(encoded, 0) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, bright).clip(0, 1)


def _is_smooth(region: Mask, steepness: Floats) -> bool:
    """Whether the region is wide and without texture."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 3)
    if depth.max() < MIN_DEPTH * max(region.shape):
        return False
    return bool(steepness[depth >= INSIDE].mean() < MAX_TEXTURE)


def _fades(region: Mask, lit: Mask, light: Floats, steepness: Floats) -> bool:
    """Whether enough of the region's border with lit background is soft."""
    border = region & dilated(lit, NECK)
    steepest = cv2.dilate(steepness, np.ones((WINDOW, WINDOW), np.uint8))
    soft = _range(light) > SOFT_WIDTH * steepest
    return bool(border.any() and soft[border].mean() > MIN_SOFT_SHARE)


def _outer(lit: Mask) -> Mask:
    """``lit`` without what the product encloses: that may be print on it."""
    _, labels = cv2.connectedComponents(lit.astype(np.uint8))
    frame = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.isin(labels, frame) & lit


def _range(light: Floats) -> Floats:
    """By how much ``light`` changes around each pixel."""
    window = np.ones((WINDOW, WINDOW), np.uint8)
    return np.asarray(cv2.dilate(light, window) - cv2.erode(light, window))


def dilated(mask: Mask, pixels: int) -> Mask:
    """``mask`` and all that is within so many pixels of it."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return cv2.dilate(mask.astype(np.uint8), disc).astype(np.bool_)
