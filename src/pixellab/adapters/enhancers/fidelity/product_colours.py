"""Whether the product has its colours, whatever the light on it.

Other light is allowed, and two kinds of it are tried: one that changes R, G and B by the same
curve, as exposure and gamma do, and one that changes lightness and chroma and keeps the hue.
Brightness that changes smoothly across the product is allowed, too. What is left is measured
by CIEDE2000.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.imaging.colour_difference import ciede2000

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
SIDE = 256
"""Longest side of the copy on which colours are compared: its pixels are the mean of many."""
CLIPPED = (6, 249)
"""8-bit levels beyond which a channel has lost its colour, which are left out."""
LEAST_LEFT = 0.3
"""Share of the product that must be left; else clipped ones count as well."""
BINS, LEAST_IN_BIN = 24, 12
MILD = 0.02
"""Weight with which the curve is held to a plain gain where there are few tones to tell it by."""
SMOOTH = 0.08
"""Standard deviation of brightness that changes smoothly, as a share of the side."""
CHROMA_FACTORS = (0.6, 1.7)
COLOURED = 4.0
"""Mean chroma of a product (CIELAB) below which it has no hue that could turn."""


@frozen
class Colour:
    """What is left of a difference in colour."""

    mean: float
    """CIEDE2000 over the product."""
    p95: float
    turn: float
    """Degrees by which the hue is turned in CIELAB, more chromatic places counting more."""


def compare_colour(photo: Bytes, drawn: Bytes, product: Mask) -> Colour:
    """Of two pictures that lie on each other, uint8 (height, width, 3), where ``product`` is."""
    before, after, inside = _small(photo), _small(drawn), _small(product.astype(np.uint8) * 255)
    counted = inside > 250
    if not counted.any():
        counted = inside > 0
    fair = counted & _unclipped(before) & _unclipped(after)
    if fair.sum() >= LEAST_LEFT * counted.sum():
        counted = fair
    lab = _lab(after)
    lit = [_by_curve(before, after, counted), _by_lightness(_lab(before), lab, counted)]
    found = [_left(each, lab, counted) for each in lit]
    return Colour(
        mean=min(each.mean for each in found),
        p95=min(each.p95 for each in found),
        turn=min((each.turn for each in found), key=abs),
    )


def _small(pixels: Bytes) -> Floats:
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in pixels.shape[1::-1])
    return np.asarray(cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA))


def _lab(rgb: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 255) / 255, cv2.COLOR_RGB2LAB))


def _unclipped(rgb: Floats) -> Mask:
    return np.asarray((rgb.min(axis=2) > CLIPPED[0]) & (rgb.max(axis=2) < CLIPPED[1]))


def _by_curve(before: Floats, after: Floats, counted: Mask) -> Floats:
    """CIELAB of ``before`` after the curve ``gain * level ** gamma`` that its luma took."""
    gain, gamma = _curve(_luma(before)[counted], _luma(after)[counted])
    return _lab(255 * gain * (np.clip(before, 0.5, 255) / 255) ** gamma)


def _luma(rgb: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))


def _curve(before: Floats, after: Floats) -> tuple[float, float]:
    """Least squares in logarithms, over the medians of narrow ranges of ``before``."""
    low, high, weights = [], [], []
    edges = np.linspace(0, 256, BINS + 1)
    for first, last in pairwise(edges):
        here = (before >= first) & (before < last)
        if here.sum() >= LEAST_IN_BIN:
            low.append(np.log(max(float(np.median(before[here])), 0.5) / 255))
            high.append(np.log(max(float(np.median(after[here])), 0.5) / 255))
            weights.append(here.mean())
    if not low:
        return 1.0, 1.0
    x, y, w = np.array(low), np.array(high), np.sqrt(np.array(weights))
    x0 = float(np.average(x, weights=w))
    y0 = float(np.average(y, weights=w))
    around = float(np.sum(w * (x - x0) * (y - y0))) + MILD
    gamma = around / (float(np.sum(w * (x - x0) ** 2)) + MILD)
    return float(np.exp(y0 - gamma * x0)), gamma


def _by_lightness(before: Floats, after: Floats, counted: Mask) -> Floats:
    """``before``, CIELAB, with the lightness and the mean chroma of ``after``, and its own hue."""
    lit = before.copy()
    lit[..., 0] = after[..., 0]
    old, new = (np.hypot(lab[..., 1], lab[..., 2])[counted].mean() for lab in (before, after))
    lit[..., 1:] *= float(np.clip(new / max(float(old), 1e-3), *CHROMA_FACTORS))
    return lit


def _left(lit: Floats, after: Floats, counted: Mask) -> Colour:
    level = _smoothly(after[..., 0] - lit[..., 0], counted)
    lit = lit.copy()
    lit[..., 0] += level
    apart = ciede2000(lit[counted], after[counted])
    old, new = (lab[..., 1][counted] + 1j * lab[..., 2][counted] for lab in (lit, after))
    coloured = min(np.abs(old).mean(), np.abs(new).mean()) >= COLOURED
    turn = float(np.rad2deg(np.angle(np.sum(np.conj(old) * new)))) if coloured else 0.0
    return Colour(float(apart.mean()), float(np.percentile(apart, 95)), turn)


def _smoothly(plane: Floats, counted: Mask) -> Floats:
    """The plane's smooth part, of the ``counted`` places alone."""
    sigma = max(1.0, SMOOTH * max(plane.shape))
    share = cv2.GaussianBlur(counted.astype(np.float32), (0, 0), sigma)
    return np.asarray(
        cv2.GaussianBlur(np.where(counted, plane, 0), (0, 0), sigma) / np.maximum(share, 1e-3)
    )
