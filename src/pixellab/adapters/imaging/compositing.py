"""A picture with alpha laid on white, or on another picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

OPAQUE = 255


def on_white(
    rgb: NDArray[Any], alpha: NDArray[Any], behind: NDArray[Any] | None = None
) -> NDArray[Any]:
    """``rgb`` (height, width, 3) under straight ``alpha`` (height, width) on white; all uint8.

    Or on ``behind``, of the shape of ``rgb``: rgb * alpha + behind * (1 - alpha), each rounded (the
    operator over of T. Porter and T. Duff, "Compositing digital images", SIGGRAPH 1984).
    """
    a = cv2.merge([alpha, alpha, alpha])
    over = cv2.multiply(rgb, a, scale=1 / OPAQUE, dtype=cv2.CV_8U)
    under = cv2.bitwise_not(a)
    if behind is not None:
        under = cv2.multiply(behind, under, scale=1 / OPAQUE, dtype=cv2.CV_8U)
    return np.asarray(cv2.add(over, under), np.uint8)
