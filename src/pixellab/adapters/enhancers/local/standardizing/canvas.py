"""The square white canvas, with what it shows of a photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import evolve, frozen

from pixellab.adapters.enhancers.local.cutout.matting import Layers, layers_by_alpha, split_layers
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.pixels.transparency import OPAQUE
from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated
from pixellab.adapters.enhancers.local.segmentation.product_location import ProductLocation
from pixellab.adapters.enhancers.local.standardizing.crumbs import without_crumbs, without_haze
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
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask

Sized = Callable[["Bytes", tuple[int, int]], "Bytes"]
"""Brings uint8 (height, width, 3) to a size, (width, height)."""
WHITE = 255
FAINT, OUTLINE = 2, 2
"""Alpha above which a pixel shows some of the product, and pixels beyond that count as its outline:
what compression changes beside an edge is no background."""
MAX_ENLARGEMENT = 2.0
"""A product is never drawn larger than this many times its size in the photo."""


@frozen(kw_only=True, eq=False)
class Canvas:
    """The standardized picture."""

    pixels: Bytes
    """uint8 (side, side, 3), or of another shape once it was laid out otherwise."""
    product: Mask | None
    """bool (height, width): where the product is, its outline included; None if not found."""
    box: Box
    """The product, in pixels of the canvas."""
    scale: float
    """From the photo to the canvas."""
    view: PhotoView

    @property
    def side(self) -> int:
        return int(max(self.pixels.shape[:2]))

    @property
    def fill(self) -> float | None:
        """Longest side of the product, as a share of the canvas; None if it was not found."""
        if self.product is None:
            return None
        left, top, right, bottom = self.box
        return max(right - left, bottom - top) / self.side


def fit(view: PhotoView, wanted: Profile, share: float = 1.0) -> tuple[int, float]:
    """(side of the canvas, factor from the photo to it).

    The canvas shrinks rather than enlarge the product; below the smallest canvas it is enlarged,
    and where that would go too far the canvas shrinks on, as far as the marketplace takes it.
    ``share`` of the product's longest side, as it was searched, is drawn.
    """
    fill = 1.0 if view.background is Background.KEPT else wanted.fill
    longest = share * view.longest
    side = int(np.clip(longest / fill, wanted.smallest, wanted.canvas))
    if fill * side / longest > MAX_ENLARGEMENT:
        side = max(wanted.least, int(MAX_ENLARGEMENT * longest / fill))
    return side, min(fill * side / longest, MAX_ENLARGEMENT)


@frozen(kw_only=True, eq=False)
class Shown:
    """What the canvas shows of a photo, at its size there, on white."""

    pixels: Bytes
    """uint8 (height, width, 3)."""
    alpha: Bytes | None
    """uint8 (height, width): how far each pixel is the product; None if it was not found."""
    box: Box
    """The product, in these pixels."""

    @property
    def longest(self) -> int:
        """Longest side of the product."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)


def render(
    pixels: Bytes, view: PhotoView, scale: float, side: int, sized: Sized, *, pure: bool
) -> Shown:
    """The part of the photo that the canvas shows; ``sized`` brings it to its size there.

    With ``pure`` no shadow stays round a product that was found.
    """
    step = view.size[0] / view.grid[0], view.size[1] / view.grid[1]
    cut = _part_shown(view, scale, side, step)
    left, right = round(cut[0] * step[0]), round(cut[2] * step[0])
    top, bottom = round(cut[1] * step[1]), round(cut[3] * step[1])
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    part = pixels[top:bottom, left:right]
    box = _scaled_box(view.box, cut, size)
    if part.shape[2] == 4:
        alpha = _seen(np.ascontiguousarray(part[..., 3]))
        shown = sized(on_white(part[..., :3], alpha), size)
        own = resized(alpha, size)
        drawn = bounds(own > OPAQUE // 2)
        return Shown(pixels=shown, alpha=own if drawn else None, box=drawn or box)
    shown = sized(np.ascontiguousarray(part), size)
    if view.background is Background.KEPT or view.location is None:
        return Shown(pixels=shown, alpha=None, box=box)
    return _cleaned(part, shown, view, view.location, cut, box, pure=pure)


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
    part_of_photo: Bytes,
    shown: Bytes,
    view: PhotoView,
    location: ProductLocation,
    cut: Box,
    box: Box,
    *,
    pure: bool,
) -> Shown:
    """``shown`` without its background, or with that made white."""
    part = np.s_[cut[1] : cut[3], cut[0] : cut[2]]
    behind = None
    if view.background is Background.WHITENED and location.plain is not None:
        plain = location.plain
        seen = evolve(plain, mask=plain.mask[part], surface=plain.surface[part])
        product = location.product[part] if location.found else ~seen.mask
        if not (pure and location.found):
            behind = whitened(shown, seen, product)
        if not location.found and behind is not None:
            told = resized(product.astype(np.uint8) * OPAQUE, shown.shape[1::-1])
            return Shown(pixels=behind, alpha=told, box=box)
    layers = _layers(part_of_photo, shown, location.likely_in(part))
    alpha = _seen(without_crumbs(without_haze(layers.alpha)))
    white = on_white(layers.foreground, alpha, behind)
    return Shown(pixels=white, alpha=alpha, box=bounds(alpha > OPAQUE // 2) or box)


def _layers(photo: Bytes, shown: Bytes, likely: Floats) -> Layers:
    """Those of ``shown``, with what is the product in the ``photo`` if that was enlarged.

    Lines that enlarging makes crisper, such as a shadow below the product, tear the outline.
    """
    layers = split_layers(shown, likely)
    size = shown.shape[1::-1]
    if photo.shape[1] >= size[0]:
        return layers
    alpha = resized(split_layers(np.ascontiguousarray(photo), likely).alpha, size)
    mostly = np.maximum(2 * alpha.astype(np.int16) - OPAQUE, 0).astype(np.uint8)
    if (mostly <= layers.alpha).all():
        return layers
    return layers_by_alpha(shown, np.maximum(layers.alpha, mostly))


def _seen(alpha: Bytes) -> Bytes:
    """``alpha`` without what is so faint that nobody sees it, yet makes white a level darker."""
    return np.where(alpha > FAINT, alpha, 0).astype(np.uint8)


def centred(shown: Shown, side: int) -> tuple[Bytes, Mask | None, Box]:
    """A white square with the product's middle in its middle, where the product is, and its box."""
    box = shown.box
    at = round(side / 2 - (box[0] + box[2]) / 2), round(side / 2 - (box[1] + box[3]) / 2)
    canvas = _placed(shown.pixels, at, np.full((side, side, 3), WHITE, np.uint8))
    placed = box[0] + at[0], box[1] + at[1], box[2] + at[0], box[3] + at[1]
    if shown.alpha is None:
        return canvas, None, placed
    seen = dilated(shown.alpha > FAINT, OUTLINE)
    return canvas, _placed(seen, at, np.zeros((side, side), np.bool_)), placed


def _placed(part: Any, at: tuple[int, int], canvas: Any) -> Any:
    """``canvas`` with ``part`` on it, its left upper corner at (x, y), as far as there is room."""
    (height, width), (x, y), side = part.shape[:2], at, len(canvas)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, side), min(y + height, side)
    canvas[top:bottom, left:right] = part[top - y : bottom - y, left - x : right - x]
    return canvas
