"""Where a result shows an empty ground, and where it took something of the photo away."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Floats = NDArray[Any]

BORDER = 0.02
"""Width of the border that shows a plain ground, as a share of the shorter side."""
CANVAS = 2.0
"""CIELAB distance from the colour of a canvas that was painted up to which a pixel is canvas."""
CANVAS_ALONG = 0.3
"""Share of the border that such a ground covers at least: a product may run out of the frame."""
OWN = 4.0
"""CIELAB distance of the median pixel beside the canvas up to which a result has its photo's own
pixels: JPEG moves them by 1 to 3."""
PLAIN_TO_SEE = 6.0
"""CIELAB distance from the canvas from which on a pixel of the photo would be missed."""
ASIDE = 6.0
"""CIELAB distance by which a mixture of photo and canvas may lie off the line between both."""


def cut_away(photo: Pixels, result: Pixels, reached: Mask, opaque: Mask) -> tuple[Mask, Mask]:
    """The empty ground of ``result``, and where it shows that something was taken away.

    Both are uint8 (height, width, 3), RGB, laid on each other; ``reached`` says where the result
    reaches, ``opaque`` where it is not transparent. Where the photo's own pixels are beside the
    canvas, a pixel that lies between the photo's and the canvas is canvas if it is nearer to that:
    holes, and what a compressor left of a soft outline. A canvas that took nothing away is none.
    """
    lab, lab_after = (
        cv2.cvtColor(each.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for each in (photo, result)
    )
    if not opaque.all():
        return ~opaque, ~opaque & reached
    colour = _commonest(result, lab_after, rim_of(lab.shape))
    canvas = _painted(lab_after, colour)
    wanted, left, moved = _apart(lab, colour), _apart(lab_after, colour), _apart(lab_after, lab)
    would_be_seen = wanted > PLAIN_TO_SEE
    beside = reached & ~canvas
    if canvas.any() and beside.any() and np.median(moved[beside]) <= OWN:
        canvas |= would_be_seen & (left < moved) & (left + moved <= wanted + ASIDE)
    cut = canvas & reached & would_be_seen
    return (canvas if cut.any() else cut), cut


def _painted(lab: Floats, colour: Floats) -> Mask:
    """What is of the colour, all but exactly, and joined to a border that is so, too."""
    rim = rim_of(lab.shape)
    near = _apart(lab, colour) <= CANVAS
    if near[rim].mean() < CANVAS_ALONG:
        return np.zeros_like(near)
    return joined_to(near, rim)


def _apart(lab: Floats, other: Floats) -> Floats:
    return np.asarray(np.linalg.norm(lab - other, axis=2))


def _commonest(rgb: Pixels, lab: Floats, where: Mask) -> Floats:
    """CIELAB of the colour that most of these pixels have to a few levels."""
    coarse = (rgb[where] >> 2).astype(np.int32) @ np.array((1 << 12, 1 << 6, 1))
    return np.asarray(np.median(lab[where][coarse == np.bincount(coarse).argmax()], axis=0))


def joined_to(mask: Mask, rim: Mask) -> Mask:
    """The parts of ``mask`` that touch the rim."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    joined = np.unique(labels[rim])
    return np.asarray(np.isin(labels, joined[joined > 0]))


def rim_of(shape: tuple[int, ...]) -> Mask:
    """The border of a picture of this shape."""
    width = max(1, round(BORDER * min(shape[:2])))
    rim = np.ones(shape[:2], np.bool_)
    rim[width:-width, width:-width] = False
    return rim
