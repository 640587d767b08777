"""Whether a part of the product is missing in what was made of its photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.likeness.shown_product import ShownProduct

Mask = NDArray[np.bool_]

SIGMA = 1.5
LEAST_SLOPE, NOISES = 4.0, 3.0
"""8-bit levels per pixel, and sigmas of noise, from which on a slope is an edge of the product: a
shadow's is less steep."""
NEAR = 4
"""Pixels from the shown product within which an edge is shown, too: an outline has two sides."""
CUT_NEAR = 2
"""Pixels from an outline within which something was cut away along it."""
SPECKS = 7
"""Side, in pixels, of the median that an outline is smoothed by."""
LEAST_OUTLINE = 40
"""Pixels."""


def part_missing(laid: ShownProduct) -> float:
    """0 to 1: of the product's edges, the share that is not shown.

    Where the photo has no plain ground, the share of the cut's outline along which the
    photo has no edge, less what an honest cut has of it.
    """
    edges = _edges(laid)
    if laid.is_found:
        wanted = edges & cv2.dilate(laid.product.astype(np.uint8), _disc(1)).astype(bool)
        if not wanted.any():
            return 0.0
        shown = cv2.dilate(laid.shown.astype(np.uint8), _disc(NEAR)) > 0
        return float((wanted & ~shown).sum() / wanted.sum())
    # A compressor leaves specks along a soft outline.
    smooth = cv2.medianBlur(laid.shown.astype(np.uint8), SPECKS)
    outline = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, _disc(1)) > 0
    outline[[0, -1]], outline[:, [0, -1]] = False, False
    if outline.sum() < LEAST_OUTLINE:
        return 0.0
    # Where the photo has the canvas's own colour, nobody can tell where the cut runs.
    plain = outline & (cv2.dilate(laid.cut.astype(np.uint8), _disc(CUT_NEAR)) > 0)
    near_edge = cv2.dilate(edges.astype(np.uint8), _disc(NEAR)) > 0
    return float((plain & ~near_edge).sum() / outline.sum())


def _edges(laid: ShownProduct) -> Mask:
    luma = cv2.GaussianBlur(
        cv2.cvtColor(laid.before, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), SIGMA
    )
    across, down = (
        cv2.Sobel(luma, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1))
    )
    noise = laid.noise / (2 * np.sqrt(np.pi) * SIGMA)
    return np.asarray(cv2.magnitude(across, down) > max(LEAST_SLOPE, NOISES * noise))


def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
