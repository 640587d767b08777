"""Where a picture has the colours of its ground, and where those of the product that was found.

Colours are counted in cells of CIELAB, smoothed over neighbouring cells, so that a colour is told
by how common it is on either side (histograms as in Swain and Ballard, "Color indexing", 1991).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.pixels.medians import medians
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
SIDE = 240
"""Longest side in pixels of the copy that is looked at."""
CELL, LEAST_LIGHT, LEAST_CHROMA = 6.0, 0.0, -96.0
"""Side of a cell in CIELAB units, and where cells begin; 96 covers sRGB but for pure blue."""
CELLS = 18, 32, 32
SMOOTH = 0.8
"""Standard deviation, in pixels, of the blur that averages noise."""
BORDER = 0.05
"""Share of the shorter side in which the ground's colours are counted."""
PRODUCT, DOUBTFUL, SURE = 0.5, 0.2, 0.8
"""Likelihoods from which a pixel is the product, may be, and is without doubt."""
APART = 2
"""Pixels around what may be the product that are not counted as ground."""
FEWEST = 50
"""Pixels of a ground whose colours are worth counting."""
DEEPEST = 6
"""Cells of lightness by which a shadow is darker than its ground, at most."""
HARDLY, MOST = 3.0, 0.95
"""Colour difference (CIE76) up to which colours of paper in soft light are one, and the share of a
border that has one where the ground is plain."""
COMMON = 0.001
"""Share of a side's pixels, around a colour, from which the colour is one of that side's."""
LIKER = 4.0
"""How many times as common on the product a colour is that tells of the product."""


@frozen(eq=False)
class Colours:
    """Of a copy of at most ``SIDE`` pixels, whatever the product in it is."""

    lab: Floats
    """(height, width, 3), CIELAB."""
    cells: Floats
    """(height, width): the number of each pixel's cell."""


@frozen(kw_only=True, eq=False)
class ColourMaps:
    """Of a copy of at most ``SIDE`` pixels; all arrays are (height, width)."""

    lab: Floats
    """(height, width, 3), CIELAB."""
    likely: Floats
    """0 to 1: how likely each place is the product."""
    product: Mask
    outside: Mask
    """What is surely not the product."""
    ground: Mask
    """Where colours, in shadow or not, are those along the picture's border beside the product;
    everywhere if hardly any of the border is beside it."""
    plain: bool
    """Whether hardly any of that border has another colour than most of it."""
    behind: Mask
    """Where colours are those of anything outside."""
    own: Mask
    """Where colours are more common on the product than outside."""
    foreign: Mask
    """Where colours are more common along that border than on the product."""
    cells: Floats
    """The number of each pixel's cell."""


def colours_of(rgb: Bytes) -> Colours:
    """Of ``rgb``, uint8 (height, width, 3)."""
    height, width = rgb.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.GaussianBlur(resized(rgb, size), (0, 0), SMOOTH).astype(np.float32) / 255
    lab: Floats = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    return Colours(lab, _cells(lab))


def colour_maps(colours: Colours, likely: Floats) -> ColourMaps:
    """Of a picture's ``colours`` and the ``likely`` product in it, of any size."""
    lab, cells = colours.lab, colours.cells
    seen = np.asarray(cv2.resize(likely, lab.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    outside = ~dilated(seen > DOUBTFUL, APART)
    rim = outside & _border(outside.shape)
    border = _counted(cells, rim)
    behind = np.maximum(border, _counted(cells, outside))
    own = _counted(cells, cv2.erode((seen > SURE).astype(np.uint8), np.ones((3, 3))) > 0)
    telling = np.maximum(LIKER * border, 2 * COMMON)
    foreign = border > np.maximum(LIKER * own, 2 * COMMON)
    few = rim.sum() < FEWEST
    ground = np.ones_like(outside) if few else np.take(_in_shade(border) > COMMON, cells)
    return ColourMaps(
        lab=lab,
        likely=seen,
        product=seen > PRODUCT,
        outside=outside,
        ground=ground,
        plain=bool(not few and _one_colour(lab[rim])),
        behind=np.take(behind > COMMON, cells),
        own=np.take(own > telling, cells),
        foreign=np.zeros_like(outside) if few else np.take(foreign, cells),
        cells=cells,
    )


def coloured_as(maps: ColourMaps, part: Mask) -> Mask:
    """Where colours are common in that ``part`` of the picture."""
    return np.asarray(np.take(_counted(maps.cells, part) > COMMON, maps.cells))


def _one_colour(lab: Floats) -> bool:
    """Whether most of ``lab`` (pixels, 3) is hardly apart from its median."""
    apart = np.sqrt(((lab - medians(lab)) ** 2).sum(axis=1))
    return bool((apart < HARDLY).mean() > MOST)


def _border(shape: tuple[int, ...]) -> Mask:
    band = max(2, round(BORDER * min(shape)))
    border = np.ones(shape, np.bool_)
    border[band:-band, band:-band] = False
    return border


def _cells(lab: Floats) -> Floats:
    """The number of each pixel's cell."""
    begin = LEAST_LIGHT, LEAST_CHROMA, LEAST_CHROMA
    light, first, second = (
        ((plane - np.float32(least)) / CELL).astype(np.intp).clip(0, most - 1)
        for plane, least, most in zip(cv2.split(lab), begin, CELLS, strict=True)
    )
    return np.asarray((light * CELLS[1] + first) * CELLS[2] + second)


def _counted(cells: Floats, where: Mask) -> Floats:
    """Share of the pixels ``where`` that are in each cell, spread over the neighbouring ones."""
    counts = np.bincount(cells[where], minlength=int(np.prod(CELLS))).astype(np.float32)
    shares = (counts / max(int(where.sum()), 1)).reshape(CELLS)
    for axis in range(3):
        shares = np.moveaxis(shares, axis, 0)
        spread = shares / 2
        spread[1:] += shares[:-1] / 4
        spread[:-1] += shares[1:] / 4
        shares = np.moveaxis(spread, 0, axis)
    return shares


def _in_shade(shares: Floats) -> Floats:
    """``shares``, each cell with the largest of those that are lighter by what shadows take."""
    darkest = shares.copy()
    for depth in range(1, DEEPEST + 1):
        darkest[:-depth] = np.maximum(darkest[:-depth], shares[depth:])
    return darkest
