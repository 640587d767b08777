"""What masks are made of: their parts, what of them is not thin, and how clear an outline is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats, Mask
FAINT = 6.0
"""Colour difference (CIE76) across an outline below which nothing is seen there."""
ACROSS = 5
"""Pixels, on either side together, whose colours are compared along the outline."""


def share_without_edge(lab: Floats, product: Mask, outline: Mask) -> float:
    """Share of the ``outline`` of ``product`` across which colours hardly change.

    ``lab`` is (height, width, 3), CIELAB. The picture's rim does not count; 0 where all is rim.
    """
    outline = outline.copy()
    outline[:2] = outline[-2:] = outline[:, :2] = outline[:, -2:] = False
    if not outline.any():
        return 0.0
    inside = product.astype(np.float32)
    apart = _mean_where(lab, inside) - _mean_where(lab, 1 - inside)
    return float((np.sqrt((apart[outline] ** 2).sum(axis=1)) < FAINT).mean())


def _mean_where(lab: Floats, share: Floats) -> Floats:
    """Mean colours around each pixel of what is in ``share``."""
    window = ACROSS, ACROSS
    total = cv2.blur(lab * share[..., None], window)
    return np.asarray(total / np.maximum(cv2.blur(share, window), 1e-3)[..., None])


def dense(mask: Mask, narrowest: int = 3) -> Mask:
    """``mask`` without what is narrower than so many pixels."""
    square = np.ones((narrowest, narrowest), np.uint8)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, square) > 0


def parts(mask: Mask, connectivity: int = 8) -> tuple[Floats, Floats]:
    """The number of each pixel's part, 0 outside, and how many pixels each has."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)
    return labels, np.bincount(labels.ravel()).astype(np.float64)
