"""How alike two pictures look: SSIMULACRA 2.

J. Sneyers, SSIMULACRA 2 (Cloudinary, 2022, as revised in April 2023; part of libjxl). Structure,
edges that were added and edges that were lost are compared at six sizes in XYB, the colours of
JPEG XL (ISO/IEC 18181-1), and weighed as thousands of people judged compressed pictures: 90 is not
told apart side by side, 70 is high quality, 50 medium.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.srgb import light_of_levels

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Maps = tuple[str, int]

X, Y, B = 0, 1, 2
BIAS = 0.0037930732552754493
TO_CONES = np.array(
    (
        (0.300, 0.622, 0.078, BIAS),
        (0.230, 0.692, 0.078, BIAS),
        (0.243423, 0.204767, 0.551810, BIAS),
    ),
    np.float32,
)
"""Linear R, G and B as long, middle and short cones absorb them."""
X_GAIN, X_OFFSET, Y_OFFSET, B_OFFSET = 14.0, 0.42, 0.01, 0.55
"""They bring XYB into 0 to 1."""
TO_XYB = np.array(
    (
        (0.5 * X_GAIN, -0.5 * X_GAIN, 0, X_OFFSET),
        (0.5, 0.5, 0, Y_OFFSET - np.cbrt(BIAS)),
        (-0.5, -0.5, 1, B_OFFSET),
    ),
    np.float32,
)
"""Of the cube roots of what the cones absorb."""
WINDOW = np.array(
    (0.009414, 0.036011, 0.109335, 0.212929, 0.264622, 0.212929, 0.109335, 0.036011, 0.009414),
    np.float32,
)
"""A Gaussian of sigma 1.5 as truncated cosines make it (D. Charalampidis, Recursive implementation
of the Gaussian filter using truncated cosine functions, IEEE Transactions on Signal Processing
64(14), 2016); the true one moves scores by up to 4."""
C2 = np.float32(0.0009)
SCALES, LEAST_SIDE = 6, 8

WEIGHTS: dict[tuple[int, int], dict[Maps, float]] = {
    (X, 1): {("structure", 4): 1.104173},
    (X, 2): {("structure", 4): 1.842246, ("added", 4): 11.441173},
    (X, 3): {("structure", 4): 1.878759, ("added", 4): 10.949070},
    (X, 4): {("added", 1): 0.967794, ("added", 4): 0.998177},
    (Y, 0): {("structure", 4): 7.466890, ("lost", 4): 17.445834},
    (Y, 1): {("structure", 4): 6.683678, ("lost", 4): 1.027890},
    (Y, 2): {("structure", 1): 225.205153, ("structure", 4): 19.213238},
    (Y, 3): {("structure", 1): 176.393176, ("structure", 4): 24.433010, ("added", 4): 0.285208},
    (Y, 4): {("structure", 4): 34.779063, ("added", 4): 44.835625},
    (B, 3): {("structure", 4): 8.826983, ("added", 4): 23.192433},
    (B, 4): {
        ("structure", 1): 95.108050,
        ("added", 1): 0.986398,
        ("lost", 1): 0.983438,
        ("added", 4): 171.266726,
        ("lost", 4): 0.980786,
    },
}
"""By component and scale: what each map's mean, or the fourth root of the mean of its fourth power,
counts. Of the 108 weights of the measure these are the ones over 0.003; the others together
move no score by 0.01."""
TOTAL, LINEAR, SQUARE, CUBE = 0.9562382616834844, 2.326765642916932, -0.020884521, 6.2484966e-05
STEEPNESS = 0.6276336467831387
"""They bring the sum to people's scale of 100."""


@frozen(eq=False)
class Likeness:
    """Of pictures to ``original``, uint8 (height, width, 3) RGB, which is looked at once."""

    original: Pixels
    _scales: list[dict[int, _Looked]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_scales", list(_looked_at(self.original)))

    def __call__(self, other: Pixels) -> float:
        """SSIMULACRA 2 of ``other``, of the same shape: 100 for the same pixels, may be negative.

        Pictures of fewer than 8 pixels a side are told apart by nothing: 100.
        """
        if np.array_equal(self.original, other):
            return 100.0  # Rounding would leave up to 0.03 of noise.
        total = 0.0
        for scale, (before, after) in enumerate(zip(self._scales, _looked_at(other), strict=True)):
            for component in before:
                for (name, power), weight in WEIGHTS[component, scale].items():
                    errors = _errors(name, before[component], after[component])
                    total += weight * _norm(errors, power)
        total *= TOTAL
        total = total * (LINEAR + total * (SQUARE + total * CUBE))
        return float(100 - 10 * max(total, 0.0) ** STEEPNESS)


def ssimulacra2(before: Pixels, after: Pixels) -> float:
    """``Likeness`` of two pictures, asked once."""
    return Likeness(before)(after)


@frozen(eq=False)
class _Looked:
    """One component of a picture at one size."""

    plane: Plane
    mean: Plane
    variance: Plane
    """Of the plane in the window about each pixel, as the mean is."""
    edge: Plane
    """1 and how far each pixel is from that mean."""


def _looked_at(pixels: Pixels) -> Iterator[dict[int, _Looked]]:
    linear = np.asarray(cv2.LUT(pixels, light_of_levels()), np.float32)
    for scale in range(SCALES):
        if min(linear.shape[:2]) < LEAST_SIDE:
            return
        xyb = _xyb(linear)
        yield {
            component: _look(np.asarray(cv2.extractChannel(xyb, component), np.float32))
            for component in (X, Y, B)
            if (component, scale) in WEIGHTS
        }
        linear = _halved(linear)


def _xyb(linear: Plane) -> Plane:
    cones = np.asarray(cv2.transform(linear, TO_CONES), np.float32)
    return np.asarray(cv2.transform(np.cbrt(cones, out=cones), TO_XYB), np.float32)


def _look(plane: Plane) -> _Looked:
    mean = _smooth(plane)
    edge = np.abs(plane - mean)
    edge += 1
    return _Looked(plane, mean, _variance(plane, mean), edge)


def _errors(name: str, before: _Looked, after: _Looked) -> Plane:
    """The map of that name."""
    if name == "structure":
        return _unlike(before, after)
    added = after.edge / before.edge
    added -= 1
    edges = added if name == "added" else np.negative(added, out=added)
    return np.asarray(np.maximum(edges, 0, out=edges), np.float32)


def _unlike(before: _Looked, after: _Looked) -> Plane:
    """1 less the product of how alike means and variances are.

    Twice the covariance is the sum of both variances less that of the difference.
    """
    moved = after.mean - before.mean
    errors = _variance(after.plane - before.plane, moved)
    spread = before.variance + after.variance
    spread += C2
    errors /= spread
    moved *= moved
    errors *= 1 - moved
    errors += moved
    return np.maximum(errors, 0, out=errors)


def _variance(plane: Plane, mean: Plane) -> Plane:
    variance = _smooth(plane * plane)
    variance -= mean * mean
    return variance


def _norm(errors: Plane, power: int) -> float:
    if power == 1:
        return float(errors.mean())
    squares = errors * errors
    return float((cv2.norm(squares, cv2.NORM_L2SQR) / squares.size) ** 0.25)


def _halved(linear: Plane) -> Plane:
    """Means of two by two; an odd last row or column is counted twice."""
    height, width = linear.shape[:2]
    even = cv2.copyMakeBorder(linear, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.float32)


def _smooth(plane: Plane) -> Plane:
    """Beyond the frame there is nothing, as in the measure's own definition."""
    smooth = cv2.sepFilter2D(plane, -1, WINDOW, WINDOW, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(smooth, np.float32)
