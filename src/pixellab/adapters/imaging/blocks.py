"""Means over square blocks of pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def block_means(plane: NDArray[Any], side: int) -> NDArray[Any]:
    """Of float32 (height, width): the mean of each whole block of ``side`` pixels square."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    whole = np.ascontiguousarray(plane[: rows * side, : columns * side])
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA))
