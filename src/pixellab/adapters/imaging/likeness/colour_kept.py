"""How far a product's colours moved, once other light is allowed for where the photo shows it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.colour_difference import ciede2000
from pixellab.adapters.imaging.likeness.shown_product import ShownProduct
from pixellab.adapters.imaging.quality.tone import tone
from pixellab.adapters.imaging.srgb import from_linear, to_linear

Pixels = NDArray[np.uint8]
Floats = NDArray[Any]

PATCHES = 48
"""Along the longest side: in a patch's mean, noise and the dots of compression cancel out."""
INSIDE = 0.6
"""Least share of a patch that is product in both."""
MOST, MOST_PER_MEAN = 95.0, 2.5
"""A percentile of the patches counts as much as their mean where it is so many times as large."""
LIGHT_GROUND = 45.0
"""CIELAB lightness from which on a plain ground tells of the light."""
LESS_TINT = 1.5
"""CIELAB chroma that a ground has lost if light was corrected."""
DARK, NO_DARKER = 0.75, 1.05
"""Share of white that the lightest things of a badly lit photo have at most; and the least factor
that is called more light."""
FADED = 150.0
"""Range of luma, of 255, below which a photo lacks contrast."""


def colour_moved(laid: ShownProduct) -> float:
    """CIEDE2000 of the product: the mean of its patches, or a share of the 95th percentile.

    Light that the photo shows to be wrong may change. A plain, light ground that lost tint says by
    which factors (J. von Kries, 1902), and a photo without white or contrast that it
    may have become lighter.
    """
    weights = laid.seen.astype(np.float32)
    one, other, share = (_patches(each, weights) for each in (laid.before, laid.after, None))
    seen = share >= min(INSIDE, float(share.max()))
    if not seen.any():
        return 0.0
    linear, linear_after = (to_linear(each[seen]) for each in (one, other))
    # A ground that was painted over lost its tint, too, so the light need not have changed.
    return min(
        _apart(_other_exposure(laid, lit, linear_after), linear_after)
        for lit in (linear, linear * _other_light(laid))
    )


def _apart(linear: Floats, linear_after: Floats) -> float:
    changes = ciede2000(_lab(linear), _lab(linear_after))
    return float(max(changes.mean(), np.percentile(changes, MOST) / MOST_PER_MEAN))


def _patches(pixels: Pixels | None, weights: NDArray[np.float32]) -> Floats:
    height, width = weights.shape
    scale = PATCHES / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    share = cv2.resize(weights, size, interpolation=cv2.INTER_AREA)
    if pixels is None:
        return np.asarray(share)
    weighed = pixels.astype(np.float32) * weights[..., None]
    mean = cv2.resize(weighed, size, interpolation=cv2.INTER_AREA)
    return np.asarray(mean / np.maximum(share, 1e-3)[..., None])


def _other_light(laid: ShownProduct) -> Floats:
    """The factors of linear R, G and B by which the light was corrected; 1 where it was not."""
    if laid.ground is None:
        return np.ones(3)
    before, after = laid.ground
    (lab,), (lab_after,) = (_lab(to_linear(each)[None]) for each in (before, after))
    lost = float(np.hypot(*lab[1:]) - np.hypot(*lab_after[1:]))
    if lab_after[0] < LIGHT_GROUND or lost < LESS_TINT:
        return np.ones(3)
    return np.asarray(np.maximum(to_linear(after), 1e-3) / np.maximum(to_linear(before), 1e-3))


def _other_exposure(laid: ShownProduct, before: Floats, after: Floats) -> Floats:
    """``before`` in as much more light as ``after`` is, if it was dark or faded."""
    light = tone(laid.before)
    is_dark = light.white < DARK * 255
    if not is_dark and light.contrast_range >= FADED:
        return before
    luminance, luminance_after = (each @ (0.2126, 0.7152, 0.0722) for each in (before, after))
    if is_dark:
        factor = float(np.median(luminance_after / np.maximum(luminance, 1e-4)))
        if factor < NO_DARKER:
            return before
        return before * factor
    if np.ptp(luminance) == 0:  # of a product that is all black, say, whose contrast tells nothing
        return before
    slope, offset = np.polyfit(luminance, luminance_after, 1)
    wanted = np.maximum(slope * luminance + offset, 0)
    return np.asarray(before * (wanted / np.maximum(luminance, 1e-4))[:, None])


def _lab(linear: Floats) -> Floats:
    levels = np.clip(from_linear(np.maximum(linear, 0)) / 255, 0, 1).astype(np.float32)
    return np.asarray(cv2.cvtColor(levels[:, None], cv2.COLOR_RGB2LAB)[:, 0])
