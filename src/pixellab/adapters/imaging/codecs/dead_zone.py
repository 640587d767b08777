"""A JPEG encoder's dead zone, widened: faint detail that costs more bytes than it shows.

libjpeg rounds each coefficient to the nearest step. One just above half a step becomes a whole one,
which is expensive to write and hardly nearer to the truth than zero. Zeroing those first saved
about 4% of the bytes at equal SSIM on the photos it was tuned on, and as much at equal
SSIMULACRA 2. It is done here on the pixels that are given to libjpeg, whose own transform then
finds zeros.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

LUMA_ZONE, CHROMA_ZONE = 0.68, 0.60
"""Coefficients smaller than this share of a step become zero; plain rounding is 0.5. Found by trial
together with the tables' rise."""
BLOCK = 8
TILE_ROWS, TILE_COLUMNS = 256, 2048
"""Pixels transformed at a time: they stay in the processor's cache, and the products stay so small
that numpy's BLAS does not start threads of its own."""


def thinned(
    pixels: Pixels, luma_table: list[int], chroma_table: list[int], *, full_chroma: bool
) -> Image.Image:
    """Uint8 RGB (height, width, 3) as a YCbCr image without what the dead zone swallows.

    Each table has 64 steps, row by row. Unless ``full_chroma``, chroma comes back as halved and
    doubled again: libjpeg's own halving finds the same values.
    """
    zone = LUMA_ZONE * _square(luma_table)
    chroma_zone = CHROMA_ZONE * _square(chroma_table)
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb))
    planes = [_zeroed(np.asarray(luma, np.uint8), zone)]
    for chroma in (blue, red):
        plane = np.asarray(chroma, np.uint8)
        planes.append(
            _zeroed(plane, chroma_zone) if full_chroma else _zeroed_at_half(plane, chroma_zone)
        )
    # Not Image.merge, which keeps Python's lock: 0.1 s for 60 megapixels.
    whole = np.asarray(cv2.merge(planes), np.uint8)
    size = whole.shape[1], whole.shape[0]
    return Image.frombytes("YCbCr", size, whole.data)


def _square(table: list[int]) -> Plane:
    return np.array(table, np.float32).reshape(BLOCK, BLOCK)


def _zeroed_at_half(plane: Pixels, zone: Plane) -> Pixels:
    height, width = plane.shape
    even = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    half = _zeroed(np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.uint8), zone)
    # Not numpy's repeat, which keeps Python's lock: 0.2 s for 60 megapixels.
    doubled = cv2.resize(half, (even.shape[1], even.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(doubled[:height, :width], np.uint8)


def _zeroed(plane: Pixels, zone: Plane) -> Pixels:
    """Without the coefficients, but for the constant one, below ``zone``."""
    height, width = plane.shape
    down, right = -height % BLOCK, -width % BLOCK
    whole = cv2.copyMakeBorder(plane, 0, down, 0, right, cv2.BORDER_REPLICATE)
    threshold = zone.copy()
    threshold[0, 0] = 0
    for top in range(0, whole.shape[0], TILE_ROWS):
        for left in range(0, whole.shape[1], TILE_COLUMNS):
            tile = whole[top : top + TILE_ROWS, left : left + TILE_COLUMNS]
            tile[:] = _zeroed_tile(tile.astype(np.float32), threshold)
    return np.ascontiguousarray(whole[:height, :width], np.uint8)


def _zeroed_tile(tile: Plane, threshold: Plane) -> Pixels:
    """Forward transform, threshold, inverse, rounded."""
    height = tile.shape[0]
    coefficients = _along_columns(COSINES, _transposed(_along_columns(COSINES, tile)))
    blocks = coefficients.reshape(-1, BLOCK, height)
    # They lie transposed here, with a block's rows side by side.
    blocks *= np.abs(blocks) >= np.tile(threshold.T, (1, height // BLOCK))
    back = _along_columns(COSINES.T, _transposed(_along_columns(COSINES.T, coefficients)))
    return np.clip(np.rint(back, out=back), 0, 255, out=back).astype(np.uint8)


def _transposed(plane: Plane) -> Plane:
    return np.asarray(cv2.transpose(plane), np.float32)


def _along_columns(matrix: Plane, plane: Plane) -> Plane:
    """``matrix`` times every 8 rows of ``plane``."""
    return (matrix @ plane.reshape(-1, BLOCK, plane.shape[1])).reshape(plane.shape)


def _cosines() -> Plane:
    """The orthonormal 8-point DCT-II, a row per frequency (ITU-T T.81, A.3.3)."""
    at = np.arange(BLOCK)
    rows = 0.5 * np.cos((2 * at[None] + 1) * at[:, None] * np.pi / 16)
    rows[0] = np.sqrt(1 / BLOCK)
    return rows.astype(np.float32)


COSINES = _cosines()
