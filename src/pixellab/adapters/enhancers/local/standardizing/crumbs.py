"""Bits and wisps of the old background that a cut-out left beside the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes

CRUMB = 0.01
"""Share of the largest part's area below which a part that is connected to nothing else is a crumb.
Of a pair or a set each is far larger."""
SOLID, SOFT = 128, 0.02
"""Alpha from which a pixel is the product more than its background, and how far beyond such pixels
an outline may be soft, as a share of the longest side of what is solid. Fur reaches about so far;
what is faint beyond it was a hand, a hanger or a fold of the background, of which a network was in
doubt."""
SEEN, RIM = 16, 4
"""Alpha beyond which pixels connect parts, and pixels over which a part's outline fades below."""


def without_crumbs(alpha: Bytes) -> Bytes:
    """``alpha``, uint8 (height, width), with its smallest unconnected parts made transparent."""
    shown = (alpha > SEEN).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(shown)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas) or areas.min() >= CRUMB * areas.max():
        return alpha
    kept = np.zeros(count, np.bool_)
    kept[1:] = areas >= CRUMB * areas.max()
    return np.where(dilated(kept[labels], RIM), alpha, 0).astype(np.uint8)


def without_haze(alpha: Bytes) -> Bytes:
    """``alpha``, uint8 (height, width), with what is faint and far from all that is solid gone."""
    solid = alpha >= SOLID
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    if not len(rows):
        return alpha
    reach = max(2 * RIM, SOFT * (max(np.ptp(rows), np.ptp(columns)) + 1))
    away = cv2.distanceTransform((~solid).astype(np.uint8), cv2.DIST_L2, 3)
    # It fades over the farther half, so that no edge is drawn.
    share = np.clip(2 - 2 * away / reach, 0, 1)
    return np.asarray(np.rint(alpha * share), np.uint8)
