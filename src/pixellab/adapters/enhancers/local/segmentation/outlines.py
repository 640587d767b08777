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
    apart = _mean_of(lab, inside, outline) - _mean_of(lab, 1 - inside, outline)
    return float((np.sqrt((apart**2).sum(axis=1)) < FAINT).mean())


def _mean_of(lab: Floats, share: Floats, places: Mask) -> Floats:
    """Mean colours, (places, 3), around each of the ``places``, of what is in ``share``."""
    window = ACROSS, ACROSS
    total = cv2.blur(cv2.multiply(lab, cv2.cvtColor(share, cv2.COLOR_GRAY2RGB)), window)[places]
    return np.asarray(total / np.maximum(cv2.blur(share, window)[places], 1e-3)[:, None])


def dense(mask: Mask, narrowest: int = 3) -> Mask:
    """``mask`` without what is narrower than so many pixels."""
    square = np.ones((narrowest, narrowest), np.uint8)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, square) > 0


def parts(mask: Mask, connectivity: int = 8) -> tuple[Floats, Floats]:
    """The number of each pixel's part, 0 outside, and how many pixels each has."""
    _, numbers = cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)
    labels = numbers.astype(np.intp)  # so that they are not converted whenever they are an index
    return labels, np.bincount(labels.ravel()).astype(np.float64)
