"""The square white canvas, with what it shows of a photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen

from pixellab.adapters.enhancers.local.cutout.matting import split_layers
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.pixels.transparency import OPAQUE
from pixellab.adapters.enhancers.local.segmentation.product_location import ProductLocation
from pixellab.adapters.enhancers.local.standardizing.photo_view import (
    Background,
    Box,
    PhotoView,
    bounds,
)
from pixellab.adapters.enhancers.local.standardizing.whiten import whitened
from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.marketplaces.profiles import Profile

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes

WHITE = 255
MAX_ENLARGEMENT = 2.0
"""A product is never drawn larger than this many times its size in the photo."""


@frozen(kw_only=True, eq=False)
class Canvas:
    """The standardized picture."""

    pixels: Bytes
    """uint8 (side, side, 3)."""
    box: Box
    """The product, in pixels of the canvas."""
    scale: float
    """From the photo to the canvas."""
    view: PhotoView

    @property
    def side(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def fill(self) -> float:
        """Longest side of the product, as a share of the canvas."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top) / self.side


def fit(view: PhotoView, wanted: Profile) -> tuple[int, float]:
    """(side of the canvas, factor from the photo to it).

    The canvas shrinks rather than enlarge the product; below the smallest canvas it is enlarged.
    """
    fill = 1.0 if view.background is Background.KEPT else wanted.fill
    side = int(np.clip(view.longest / fill, wanted.smallest, wanted.canvas))
    return side, min(fill * side / view.longest, MAX_ENLARGEMENT)


def render(pixels: Bytes, view: PhotoView, scale: float, side: int) -> tuple[Bytes, Box]:
    """The part of the photo that the canvas shows, at its size there, on white, and the product's
    box in it."""
    step = view.size[0] / view.grid[0], view.size[1] / view.grid[1]
    cut = _part_shown(view, scale, side, step)
    left, right = round(cut[0] * step[0]), round(cut[2] * step[0])
    top, bottom = round(cut[1] * step[1]), round(cut[3] * step[1])
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    part = pixels[top:bottom, left:right]
    box = _scaled_box(view.box, cut, size)
    if part.shape[2] == 4:
        alpha = np.ascontiguousarray(part[..., 3])
        shown = resized(on_white(part[..., :3], alpha), size)
        drawn = bounds(resized(alpha, size) > OPAQUE // 2)
        return shown, drawn or box
    shown = resized(part, size)
    if view.background is Background.KEPT or view.location is None:
        return shown, box
    return _cleaned(shown, view, view.location, cut, box)


def _part_shown(view: PhotoView, scale: float, side: int, step: tuple[float, float]) -> Box:
    """The part of the searched picture that the canvas has room for."""
    left, top, right, bottom = view.box
    half = side / scale / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return (
        max(0, int(x - half / step[0])),
        max(0, int(y - half / step[1])),
        min(view.grid[0], int(np.ceil(x + half / step[0]))),
        min(view.grid[1], int(np.ceil(y + half / step[1]))),
    )


def _scaled_box(box: Box, cut: Box, size: tuple[int, int]) -> Box:
    x, y = size[0] / (cut[2] - cut[0]), size[1] / (cut[3] - cut[1])
    left, right = round((box[0] - cut[0]) * x), round((box[2] - cut[0]) * x)
    top, bottom = round((box[1] - cut[1]) * y), round((box[3] - cut[1]) * y)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _cleaned(
    shown: Bytes, view: PhotoView, location: ProductLocation, cut: Box, box: Box
) -> tuple[Bytes, Box]:
    """``shown`` without its background, or with that made white, and the product's box."""
    part = np.s_[cut[1] : cut[3], cut[0] : cut[2]]
    behind = None
    if view.background is Background.WHITENED and location.plain is not None:
        plain = location.plain
        seen = evolve(plain, mask=plain.mask[part], surface=plain.surface[part])
        product = location.product[part] if location.found else ~seen.mask
        behind = whitened(shown, seen, product)
        if not location.found:
            return behind, box
    layers = split_layers(shown, location.likely_in(part))
    drawn = bounds(layers.alpha > OPAQUE // 2)
    return on_white(layers.foreground, layers.alpha, behind), drawn or box


def centred(shown: Bytes, box: Box, side: int) -> tuple[Bytes, Box]:
    """A white square with the middle of ``box`` in its middle."""
    height, width = shown.shape[:2]
    x, y = round(side / 2 - (box[0] + box[2]) / 2), round(side / 2 - (box[1] + box[3]) / 2)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, side), min(y + height, side)
    canvas = np.full((side, side, 3), WHITE, np.uint8)
    canvas[top:bottom, left:right] = shown[top - y : bottom - y, left - x : right - x]
    placed = box[0] + x, box[1] + y, box[2] + x, box[3] + y
    return canvas, placed
