"""How soft the sharpest edges of a picture are."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.quality.noise import noise_sigma, noise_sigma_viewed
from pixellab.adapters.imaging.quality.view import TILE, View, luma_of, visible_on_white

FINE, COARSE = 0.7, 1.4
"""Sigmas, in pixels, of the two Gaussians between which an edge's slope is compared."""
DERIVATIVE = 1 / 3
"""Variance, in square pixels, that the central difference adds to either."""
BLOCK = 16
"""Of each block of 16 x 16 pixels only the steepest pixel is asked: the middle of an edge."""
STEEPEST = 75.0
"""Percentile of the edges' slopes from which on an edge is asked."""
SHARPEST = 50.0
"""Percentile of the edges' blur: a photo may have a soft background by intent."""
MIN_SLOPE = 1.5
"""8-bit levels per pixel below which a slope is shading, not an edge."""
NOISE_SLOPE = 3.0
"""Slopes of up to this many sigmas of noise are noise: it is seven times what the fine Gaussian
leaves of it."""
NO_WIDENING, WIDEST = 2.5, 3.0
"""From this sigma of noise on the Gaussians are widened, at most so many times."""
MAX_SIGMA = 12.0
"""Beyond this the two slopes are too alike to tell."""
WELL_RESOLVED = 1.0
"""Blur in pixels of the view from which on the view suffices; below, single pixels are asked."""
EDGE_TILES = 24
STEEPEST_SHARE = 8
"""So many tiles of 128 x 128 around the steepest eighth of the blocks are asked then."""


def blur_sigma(pixels: NDArray[np.uint8]) -> float:
    """Sigma in pixels of the Gaussian that would blur a step as the sharpest edges are blurred.

    ``pixels`` is uint8, (H, W, 3 or 4), R, G, B (and A, where transparent pixels do not count).
    From the slopes under two Gaussians: S. Zhuo and T. Sim, Defocus map estimation from a single
    image, Pattern Recognition 44(9), 2011. A step of blur s under a Gaussian g has a slope that
    goes with 1 / sqrt(s^2 + g^2), so the ratio of two slopes gives s, whatever the step's height.
    0.0 is as sharp as pixels allow, also where there is no edge to judge by; at most 12 pixels of
    the view.
    """
    view = View.of(pixels)
    return blur_of(pixels, view, noise_sigma(pixels), noise_sigma_viewed(view)).sigma


class Blur(NamedTuple):
    """Blur as the sigma of an equivalent Gaussian."""

    sigma: float
    """In pixels of the picture."""
    viewed: float
    """In pixels of the picture reduced to one megapixel."""


def blur_of(pixels: NDArray[np.uint8], view: View, noise: float, noise_viewed: float) -> Blur:
    """``blur_sigma`` where the view and the sigmas of the luma noise are known."""
    noise_in_view = noise_viewed * view.rest
    edges = _edges(view.luma, view.opaque, noise_in_view)
    sigma = _sigma(edges, noise_in_view)
    viewed = sigma / view.rest
    if view.scale == 1.0 or sigma >= WELL_RESOLVED or not edges.fine.size:
        return Blur(sigma * view.scale, viewed)
    return Blur(_sigma_at_pixels(pixels, view, edges, noise), viewed)


class _Edges(NamedTuple):
    """Slopes at the steepest pixel of each block, in raster order."""

    fine: NDArray[np.float32]
    coarse: NDArray[np.float32]


def _edges(luma: NDArray[np.uint8], opaque: NDArray[np.bool_], noise: float) -> _Edges:
    rows, columns = luma.shape[0] // BLOCK * BLOCK, luma.shape[1] // BLOCK * BLOCK
    if not rows or not columns:
        return _Edges(np.empty(0, np.float32), np.empty(0, np.float32))
    width = _widening(noise)
    fine, coarse = _slope(luma, width * FINE), _slope(luma, width * COARSE)
    if not opaque.all():
        # The outline of what was cut out is not an edge of what is shown.
        reach = 2 * round(3 * width * COARSE) + 1
        fine *= cv2.erode(opaque.astype(np.uint8), np.ones((reach, reach), np.uint8))
    fine, coarse = _by_block(fine[:rows, :columns]), _by_block(coarse[:rows, :columns])
    peak = np.argmax(fine, axis=1)[:, None]
    return _Edges(*(np.take_along_axis(slope, peak, axis=1)[:, 0] for slope in (fine, coarse)))


def _sigma(edges: _Edges, noise: float) -> float:
    width = _widening(noise)
    found = edges.fine > MIN_SLOPE + NOISE_SLOPE * noise / width**2
    if not found.any():
        return 0.0
    fine, coarse = edges.fine[found], edges.coarse[found]
    steep = fine >= np.percentile(fine, STEEPEST)
    ratio = (fine[steep] / np.maximum(coarse[steep], 1e-3)) ** 2
    narrow, wide = (width * FINE) ** 2 + DERIVATIVE, (width * COARSE) ** 2 + DERIVATIVE
    variance = (wide - ratio * narrow) / np.maximum(ratio - 1, 1e-6)
    return sqrt(float(np.percentile(np.clip(variance, 0, MAX_SIGMA**2), SHARPEST)))


def _widening(noise: float) -> float:
    """How much wider both Gaussians have to be where there is noise of sigma ``noise``: what they
    leave of its slopes falls with the square of their width."""
    return min(WIDEST, max(1.0, sqrt(noise / NO_WIDENING)))


def _sigma_at_pixels(pixels: NDArray[np.uint8], view: View, edges: _Edges, noise: float) -> float:
    """From full-size tiles around the steepest edges of the view."""
    columns = view.luma.shape[1] // BLOCK
    steepest = np.argsort(-edges.fine, kind="stable")[: edges.fine.size // STEEPEST_SHARE + 1]
    chosen = steepest[np.linspace(0, steepest.size - 1, min(EDGE_TILES, steepest.size)).astype(int)]
    found = []
    for row, column in zip(*divmod(chosen, columns), strict=True):
        top, left = (
            min(max(0, round((k * BLOCK + BLOCK / 2) * view.scale - TILE / 2)), max(0, side - TILE))
            for k, side in ((row, pixels.shape[0]), (column, pixels.shape[1]))
        )
        rgb, opaque = visible_on_white(pixels[top : top + TILE, left : left + TILE])
        found.append(_edges(luma_of(rgb), opaque, noise))
    return _sigma(_Edges(*(np.concatenate(each) for each in zip(*found, strict=True))), noise)


def _slope(luma: NDArray[np.uint8], sigma: float) -> NDArray[np.float32]:
    """Steepness in levels per pixel, float32 (h, w)."""
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), sigma)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)


def _by_block(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) to (blocks, 256)."""
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    return plane.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK * BLOCK)
