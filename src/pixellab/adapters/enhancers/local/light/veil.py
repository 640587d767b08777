"""Whether a veil lies over the picture: haze, stray light, a file with its contrast taken down.

A veil adds the same grey to everything. Colours of one material in more and less light lie on a
line that meets black; under a veil the line meets the veil's grey instead (R. Fattal, Dehazing
using color-lines, ACM Transactions on Graphics 34(1), 2014). And nothing is dark in any channel
(K. He, J. Sun and X. Tang, Single image haze removal using dark channel prior, IEEE Transactions
on Pattern Analysis and Machine Intelligence 33(12), 2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.ground import Ground
from pixellab.adapters.enhancers.local.pixels.resize import resized

Floats = NDArray[Any]
"""float64."""

SIDE, PATCH = 256, 8
"""Longest side, in pixels, of the copy that is looked at, and the side of its patches."""
DARKEST = 0.1
"""Percentile of the darkest channel that a veil lies below."""
LEAST_VEIL, MOST_LIGHT = 45.0, 206.0
"""8-bit levels: something is darker in any good photo, and something lighter. Of 1,432 clean photos
3 were within both."""
LIGHTEST = 99.9
TEXTURED = 4.0
"""Deviation, in 8-bit levels, along a patch's line of colours."""
THIN = 0.15
"""Most deviation across the line, as a share of the one along it."""
COLOURED = 0.97
"""Cosine with the grey axis below which a line can be told from it."""
MEETS = 3.0
"""Distance, in 8-bit levels, within which a line meets the grey axis."""
ABOVE, BELOW = 6.0, 25.0
"""How far above the darkest channel, and how far below, a line may meet a veil's grey."""
SEVERAL_COLOURS = 20.0
"""Range of a product's CIELAB chroma from which on it has several colours."""
DIM_WHITE, DENSEST = 188.0, 92.0
"""8-bit levels of the darkest that is white, and of the lightest that is black, behind a veil."""
FEWEST, MAJORITY = 3, 2.0
"""Patches that speak for a veil at least, and times as many as speak against it."""


def veil_of(pixels: NDArray[np.uint8], ground: Ground | None = None) -> float | None:
    """The grey, in 8-bit levels, that lies over uint8 (H, W, 3) RGB; None without evidence.

    A product of several colours before a plain ``ground`` has something dark or something light,
    or is behind a veil. One of a single colour may have neither.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    view = resized(pixels, size)
    darkest = float(np.percentile(view.min(axis=2), DARKEST))
    lightest = float(np.percentile(view.max(axis=2), LIGHTEST))
    if darkest < LEAST_VEIL or lightest > MOST_LIGHT or min(size) < PATCH:
        return None
    greys = _greys_met(view)
    speaking = np.abs(greys - darkest + (BELOW - ABOVE) / 2) < (BELOW + ABOVE) / 2
    against = int((greys <= darkest - BELOW).sum())
    if speaking.sum() >= max(FEWEST, MAJORITY * against):
        return min(darkest, float(np.median(greys[speaking])))
    dim_white = ground is not None and has_dim_white(ground, lightest) and darkest <= DENSEST
    return darkest if dim_white and against < FEWEST else None


def has_dim_white(ground: Ground, lightest: float) -> bool:
    """Whether what is lightest, of 8-bit level ``lightest``, is white in too little contrast.

    It is if it is no darker than veiled white, and the product before ``ground`` has several
    colours: one of a single colour may have nothing white.
    """
    return lightest >= DIM_WHITE and ground.chroma_range >= SEVERAL_COLOURS


def _greys_met(view: NDArray[np.uint8]) -> Floats:
    """Where the lines of coloured, textured patches meet the grey axis, in 8-bit levels."""
    rows, columns = view.shape[0] // PATCH, view.shape[1] // PATCH
    patches = view[: rows * PATCH, : columns * PATCH].reshape(rows, PATCH, columns, PATCH, 3)
    colours = patches.transpose(0, 2, 1, 3, 4).reshape(-1, PATCH**2, 3).astype(np.float64)
    mean = colours.mean(axis=1)
    apart = colours - mean[:, None]
    spread, axes = np.linalg.eigh(np.einsum("nij,nik->njk", apart, apart) / PATCH**2)
    line = axes[:, :, 2] * np.sign(axes[:, :, 2].sum(axis=1))[:, None]
    grey = np.full(3, 3**-0.5)
    cosine, height, along = line @ grey, mean @ grey, np.einsum("ni,ni->n", mean, line)
    step = (cosine * height - along) / np.maximum(1 - cosine**2, 1e-9)
    met = height + step * cosine
    miss = np.linalg.norm(mean + step[:, None] * line - met[:, None] * grey, axis=1)
    told = (spread[:, 2] > TEXTURED**2) & (spread[:, 1] < THIN**2 * spread[:, 2])
    told &= (line.min(axis=1) > 0) & (cosine < COLOURED) & (miss < MEETS)
    return np.asarray(met[told] / 3**0.5)
