"""Parts of a picture, and the same parts of a smaller copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats
Region = tuple[slice, slice]
"""Rows, columns."""
Scale = tuple[float, float]
"""Height and width of a smaller copy, as shares of the picture's."""


def scaled(place: Region, scale: Scale) -> Region:
    """Where ``place`` of the picture is in a copy of ``scale``."""
    rows, columns = (
        slice(int(each.start * by), int(np.ceil(each.stop * by)))
        for each, by in zip(place, scale, strict=True)
    )
    return rows, columns


def grown(place: Region, margin: int) -> Region:
    """``place`` with ``margin`` more pixels around it, as far as the picture reaches."""
    rows, columns = (slice(max(each.start - margin, 0), each.stop + margin) for each in place)
    return rows, columns


def shared(place: Region, other: Region) -> Region:
    """What both have in common; they overlap."""
    rows, columns = (
        slice(max(one.start, two.start), min(one.stop, two.stop))
        for one, two in zip(place, other, strict=True)
    )
    return rows, columns


def within(place: Region, outer: Region) -> Region:
    """``place`` counted from where ``outer`` begins."""
    rows, columns = (
        slice(one.start - other.start, one.stop - other.start)
        for one, other in zip(place, outer, strict=True)
    )
    return rows, columns


def enlarged(
    picture: Floats,
    place: Region,
    scale: Scale,
    begin: tuple[int, int],
    shape: tuple[int, ...],
) -> Floats:
    """What a smaller ``picture`` shows in ``place`` of one ``scale`` times its size, in ``shape``.

    The smaller one's first pixel is the one at ``begin`` of all.
    """
    (y, x), (top, left) = scale, (place[0].start, place[1].start)
    to_source = np.array(
        [[x, 0, (left + 0.5) * x - 0.5 - begin[1]], [0, y, (top + 0.5) * y - 0.5 - begin[0]]],
        np.float32,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = shape[1], shape[0]
    return np.asarray(
        cv2.warpAffine(picture, to_source, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )
