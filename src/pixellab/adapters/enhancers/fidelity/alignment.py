"""Finds how a drawn picture lies on the photo: moved, turned, larger, and how far stretched.

Points that look alike in both give a first estimate (SIFT: D. Lowe, "Distinctive image features
from scale-invariant keypoints", IJCV 60(2), 2004), or else the two frames do. All of the product's
pixels then refine it (G. Evangelidis and E. Psarakis, "Parametric image alignment using enhanced
correlation coefficient maximization", PAMI 30(10), 2008), on pictures of edges, which other light
hardly changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
MOST_POINTS = 3000
ALIKE = 0.8
"""A point's best match is taken where it is so much nearer than the second best."""
LEAST_MATCHES, MAX_OFF = 12, 4.0
"""Matches for an estimate, and pixels by which one of them may be off."""
BLURS = (5.0, 2.0)
"""Of the edges, in pixels, from coarse to fine."""
STEPS, ENOUGH = 60, 1e-5
"""Of a refinement: how many at most, and the gain of correlation below which it ends."""
AROUND = 0.03
"""Share of the longest side around the product that helps: its outline."""
WITHIN = 0.012
"""The same share at its outline which another backdrop shows through."""
BETTER, MAX_MOVED = 0.02, 0.015
"""Gain of correlation that the outline was in the way, and share of a side that it is worth."""
MAX_ZOOM = 2.0
"""A drawn product that is so many times larger or smaller in its frame was not found."""


