"""Pictures made smaller, with the colours of what is transparent kept out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def scaled(pixels: Pixels, factor: float) -> Pixels:
    """The picture at ``factor`` of its side (below 1), averaged over areas, alpha's edges clean."""
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if pixels.shape[2] == 3:
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    # Colours are weighted by alpha, or what hides under transparent pixels would bleed in.
    alpha = np.ascontiguousarray(pixels[..., 3])
    weighted = cv2.multiply(pixels[..., :3], cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    small = cv2.resize(weighted, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small_alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)[..., None]
    colour = np.clip(np.round(small * 255 / np.maximum(small_alpha, 1)), 0, 255).astype(np.uint8)
    return np.concatenate([colour, small_alpha], axis=2)
