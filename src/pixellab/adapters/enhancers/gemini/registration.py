"""Where a drawn product lies on the photo that it was drawn from.

The affine map that correlates both best (ECC: G. Evangelidis, E. Psarakis, "Parametric image
alignment using enhanced correlation coefficient maximization", IEEE PAMI 30(10), 2008), looked for
inside the product's outline, since the background was replaced.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.resize import resized

Pixels = NDArray[np.uint8]
Plane = NDArray[Any]

SIDE = 320
"""Longest side, in pixels, of the copies that are compared; a drift of a pixel in 1000 is seen."""
ROUNDS, ENOUGH = 60, 1e-4
"""Iterations of ECC at most, and the gain in correlation below which it ends."""
BLUR = 5
"""Pixels over which ECC smooths, so that it finds its way from a few pixels off."""
INSIDE = 0.5
"""Alpha from which a pixel counts as the product's."""
DRIFT = 0.06
"""Share of the side by which a product may have moved or grown; more is another product."""


@frozen(kw_only=True, eq=False)
class Registered:
    """A drawn product's silhouette, laid on the photo."""

    alpha: Plane
    """float32, 0 to 1, of the whole photo at a size of its own."""
    difference: float
    """Root mean square, in 8-bit levels, by which luma inside the outline differs once the gain and
    the offset of the light are taken out."""


def register(photo: Pixels, drawn: Pixels, alpha: Plane) -> Registered:
    """Lay ``alpha`` on ``photo``.

    ``photo`` and ``drawn``, uint8 (H, W, 3), show the same frame at any two sizes; ``alpha``,
    float32 0 to 1 at the size of ``drawn``, is where the product is on that.
    """
    size = _small(photo)
    luma, other = (_luma(resized(each, size)) for each in (photo, drawn))
    outline = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    candidates = [np.eye(2, 3, dtype=np.float32)]
    found = _best_map(luma, other, outline)
    if found is not None:
        candidates.append(found)
    return min((_moved(luma, other, outline, each) for each in candidates), key=_difference)


def _difference(registered: Registered) -> float:
    return registered.difference


def _best_map(luma: Plane, drawn: Plane, outline: Plane) -> Plane | None:
    mask = (outline > INSIDE).astype(np.uint8)
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ROUNDS, ENOUGH)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(luma, drawn, start, cv2.MOTION_AFFINE, ends, mask, BLUR)
    except cv2.error:  # nothing to correlate, as on a product of one colour
        return None
    moved = np.abs(found - np.eye(2, 3)) / np.array([1, 1, max(luma.shape)])
    return np.asarray(found) if moved.max() <= DRIFT else None


def _moved(luma: Plane, drawn: Plane, outline: Plane, by: Plane) -> Registered:
    size = luma.shape[1], luma.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    there, alpha = (
        cv2.warpAffine(each, by, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        for each in (drawn, outline)
    )
    inside = cv2.erode((alpha > INSIDE).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not inside.any():
        return Registered(alpha=alpha, difference=float("inf"))
    own, other = luma[inside], there[inside]
    explained = np.polyval(np.polyfit(other, own, 1), other) if np.ptp(other) > 0 else own.mean()
    difference = float(np.sqrt(np.mean((own - explained) ** 2)))
    return Registered(alpha=np.asarray(alpha), difference=difference)


def _luma(rgb: Pixels) -> Plane:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32))


def _small(rgb: Pixels) -> tuple[int, int]:
    height, width = rgb.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))
