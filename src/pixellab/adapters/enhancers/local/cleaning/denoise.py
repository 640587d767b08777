"""Removes noise, no more of it than was measured; edges and texture stand above it and stay."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.haar import OVERSHRINK, shrink, wiener
from pixellab.adapters.enhancers.local.cleaning.measure_noise import CHROMA_LEVELS, LEVELS, Noise
from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

LUMA_REACH = 2**LEVELS
"""How far, in pixels, luma's transform and its Wiener windows look."""
MARGIN = 2 * (2**CHROMA_LEVELS + 2)
"""Chroma is worked on at half resolution, so it looks twice as far, and its enlargement further."""


def denoise(pixels: NDArray[np.uint8], noise: Noise) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB in and out; the same array if ``noise`` is not visible.

    Wavelet shrinkage of luma at full and of chroma at half resolution, where its noise is coarse
    and its detail is not seen.
    """
    if not noise.visible:
        return pixels
    core = slice(MARGIN, -MARGIN)
    near = slice(MARGIN - LUMA_REACH, LUMA_REACH - MARGIN)

    def clean(tile: NDArray[np.uint8], _: tuple[slice, slice]) -> NDArray[np.uint8]:
        planes: Plane = cv2.cvtColor(tile.astype(np.float32), cv2.COLOR_RGB2YCrCb)
        out = np.empty_like(planes[core, core])
        out[..., 0] = shrink(planes[near, near, 0], noise.luma)[1:-1, 1:-1]
        for channel in (1, 2):
            out[..., channel] = _clean_chroma(planes[..., channel], noise)
        rgb: Plane = cv2.cvtColor(out, cv2.COLOR_YCrCb2RGB)
        return np.clip(np.rint(rgb, out=rgb), 0, 255, out=rgb).astype(np.uint8)

    return map_tiles(pixels, clean, margin=MARGIN)


def _clean_chroma(plane: Plane, noise: Noise) -> Plane:
    """(H, W) with its margin in, without it out."""
    height, width = plane.shape
    even: Plane = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    half: Plane = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    size = (even.shape[1], even.shape[0])
    detail = even - cv2.resize(half, size, interpolation=cv2.INTER_LINEAR)
    if noise.chroma_fine > 0:
        wiener(detail, OVERSHRINK * noise.chroma_fine**2)
    cleaned = shrink(half, noise.chroma)
    rim = (half.shape[0] - cleaned.shape[0]) // 2
    half[rim:-rim, rim:-rim] = cleaned
    large: Plane = cv2.resize(half, size, interpolation=cv2.INTER_LINEAR)
    large += detail
    return large[MARGIN : height - MARGIN, MARGIN : width - MARGIN]
