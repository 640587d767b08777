"""Runs a step over a picture tile by tile: bounded memory, both cores, no seams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.cores import cores
from pixellab.adapters.enhancers.local.pixels.regions import Region

TILE = 384
"""Side of a tile in pixels; one float32 plane of it stays in a core's level-2 cache."""

MAX_THREADS = 4

TileStep = Callable[[NDArray[np.uint8], Region], NDArray[np.uint8]]
"""Takes a tile with its margin and the rows and columns it stands for; answers it without."""


def map_tiles(
    pixels: NDArray[np.uint8],
    step: TileStep,
    *,
    margin: int,
    scale: int = 1,
    tile: int = TILE,
    threads: int | None = None,
) -> NDArray[np.uint8]:
    """``step`` applied everywhere: uint8 (H, W, 3) in, uint8 (H*scale, W*scale, 3) out.

    Each tile comes with ``margin`` more pixels on every side, mirrored at the picture's edges. A
    step that looks no further than the margin gives the same pixels whatever the tile's size.
    ``threads`` tiles are worked on at a time: by default one per core, MAX_THREADS at most.
    """
    height, width = pixels.shape[:2]
    out = np.empty((height * scale, width * scale, pixels.shape[2]), np.uint8)

    def work(where: Region) -> None:
        rows, columns = where
        out[_times(rows, scale), _times(columns, scale)] = step(
            _with_margin(pixels, rows, columns, margin), where
        )

    work_on(list(grid(height, width, tile)), work, threads=threads)
    return out


def work_on(
    places: Sequence[Region], work: Callable[[Region], None], *, threads: int | None = None
) -> None:
    """``work`` done on all ``places``; ``threads`` as for ``map_tiles``."""
    threads = min(threads or min(cores(), MAX_THREADS), len(places))
    if threads <= 1:
        for where in places:
            work(where)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, places))


def sample(
    pixels: NDArray[np.uint8], *, side: int, per_axis: int, grid: int = 1
) -> list[NDArray[np.uint8]]:
    """Up to ``per_axis`` squared full-resolution crops, evenly spread; views, not copies.

    They begin at multiples of ``grid`` pixels, and are smaller only where the picture is.
    """
    rows = _starts(pixels.shape[0], side, per_axis, grid)
    columns = _starts(pixels.shape[1], side, per_axis, grid)
    return [pixels[y : y + side, x : x + side] for y in rows for x in columns]


def _starts(length: int, side: int, count: int, grid: int) -> list[int]:
    count = max(1, min(count, length // side))
    spare = max(length - side, 0)
    return [int(spare * (i + 0.5) / count) // grid * grid for i in range(count)]


def grid(height: int, width: int, tile: int) -> Iterator[Region]:
    """Rows and columns of each tile of a picture of that size, none overlapping another."""
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            yield slice(y, min(y + tile, height)), slice(x, min(x + tile, width))


def _times(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)


def _with_margin(
    pixels: NDArray[np.uint8], rows: slice, columns: slice, margin: int
) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    top, bottom = max(rows.start - margin, 0), min(rows.stop + margin, height)
    left, right = max(columns.start - margin, 0), min(columns.stop + margin, width)
    missing = (
        margin - (rows.start - top),
        margin - (bottom - rows.stop),
        margin - (columns.start - left),
        margin - (right - columns.stop),
    )
    inner = pixels[top:bottom, left:right]
    if not any(missing):
        return inner
    return np.asarray(cv2.copyMakeBorder(inner, *missing, cv2.BORDER_REFLECT_101), np.uint8)
