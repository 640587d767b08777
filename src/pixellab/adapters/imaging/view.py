"""Two ways to look at a picture: reduced to the size it is viewed at, and samples as they are."""

from __future__ import annotations

from math import sqrt
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
    """A picture reduced, never enlarged, to at most one megapixel."""

    rgb: NDArray[np.uint8]
    """(h, w, 3), R, G, B in sRGB."""
    luma: NDArray[np.uint8]
    """(h, w), ITU-R BT.601 luma of ``rgb``."""
    opaque: NDArray[np.bool_]
    """(h, w), True where the picture is not transparent."""
    scale: float
    """Pixels of the picture per pixel of the view along one side; 1.0 or more."""

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> View:
        """The view of ``pixels``: uint8, (H, W, 3) or (H, W, 4), R, G, B and straight A."""
        height, width = pixels.shape[:2]
        scale = max(1.0, sqrt(height * width / VIEWED_PIXELS))
        reduced = _reduced(pixels, scale)
        rgb = np.ascontiguousarray(reduced[..., :3])
        opaque = np.ones(rgb.shape[:2], dtype=np.bool_)
        if reduced.shape[2] == 4:
            opaque = reduced[..., 3] >= OPAQUE
        return cls(rgb, luma_of(rgb), opaque, scale)


class Tile(NamedTuple):
    """A piece of a picture at its own size, and where it lies."""

    top: int
    left: int
    rgb: NDArray[np.uint8]
    """(h, w, 3), h and w at most 128."""


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
        Tile(top, left, np.ascontiguousarray(pixels[top : top + tall, left : left + wide, :3]))
        for top, left in places
    ]


def luma_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """ITU-R BT.601 luma, uint8 (H, W), of uint8 (H, W, 3) in the order R, G, B."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _reduced(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Area means; by halves as far as they go, which is several times faster."""
    size = (max(1, round(pixels.shape[1] / scale)), max(1, round(pixels.shape[0] / scale)))
    while min(pixels.shape[0] // 2 - size[1], pixels.shape[1] // 2 - size[0]) >= 0:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        even = pixels[: half[1] * 2, : half[0] * 2]
        pixels = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _tells(sample: NDArray[np.uint8]) -> bool:
    if sample.shape[2] == 4 and sample[..., 3].min() < OPAQUE:
        return False
    green = sample[..., 1]
    return bool(np.mean((green > CLIPPED_LOW) & (green < CLIPPED_HIGH)) >= MIN_UNCLIPPED)
