"""How light a picture is and how much of the tonal range it uses."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.quality.view import View
from pixellab.adapters.imaging.srgb import to_linear

CLIPPED_DARK, CLIPPED_BRIGHT = 2, 253
"""Luma at and beyond which a pixel is black or white without detail."""
STUDIO_BORDER = 0.6
"""Share of the frame's border that a plain white or black background covers at least."""
PERCENTILES = np.array((0.005, 0.5, 0.98, 0.995))
MIN_FOREGROUND = 0.05
"""A black frame with less than this share of anything in it is no product on black."""
HOLES, DENSE = 5, 0.25
"""A background is set in at least this share of 5 x 5 samples."""
SAMPLES = 60_000
"""About so many pixels of the view, on a regular grid, are asked for the background."""
BLACK_LUMINANCE = 0.002
"""What a black pixel gives: a screen's black is about 1:500."""


@frozen
class Tone:
    """Figures of the luma histogram over the pixels that are not transparent; luma is 0 to 255."""

    mean_luma: float
    black: float
    """The 0.5th percentile of luma."""
    median: float
    white: float
    """The 98th percentile of luma."""
    contrast_range: float
    """The 99.5th less the 0.5th percentile of luma."""
    clipped_dark: float
    """Share of pixels with luma of at most 2."""
    clipped_bright: float
    """Share of pixels with luma of at least 253."""
    white_background: float
    """Share of the frame that is a plain white studio background (or transparent)."""
    black_background: float
    """Share of the frame that is a plain black studio background."""
    blown: float
    """Share of the frame that is clipped white and not a plain background."""
    key: float
    """Log-average luminance, linear, 0 to 1, with transparency shown as white and a plain black
    background left out; 0.18 is middle grey. E. Reinhard et al., Photographic tone reproduction
    for digital images, SIGGRAPH 2002. Half the light is half the key."""
    shown_white: float
    """98th percentile of luma with transparency shown as white."""
    shown_range: float
    """Range of luma with transparency shown as white."""


def tone(pixels: NDArray[np.uint8]) -> Tone:
    """Measure ``pixels``: uint8, (H, W, 3 or 4), R, G, B, straight A. All 0.0 if transparent."""
    return tone_of(View.of(pixels))


def tone_of(view: View) -> Tone:
    """``tone`` of a view already taken."""
    histogram = np.bincount(view.luma[view.opaque], minlength=256)
    shown = histogram.copy()
    shown[255] += view.luma.size - histogram.sum()
    black, median, white, high = _percentiles(histogram)
    shown_black, _, shown_white, shown_high = _percentiles(shown)
    step = max(1, round((view.luma.size / SAMPLES) ** 0.5))
    luma, opaque = view.luma[::step, ::step], view.opaque[::step, ::step]
    clipped = (luma >= CLIPPED_BRIGHT) & opaque
    white_background = _background(clipped | ~opaque)
    black_background = _background((luma <= CLIPPED_DARK) & opaque)
    return Tone(
        mean_luma=_mean(histogram),
        black=black,
        median=median,
        white=white,
        contrast_range=high - black,
        clipped_dark=_share(histogram[: CLIPPED_DARK + 1], histogram),
        clipped_bright=_share(histogram[CLIPPED_BRIGHT:], histogram),
        white_background=float(white_background.mean()),
        black_background=float(black_background.mean()),
        blown=float((clipped & ~white_background).mean()),
        key=_key(np.where(opaque, luma, 255), ~black_background),
        shown_white=shown_white,
        shown_range=shown_high - shown_black,
    )


def _mean(histogram: NDArray[np.int64]) -> float:
    return float(histogram @ np.arange(256) / max(1, histogram.sum()))


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> float:
    return float(part.sum() / max(1, whole.sum()))


def _percentiles(histogram: NDArray[np.int64]) -> tuple[float, float, float, float]:
    """The 0.5th, 50th, 98th and 99.5th; 0.0 of an empty histogram."""
    below = np.cumsum(histogram) / max(1, histogram.sum())
    darkest, median, white, lightest = np.searchsorted(below, PERCENTILES) % 256
    return float(darkest), float(median), float(white), float(lightest)


def _key(luma: NDArray[np.uint8], foreground: NDArray[np.bool_]) -> float:
    if foreground.mean() >= MIN_FOREGROUND:
        luma = luma[foreground]
    return float(np.exp(np.log(to_linear(np.arange(256)) + BLACK_LUMINANCE)[luma].mean()))


def _background(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where the frame is mostly set and joined to the border; nowhere if little of the border is.

    "Mostly" because noise makes holes in a clipped background.
    """
    density = cv2.blur(mask.astype(np.float32), (HOLES, HOLES))
    dense = np.asarray(density >= DENSE)
    rim = _rim(dense)
    if rim.mean() < STUDIO_BORDER:
        return np.zeros_like(mask)
    _, labels = cv2.connectedComponents(dense.astype(np.uint8), connectivity=4)
    joined = np.unique(_rim(labels))
    return np.asarray(np.isin(labels, joined[joined > 0]))


def _rim(plane: NDArray[Any]) -> NDArray[Any]:
    """Values along the four sides."""
    return np.concatenate((plane[0], plane[-1], plane[:, 0], plane[:, -1]))