@frozen
class Alignment:
    """Where each pixel of the photo is in the drawn picture."""

    matrix: Floats
    """float32 (2, 3): (x, y, 1) in the photo to x, y in the drawn picture."""
    agreement: float
    """Correlation of the edges, -1 to 1, on the product."""

    @property
    def stretch(self) -> float:
        """By how much the product is longer in one direction than across it; 0 for none.

        The ratio of the matrix's singular values, less 1.
        """
        longer, shorter = np.linalg.svd(self.matrix[:, :2], compute_uv=False)
        return float(longer / max(float(shorter), 1e-6) - 1)

    @property
    def scale(self) -> float:
        """Pixels of the drawn picture for one of the photo's, along a side."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2].astype(np.float64)))))

    def brought_back(self, drawn: Bytes, size: tuple[int, int]) -> tuple[Bytes, Mask]:
        """``drawn`` as the photo, of ``size`` (width, height), shows it; and where it reaches."""
        shrink = self.scale
        if shrink > 1:  # about the mean over what becomes one pixel, as the photo's copy was made
            drawn = cv2.GaussianBlur(drawn, (0, 0), 0.5 * np.sqrt(shrink**2 - 1) + 1e-3)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        laid = cv2.warpAffine(
            drawn, self.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(laid), self.mask_brought_back(np.ones(drawn.shape[:2], np.bool_), size)

    def mask_brought_back(self, mask: Mask, size: tuple[int, int]) -> Mask:
        """The same of a mask of the drawn picture."""
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(mask.astype(np.uint8), self.matrix, size, flags=flags) > 0)


def align(photo: Bytes, drawn: Bytes, product: Mask) -> Alignment | None:
    """How ``drawn`` lies on ``photo``, uint8 (height, width, 3) each, where its ``product`` is.

    None where nothing of the product is found again.
    """
    before, after = _luma(photo), _luma(drawn)
    places = _around(product), product.astype(np.uint8) * 255, _within(product)
    guesses = [_by_frames(before, after)]
    if (matched := _by_points(before, after, places[0])) is not None:
        guesses.insert(0, matched)
    found = [each for guess in guesses if (each := _refined(before, after, places, guess))]
    return max(found, key=lambda each: each.agreement, default=None)


def _luma(rgb: Bytes) -> Bytes:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))


def _around(product: Mask) -> Bytes:
    """The product and its outline, as a mask of 0 and 255."""
    width = 2 * max(1, round(AROUND * max(product.shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return np.asarray(cv2.dilate(product.astype(np.uint8) * 255, kernel))


def _within(product: Mask) -> Bytes:
    """The product without its outline, as a mask of 0 and 255."""
    width = 2 * max(1, round(WITHIN * max(product.shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return np.asarray(cv2.erode(np.pad(product.astype(np.uint8) * 255, 1), kernel)[1:-1, 1:-1])


def _by_frames(before: Bytes, after: Bytes) -> Floats:
    x, y = after.shape[1] / before.shape[1], after.shape[0] / before.shape[0]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]], np.float32)


def _by_points(before: Bytes, after: Bytes, around: Bytes) -> Floats | None:
    """A turn, a factor and a shift that bring most matching points together."""
    sift = cv2.SIFT.create(nfeatures=MOST_POINTS)
    points, described = sift.detectAndCompute(before, around)
    others, described_too = sift.detectAndCompute(after, None)
    if described is None or described_too is None or min(len(points), len(others)) < 2:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(described, described_too, k=2)
    good = [best for best, second in pairs if best.distance < ALIKE * second.distance]
    if len(good) < LEAST_MATCHES:
        return None
    here = np.array([points[each.queryIdx].pt for each in good], np.float32)
    there = np.array([others[each.trainIdx].pt for each in good], np.float32)
    matrix, inliers = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=MAX_OFF
    )
    if matrix is None or int(inliers.sum()) < LEAST_MATCHES:
        return None
    return np.asarray(matrix, np.float32)


def _refined(
    before: Bytes, after: Bytes, places: Sequence[Bytes], guess: Floats
) -> Alignment | None:
    # Brought to the photo's size first: both are then equally blurred.
    size = before.shape[1], before.shape[0]
    alike, reached = Alignment(guess, 0.0).brought_back(after, size)
    everywhere = reached.astype(np.uint8) * 255
    coarse, fine = ((_edges(before, blur), _edges(alike, blur)) for blur in BLURS)
    around, product, within = places
    try:
        _, step = _ecc(coarse, around, everywhere, np.eye(2, 3, dtype=np.float32))
        agreement, step = _ecc(fine, product, everywhere, step)
    except cv2.error:  # it does not converge
        return None
    # Another backdrop pulls at the outline. Within it there may be too little to go by.
    with suppress(cv2.error):
        without, refined = _ecc(fine, within, everywhere, step)
        if without > agreement + BETTER and _moved(step, refined, size) <= MAX_MOVED * max(size):
            agreement, step = without, refined
    found = Alignment(_after(guess, step), float(agreement))
    zoom = found.scale / Alignment(_by_frames(before, after), 0.0).scale
    return found if 1 / MAX_ZOOM < zoom < MAX_ZOOM else None


def _ecc(
    edges: tuple[Floats, Floats], where: Bytes, reached: Bytes, start: Floats
) -> tuple[float, Floats]:
    """Correlation and matrix; raises cv2.error where it does not converge."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, ENOUGH)
    agreement, step = cv2.findTransformECCWithMask(
        *edges, where, reached, start.copy(), cv2.MOTION_AFFINE, criteria, 1
    )
    return float(agreement), np.asarray(step, np.float32)


def _moved(first: Floats, second: Floats, size: tuple[int, int]) -> float:
    """By how many pixels the corners of a picture are brought to other places, at most."""
    width, height = size
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float32)
    return float(np.linalg.norm(corners @ (second - first).T, axis=1).max())


def _after(second: Floats, first: Floats) -> Floats:
    """The matrix that does ``first``, then ``second``."""
    turn = second[:, :2] @ first[:, :2]
    shift = second[:, :2] @ first[:, 2] + second[:, 2]
    return np.concatenate([turn, shift[:, None]], axis=1).astype(np.float32)


def _edges(luma: Bytes, blur: float) -> Floats:
    """How steep the picture is at each place, as a share of what is usual in it."""
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), blur)
    steep = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.sqrt(steep)  # so that an outline before another backdrop does not outweigh the rest
