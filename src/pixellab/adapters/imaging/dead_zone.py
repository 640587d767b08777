"""A JPEG encoder's dead zone, widened: faint detail that costs more bytes than it shows.

libjpeg rounds each coefficient to the nearest step. One just above half a step becomes a whole one,
which is expensive to write and hardly nearer to the truth than zero. Zeroing those first is the
largest part of what rate-distortion optimizing encoders gain (Sullivan 1996, "Efficient scalar
quantization of exponential and Laplacian random variables"). It is done here on the pixels that are
given to libjpeg, whose own transform then finds zeros.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

DEAD_ZONE = 0.62
"""Coefficients smaller than this share of a step become zero; plain rounding is 0.5."""
BLOCK = 8
STRIP = 32 * BLOCK
"""Rows transformed at a time, which keeps the work in the processor's cache."""


def thinned(pixels: Pixels, table: list[int], *, full_chroma: bool) -> Image.Image:
    """Uint8 RGB (height, width, 3) as a YCbCr image without what the dead zone swallows.

    ``table`` are the 64 steps, row by row, for luma and chroma. Unless ``full_chroma``, chroma comes
    back as halved and doubled again: libjpeg's own halving finds the same values.
    """
    steps = np.array(table, np.float32).reshape(BLOCK, BLOCK)
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb))
    planes = [_zeroed(np.asarray(luma, np.uint8), steps)]
    for chroma in (blue, red):
        plane = np.asarray(chroma, np.uint8)
        planes.append(_zeroed(plane, steps) if full_chroma else _zeroed_at_half(plane, steps))
    return Image.merge("YCbCr", [Image.fromarray(plane) for plane in planes])


def _zeroed_at_half(plane: Pixels, steps: Plane) -> Pixels:
    height, width = plane.shape
    even = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    half = _zeroed(np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.uint8), steps)
    return half.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]


def _zeroed(plane: Pixels, steps: Plane) -> Pixels:
    height, width = plane.shape
    down, right = -height % BLOCK, -width % BLOCK
    whole = cv2.copyMakeBorder(plane, 0, down, 0, right, cv2.BORDER_REPLICATE)
    threshold = DEAD_ZONE * steps
    threshold[0, 0] = 0
    limits = np.tile(threshold, (1, whole.shape[1] // BLOCK))
    for top in range(0, whole.shape[0], STRIP):
        strip = whole[top : top + STRIP]
        strip[:] = _zeroed_strip(strip.astype(np.float32), limits)
    return np.ascontiguousarray(whole[:height, :width], np.uint8)


def _zeroed_strip(strip: Plane, limits: Plane) -> Plane:
    """Forward transform, threshold, inverse; ``limits`` is one row of blocks of thresholds."""
    height, width = strip.shape
    along = (strip.reshape(-1, BLOCK) @ COSINES.T).reshape(-1, BLOCK, width)
    coefficients = COSINES @ along
    coefficients[np.abs(coefficients) < limits] = 0
    along = COSINES.T @ coefficients
    back = (along.reshape(-1, BLOCK) @ COSINES).reshape(height, width)
    return np.clip(np.rint(back, out=back), 0, 255, out=back)


def _cosines() -> Plane:
    """The orthonormal 8-point DCT-II, a row per frequency (ITU-T T.81, A.3.3)."""
    at = np.arange(BLOCK)
    rows = 0.5 * np.cos((2 * at[None] + 1) * at[:, None] * np.pi / 16)
    rows[0] = np.sqrt(1 / BLOCK)
    return rows.astype(np.float32)


COSINES = _cosines()
