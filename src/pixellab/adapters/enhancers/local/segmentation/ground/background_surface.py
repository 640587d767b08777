"""The colour of a plain background, also behind the product: a low-order surface in CIELAB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.pixels.medians import medians

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats, Mask

COARSEST = 7.0
"""Largest colour difference that is still called background, whatever the noise."""
MIN_SAMPLES, ENOUGH_SAMPLES = 200, 16_000
"""Pixels that determine a cubic surface, and more than that for none to count much."""
ANNEALING = (32.0, 16.0, 10.0, 7.0, 5.0)


def fit_robustly(lab: Floats, frame: Mask) -> Floats:
    """A quadratic surface through most of the frame, whatever the rest of it shows.

    Least squares with Geman-McClure weights, their width narrowed from round to round (graduated
    non-convexity, Blake and Zisserman 1987), starting at the frame's median colour.
    """
    height, width = frame.shape
    (y, x), (down, across) = np.nonzero(frame), _exponents(degree=2)
    rows = _powers(height, 2)[y][:, down] * _powers(width, 2)[x][:, across]
    samples = lab[frame]
    fitted = np.broadcast_to(medians(samples), samples.shape)
    coefficients = np.zeros((rows.shape[1], 3))
    for spread in ANNEALING:
        squared = ((samples - fitted) ** 2).sum(axis=1)
        weighted = rows * (spread**2 / (spread**2 + squared))[:, None]
        coefficients = _solved(weighted.T @ rows, weighted.T @ samples, len(rows))
        fitted = rows @ coefficients
    return _surface(coefficients, frame.shape, degree=2)


def refit(lab: Floats, mask: Mask, surface: Floats) -> Floats:
    """A cubic surface through the background in ``mask`` that is not in shadow."""
    lit = mask & (lab[..., 0] > surface[..., 0] - COARSEST)
    samples = int(lit.sum())
    if samples < MIN_SAMPLES:
        return surface
    every = max(1, int((samples / ENOUGH_SAMPLES) ** 0.5))
    some, colours = lit[::every, ::every], cv2.split(np.ascontiguousarray(lab[::every, ::every]))
    down, across = _exponents(degree=3)
    # A product of two terms is a term, too, and the sums of all come row by row and then column by
    # column, without a matrix of all pixels and terms.
    y, x = (_powers(pixels, 6)[::every] for pixels in lit.shape)
    products = (y.T @ some @ x)[down[:, None] + down, across[:, None] + across]
    seen = [(y.T @ (plane * some) @ x)[down, across] for plane in colours]
    solved = _solved(products, np.stack(seen, axis=1), int(some.sum()))
    return _surface(solved, lit.shape, degree=3)


def _exponents(degree: int) -> tuple[Floats, Floats]:
    """Of y and of x in each of a polynomial's terms up to ``degree``; the first is constant."""
    pairs = [(j, i) for i in range(degree + 1) for j in range(degree + 1 - i)]
    down, across = np.array(pairs).T
    return down, across


def _powers(pixels: int, highest: int) -> Floats:
    """(pixels, highest + 1), float64: the powers of a coordinate that goes from -1 to 1."""
    return np.vander(np.linspace(-1, 1, pixels), highest + 1, increasing=True)


def _solved(products: Floats, seen: Floats, samples: int) -> Floats:
    """Coefficients of the fit, (terms, 3), kept small where the samples don't determine them.

    ``products`` are the sums of products of terms, ``seen`` those of terms and colours.
    """
    ridge = 1e-3 * samples * np.eye(len(products))
    ridge[0, 0] = 0
    return np.linalg.solve(products + ridge, seen)


def _surface(coefficients: Floats, shape: tuple[int, ...], degree: int) -> Floats:
    """float32 (height, width, 3): the polynomials' values."""
    terms = np.zeros((3, degree + 1, degree + 1))
    terms[:, *_exponents(degree)] = coefficients.T
    rows = (terms @ _powers(shape[1], degree).T).astype(np.float32)
    y = _powers(shape[0], 1)[:, 1:].astype(np.float32)
    planes = np.broadcast_to(rows[:, degree, None], (3, *shape))
    for power in reversed(range(degree)):
        planes = planes * y + rows[:, power, None]
    return np.asarray(cv2.merge(list(planes)))


def colour_difference(lab: Floats, other: Floats) -> Floats:
    """CIE76, (height, width), of two pictures in CIELAB: about 2.3 is just noticeable."""
    difference = lab - other
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", difference, difference)))
