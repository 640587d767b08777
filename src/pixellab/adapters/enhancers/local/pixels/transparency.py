"""Keeps what is hidden under transparency out of what is seen."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[Any]
"""float32, (H, W) or (H, W, 3)."""

OPAQUE = 255
SPREAD_SIDE = 1024
"""Longest side, in pixels, of the reduced picture on which visible colours are spread."""


def is_transparent(pixels: Pixels) -> bool:
    """Whether ``pixels`` have an alpha channel that is not opaque throughout."""
    return pixels.shape[2] == 4 and bool((pixels[..., 3] < OPAQUE).any())


def spread_colours(pixels: Pixels) -> Pixels:
    """The colours of uint8 (H, W, 4), with hidden ones like the visible ones nearby: (H, W, 3).

    Filters may then look across the outline. Reduction averages visible colours only; enlarging
    again fills what they do not reach (pull-push, S. Gortler et al., "The lumigraph", SIGGRAPH
    1996).
    """
    rgb = np.ascontiguousarray(pixels[..., :3])
    visible = (pixels[..., 3] > 0).astype(np.uint8)
    if visible.all() or not visible.any():
        return rgb
    height, width = visible.shape
    scale = min(1.0, SPREAD_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    seen = cv2.resize(rgb * visible[..., None], size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(visible * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    filled = _fill(seen.astype(np.float32), share.astype(np.float32) / 255)
    near = cv2.resize(
        np.clip(np.rint(filled), 0, 255).astype(np.uint8),
        (width, height),
        interpolation=cv2.INTER_LINEAR,
    )
    return np.where(visible[..., None] > 0, rgb, near)


def with_alpha(rgb: Pixels, source: Pixels) -> Pixels:
    """``rgb`` (H, W, 3) under the alpha of ``source`` (H, W, 4), hidden colours too."""
    hidden = source[..., 3:] == 0
    return np.concatenate([np.where(hidden, source[..., :3], rgb), source[..., 3:]], axis=2)


def _fill(weighted: Plane, share: Plane) -> Plane:
    """Colours of (h, w, 3), given them times the visible share (h, w), with no share of 0 left."""
    height, width = share.shape
    colours = weighted / np.maximum(share, 1e-3)[..., None]
    if share.min() > 0 or max(height, width) == 1:
        return colours
    half = ((width + 1) // 2, (height + 1) // 2)
    coarse = _fill(
        cv2.resize(weighted, half, interpolation=cv2.INTER_AREA),
        cv2.resize(share, half, interpolation=cv2.INTER_AREA),
    )
    around = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(share[..., None] > 0, colours, around)
