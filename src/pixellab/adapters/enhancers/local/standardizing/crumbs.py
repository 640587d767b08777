"""Bits of the old background that a cut-out left beside the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.segmentation.cast_shadow import dilated

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes

CRUMB = 0.01
"""Share of the largest part's area below which a part that is connected to nothing else is a crumb.
Of a pair or a set each is far larger."""
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
