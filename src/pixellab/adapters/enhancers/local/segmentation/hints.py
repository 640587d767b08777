"""A network's answer, or the classical one, brought in line with what the user says.

A box is looked at alone, as a closer photo would show it; where the product does not span it after
that, GrabCut draws the product from the box. Places are followed after that
(``followed_places``); one to be left out that is beside the box says nothing new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment, Segmentation
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.pixels.transparency import is_transparent
from pixellab.adapters.enhancers.local.segmentation.classical.find_classically import (
    find_classically,
)
from pixellab.adapters.enhancers.local.segmentation.followed_places import (
    PRODUCT,
    SURE,
    by_places,
    redrawn,
)
from pixellab.domain.requests.places import Box, Hints, Place

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Mask
SIDE = 480
"""Longest side in pixels of the copy in which places are followed."""
AROUND = 0.1
"""Share of the box's sides by which a closer look reaches beyond it."""
SPAN = 0.8
"""Share of a box's width and height that the product in it has at least."""
IGNORED = "The hints for the cut-out were ignored, since"


def hinted(segment: Segment | None, hints: Hints) -> Segment | None:
    """``segment``, or what answers in its place where there are ``hints``."""
    if not hints:
        return segment
    return lambda rgb: _ask(rgb, segment, hints)


def unused(hints: Hints, pixels: Bytes) -> tuple[str, ...]:
    """A warning where a photo, uint8 (height, width, 3 or 4), is cut without them."""
    if not hints or not is_transparent(pixels):
        return ()
    return (f"{IGNORED} the photo came with a transparent background of its own.",)


def _ask(rgb: Bytes, segment: Segment | None, hints: Hints) -> Segmentation:
    height, width = rgb.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = resized(rgb, size)
    inside = _inside(small.shape[:2], hints)
    seen = _closer(rgb, segment, hints)
    likely = np.zeros(inside.shape, np.float32)
    if seen.saliency is not None:
        left, top, right, bottom = _around(hints, size)
        part = np.s_[top:bottom, left:right]
        likely[part] = cv2.resize(seen.saliency, (right - left, bottom - top))
    likely *= inside
    hints = evolve(hints, background=_within(hints.box, hints.background))
    told: tuple[str, ...] = ()
    if hints.box and not _spans(likely > PRODUCT, inside):
        drawn = redrawn(small, inside, likely > SURE, ~inside)
        likely = np.maximum(likely, drawn) * inside
    if hints.product or hints.background:
        after, told = by_places(small, likely, hints)
        likely = after * inside
    return evolve(
        seen, saliency=likely, by_hints=True, box=hints.box, warnings=(*seen.warnings, *told)
    )


def _closer(rgb: Bytes, segment: Segment | None, hints: Hints) -> Segmentation:
    """What is seen in the box and around it."""
    left, top, right, bottom = _around(hints, rgb.shape[1::-1])
    part = np.ascontiguousarray(rgb[top:bottom, left:right])
    seen = segment(part) if segment else Segmentation()
    if seen.saliency is not None:
        return seen
    scale = min(1.0, SIDE / max(part.shape[:2]))
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    found = find_classically(resized(part, size))
    return evolve(seen, saliency=found.likely if found.found else None)


def _within(box: Box | None, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Those of ``places`` that are in the box: it has left out what is beside it already."""
    left, top, right, bottom = box or (0, 0, 1, 1)
    return tuple((x, y) for x, y in places if left <= x <= right and top <= y <= bottom)


def _around(hints: Hints, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box and what is next to it, in pixels of a picture of ``size``; without one, all."""
    left, top, right, bottom = hints.box or (0, 0, 1, 1)
    x, y = AROUND * (right - left), AROUND * (bottom - top)
    first, above = int(max(left - x, 0) * size[0]), int(max(top - y, 0) * size[1])
    last, below = (
        int(np.ceil(min(right + x, 1) * size[0])),
        int(np.ceil(min(bottom + y, 1) * size[1])),
    )
    return first, above, max(last, first + 1), max(below, above + 1)


def _inside(shape: tuple[int, ...], hints: Hints) -> Mask:
    """Where the box is; everywhere without one."""
    height, width = shape
    left, top, right, bottom = hints.box or (0, 0, 1, 1)
    y, x = (np.arange(height)[:, None] + 0.5) / height, (np.arange(width)[None] + 0.5) / width
    return (x >= left) & (x <= right) & (y >= top) & (y <= bottom)


def _spans(product: Mask, box: Mask) -> bool:
    """Whether the product reaches over most of the box, both ways."""
    return all(product.any(axis=way).sum() >= SPAN * box.any(axis=way).sum() for way in (0, 1))
