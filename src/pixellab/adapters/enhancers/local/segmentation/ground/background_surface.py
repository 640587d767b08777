"""The colour of a plain background, also behind the product: a low-order surface in CIELAB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
    basis = _basis(lab.shape[0], lab.shape[1], degree=2)
    rows, samples = basis[frame], lab[frame]
    fitted = np.broadcast_to(np.median(samples, axis=0), samples.shape)
    coefficients = np.zeros((rows.shape[1], 3), np.float32)
    for width in ANNEALING:
        squared = ((samples - fitted) ** 2).sum(axis=1)
        weight = (width**2 / (width**2 + squared))[:, None]
        coefficients = _least_squares(rows, samples, weight)
        fitted = rows @ coefficients
    return np.asarray(basis @ coefficients, np.float32)


def refit(lab: Floats, mask: Mask, surface: Floats) -> Floats:
    """A cubic surface through the background in ``mask`` that is not in shadow."""
    lit = mask & (lab[..., 0] > surface[..., 0] - COARSEST)
    if lit.sum() < MIN_SAMPLES:
        return surface
    basis = _basis(lab.shape[0], lab.shape[1], degree=3)
    every = max(1, int(lit.sum()) // ENOUGH_SAMPLES)
    rows, samples = basis[lit][::every], lab[lit][::every]
    coefficients = _least_squares(rows, samples, np.ones((len(rows), 1), np.float32))
    return np.asarray(basis @ coefficients, np.float32)


def _basis(height: int, width: int, degree: int) -> Floats:
    """(height, width, terms): the polynomials in x and y, both from -1 to 1, up to ``degree``."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    terms = [x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)]
    return np.stack([np.broadcast_to(term, (height, width)) for term in terms], axis=2)


def _least_squares(rows: Floats, samples: Floats, weight: Floats) -> Floats:
    """Coefficients of the weighted fit, kept small where the samples don't determine them."""
    weighted = (rows * weight).astype(np.float64)
    ridge = 1e-3 * len(rows) * np.eye(rows.shape[1])
    ridge[0, 0] = 0
    return np.linalg.solve(weighted.T @ rows + ridge, weighted.T @ samples).astype(np.float32)


def colour_difference(lab: Floats, other: Floats) -> Floats:
    """CIE76, (height, width), of two pictures in CIELAB: about 2.3 is just noticeable."""
    difference = lab - other
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", difference, difference)))
