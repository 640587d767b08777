"""Makes edges crisper by undoing a measured blur, without halos and without louder noise."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

NATURAL_BLUR = 0.5
"""Sigma, in pixels, of the softness that a crisp photo's own pixels have."""
STRONGEST_BLUR = 2.5
"""Sigma of blur beyond which detail is gone, and undoing it would invent."""
ITERATIONS = 4
OVERSHOOT = 0.05
"""How far an edge may pass its neighbours' range, as a share of it."""
NOISE_MARGIN = 1.0
"""A change no stronger than this times what noise alone would bring about is noise."""
ROUNDING = 0.25
"""Energy of changes, in squared 8-bit levels, that rounding alone brings about."""
MASK_WINDOW = 5
LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)
"""ITU-R BT.601."""


def sharpen(
    pixels: NDArray[np.uint8],
    blur_sigma: float,
    noise_sigma: float,
    *,
    target: float = NATURAL_BLUR,
    overshoot: float = OVERSHOOT,
) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB in and out; the same pixels if they are as sharp as ``target``.

    ``blur_sigma`` and ``target`` in pixels, ``noise_sigma`` in 8-bit levels of luma. Van Cittert's
    iterations (P. H. van Cittert, Zeitschrift für Physik 69, 1931) undo the Gaussian that lies
    between the two. The change is kept where it stands above the noise, held within the range of
    the neighbouring pixels and ``overshoot`` of that range beyond, and added to R, G and B alike,
    so that colours stay.
    """
    excess = min(blur_sigma, STRONGEST_BLUR) ** 2 - target**2
    if excess <= 0:
        return pixels
    sigma = sqrt(excess)
    kernel = cv2.getGaussianKernel(2 * ceil(3 * sigma) + 1, sigma, cv2.CV_32F)
    reach = ceil(sigma) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    margin = 2 * reach + MASK_WINDOW + ITERATIONS * ceil(3 * sigma)
    floor = (NOISE_MARGIN * _noise_gain(kernel) * noise_sigma) ** 2 + ROUNDING

    def crisp(tile: NDArray[np.uint8], _: tuple[slice, slice]) -> NDArray[np.uint8]:
        luma = cv2.transform(tile.astype(np.float32), LUMA)
        change = _undo_blur(luma, kernel) - luma
        change *= _signal_share(change, floor)
        low, high = cv2.erode(luma, around), cv2.dilate(luma, around)
        slack = overshoot * (high - low)
        change = np.clip(change, low - slack - luma, high + slack - luma)
        inner = (slice(margin, -margin), slice(margin, -margin))
        out = tile[inner] + change[inner][..., None]
        return np.clip(np.rint(out, out=out), 0, 255, out=out).astype(np.uint8)

    return map_tiles(pixels, crisp, margin=margin)


def _undo_blur(blurred: Plane, kernel: Plane) -> Plane:
    estimate = blurred.copy()
    for _ in range(ITERATIONS):
        estimate += blurred - cv2.sepFilter2D(estimate, -1, kernel, kernel)
    return estimate


def _noise_gain(kernel: Plane) -> float:
    """Standard deviation of the change that undoing the blur makes to white noise of sigma 1."""
    reach = ITERATIONS * (len(kernel) // 2)
    impulse = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    impulse[reach, reach] = 1
    return float(np.sqrt(((_undo_blur(impulse, kernel) - impulse) ** 2).sum()))


def _signal_share(change: Plane, noise_energy: float) -> Plane:
    """0 where the change around a pixel is no stronger than noise, towards 1 where it is."""
    energy = cv2.blur(change * change, (MASK_WINDOW, MASK_WINDOW))
    return 1 - noise_energy / np.maximum(energy, noise_energy)
