"""From a coarse mask of the product to its alpha and its own colours at full resolution.

Level by level, each twice as fine: in a narrow band along the outline the colours of product and
background are estimated from their surroundings, a pixel's alpha is where its colour lies between
the two, and the product's colour is freed of what the background added. Only tiles that hold a
piece of the band are worked on.

Sources: the linear compositing model of Porter and Duff (1984); alpha as projection on the line
between both colours as in Ruzon and Tomasi (2000); local colours by normalized averages and the
last correction as in Forte and Pitié, "Approximate Fast Foreground Colour Estimation" (2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.scaling import resized

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.arrays import Bytes, Floats, Mask
TILE = 192
RADIUS = 6
"""Pixels of a level over which local colours are averaged."""
BAND = 3
"""Pixels of a level by which the coarser level's outline may be wrong."""
UNSURE = 10.0
"""Where both colours differ by no more than this (8-bit levels) the coarser alpha counts half."""
SOFT = 0.06
"""Alpha within this of 0 or 1 is noise."""
COARSE_WEIGHT = 0.02
"""What the coarser level's colours count where the level itself has few samples."""


@frozen(kw_only=True, eq=False)
class Layers:
    """A picture taken apart: pixels = alpha * foreground + (1 - alpha) * background.

    ``alpha`` is uint8 (height, width); the colours are uint8 (height, width, 3), R, G, B.
    """

    alpha: Bytes
    foreground: Bytes
    background: Bytes


Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


def take_apart(rgb: Bytes, product: Mask, unknown: Mask) -> Layers:
    """The layers of ``rgb`` at full resolution.

    ``product`` and ``unknown`` are masks of one smaller (or equal) size: what is product, and where
    that is uncertain. ``rgb`` is uint8 (height, width, 3).
    """
    height, width = product.shape
    small = resized(rgb, (width, height))
    layers = _start(small, product, unknown)
    for size in _sizes(layers.alpha.shape, rgb.shape):
        layers = _finer(resized(rgb, size), layers)
    return layers


