"""What JPEG does to a picture: 8 x 8 DCTs, and the steps that libjpeg quantizes them with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""float32, (H, W)."""

BLOCK = 8

_FREQUENCY, _POSITION = np.mgrid[:BLOCK, :BLOCK]
_DCT = (
    np.sqrt(np.where(_FREQUENCY == 0, 1, 2) / BLOCK)
    * np.cos((2 * _POSITION + 1) * _FREQUENCY * np.pi / (2 * BLOCK))
).astype(np.float32)
"""The orthonormal DCT-II of JPEG (ITU-T T.81 A.3.3)."""


def dct_blocks(plane: Plane) -> Plane:
    """(8r, 8c) to (r, 8, c, 8): block row, vertical frequency, block column, horizontal."""
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    strips = np.matmul(_DCT, plane.reshape(rows, BLOCK, columns * BLOCK))
    across = np.matmul(strips.reshape(rows * BLOCK, columns, BLOCK), _DCT.T)
    return np.asarray(across.reshape(rows, BLOCK, columns, BLOCK))


def undo_dct(coefficients: Plane) -> Plane:
    """What undoes ``dct_blocks``."""
    rows, _, columns, _ = coefficients.shape
    across = np.matmul(coefficients.reshape(rows * BLOCK, columns, BLOCK), _DCT)
    strips = np.matmul(_DCT.T, across.reshape(rows, BLOCK, columns * BLOCK))
    return np.asarray(strips.reshape(rows * BLOCK, columns * BLOCK))


# ITU-T T.81, annex K.1 and K.2: the tables that libjpeg scales by quality.
_LUMA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_CHROMA = np.full((BLOCK, BLOCK), 99)
_CHROMA[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def luma_steps(quality: int) -> Plane:
    """The quantizer's steps for luma at this quality: (8, 8), vertical frequency first."""
    return _scaled(_LUMA, quality)


def chroma_steps(quality: int) -> Plane:
    """The same for Cb and Cr."""
    return _scaled(_CHROMA, quality)


def _scaled(table: NDArray[np.int_], quality: int) -> Plane:
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((table * percent + 50) // 100, 1, 255).astype(np.float32)
