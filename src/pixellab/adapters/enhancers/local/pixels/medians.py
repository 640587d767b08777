"""Medians of many colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats


def medians(samples: Floats) -> Floats:
    """The median of each column of ``samples``, float32 (at least one row, columns).

    It is numpy's, by sorting, which vector instructions do several times as fast.
    """
    ordered = np.sort(np.ascontiguousarray(samples.T), axis=1)
    rows = len(samples)
    return np.asarray((ordered[:, (rows - 1) // 2] + ordered[:, rows // 2]) / 2)
