"""Pictures at other sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes
MAX_WHOLE_FACTOR = 4
"""Means over whole pixels are quick; more of them at once would lose too much at the edges."""


def resized(pixels: Bytes, size: tuple[int, int]) -> Bytes:
    """``pixels``, uint8 (height, width) or (height, width, channels), at ``size`` (width, height).

    Smaller by the mean over the area of each new pixel, larger by cubic interpolation. Where the
    picture gets several times smaller, whole blocks of pixels are averaged first, which leaves out
    up to three rows and columns of the original at its right and lower edge.
    """
    width, height = size
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    if width > pixels.shape[1] or height > pixels.shape[0]:
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    near = in_blocks(pixels, size)
    return np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_AREA), np.uint8)


def in_blocks(pixels: Bytes, size: tuple[int, int]) -> Bytes:
    """``pixels`` with whole blocks averaged, as ``resized`` begins, and no smaller than ``size``.

    Copies of ``size`` and below are made of it as of the picture, in less time.
    """
    factor = min(pixels.shape[1] // size[0], pixels.shape[0] // size[1], MAX_WHOLE_FACTOR)
    if factor <= 1:
        return pixels
    rows, columns = pixels.shape[0] // factor, pixels.shape[1] // factor
    whole = pixels[: rows * factor, : columns * factor]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
