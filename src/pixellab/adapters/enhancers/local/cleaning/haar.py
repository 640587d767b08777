"""The undecimated Haar wavelet transform, and shrinkage of its coefficients."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

WIENER_WINDOW = 3
OVERSHRINK = 2.0
"""Energy taken for noise, times the measured one: so small a window scatters, and where it shows
too little, speckles stay. 2 gave the best PSNR at sigma 5 to 25 among 1 to 2, windows 3 to 7."""


def shrink(plane: Plane, sigmas: tuple[float, ...]) -> Plane:
    """``plane`` without noise of these sigmas, one per level, finest first.

    Every coefficient is scaled by how far the energy around it stands above the noise's own
    (M. K. Mihcak, I. Kozintsev, K. Ramchandran, P. Moulin, "Low-complexity image denoising based
    on statistical modeling of wavelet coefficients", IEEE Signal Processing Letters 6(12), 1999),
    and the shifted reconstructions are averaged (R. R. Coifman and D. L. Donoho, "Translation-
    invariant de-noising", 1995). (H, W) float32 in; as nothing is guessed beyond the edges, n
    levels answer 2**n - 1 pixels less on every side.
    """
    return _shrink(np.ascontiguousarray(plane, np.float32), sigmas, 0)


def _shrink(plane: Plane, sigmas: tuple[float, ...], level: int) -> Plane:
    if level == len(sigmas):
        return plane
    step = 1 << level
    low, vertical, horizontal, diagonal = split(plane, step)
    # Sums are left unscaled: each level's are 4 times larger, white noise in them twice.
    noise_energy = OVERSHRINK * (sigmas[level] * 2.0 ** (level + 1)) ** 2
    if noise_energy > 0:
        for band in (vertical, horizontal, diagonal):
            wiener(band, noise_energy)
    low = _shrink(low, sigmas, level + 1)
    inner = slice((vertical.shape[0] - low.shape[0]) // 2, None)
    height, width = low.shape
    bands = (band[inner, inner][:height, :width] for band in (vertical, horizontal, diagonal))
    return _join(low, *bands, step=step)


def split(plane: Plane, step: int) -> tuple[Plane, Plane, Plane, Plane]:
    """Sum, and vertical, horizontal and diagonal differences, of each pixel and its neighbours.

    Neighbours are ``step`` pixels apart, four to a sum; ``step`` fewer rows and columns.
    """
    left, right = plane[:, :-step], plane[:, step:]
    low, high = left + right, left - right
    return (
        low[:-step] + low[step:],
        low[:-step] - low[step:],
        high[:-step] + high[step:],
        high[:-step] - high[step:],
    )


def _join(low: Plane, vertical: Plane, horizontal: Plane, diagonal: Plane, *, step: int) -> Plane:
    """The mean of the four reconstructions of each pixel; ``step`` fewer rows and columns."""
    smooth = low[step:] + low[:-step]
    smooth += vertical[step:]
    smooth -= vertical[:-step]
    detail = horizontal[step:] + horizontal[:-step]
    detail += diagonal[step:]
    detail -= diagonal[:-step]
    plane: Plane = smooth[:, step:] + smooth[:, :-step]
    plane += detail[:, step:]
    plane -= detail[:, :-step]
    plane *= 1 / 16
    return plane


def wiener(band: Plane, noise_energy: float) -> None:
    """Scale each coefficient, in place, by the signal's share of the energy around it."""
    energy: Plane = cv2.blur(band * band, (WIENER_WINDOW, WIENER_WINDOW))
    # cv2's maximum is four times as fast as numpy's.
    energy = cv2.max(energy, np.full_like(energy, noise_energy))
    np.divide(noise_energy, energy, out=energy)
    energy *= band
    band -= energy
