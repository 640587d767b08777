"""From a coarse map of the product to its alpha and its own colours at full resolution.

In a small copy alpha is smoothed by a guided filter and stretched, a few times over: within each
small window alpha becomes a linear function of colour, which is the assumption of closed-form
matting (Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", 2008), and
each round lets it follow the picture's edges more closely. The functions of the last round are
then evaluated at full resolution. Along the outline the colours of product and background are
estimated from their surroundings, and the product's is freed of what the background added. Only
tiles that hold a piece of the outline are worked on.

Sources: the linear compositing model of Porter and Duff (1984); He, Sun and Tang, "Guided Image
Filtering" (2013) for a guide in colour, and He and Sun, "Fast Guided Filter" (2015) for finding its
coefficients in a small copy; Forte and Pitié, "Approximate Fast Foreground Colour Estimation"
(2021) for colours by normalized averages and their last correction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.guided import LinearModels
from pixellab.adapters.enhancers.local.scaling import resized

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.arrays import Bytes, Floats
GUIDE_SIDE, FINE_SIDE = 400, 800
"""Longest side in pixels of the copy in which alpha is found, and of the one, where the picture is
larger than that, in which the functions are found once more before they are evaluated."""
ROUNDS = 4
FINE_ROUNDS = 2
STRETCH, LAST_STRETCH = 0.15, 0.05
"""Alpha within this of 0 or 1 becomes that, in each round and in the last."""
TILE = 192
"""Side in pixels for pictures of USUAL_SIDE."""
MARGIN = 3
"""Margin of a tile, in radii: beyond it no window reaches."""
REACH = 2
"""Pixels of the small copy around the outline in which colours are still looked at."""
RADIUS, FAR_RADIUS = 3, 12
"""Pixels over which local colours are averaged: in the picture, and in its small copy."""
USUAL_SIDE = 1080
"""Longest side of a picture for which RADIUS is meant; edges of larger ones are wider."""
SURENESS = 4
"""The power of alpha by which colours count: the purest most."""
UNSURE = 60 / 255
"""Where both colours differ by so much, a pixel's own colour counts for half of its alpha."""
SOFT = 0.06
"""Alpha within this of 0 or 1 is noise."""
BESIDE = 2
"""Pixels around soft ones that may turn out to be soft, too."""
FAR_WEIGHT = 0.02
"""What colours from afar count where there are few samples nearby."""


@frozen(kw_only=True, eq=False)
class Layers:
    """A picture's product: pixels = alpha * foreground + (1 - alpha) * whatever is behind.

    ``alpha`` is uint8 (height, width); ``foreground`` is uint8 (height, width, 3), R, G, B.
    """

    alpha: Bytes
    foreground: Bytes


Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


