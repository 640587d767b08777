"""From a coarse map of the product to its alpha and its own colours at full resolution.

``coarse_matte`` tells alpha as a function of colour in each small window, and how far colours tell
product and background apart there; as far as they don't, the outline is that of the map, smoothed.
At full resolution the colours of both are then estimated from their surroundings; alpha is where a
pixel's colour lies between both, and the product's colour is freed of what the background added.
Only tiles that hold a piece of the outline are worked on.

Sources: the linear compositing model of Porter and Duff (1984); Forte and Pitié, "Approximate Fast
Foreground Colour Estimation" (2021) for colours by normalized averages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.cutout.coarse_matting import (
    LAST_STRETCH,
    CoarseMatte,
    average,
    coarse_matte,
    stretched,
)
from pixellab.adapters.enhancers.local.cutout.guided_filter import values, weighted, with_ones
from pixellab.adapters.enhancers.local.pixels.cores import cores
from pixellab.adapters.enhancers.local.pixels.regions import (
    Region,
    Scale,
    enlarged,
    grown,
    within,
)
from pixellab.adapters.enhancers.local.pixels.tiles import MAX_THREADS, grid, work_on

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats
TILE = 160
"""Side of a tile in pixels, for pictures of USUAL_SIDE: its planes stay in a core's cache."""
RADIUS, FAR_RADIUS = 3, 9
"""Pixels over which colours are averaged: those nearby, and the purest ones."""
MOST_ADDED = 0.1
"""Share of the background's colour that the product's nearby colours may hold in a wide edge; what
lies further towards it is taken for the product's own pattern."""
AT_ONCE = 1_000_000
"""Pixels that are worked on at a time, at most, each of which takes some 200 bytes."""
MARGIN = 9
"""Pixels around a tile up to which it looks."""
USUAL_SIDE = 1080
"""Longest side of a picture for which these are meant; edges of larger ones are wider."""
UNSURE = 60 / 255
"""Where both colours differ by so much, a pixel's own colour counts for half of its alpha."""
SOFT = 0.03
"""Alpha within this of 0 or 1 is noise."""
BESIDE = 2
"""Pixels around soft ones that may turn out to be soft, too."""
RIDGE = 0.2
"""What a pixel's distance from its surroundings' colour costs, its own colour being explained."""


@frozen(kw_only=True, eq=False)
class Layers:
    """A picture's product: pixels = alpha * foreground + (1 - alpha) * whatever is behind.

    ``alpha`` is uint8 (height, width); ``foreground`` is uint8 (height, width, 3), R, G, B.
    """

    alpha: Bytes
    foreground: Bytes


def split_layers(rgb: Bytes, product: Floats) -> Layers:
    """The product of ``rgb``, uint8 (height, width, 3), at its full resolution.

    ``product`` is float32, of any size: how likely each place is the product, 0 to 1.
    """
    height, width = rgb.shape[:2]
    coarse = coarse_matte(rgb, product)
    alpha = np.where(coarse.alpha > 0.5, np.uint8(255), np.uint8(0))
    alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_NEAREST)
    foreground = rgb.copy()
    zoom = max(1.0, max(height, width) / USUAL_SIDE)

    def work(place: Region) -> None:
        outer = grown(place, round(MARGIN * zoom))
        inner = within(place, outer)
        done = _refine(rgb, coarse, outer, round(RADIUS * zoom))
        alpha[place], foreground[place] = done.alpha[inner], done.foreground[inner]

    tiles = grid(height, width, round(TILE * zoom))
    _work_on([place for tile in tiles if (place := coarse.unsure_in(tile))], work, zoom)
    return Layers(alpha=alpha, foreground=foreground)


def layers_by_alpha(rgb: Bytes, alpha: Bytes) -> Layers:
    """The product of ``rgb``, uint8 (height, width, 3), under an ``alpha`` that is known.

    ``alpha`` is uint8 (height, width) and stays as it is; where it is soft, the product's colours
    are freed of the background's.
    """
    height, width = alpha.shape
    product = alpha.astype(np.float32) * np.float32(1 / 255)
    coarse = coarse_matte(rgb, product)
    foreground = rgb.copy()
    zoom = max(1.0, max(height, width) / USUAL_SIDE)

    def work(tile: Region) -> None:
        if not ((alpha[tile] > 0) & (alpha[tile] < 255)).any():
            return
        outer = grown(tile, round(MARGIN * zoom))
        pixels, share = with_ones(rgb[outer]), product[outer]
        near, behind = _coarse_colours(coarse, outer, pixels.shape)
        near = average(pixels, share, near, round(RADIUS * zoom))
        behind = average(pixels, 1 - share, behind, round(RADIUS * zoom))
        own = _own_colours(rgb[outer], share, near, near - behind, pixels - behind)
        foreground[tile] = own[within(tile, outer)]

    _work_on(list(grid(height, width, round(TILE * zoom))), work, zoom)
    return Layers(alpha=alpha, foreground=foreground)


