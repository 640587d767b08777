"""Whether an encoded picture still looks like the one it was made from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.quality.blockiness import blockiness

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

WINDOW, WINDOW_SIGMA = 11, 1.5
C1, C2 = np.float32((0.01 * 255) ** 2), np.float32((0.03 * 255) ** 2)
"""Window and constants of SSIM (Wang, Bovik, Sheikh, Simoncelli 2004)."""


def ssim(before: Pixels, after: Pixels) -> float:
    """Mean SSIM of luma, 1 for equal pictures; both are uint8 (height, width, 3) RGB."""
    return float(_ssim_map(_luma(before), _luma(after)).mean())


def blocks_added(before: Pixels, after: Pixels) -> float:
    """By how much ``blockiness`` grew; both are uint8 (height, width, 3) RGB."""
    return blockiness(after) - blockiness(before)


def chroma_loss(pixels: Pixels) -> float:
    """RMS error, in 8-bit levels, that halving the resolution of chroma makes in Cb and Cr."""
    chroma = cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2YCrCb)[..., 1:]
    height, width = chroma.shape[:2]
    if min(height, width) < 2:
        return 0.0
    half = cv2.resize(chroma, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    back = cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)
    return float(cv2.norm(chroma, back, cv2.NORM_L2) / np.sqrt(chroma.size))


def _luma(pixels: Pixels) -> Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def _ssim_map(a: Plane, b: Plane) -> Plane:
    mean_a, mean_b = _smooth(a), _smooth(b)
    squares = mean_a * mean_a + mean_b * mean_b
    product = mean_a * mean_b
    variances = _smooth(a * a + b * b) - squares
    covariance = _smooth(a * b) - product
    alike = (2 * product + C1) * (2 * covariance + C2)
    return np.asarray(alike / ((squares + C1) * (variances + C2)), np.float32)


def _smooth(plane: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (WINDOW, WINDOW), WINDOW_SIGMA), np.float32)
