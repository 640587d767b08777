"""Two ways to look at a picture: reduced to the size it is viewed at, and samples as they are."""

from __future__ import annotations

from math import log2, sqrt
from typing import NamedTuple

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

VIEWED_PIXELS = 1_000_000
"""About what a product page shows; larger pictures are judged as if reduced to it."""
OPAQUE = 250
"""From this alpha on, of 255, a pixel counts."""
TILE = 128
TILES = 64
"""At most this many tiles, one megapixel together, stand for a picture's single pixels."""
PROBE = 8
"""Every 8th pixel tells whether a tile is worth looking at."""
CLIPPED_LOW, CLIPPED_HIGH = 1, 254
"""Luma at and beyond which noise and texture are cut off."""
MIN_UNCLIPPED = 0.25
"""Share of a tile that has to be unclipped."""


@frozen(eq=False)
class View:
    """A picture halved until it has about one megapixel: half of one to two; never enlarged.

    Halves only, because other reductions smooth noise and edges by amounts that depend on the
    ratio. What is left to one megapixel exactly is for the figures to be scaled by.
    """

    rgb: NDArray[np.uint8]
    """(h, w, 3), R, G, B in sRGB; white where the picture is transparent."""
    luma: NDArray[np.uint8]
    """(h, w), ITU-R BT.601 luma of ``rgb``."""
    opaque: NDArray[np.bool_]
    """(h, w), True where the picture is not transparent."""
    scale: float
    """Pixels of the picture per pixel of the view along one side: 1, 2, 4, ..."""
    rest: float
    """Pixels of the view per pixel of one with exactly one megapixel; 0.7 to 1.4. 1.0 for a
    picture of less, which is looked at as it is."""

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> View:
        """The view of ``pixels``: uint8, (H, W, 3) or (H, W, 4), R, G, B and straight A."""
        exact = max(1.0, sqrt(pixels.shape[0] * pixels.shape[1] / VIEWED_PIXELS))
        halvings = round(log2(exact))
        for _ in range(halvings):
            pixels = halved(pixels)
        rgb, opaque = visible_on_white(pixels)
        scale = 2.0**halvings
        return cls(rgb, luma_of(rgb), opaque, scale, exact / scale)


def visible_on_white(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """R, G, B with white wherever the picture is not opaque, and where it is opaque.

    The colour under transparency is arbitrary and must not count.
    """
    if pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels), np.ones(pixels.shape[:2], dtype=np.bool_)
    rgb = pixels[..., :3].copy()
    opaque = np.asarray(pixels[..., 3] >= OPAQUE)
    rgb[~opaque] = 255
    return rgb, opaque


class Tile(NamedTuple):
    """A piece of a picture at its own size, and where it lies."""

    top: int
    left: int
    rgb: NDArray[np.uint8]
    """(h, w, 3), h and w at most 128; white where the picture is transparent."""

    def cut(self, pixels: NDArray[np.uint8]) -> Tile:
        """What is in its place in ``pixels``, (H, W, 3)."""
        height, width = self.rgb.shape[:2]
        there = pixels[self.top : self.top + height, self.left : self.left + width]
        return Tile(self.top, self.left, np.ascontiguousarray(there))


def full_size_tiles(pixels: NDArray[np.uint8]) -> list[Tile]:
    """Up to 64 tiles of 128 x 128, opaque and not all clipped, spread evenly, in raster order.

    ``pixels`` is uint8, (H, W, 3 or 4), R, G, B, straight A. A picture smaller than a tile is one.
    """
    height, width = pixels.shape[:2]
    tall, wide = min(TILE, height), min(TILE, width)
    places = [
        (top, left)
        for top in range(0, height - tall + 1, tall)
        for left in range(0, width - wide + 1, wide)
        if _tells(pixels[top : top + tall : PROBE, left : left + wide : PROBE])
    ]
    if len(places) > TILES:
        places = [places[i] for i in np.linspace(0, len(places) - 1, TILES).astype(int)]
    return [
        Tile(top, left, visible_on_white(pixels[top : top + tall, left : left + wide])[0])
        for top, left in places
    ]


def luma_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """ITU-R BT.601 luma, uint8 (H, W), of uint8 (H, W, 3) in the order R, G, B."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of two by two pixels; an odd last row or column is left out, an only one kept."""
    height, width = pixels.shape[:2]
    even = pixels[: max(1, height // 2 * 2), : max(1, width // 2 * 2)]
    size = (max(1, width // 2), max(1, height // 2))
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _tells(sample: NDArray[np.uint8]) -> bool:
    if sample.shape[2] == 4 and sample[..., 3].min() < OPAQUE:
        return False
    green = sample[..., 1]
    return bool(np.mean((green > CLIPPED_LOW) & (green < CLIPPED_HIGH)) >= MIN_UNCLIPPED)
