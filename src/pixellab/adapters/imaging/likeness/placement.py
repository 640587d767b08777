"""A result brought to where its photo shows the same: as large, and moved back."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.imaging.quality.view import halved
from pixellab.adapters.imaging.scaling import scaled

Pixels = NDArray[np.uint8]

SAME_SHAPE = 0.01
"""Share by which the ratios of sides may differ where a result shows the whole photo."""
IN_PLACE = 0.5
"""Correlation of the edges from which on nothing was moved."""
CLEARLY = 0.2
"""How much more of it shows that something was moved where the result is as large as the photo."""
LOOKED_AT = 640
"""Longest side, in pixels, of the copies in which points are matched."""
MOST_POINTS, ALIKE, LEAST_MATCHES, MAX_OFF = 2000, 0.8, 8, 3.0
"""Points that are looked for (SIFT: D. Lowe, Distinctive image features from scale-invariant
keypoints, IJCV 60(2), 2004); how much nearer than the second best a match is; how many matches an
estimate wants; and pixels by which one of them may be off."""


CLAHE_LIMIT, CLAHE_TILES = 4.0, 8


@frozen(eq=False)
class Placed:
    """A result as its photo shows it."""

    pixels: Pixels
    """uint8, as high and wide as the photo, with alpha if the result has it."""
    reached: NDArray[np.bool_]
    """Where the result reaches."""
    is_moved: bool
    """Whether the product lies elsewhere in the result."""


def fitted(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """``pixels`` at ``size`` (width, height)."""
    if pixels.shape[1::-1] == size:
        return pixels
    while min(pixels.shape[1] // size[0], pixels.shape[0] // size[1]) >= 2:
        pixels = halved(pixels)  # several times as quick as other factors
    smaller = pixels.shape[1] > size[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)


def placed(photo: Pixels, result: Pixels) -> Placed | None:
    """``result`` laid on ``photo``: uint8 (height, width, 3 or 4), RGB and straight alpha.

    None where nothing of the photo is found again.
    """
    height, width = photo.shape[:2]
    shape = result.shape[1] / result.shape[0] / (width / height)
    stays, agreement = None, -1.0
    if abs(np.log(shape)) <= SAME_SHAPE:
        whole = fitted(result, (width, height))
        stays = Placed(whole, np.ones((height, width), np.bool_), is_moved=False)
        as_large = result.shape[:2] == photo.shape[:2]
        agreement = _agreement(photo, whole, small=as_large)
        if agreement >= IN_PLACE:
            return stays
    matrix = _matched(photo, result)
    if matrix is None:
        return stays
    moved = _brought_back(result, matrix, (width, height))
    # A canvas may be as large as the photo by chance; else what is as large was hardly moved.
    if stays is not None and as_large:
        better = _agreement(photo, moved.pixels, small=True) > agreement + CLEARLY
        return moved if better else stays
    return moved


def _agreement(photo: Pixels, result: Pixels, *, small: bool) -> float:
    one, other = (_edges(_small(each)[0] if small else _luma(each)) for each in (photo, result))
    if one.std() == 0 or other.std() == 0:
        return 1.0
    return float(np.corrcoef(one, other)[0, 1])


def _edges(luma: Pixels) -> NDArray[Any]:
    soft = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), 1.5)
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(across, down)[::2, ::2].ravel())


def _matched(photo: Pixels, result: Pixels) -> NDArray[Any] | None:
    """(2, 3): x, y and 1 in the photo to x, y in the result: turned, larger and moved."""
    (one, scale), (other, other_scale) = (_small(each) for each in (photo, result))
    # In much more light few points are described alike, and repeated ones are taken for others.
    found = [
        _matched_at(one, other, scale, other_scale),
        _matched_at(_evened(one), _evened(other), scale, other_scale),
    ]
    matrix, matches = max(found, key=itemgetter(1))
    return matrix if matches >= LEAST_MATCHES else None


def _evened(luma: Pixels) -> Pixels:
    """Contrast made equal everywhere (K. Zuiderveld, Contrast limited adaptive histogram
    equalization, Graphics Gems IV, 1994)."""
    return np.asarray(cv2.createCLAHE(CLAHE_LIMIT, (CLAHE_TILES, CLAHE_TILES)).apply(luma))


def _matched_at(
    one: Pixels, other: Pixels, scale: float, other_scale: float
) -> tuple[NDArray[Any] | None, int]:
    """And how many matches agree with it."""
    sift = cv2.SIFT.create(nfeatures=MOST_POINTS)
    (points, described), (others, described_too) = (
        sift.detectAndCompute(each, None) for each in (one, other)
    )
    if described is None or described_too is None or min(len(points), len(others)) < 2:
        return None, 0
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(described_too, described, k=2)
    good = [best for best, second in pairs if best.distance < ALIKE * second.distance]
    if len(good) < LEAST_MATCHES:
        return None, 0
    here = np.array([points[each.trainIdx].pt for each in good], np.float32) / scale
    there = np.array([others[each.queryIdx].pt for each in good], np.float32) / other_scale
    matrix, inliers = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=MAX_OFF / other_scale
    )
    return (None, 0) if matrix is None else (np.asarray(matrix), int(inliers.sum()))


def _brought_back(result: Pixels, matrix: NDArray[Any], size: tuple[int, int]) -> Placed:
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if shrink > 1:
        result = scaled(result, 1 / shrink)
        matrix = matrix / shrink
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(result, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    reached = cv2.warpAffine(
        np.ones(result.shape[:2], np.uint8),
        matrix,
        size,
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    )
    return Placed(np.asarray(laid, np.uint8), np.asarray(reached > 0), is_moved=True)


def _small(pixels: Pixels) -> tuple[Pixels, float]:
    luma = _luma(pixels)
    scale = min(1.0, LOOKED_AT / max(luma.shape))
    if scale == 1:
        return luma, 1.0
    size = [max(1, round(scale * side)) for side in luma.shape[::-1]]
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _luma(pixels: Pixels) -> Pixels:
    rgb = np.ascontiguousarray(pixels[..., :3])
    if pixels.shape[2] == 4:
        rgb = on_white(rgb, np.ascontiguousarray(pixels[..., 3]))
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
