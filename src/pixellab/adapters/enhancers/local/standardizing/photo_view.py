"""What is in a photo that is to be standardized: the product, and what is behind it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
from pixellab.adapters.enhancers.local.pixels.transparency import OPAQUE, is_transparent
from pixellab.adapters.enhancers.local.segmentation.find_product import find_product
from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import is_near_white
from pixellab.adapters.enhancers.local.segmentation.product_location import ProductLocation

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Mask


class Background(Enum):
    """What becomes of the photo's background."""

    TRANSPARENT = "The transparent background was made white."
    CUT = "The background was taken away and replaced with white."
    WHITENED = "The nearly white background was made white."
    KEPT = "The whole photo was kept, because its product was not found with certainty."


MOST_ALONG_EDGE = 0.25
"""Share of the photo's edge at which a product lies at most: what lies along more of it is
likely the background, or cut off by it."""
REACHES = 0.03
"""Share of the product's longest side that lies along one of the photo's edges where the product is
likely to go on beyond it; what is round touches an edge with less."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


@frozen(kw_only=True, eq=False)
class PhotoView:
    """What was found in the photo."""

    background: Background
    box: Box
    """The product, in pixels of ``grid``."""
    grid: tuple[int, int]
    """(width, height) of the picture that was searched."""
    size: tuple[int, int]
    """(width, height) of the photo."""
    location: ProductLocation | None = None
    shape: Mask | None = None
    """bool, of the size of ``grid``: the product; None where it is not known."""

    @property
    def longest(self) -> float:
        """Longest side of the product in pixels of the photo."""
        left, top, right, bottom = self.box
        return max(
            (right - left) * self.size[0] / self.grid[0],
            (bottom - top) * self.size[1] / self.grid[1],
        )

    @property
    def fills_edge(self) -> bool:
        """Whether it lies along so much of the photo's edge that it is hardly a product."""
        if self.location is None or not self.location.found:
            return False
        return bool(np.concatenate(_edges(self.location.product)).mean() > MOST_ALONG_EDGE)

    @property
    def can_be_trusted(self) -> bool:
        """Whether what was found is likely the product, and all of it."""
        doubts = self.location.doubts if self.location else ()
        return not doubts and not self.fills_edge

    @property
    def edges_reached(self) -> int | None:
        """How many of the photo's edges it lies along; None where nobody can tell what it is, or
        whether what was cut out before is whole."""
        if self.shape is None:
            return None
        left, top, right, bottom = self.box
        least = max(2.0, REACHES * max(right - left, bottom - top))
        reached = sum(bool(edge.sum() >= least) for edge in _edges(self.shape))
        return None if reached and self.location is None else reached


def _edges(mask: Mask) -> tuple[Mask, ...]:
    return mask[0], mask[-1], mask[:, 0], mask[:, -1]


def view_photo(pixels: Bytes, segment: Segment | None, found_in: Bytes | None = None) -> PhotoView:
    """What is in ``pixels``, uint8 (height, width, 3 or 4); ``segment`` asks a network.

    ``found_in`` is as in ``find_product``.
    """
    size = pixels.shape[1], pixels.shape[0]
    whole = (0, 0, *size)
    if is_transparent(pixels):
        return _view_cutout(pixels[..., 3] > OPAQUE // 2)
    rgb = np.ascontiguousarray(pixels[..., :3])
    location = find_product(rgb, segment, describe_plain=True, found_in=found_in)
    grid = location.product.shape[1], location.product.shape[0]
    plain = location.plain
    shape = location.product if location.found or plain is None else ~plain.mask
    near_white = plain is not None and is_near_white(plain)
    box = bounds(shape) if near_white or location.found else None
    if box is None:
        return PhotoView(
            background=Background.KEPT, box=whole, grid=size, size=size, location=location
        )
    return PhotoView(
        background=Background.WHITENED if near_white else Background.CUT,
        box=box,
        grid=grid,
        size=size,
        location=location,
        shape=shape,
    )


def _view_cutout(shape: Mask) -> PhotoView:
    size = shape.shape[1], shape.shape[0]
    box = bounds(shape)
    if box is None:
        return PhotoView(background=Background.KEPT, box=(0, 0, *size), grid=size, size=size)
    background = Background.TRANSPARENT
    return PhotoView(background=background, box=box, grid=size, size=size, shape=shape)


def bounds(mask: Mask) -> Box | None:
    """The smallest box around what is set in ``mask``; None where nothing is."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
