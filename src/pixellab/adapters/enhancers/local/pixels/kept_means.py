"""Where a network moved means, which removing noise does not.

What no photo has, such as a chequered pattern of single pixels, drives a network far off.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

BLOCK = 16
SHIFT, CLIPPED_SHIFT = 0.2, 0.65
"""Removing noise moves the mean of a block of so many pixels a side by less than the first share of
what it takes from there, or the second where the noise was clipped at black or white, which moves
it by up to 0.56."""


def moved_off(before: Pixels, after: Pixels) -> NDArray[np.bool_]:
    """Blocks whose mean moved farther than by removing noise, and those beside them.

    Both uint8 (H, W, 3); the answer has an element for each block of ``BLOCK`` pixels a side.
    """
    size = _blocks(before, BLOCK)
    removed = np.asarray(cv2.subtract(before, after, dtype=cv2.CV_32F))
    level, moved, power = (
        np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA))
        for each in (before, removed, removed * removed)
    )
    noise = np.sqrt(power)
    clipped = np.minimum(level, 255 - level) < 2 * noise
    most = np.where(clipped, CLIPPED_SHIFT, SHIFT) * noise + 1
    return _widened(np.any(np.abs(moved) > most, axis=2))


def means_apart(one: Pixels, other: Pixels, *, block: int, levels: float) -> NDArray[np.bool_]:
    """Blocks of so many pixels a side whose means are that far apart, and those beside them."""
    apart = np.asarray(cv2.subtract(one, other, dtype=cv2.CV_32F))
    means = np.asarray(cv2.resize(apart, _blocks(one, block), interpolation=cv2.INTER_AREA))
    return _widened(np.any(np.abs(means) > levels, axis=2))


def replaced(result: Pixels, blocks: NDArray[np.bool_], other: Pixels) -> Pixels:
    """``result``, with ``other`` in those ``blocks``, and from one to the other by degrees."""
    if not blocks.any():
        return result
    size = (result.shape[1], result.shape[0])
    share = cv2.resize(blocks.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.blendLinear(other, result, share, 1 - share), np.uint8)


def _blocks(pixels: Pixels, block: int) -> tuple[int, int]:
    """How many there are across and down."""
    height, width = pixels.shape[:2]
    return -(-width // block), -(-height // block)


def _widened(off: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(off.astype(np.uint8), np.ones((3, 3), np.uint8)), bool)
