"""GrabCut (Rother, Kolmogorov and Blake, 2004): the outline between product and background.

Both sides' colours are modelled, and the outline is drawn where it costs least: along edges,
between unlike colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.pixels.resize import resized

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Mask
SIDE = 300
"""Longest side in pixels of the copy that is worked on."""
ITERATIONS = 2
SEED = 20260101
"""The colour models start at random; equal pictures get equal ones."""
COLOURS = 5
"""How many colours each model has; it takes at least as many pixels."""
MIN_PART = 0.01
"""Parts smaller than this share of the largest one are dropped."""


def grabcut(rgb: Bytes, product: Mask, certain: Mask) -> Mask:
    """``product`` with its outline moved to where it fits best; ``certain`` pixels stay.

    ``rgb`` is uint8 (height, width, 3), the masks have its height and width.
    """
    height, width = product.shape
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    labels = np.where(product, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    labels = np.where(certain, np.where(product, cv2.GC_FGD, cv2.GC_BGD), labels)
    mask = cv2.resize(labels.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    inside = int((mask % 2).sum())
    if min(inside, mask.size - inside) < COLOURS:
        return product
    whole, how = (0, 0, *size), cv2.GC_INIT_WITH_MASK
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(SEED)  # OpenCV keeps a generator for each thread, so threads don't meet here.
    cv2.grabCut(resized(rgb, size), mask, whole, models[0], models[1], ITERATIONS, how)
    drawn = cv2.medianBlur(mask % 2 * 255, 3)
    drawn = cv2.resize(_main_parts(drawn), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(drawn > 127)


def _main_parts(mask: Bytes) -> Bytes:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[0] = 0
    keep = area >= max(MIN_PART * area.max(), 1)
    return np.where(keep[labels], 255, 0).astype(np.uint8)
