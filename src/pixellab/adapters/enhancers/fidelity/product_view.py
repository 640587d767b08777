"""The product in both pictures, cut out of them so that each lies on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.fidelity.alignment import Alignment, align
from pixellab.adapters.enhancers.local.pixels.resize import resized

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Mask
ALIGNED_SIDE = 768
"""Longest side, in pixels, of the copies that are laid on each other."""
VIEW_SIDE = 1024
"""The same of the product in a view."""
MARGIN = 0.04
"""Share of the product's longer side that is seen around it."""


@frozen(eq=False, kw_only=True)
class ProductView:
    """Of the same size, (height, width): uint8 RGB of each picture, and masks."""

    photo: Bytes
    drawn: Bytes
    product: Mask
    """In the photo."""
    drawn_product: Mask | None
    """In the drawn picture; None where none was found in it."""
    reached: Mask
    """What both pictures show."""

    @property
    def shown(self) -> float:
        """The share of the product that the drawn picture shows."""
        return float((self.product & self.reached).sum() / max(int(self.product.sum()), 1))


def lay(photo: Bytes, drawn: Bytes, product: Mask) -> Alignment | None:
    """How ``drawn`` lies on ``photo``, in their own pixels; None where it does not."""
    small, small_drawn = _at_most(photo, ALIGNED_SIDE), _at_most(drawn, ALIGNED_SIDE)
    found = align(small, small_drawn, _as_large(product, small))
    if found is None:
        return None
    down, up = _scaling(photo, small), _scaling(small_drawn, drawn)
    whole = up @ np.vstack([found.matrix, [0, 0, 1]]) @ down
    return Alignment(whole[:2].astype(np.float32), found.agreement)


def view(
    photo: Bytes, drawn: Bytes, product: Mask, drawn_product: Mask | None, lying: Alignment
) -> ProductView:
    """Both pictures around the product of each, no finer than the coarser of them.

    The masks may be of any size.
    """
    other = None
    if drawn_product is not None:
        other = lying.mask_brought_back(_as_large(drawn_product, drawn), photo.shape[1::-1])
    shown = _as_large(product, photo)
    either = shown if other is None else shown | other
    top, bottom, left, right = _frame(either)
    cut = photo[top:bottom, left:right]
    scale = min(1.0, VIEW_SIDE / max(cut.shape[:2]), max(lying.scale, 1e-3))
    size = tuple(max(1, round(side * scale)) for side in cut.shape[1::-1])
    seen = resized(cut, size)
    to_photo = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]]) @ _scaling(seen, cut)
    here = Alignment((lying.matrix @ to_photo).astype(np.float32), lying.agreement)
    seen_drawn, reached = here.brought_back(drawn, size)
    frame = slice(top, bottom), slice(left, right)
    return ProductView(
        photo=seen,
        drawn=seen_drawn,
        product=_as_large(shown[frame], seen),
        drawn_product=None if other is None else _as_large(other[frame], seen),
        reached=reached,
    )


def _at_most(rgb: Bytes, side: int) -> Bytes:
    scale = min(1.0, side / max(rgb.shape[:2]))
    return resized(rgb, (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))))


def _as_large(mask: Mask, rgb: Bytes) -> Mask:
    size = rgb.shape[1], rgb.shape[0]
    return np.asarray(
        cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) > 127
    )


def _scaling(of: Bytes, to: Bytes) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(3, 3): the middles of pixels of one picture to those of the same one at another size."""
    x, y = to.shape[1] / of.shape[1], to.shape[0] / of.shape[0]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def _frame(product: Mask) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of the product with a margin."""
    left, top, width, height = cv2.boundingRect(product.astype(np.uint8))
    margin = round(MARGIN * max(width, height)) + 1
    return (
        max(0, top - margin),
        min(product.shape[0], top + height + margin),
        max(0, left - margin),
        min(product.shape[1], left + width + margin),
    )