def take_apart(rgb: Bytes, product: Floats) -> Layers:
    """The product of ``rgb``, uint8 (height, width, 3), at its full resolution.

    ``product`` is float32, of any size: how likely each place is the product, 0 to 1.
    """
    coarse = _start(rgb, product)
    alpha = np.where(coarse.alpha > 0.5, np.uint8(255), np.uint8(0))
    alpha = cv2.resize(alpha, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    foreground = rgb.copy()
    radius = round(RADIUS * max(1.0, max(rgb.shape[:2]) / USUAL_SIDE))
    for outer, inner in _tiles(coarse.alpha, rgb.shape[1::-1], radius):
        done = _refine(rgb, coarse, outer, radius)
        left, top, right, bottom = inner
        part = np.s_[top - outer[1] : bottom - outer[1], left - outer[0] : right - outer[0]]
        alpha[top:bottom, left:right] = done.alpha[part]
        foreground[top:bottom, left:right] = done.foreground[part]
    return Layers(alpha=alpha, foreground=foreground)


@frozen(kw_only=True, eq=False)
class _Coarse:
    """What is known of a small copy; float32, 0 to 1, alpha (height, width), colours with R, G, B.

    Alpha is, at each place, colour * ``slope`` + ``offset``.
    """

    alpha: Floats
    slope: Floats
    offset: Floats
    foreground: Floats
    background: Floats


def _start(rgb: Bytes, product: Floats) -> _Coarse:
    height, width = rgb.shape[:2]
    scale = min(1.0, GUIDE_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    guide = resized(rgb, size).astype(np.float32) / 255
    models = LinearModels(guide)
    alpha = cv2.resize(product, size, interpolation=cv2.INTER_LINEAR)
    for _ in range(ROUNDS - 1):
        alpha = _stretched(models.apply(*models.fit(alpha)), STRETCH)
    slope, offset = models.fit(alpha)
    alpha = _stretched(models.apply(slope, offset), LAST_STRETCH)
    half = cv2.resize(guide, _half(*size), interpolation=cv2.INTER_AREA)
    return _Coarse(
        alpha=alpha,
        slope=slope,
        offset=offset,
        foreground=_average(guide, alpha**SURENESS, half, FAR_RADIUS),
        background=_average(guide, (1 - alpha) ** SURENESS, half, FAR_RADIUS),
    )


def _stretched(alpha: Floats, margin: float) -> Floats:
    return np.asarray(((alpha - margin) / (1 - 2 * margin)).clip(0, 1))


def _tiles(alpha: Floats, size: tuple[int, int], radius: int) -> Iterator[tuple[Box, Box]]:
    """(box with margin, box) of each tile of a picture of ``size`` that the outline crosses."""
    height, width = alpha.shape
    kernel = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    levels = np.rint(alpha * 255).astype(np.uint8)
    edge = cv2.dilate(levels, kernel) != cv2.erode(levels, kernel)
    margin, side = MARGIN * radius, TILE * radius // RADIUS
    for top in range(0, size[1], side):
        for left in range(0, size[0], side):
            right, bottom = min(left + side, size[0]), min(top + side, size[1])
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


def _refine(rgb: Bytes, coarse: _Coarse, box: Box, radius: int) -> Layers:
    left, top, right, bottom = box
    pixels = rgb[top:bottom, left:right].astype(np.float32) / 255
    size, whole = (right - left, bottom - top), rgb.shape[1::-1]
    slope, offset = _functions(pixels, coarse, box, whole)
    alpha = _stretched(_dot(pixels, slope) + offset, LAST_STRETCH)
    half = _half(*size)
    near = _average(pixels, alpha**SURENESS, _sample(coarse.foreground, box, whole, half), radius)
    behind = _sample(coarse.background, box, whole, half)
    behind = _average(pixels, (1 - alpha) ** SURENESS, behind, radius)
    alpha = _projected(pixels, alpha, near, behind)
    a = cv2.merge([alpha, alpha, alpha])
    freed = near + a * (pixels - a * near - (1 - a) * behind)
    freed = np.where(a < 1, freed, pixels)
    return Layers(alpha=_bytes(alpha), foreground=_bytes(freed))


def _projected(pixels: Floats, alpha: Floats, near: Floats, behind: Floats) -> Floats:
    """Where along the line between both colours a pixel's own lies, as far as they differ."""
    line = near - behind
    squared = _dot(line, line)
    along = _dot(pixels - behind, line) / np.maximum(squared, 1e-6)
    trust = squared / (squared + UNSURE**2) * _edge(alpha)
    return np.asarray(alpha + trust * (_stretched(along, SOFT) - alpha))


def _edge(alpha: Floats) -> Floats:
    """1 where alpha is between 0 and 1, and next to that."""
    soft = ((alpha > SOFT) & (alpha < 1 - SOFT)).astype(np.float32)
    return np.asarray(cv2.dilate(soft, np.ones((2 * BESIDE + 1, 2 * BESIDE + 1), np.uint8)))


def _functions(
    pixels: Floats, coarse: _Coarse, box: Box, whole: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """(slope, offset) in ``box`` of a picture of the size ``whole``, where ``pixels`` are."""
    size = pixels.shape[1], pixels.shape[0]
    scale = FINE_SIDE / max(whole)
    if scale >= 1:
        return _sample(coarse.slope, box, whole, size), _sample(coarse.offset, box, whole, size)
    fine = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    guide = np.asarray(cv2.resize(pixels, fine, interpolation=cv2.INTER_AREA))
    models = LinearModels(guide)
    slope, offset = (_sample(each, box, whole, fine) for each in (coarse.slope, coarse.offset))
    for _ in range(FINE_ROUNDS):
        alpha = _stretched(models.apply(slope, offset), STRETCH)
        slope, offset = models.fit(alpha)
    enlarged = (cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in (slope, offset))
    slope, offset = enlarged
    return slope, offset


def _dot(one: Floats, other: Floats) -> Floats:
    return np.asarray(cv2.transform(one * other, np.ones((1, 3), np.float32)))


def _sample(picture: Floats, box: Box, whole: tuple[int, ...], size: tuple[int, int]) -> Floats:
    """What ``picture`` shows in ``box`` of a picture of the size ``whole``, at ``size``."""
    left, top, right, bottom = box
    x, y = picture.shape[1] / whole[0], picture.shape[0] / whole[1]
    across, down = (right - left) / size[0] * x, (bottom - top) / size[1] * y
    to_source = np.array(
        [[across, 0, left * x + across / 2 - 0.5], [0, down, top * y + down / 2 - 0.5]],
        np.float32,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, to_source, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def _half(width: int, height: int) -> tuple[int, int]:
    return max(1, width // 2), max(1, height // 2)


def _average(pixels: Floats, weight: Floats, fallback: Floats, radius: int) -> Floats:
    """Mean of ``pixels`` by ``weight`` around each pixel, and ``fallback`` where there is none.

    ``fallback`` has half the size of ``pixels``; at that size a box filter runs twice, which is
    nearly a Gaussian.
    """
    height, width = weight.shape
    half = _half(width, height)
    window = (radius + 1, radius + 1)
    weighted = cv2.multiply(pixels, cv2.merge([weight, weight, weight]))
    total = cv2.resize(weighted, half, interpolation=cv2.INTER_AREA)
    count = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    total = cv2.blur(cv2.blur(total, window), window)
    count = cv2.blur(cv2.blur(count, window), window) + FAR_WEIGHT
    mean = (total + FAR_WEIGHT * fallback) / count[..., None]
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _bytes(values: Floats) -> Bytes:
    return (values * 255 + 0.5).clip(0, 255).astype(np.uint8)
