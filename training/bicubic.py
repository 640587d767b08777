"""Bicubic resizing with antialiasing, the reduction that super-resolution is measured with.

R. G. Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on
Acoustics, Speech, and Signal Processing 29(6), 1981, with a = -0.5 and, to make a picture smaller,
the kernel stretched by the factor, as MATLAB's imresize does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def kernel(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def taps(before: int, after: int) -> tuple[NDArray[np.int_], NDArray[np.float32]]:
    """For each new pixel the old ones it is made of and their weights: (after, taps) each."""
    factor = before / after
    width = max(factor, 1.0)
    centre = (np.arange(after) + 0.5) * factor - 0.5
    first = np.floor(centre - 2 * width).astype(int) + 1
    places = first[:, None] + np.arange(int(np.ceil(4 * width)) + 1)
    weights = kernel((centre[:, None] - places) / width)
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = np.where(places < 0, -places - 1, places)  # half-sample symmetry
    mirrored = np.where(mirrored >= before, 2 * before - 1 - mirrored, mirrored)
    return np.clip(mirrored, 0, before - 1), weights.astype(np.float32)


def resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """uint8 (H, W, C) to float32 at ``size`` (width, height), neither rounded nor clipped."""
    out = pixels.astype(np.float32)
    for axis, after in ((0, size[1]), (1, size[0])):
        places, weights = taps(out.shape[axis], after)
        shape = [1, 1, 1]
        shape[axis] = after
        total = np.zeros(1, np.float32)
        for k in range(places.shape[1]):
            total = total + np.take(out, places[:, k], axis=axis) * weights[:, k].reshape(shape)
        out = total
    return out


def reduced(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """``pixels`` made ``factor`` times smaller, rounded."""
    size = (int(pixels.shape[1] / factor), int(pixels.shape[0] / factor))
    return np.clip(np.rint(resized(pixels, size)), 0, 255).astype(np.uint8)
