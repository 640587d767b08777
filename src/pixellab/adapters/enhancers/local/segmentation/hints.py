"""A network's answer, or the classical one, brought in line with what the user says.

A box is looked at alone, as a closer photo would show it; where the product does not span it after
that, GrabCut draws the product from the box. Places are followed over what has their
colour and is connected with them; GrabCut then draws the outline, the answer being its prior, and
changes only what is connected with a place; places that are kept take nothing away, and places
that are left out add nothing.
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
from pixellab.adapters.enhancers.local.segmentation.classical.grabcut import grabcut
from pixellab.domain.requests.places import Hints, Place

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
SIDE = 480
"""Longest side in pixels of the copy in which places are followed."""
AROUND = 0.1
"""Share of the box's sides by which a closer look reaches beyond it."""
PRODUCT, SURE = 0.5, 0.8
"""Likelihoods from which a pixel is the product, and is without doubt."""
SPAN = 0.8
"""Share of a box's width and height that the product in it has at least."""
PLACE = 0.02
"""Radius of a place, as a share of the longest side."""
ALIKE = 14
"""Largest difference of each CIELAB channel, in 8 bits, from a place's colour."""
LARGEST = 0.6
"""Share of the picture above which what is alike is rather the ground; the place counts alone."""
IGNORED = "The hints for the cut-out were ignored, since"
SOFT = 1.5
"""Standard deviation in pixels by which an outline that was drawn anew is made soft."""


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
    if hints.box and not _spans(likely > PRODUCT, inside):
        drawn = _drawn(small, inside, likely > SURE, ~inside)
        likely = np.maximum(likely, drawn) * inside
    if hints.product or hints.background:
        likely = _by_places(small, likely, hints) * inside
    return evolve(seen, saliency=likely, by_hints=True)


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


def _by_places(small: Bytes, likely: Floats, hints: Hints) -> Floats:
    before = likely > PRODUCT
    product, background = (_followed(small, places) for places in (hints.product, hints.background))
    # What is alike from both sides is nobody's: the places themselves decide there.
    both = product & background
    product = (product & ~both) | _discs(small.shape, hints.product)
    background = (background & ~both) | _discs(small.shape, hints.background)
    background &= ~_discs(small.shape, hints.product)
    drawn = _drawn(small, (before | product) & ~background, product, background) > PRODUCT
    if not hints.background:
        drawn |= before
    if not hints.product:
        drawn &= before
    changed = ((drawn != before) | product | background).astype(np.uint8)
    _, labels = cv2.connectedComponents(changed)
    met = np.unique(labels[product | background])
    by_hint = np.isin(labels, met[met > 0])
    after = np.where(by_hint, drawn, before).astype(np.float32)
    soft = cv2.GaussianBlur(after, (0, 0), SOFT)
    near = cv2.dilate(by_hint.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.asarray(np.where(near, soft, likely), np.float32)


def _drawn(small: Bytes, expected: Mask, product: Mask, background: Mask) -> Floats:
    """GrabCut's answer where neither ``product`` nor ``background`` is certain, made soft."""
    drawn = grabcut(small, expected, product | background)
    return np.asarray(cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), SOFT))


def _followed(small: Bytes, places: tuple[Place, ...]) -> Mask:
    """All that is connected with one of ``places`` and has its colour."""
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1), cv2.COLOR_RGB2LAB)
    reached = np.zeros(small.shape[:2], np.bool_)
    for place in places:
        mask = np.zeros((small.shape[0] + 2, small.shape[1] + 2), np.uint8)
        how = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
        cv2.floodFill(lab, mask, _pixel(place, small.shape), 0, (ALIKE,) * 3, (ALIKE,) * 3, how)
        alike = mask[1:-1, 1:-1] > 0
        if alike.mean() < LARGEST:
            reached |= alike
    return reached


def _discs(shape: tuple[int, ...], places: tuple[Place, ...]) -> Mask:
    """The places themselves."""
    discs = np.zeros(shape[:2], np.uint8)
    for place in places:
        cv2.circle(discs, _pixel(place, shape), max(1, round(PLACE * max(shape[:2]))), 1, -1)
    return discs > 0


def _pixel(place: Place, shape: tuple[int, ...]) -> tuple[int, int]:
    x, y = int(place[0] * shape[1]), int(place[1] * shape[0])
    return min(x, shape[1] - 1), min(y, shape[0] - 1)
