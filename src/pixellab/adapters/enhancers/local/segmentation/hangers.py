"""Hangers and hooks that were taken for a part of the clothes that hang on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated
from pixellab.adapters.enhancers.local.segmentation.colour_maps import ColourMaps, coloured_as
from pixellab.adapters.enhancers.local.segmentation.outlines import dense, parts

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Mask
THIN, TOP, ARMS = 0.12, 0.1, 0.3
"""Share of the product's longest side up to which a part is thin, that of its height that is its
top, and that down to which a hanger's arms reach."""
CENTRAL = 0.15
"""Share of the product's width by which a hanger's middle is beside the product's, at most."""
NARROW, UPPER = 0.5, 0.25
"""A hanger's upper quarter is a hook: at most so wide, as a share of the whole hanger. A collar or
a waistband is as wide at its top."""
RIM, CORE = 4, 5
"""Pixels around a hanger in which what is left of its outline is looked for, and that such an
outline is narrower than."""


def looks_like_hanger(maps: ColourMaps) -> Mask:
    """What is thin at the product's top and in colours that it hardly has elsewhere."""
    solid = _solid(maps.product)
    thin = maps.product & ~dilated(solid, 2) & ~coloured_as(maps, solid)
    return dense(thin) & _above(solid, TOP)


def hanger(maps: ColourMaps) -> Mask:
    """The hanger that the product hangs on, with its outline, where there is no doubt of it.

    It is in the middle, and narrow at its top. Straps are at the sides; collars and waistbands are
    wide.
    """
    seen = looks_like_hanger(maps)
    solid = _solid(maps.product)
    if not seen.any() or not _is_hanger(seen, maps.product):
        return np.zeros_like(seen)
    alike = maps.product & coloured_as(maps, seen) & ~coloured_as(maps, solid & ~dilated(seen, RIM))
    labels, _ = parts(alike | seen)
    whole = (alike | seen) & np.isin(labels, np.unique(labels[seen])) & _above(solid, ARMS)
    left = dense(maps.product & ~whole, CORE)
    return np.asarray(maps.product & ~left & dilated(whole, RIM))


def _solid(product: Mask) -> Mask:
    """The ``product`` without what is thin."""
    *_, across, down = cv2.boundingRect(product.astype(np.uint8))
    if not across:
        return product
    width = max(3, round(THIN * (max(across, down) - 1)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return cv2.morphologyEx(product.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0


def _above(solid: Mask, share: float) -> Mask:
    """What is above the ``share`` of the height of ``solid``."""
    above = np.zeros_like(solid)
    rows = np.flatnonzero(solid.any(axis=1))
    if len(rows):
        above[: round(rows[0] + share * len(rows))] = True
    return above


def _is_hanger(seen: Mask, product: Mask) -> bool:
    columns = np.flatnonzero(product.any(axis=0))
    own = np.flatnonzero(seen.any(axis=0))
    rows = np.flatnonzero(seen.any(axis=1))
    upper = seen[rows[0] : rows[0] + max(2, round(UPPER * len(rows)))]
    hook = np.flatnonzero(upper.any(axis=0))
    beside = abs(hook.mean() - (columns[0] + columns[-1]) / 2)
    wide = np.ptp(hook) + 1
    return bool(beside <= CENTRAL * len(columns) and wide <= NARROW * (np.ptp(own) + 1))