def _work_on(places: list[Region], work: Callable[[Region], None], zoom: float) -> None:
    """``work`` on all ``places``, several at a time where their planes take little memory."""
    most = AT_ONCE // round(TILE * zoom) ** 2
    work_on(places, work, threads=max(1, min(most, MAX_THREADS, cores())))


def _refine(rgb: Bytes, coarse: CoarseMatte, place: Region, radius: int) -> Layers:
    pixels = with_ones(rgb[place])
    functions, bounds, begin = coarse.around(place)
    functions, bounds = (
        enlarged(each, place, coarse.scale, begin, pixels.shape) for each in (functions, bounds)
    )
    outline = enlarged(coarse.outline, place, coarse.scale, (0, 0), pixels.shape)
    told = enlarged(coarse.told, place, _half(coarse), (0, 0), pixels.shape)
    least, most = np.minimum(bounds[..., 0], outline), np.maximum(bounds[..., 1], outline)
    near, behind = _coarse_colours(coarse, place, pixels.shape)
    alpha = stretched(values(functions, pixels), LAST_STRETCH).clip(least, most)
    alpha = outline + told * (alpha - outline)
    behind = average(pixels, 1 - alpha, behind, radius)
    near = _near_colours(pixels, alpha, near, behind, radius)
    line, apart = near - behind, pixels - behind
    along = _projected(alpha, line, apart).clip(least, most)
    alpha = alpha + told * (along - alpha)
    own = _own_colours(rgb[place], alpha, near, line, apart)
    return Layers(alpha=_bytes(alpha), foreground=own)


def _near_colours(
    pixels: Floats, alpha: Floats, coarse: Floats, behind: Floats, radius: int
) -> Floats:
    """The product's colours around each pixel.

    In a wide edge none nearby is pure. So what they are nearer to the background than the purest
    ones further off is taken away.
    """
    around = np.ones((2 * radius - 1, 2 * radius - 1), np.uint8)
    pure = cv2.erode(alpha, around)
    far = average(pixels, np.asarray(pure), coarse, FAR_RADIUS * radius // RADIUS)
    near = average(pixels, alpha, far, radius)
    line = behind - far
    added = values(near - far, line) / np.maximum(values(line, line), 1e-4)
    near -= weighted(line, added.clip(0, MOST_ADDED))
    return near


def _coarse_colours(
    coarse: CoarseMatte, place: Region, shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """The product's and the background's around ``place``, in ``shape``."""
    near, behind = (
        enlarged(each, place, _half(coarse), (0, 0), shape)
        for each in (coarse.foreground, coarse.background)
    )
    return near, behind


def _half(coarse: CoarseMatte) -> Scale:
    """From the picture to the colours of ``coarse``."""
    return coarse.scale[0] / 2, coarse.scale[1] / 2


def _own_colours(rgb: Bytes, alpha: Floats, near: Floats, line: Floats, apart: Floats) -> Bytes:
    """What ``rgb`` shows of the product, without what shines through it.

    Its colours are ``apart`` from those of the background; the product's, ``near``, are at the
    other end of the ``line`` from there.
    """
    added = weighted(line, alpha)
    np.subtract(apart, added, out=added)
    freed = weighted(added, alpha / (alpha * alpha + RIDGE))
    freed += near
    own = cv2.cvtColor(_bytes(freed), cv2.COLOR_RGBA2RGB)
    return np.asarray(cv2.copyTo(rgb, (alpha == 1).astype(np.uint8), own))


def _projected(alpha: Floats, line: Floats, apart: Floats) -> Floats:
    """Where along the ``line`` between both colours a pixel's own lies, as far as they differ.

    It is so far ``apart`` from the background's.
    """
    squared = values(line, line)
    along = values(apart, line) / np.maximum(squared, 1e-6)
    trust = squared / (squared + UNSURE**2) * _edge(alpha)
    return np.asarray(alpha + trust * (stretched(along, SOFT) - alpha))


def _edge(alpha: Floats) -> Floats:
    """1 where alpha is between 0 and 1, and next to that."""
    soft = ((alpha > SOFT) & (alpha < 1 - SOFT)).astype(np.float32)
    return np.asarray(cv2.dilate(soft, np.ones((2 * BESIDE + 1, 2 * BESIDE + 1), np.uint8)))


def _bytes(plane: Floats) -> Bytes:
    return np.asarray(cv2.addWeighted(plane, 255, plane, 0, 0, dtype=cv2.CV_8U))
