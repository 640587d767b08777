"""Removes JPEG's blocks and ringing, knowing how coarsely the file was quantized.

Overlapping 8 x 8 DCTs at many shifts against the file's own grid; coefficients that the quantizer
would have rounded to nothing are set to zero and the shifted results averaged, the sparser ones
weighing more (A. Nosratinia, "Enhancement of JPEG-compressed images by re-application of JPEG",
Journal of VLSI Signal Processing 27, 2001; hard thresholds and sparsity weights in place of
re-quantization after A. Foi, V. Katkovnik, K. Egiazarian, "Pointwise shape-adaptive DCT", IEEE
Transactions on Image Processing 16(5), 2007).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.jpeg_blocks import (
    BLOCK,
    chroma_steps,
    dct_blocks,
    luma_steps,
    undo_dct,
)
from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

LUMA_STRIDE, CHROMA_STRIDE = 2, 4
"""Pixels between shifts, per axis: 16 shifts of luma, 4 of chroma at half resolution."""
FIRST = 1
"""The first shift: on the file's own grid all was quantized already, and its blocks would stay."""
GENTLE, STRONG = 0.12, 0.25
"""Coefficients below this many quantizer steps are dropped, at FINE_QUALITY and COARSE_QUALITY; in
between in proportion. More smooths away texture that survived (SSIM falls), less leaves ringing."""
TEXTURE_KEPT = 0.6
"""Share of the input that stays where texture hides the artefacts: smoothing would cost texture."""
TEXTURE_WINDOW = 5
FINE_QUALITY, COARSE_QUALITY = 40, 10
MARGIN = 32
"""A multiple of 16, so that tiles keep to one grid at half resolution too."""


def deblock(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB in and out, from a JPEG of libjpeg quality 1 to 100."""
    coarse = (FINE_QUALITY - quality) / (FINE_QUALITY - COARSE_QUALITY)
    share = GENTLE + (STRONG - GENTLE) * min(max(coarse, 0.0), 1.0)
    luma, chroma = share * luma_steps(quality), share * chroma_steps(quality)
    masking = float(luma_steps(quality)[0, 1]) / 2

    def clean(tile: NDArray[np.uint8], _: tuple[slice, slice]) -> NDArray[np.uint8]:
        planes: Plane = cv2.cvtColor(np.asarray(tile, np.float32), cv2.COLOR_RGB2YCrCb)
        height, width = planes.shape[:2]
        core = (slice(MARGIN, height - MARGIN), slice(MARGIN, width - MARGIN))
        half: Plane = cv2.resize(planes, _half_size(planes), interpolation=cv2.INTER_AREA)
        out = planes[core].copy()
        near = (slice(MARGIN - 8, height - MARGIN + 8), slice(MARGIN - 8, width - MARGIN + 8))
        smooth = _threshold(planes[near][..., 0], luma, LUMA_STRIDE)
        kept = _texture(smooth, masking)[8:-8, 8:-8]
        out[..., 0] += (1 - TEXTURE_KEPT * kept) * (smooth[8:-8, 8:-8] - out[..., 0])
        for channel in (1, 2):
            plane = half[..., channel]
            change = _threshold(plane, chroma, CHROMA_STRIDE) - plane
            grown: Plane = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
            out[..., channel] += grown[core]
        rgb = cv2.cvtColor(out, cv2.COLOR_YCrCb2RGB)
        return np.asarray(cv2.convertScaleAbs(np.maximum(rgb, 0, out=rgb)), np.uint8)

    return map_tiles(pixels, clean, margin=MARGIN)


def _half_size(plane: Plane) -> tuple[int, int]:
    return (plane.shape[1] + 1) // 2, (plane.shape[0] + 1) // 2


def _threshold(plane: Plane, limits: Plane, stride: int) -> Plane:
    """The mean over shifts of the plane with its small DCT coefficients gone; same shape."""
    height, width = plane.shape
    padded: Plane = cv2.copyMakeBorder(
        plane, BLOCK, 2 * BLOCK, BLOCK, 2 * BLOCK, cv2.BORDER_REFLECT_101
    )
    total, weights = np.zeros_like(padded), np.zeros_like(padded)
    limit = limits[None, :, None, :].astype(np.float32)
    rows = (padded.shape[0] - BLOCK) // BLOCK * BLOCK
    columns = (padded.shape[1] - BLOCK) // BLOCK * BLOCK
    for y in range(FIRST, BLOCK, stride):
        for x in range(FIRST, BLOCK, stride):
            here = (slice(y, y + rows), slice(x, x + columns))
            coefficients = dct_blocks(padded[here])
            kept = np.abs(coefficients) >= limit
            kept[:, 0, :, 0] = True
            coefficients *= kept
            count = kept.view(np.uint8).sum(axis=1, dtype=np.uint8).sum(axis=2, dtype=np.uint8)
            weight = 1 / count.astype(np.float32)
            coefficients *= weight[:, None, :, None]
            total[here] += undo_dct(coefficients)
            weights[here] += np.repeat(np.repeat(weight, BLOCK, 0), BLOCK, 1)
    total /= np.maximum(weights, 1e-9)
    return total[BLOCK : BLOCK + height, BLOCK : BLOCK + width]


def _texture(plane: Plane, masking: float) -> Plane:
    """0 in smooth places, towards 1 where the deviation all around is well above ``masking``.

    The least of the deviations nearby counts: beside a lone edge ringing is seen on smooth ground.
    """
    window = (TEXTURE_WINDOW, TEXTURE_WINDOW)
    mean = cv2.blur(plane, window)
    variance = np.maximum(cv2.blur(plane * plane, window) - mean * mean, 0)
    variance = cv2.erode(variance, np.ones((BLOCK, BLOCK), np.uint8))
    return np.asarray(variance / (variance + masking**2))