def _sizes(start: tuple[int, ...], end: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """(width, height) of each level after the first, doubling, the last one the full picture."""
    factor = end[0] / start[0]
    levels = int(np.ceil(np.log2(factor) - 0.3)) if factor > 1 else 0
    for level in range(levels - 1, -1, -1):
        yield max(1, end[1] >> level), max(1, end[0] >> level)


def _start(rgb: Bytes, product: Mask, unknown: Mask) -> Layers:
    """The layers at the size of the masks. Nothing finer is known about ``unknown``."""
    pixels = rgb.astype(np.float32)
    half = cv2.resize(pixels, _half(rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_AREA)
    background = _average(pixels, ~product & ~unknown, half, 2 * RADIUS)
    contrast = np.abs(pixels - background).max(axis=2)
    # What differs most from the background is the surest product, also where that is thin.
    weight = (product | unknown) * np.minimum(contrast / 64, 1) ** 3
    foreground = _average(pixels, weight, half, RADIUS)
    prior = np.where(unknown, 0.5, product).astype(np.float32)
    alpha = np.where(unknown, _project(pixels, foreground, background, prior), prior)
    return Layers(
        alpha=_bytes(alpha * 255),
        foreground=_bytes(_freed(pixels, alpha, foreground, background)),
        background=_bytes(background),
    )


def _finer(rgb: Bytes, coarse: Layers) -> Layers:
    """The layers of ``rgb``, given those of a smaller copy of it."""
    size = rgb.shape[1::-1]
    alpha = cv2.resize(coarse.alpha, size, interpolation=cv2.INTER_LINEAR)
    foreground = rgb.copy()
    background = cv2.resize(coarse.background, size, interpolation=cv2.INTER_LINEAR)
    refined = alpha.copy()
    for box, inner in _tiles(coarse.alpha, size):
        left, top, right, bottom = inner
        done = _refine_tile(rgb, alpha, coarse, box)
        part = np.s_[top - box[1] : bottom - box[1], left - box[0] : right - box[0]]
        target = np.s_[top:bottom, left:right]
        refined[target] = done.alpha[part]
        foreground[target] = done.foreground[part]
        background[target] = done.background[part]
    return Layers(alpha=refined, foreground=foreground, background=background)


def _tiles(alpha: Bytes, size: tuple[int, int]) -> Iterator[tuple[Box, Box]]:
    """(box with margin, box) of each tile that the outline crosses."""
    height, width = alpha.shape
    kernel = np.ones((2 * BAND + 1, 2 * BAND + 1), np.uint8)
    edge = (cv2.dilate(alpha, kernel) != cv2.erode(alpha, kernel)).astype(np.uint8)
    margin = 2 * RADIUS + BAND
    for top in range(0, size[1], TILE):
        for left in range(0, size[0], TILE):
            right, bottom = min(left + TILE, size[0]), min(top + TILE, size[1])
            x0, x1 = left * width // size[0], -(-right * width // size[0])
            y0, y1 = top * height // size[1], -(-bottom * height // size[1])
            if edge[y0:y1, x0:x1].any():
                outer = (
                    max(left - margin, 0),
                    max(top - margin, 0),
                    min(right + margin, size[0]),
                    min(bottom + margin, size[1]),
                )
                yield outer, (left, top, right, bottom)


def _refine_tile(rgb: Bytes, alpha: Bytes, coarse: Layers, box: Box) -> Layers:
    left, top, right, bottom = box
    pixels = rgb[top:bottom, left:right].astype(np.float32)
    prior = alpha[top:bottom, left:right].astype(np.float32) / 255
    band = _band(prior)
    size = rgb.shape[1::-1]
    sure_background, sure_foreground = (prior < 0.5) & ~band, (prior >= 0.5) & ~band
    background = _average(pixels, sure_background, _sample(coarse.background, box, size), RADIUS)
    foreground = _average(pixels, sure_foreground, _sample(coarse.foreground, box, size), RADIUS)
    projected = _project(pixels, foreground, background, prior)
    fine = np.where(band, projected, prior >= 0.5).astype(np.float32)
    freed = _freed(pixels, fine, foreground, background)
    freed = np.where((band | (fine < 1))[..., None], freed, pixels)
    return Layers(alpha=_bytes(fine * 255), foreground=_bytes(freed), background=_bytes(background))


def _band(prior: Floats) -> Mask:
    """Where alpha is to be found anew: soft pixels and their neighbourhood."""
    kernel = np.ones((2 * BAND + 1, 2 * BAND + 1), np.uint8)
    soft = ((prior > 0.02) & (prior < 0.98)).astype(np.uint8)
    hard_edge = cv2.morphologyEx((prior >= 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, kernel)
    return np.asarray((cv2.dilate(soft, kernel) > 0) | (hard_edge > 0))


def _sample(picture: Bytes, box: Box, size: tuple[int, int]) -> Floats:
    """What ``picture`` shows in ``box`` of a picture of ``size``, at half the size of the box."""
    left, top, right, bottom = box
    width, height = _half(right - left, bottom - top)
    x, y = picture.shape[1] / size[0], picture.shape[0] / size[1]
    across, down = (right - left) / width * x, (bottom - top) / height * y
    to_source = np.array(
        [
            [across, 0, left * x + across / 2 - 0.5],
            [0, down, top * y + down / 2 - 0.5],
        ],
        np.float32,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(
        picture, to_source, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return part.astype(np.float32)


def _half(width: int, height: int) -> tuple[int, int]:
    return max(1, width // 2), max(1, height // 2)


def _average(pixels: Floats, weight: Floats | Mask, fallback: Floats, radius: int) -> Floats:
    """Mean of ``pixels`` by ``weight`` around each pixel, and ``fallback`` where there is none.

    ``fallback`` has half the size of ``pixels``; at that size a box filter runs twice, which is
    nearly a Gaussian.
    """
    height, width = weight.shape
    half = _half(width, height)
    window = (radius + 1, radius + 1)
    weight = weight.astype(np.float32)
    weighted = cv2.multiply(pixels, cv2.merge([weight, weight, weight]))
    total = cv2.resize(weighted, half, interpolation=cv2.INTER_AREA)
    count = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    total = cv2.blur(cv2.blur(total, window), window)
    count = cv2.blur(cv2.blur(count, window), window) + COARSE_WEIGHT
    mean = (total + COARSE_WEIGHT * fallback) / count[..., None]
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _project(pixels: Floats, foreground: Floats, background: Floats, prior: Floats) -> Floats:
    """Alpha by colour, 0 to 1, falling back on ``prior`` where both colours are alike."""
    line = foreground - background
    squared = np.einsum("ijk,ijk->ij", line, line)
    along = np.einsum("ijk,ijk->ij", pixels - background, line) / np.maximum(squared, 1)
    trust = squared / (squared + UNSURE**2)
    alpha = trust * np.clip(along, 0, 1) + (1 - trust) * prior
    return np.asarray(np.clip((alpha - SOFT) / (1 - 2 * SOFT), 0, 1))


def _freed(pixels: Floats, alpha: Floats, foreground: Floats, background: Floats) -> Floats:
    """The product's own colour: the local one, corrected by what the pixel itself tells."""
    a = alpha[..., None]
    return np.asarray(foreground + a * (pixels - a * foreground - (1 - a) * background))


def _bytes(values: Floats) -> Bytes:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
