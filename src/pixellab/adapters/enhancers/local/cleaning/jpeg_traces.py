"""What coarse JPEG compression leaves in pixels, and at which quality it was.

A file's own tables tell how finely it was saved last, which is what writing it again has to keep
(``Picture.source_quality``). They tell nothing of a PNG, or of a JPEG that was saved again finely:
to remove artefacts, the pixels are asked.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.jpeg_blocks import BLOCK, dct_blocks, luma_steps
from pixellab.adapters.enhancers.local.pixels.tiles import sample

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

QUALITIES = (*range(5, 30, 1), *range(30, 76, 3))
ROUNDED = 0.5
"""What a quantizer of step q rounds to zero, in q."""
SAMPLE_SIDE, SAMPLES_PER_AXIS = 256, 4
PERIODIC = 0.6
"""Mean cosine of the coefficients' phases against the step from which they count as quantized."""
AS_GOOD = 0.95
"""Share of the best fit from which on another one is as good."""
MIN_COEFFICIENTS = 200
BLOCKY_QUALITY = 60
"""JPEG quality below which blocks and ringing are seen."""


def quality_by_traces(pixels: NDArray[np.uint8]) -> int | None:
    """The libjpeg quality, below 75, whose traces uint8 (H, W, 3) RGB bears.

    None if its DCT coefficients are not multiples of such a quantizer's steps: it never was a
    JPEG, was a better one, or was scaled, cropped off its grid or worked on since. The test of
    Z. Fan and R. de Queiroz, "Identification of bitmap compression history", IEEE Transactions on
    Image Processing 12(2), 2003, with a periodicity in place of their likelihood.
    """
    coefficients = [
        dct_blocks(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb)[..., 0].astype(np.float32) - 128)
        for crop in _aligned_crops(pixels)
    ]
    if not coefficients:
        return None
    values = np.concatenate(
        [c.transpose(0, 2, 1, 3).reshape(-1, BLOCK, BLOCK) for c in coefficients]
    )
    fits: dict[int, float] = {
        quality: _periodicity(values, luma_steps(quality)) for quality in QUALITIES
    }
    best = max(fits.values())
    if best < PERIODIC:
        return None
    # Half a step fits as well as the step: of what fits, the coarsest is meant.
    return min(int(quality) for quality, fit in fits.items() if fit >= AS_GOOD * best)


def _periodicity(values: Plane, steps: Plane) -> float:
    low = [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0), (2, 2)]
    phases = []
    for v, u in low:
        column = values[:, v, u]
        told = column[np.abs(column) > ROUNDED * steps[v, u]]
        phases.append(np.cos(2 * np.pi / steps[v, u] * told))
    cosines = np.concatenate(phases)
    return float(cosines.mean()) if cosines.size >= MIN_COEFFICIENTS else 0.0


def _aligned_crops(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    whole = pixels[: pixels.shape[0] // BLOCK * BLOCK, : pixels.shape[1] // BLOCK * BLOCK]
    if not whole.size:
        return []
    return sample(whole, side=SAMPLE_SIDE, per_axis=SAMPLES_PER_AXIS, grid=BLOCK)
