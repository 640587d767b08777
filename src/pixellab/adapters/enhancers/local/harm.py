"""Whether fixes did harm, asked of what the estimators that led to them do not look at.

The colours of the product, what is clipped, the detail that faithfulness asks for, and the
texture that stands far above noise.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.measure_noise import Noise
from pixellab.adapters.enhancers.local.light.correct_light import NEUTRAL, Light
from pixellab.adapters.enhancers.local.light.ground import find_ground
from pixellab.adapters.enhancers.local.pixels.tiles import sample
from pixellab.adapters.imaging.blocks import block_means
from pixellab.adapters.imaging.colour_difference import colour_change
from pixellab.adapters.imaging.likeness.detail_kept import detail_kept
from pixellab.adapters.imaging.likeness.shown_product import lay
from pixellab.adapters.imaging.srgb import LUMINANCE, from_linear, to_linear

Pixels = NDArray[np.uint8]

PATCH = 16
"""Side, in sampled pixels, of the patches whose colours are compared: noise and
blocks average out."""
MEAN_CHANGE, MOST_CHANGE = 2.0, 5.0
"""CIEDE2000 of the product, on average and at MOST: beyond, another colour is seen."""
MOST = 95.0
"""Percentile."""
CLIPPED = 254
"""8-bit level from which on a channel is clipped."""
NEWLY_CLIPPED = 0.03
"""Share of the product; crisper edges of print alone may clip half of that."""
DETAIL_KEPT = 0.8
"""Share of the detail that tells most of the product; of 64 honest repairs the least was 0.91."""
SAMPLES = 512
"""At least so many pixels along the longest side are looked at, where there are as many."""

CROP, CROPS_PER_AXIS = 128, 4
"""Side, in pixels, and number of the crops whose texture is compared."""
BAND = 2.0
"""Standard deviation, in pixels of the halved picture, of the blur that texture stands out from."""
BLOCK = 16
FAR_ABOVE, LEAST_TEXTURE = 8.0, 4.0
"""Energy over the noise's own, and in squared 8-bit levels, from which on it is texture."""
FEWEST_BLOCKS = 8
KEPT = 0.6
"""Share of texture's energy that has to stay, in the block in the middle."""


def harm_done(before: Pixels, after: Pixels, light: Light) -> str | None:
    """What got worse, in a sentence; None if nothing. Both uint8 (H, W, 3) RGB.

    A change of colour is no harm where the light gave evidence for it (``light``); exposure and
    contrast may change lightness and nothing else.
    """
    one, other = _sampled(before), _sampled(after)
    ground = find_ground(one)
    product = np.ones((1, 1), np.uint8) if ground is None else ground.mask.astype(np.uint8)
    if light.gains == NEUTRAL:
        changes = _colour_changes(one, other, product, lightness=not light.corrects)
        if changes.mean() > MEAN_CHANGE or np.percentile(changes, MOST) > MOST_CHANGE:
            return "It would have changed the product's colours."
    if _clipped(other, product) > _clipped(one, product) + NEWLY_CLIPPED:
        return "It would have clipped highlights of the product."
    laid = lay(before, after)
    if laid is not None and detail_kept(laid) < DETAIL_KEPT:
        return "It would have taken detail from the product."
    return None


def takes_texture(before: Pixels, after: Pixels, noise: Noise) -> bool:
    """Whether removing ``noise`` took much of the texture that stands far above it."""
    energies = [
        (_texture(one), _texture(other))
        for one, other in zip(_crops(before), _crops(after), strict=True)
    ]
    had, has = (np.concatenate(each) for each in zip(*energies, strict=True))
    # White noise of sigma s has s / 2 in a picture halved by means.
    of_noise = (noise.luma[1] / 2) ** 2
    told = had > max(FAR_ABOVE * of_noise, LEAST_TEXTURE)
    if told.sum() < FEWEST_BLOCKS:
        return False
    return bool(np.median(has[told] / (had[told] - of_noise)) < KEPT)


def _colour_changes(
    before: Pixels, after: Pixels, product: Pixels, *, lightness: bool
) -> NDArray[Any]:
    """CIEDE2000 of each of the product's patches, its lightness made the same if not asked for."""
    height, width = before.shape[:2]
    size = (max(1, round(width / PATCH)), max(1, round(height / PATCH)))
    one, other = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (before, after))
    if not lightness:
        linear = to_linear(other)
        factor = (to_linear(one) @ LUMINANCE) / np.maximum(linear @ LUMINANCE, 1e-4)
        equal = from_linear(linear * factor[..., None])
        other = np.clip(np.rint(equal), 0, 255).astype(np.uint8)
    seen = cv2.resize(product, size, interpolation=cv2.INTER_NEAREST) > 0
    changes = colour_change(np.asarray(one, np.uint8), np.asarray(other, np.uint8))
    return changes[seen] if seen.any() else changes.ravel()


def _clipped(pixels: Pixels, product: Pixels) -> float:
    """Share of the product with a clipped channel."""
    clipped = pixels.max(axis=2) >= CLIPPED
    seen = cv2.resize(product, clipped.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return float(clipped[seen].mean()) if seen.any() else 0.0


def _sampled(pixels: Pixels) -> Pixels:
    """Some of the pixels, evenly spread."""
    step = max(1, max(pixels.shape[:2]) // SAMPLES)
    return np.ascontiguousarray(pixels[::step, ::step])


def _crops(pixels: Pixels) -> list[Pixels]:
    return sample(pixels, side=CROP, per_axis=CROPS_PER_AXIS)


def _texture(crop: Pixels) -> NDArray[Any]:
    """The energy of each block's texture, a few pixels wide, in squared 8-bit levels of luma."""
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    size = (max(1, crop.shape[1] // 2), max(1, crop.shape[0] // 2))
    half = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    band = half - cv2.GaussianBlur(half, (0, 0), BAND)
    if min(band.shape) < BLOCK:
        return np.empty(0)
    return np.asarray(block_means(np.asarray(band * band, np.float32), BLOCK).ravel())
