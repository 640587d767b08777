"""What a user's places say of a cut-out: this is the product, that is not.

Places are followed over what has their colour and is connected with them; GrabCut then draws the
outline, the answer being its prior, and changes only what is connected with a place; places that
are kept take nothing away, and places that are left out add nothing. A place that would take most
of the product with it, being of its colour, takes only what is next to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.local.segmentation.classical.grabcut import grabcut
from pixellab.domain.requests.places import Hints, Place

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
PRODUCT, SURE = 0.5, 0.8
"""Likelihoods from which a pixel is the product, and is without doubt."""
PLACE = 0.02
"""Radius of a place, as a share of the longest side."""
NEXT_TO = 0.08
"""Radius of what is next to a place, likewise."""
MOST, REST, APART = 0.5, 0.1, 0.1
"""Share of what was seen without doubt that a thing keeps at least; a thing that goes altogether
leaves less than ``REST`` of itself, and others of more than ``APART`` of all."""
TOO_MUCH = (
    "What background_at names cannot be told from the product by its colour, so little more than "
    "that place was left out; a product_box around the product says more."
)
ALIKE = 14
"""Largest difference of each CIELAB channel, in 8 bits, from a place's colour."""
LARGEST = 0.6
"""Share of the picture above which what is alike is rather the ground; the place counts alone."""
SOFT = 1.5
"""Standard deviation in pixels by which an outline that was drawn anew is made soft."""


def by_places(small: Bytes, likely: Floats, hints: Hints) -> tuple[Floats, tuple[str, ...]]:
    """``likely``, 0 to 1 (height, width), brought in line with the places; and a warning, if any.

    ``small`` is uint8 (height, width, 3).
    """
    after = _followed_by(small, likely, hints)
    if _takes_too_much(likely, after, hints):
        return _next_to_places(small, likely, hints), (TOO_MUCH,)
    return after, ()


def redrawn(small: Bytes, expected: Mask, product: Mask, background: Mask) -> Floats:
    """GrabCut's answer where neither ``product`` nor ``background`` is certain, made soft."""
    drawn = grabcut(small, expected, product | background)
    return np.asarray(cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), SOFT))


def _followed_by(small: Bytes, likely: Floats, hints: Hints) -> Floats:
    before = likely > PRODUCT
    product, background = (_followed(small, places) for places in (hints.product, hints.background))
    # What is alike from both sides is nobody's: the places themselves decide there.
    both = product & background
    product = (product & ~both) | _discs(small.shape, hints.product)
    background = (background & ~both) | _discs(small.shape, hints.background)
    background &= ~_discs(small.shape, hints.product)
    drawn = redrawn(small, (before | product) & ~background, product, background) > PRODUCT
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


def _takes_too_much(likely: Floats, after: Floats, hints: Hints) -> bool:
    """Whether a place that is left out takes most of a thing with it that was seen without doubt.

    A thing that stands apart from others may go altogether.
    """
    _, labels = cv2.connectedComponents((likely > PRODUCT).astype(np.uint8))
    sure = likely > SURE
    pixels = np.bincount(labels[sure], minlength=labels.max() + 1)
    left = after > PRODUCT
    kept = np.bincount(labels[sure & left], minlength=len(pixels))
    others = left.sum() - np.bincount(labels[left], minlength=len(pixels))
    gone = (kept < REST * pixels) & (others > APART * pixels.sum())
    torn = (kept < MOST * pixels) & ~gone
    return bool(torn[labels[_discs(labels.shape, hints.background)]].any())


def _next_to_places(small: Bytes, likely: Floats, hints: Hints) -> Floats:
    """``likely`` without what is next to the places that are left out."""
    if hints.product:
        likely = _followed_by(small, likely, evolve(hints, background=()))
    near = _followed(small, hints.background) & _discs(small.shape, hints.background, NEXT_TO)
    near = (near | _discs(small.shape, hints.background)) & ~_discs(small.shape, hints.product)
    soft = cv2.GaussianBlur(near.astype(np.float32), (0, 0), SOFT)
    return np.asarray(np.minimum(likely, 1 - soft), np.float32)


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


def _discs(shape: tuple[int, ...], places: tuple[Place, ...], radius: float = PLACE) -> Mask:
    """The places themselves, or what is around them."""
    discs = np.zeros(shape[:2], np.uint8)
    for place in places:
        cv2.circle(discs, _pixel(place, shape), max(1, round(radius * max(shape[:2]))), 1, -1)
    return discs > 0


def _pixel(place: Place, shape: tuple[int, ...]) -> tuple[int, int]:
    x, y = int(place[0] * shape[1]), int(place[1] * shape[0])
    return min(x, shape[1] - 1), min(y, shape[0] - 1)
