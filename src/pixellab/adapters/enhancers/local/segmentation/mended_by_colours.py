"""A cut-out that is in doubt, mended where the picture's colours leave no other answer.

Parts in the product's colours that were left out come back, ground between the product's parts
goes, and so does a hanger. Each is drawn along edges and then held to what it should look like;
what does not is left as it was, and stays a doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated
from pixellab.adapters.enhancers.local.segmentation.classical.grabcut import grabcut
from pixellab.adapters.enhancers.local.segmentation.colour_maps import (
    CELL,
    DEEPEST,
    SURE,
    ColourMaps,
)
from pixellab.adapters.enhancers.local.segmentation.outlines import (
    dense,
    parts,
    share_without_edge,
)

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Mask
GAP, ROOM = 4, 10
"""Pixels over which parts that were left out belong together, and around them in which their
outline is drawn."""
SMALLEST_LOST = 0.01
"""Share of the product's area below which a lost part is not looked for."""
OWN, WEAK = 0.75, 0.14
"""Least share of a lost part in the product's colours, and the largest share of its outline across
which colours hardly change."""
ALL_GROUND, SAME_CHROMA = 0.9, 8.0
"""Share of a lost part in the ground's colours, in shadow or not, from which it may be a deep
shadow, and how far chroma may be apart in a shadow."""
AROUND = 40
"""Pixels around the places in which an outline is drawn whose colours it is drawn by."""
BESIDE = 3
"""Pixels by which what is ground, or is unsure, may reach beyond where it was seen."""
SMALLEST_GAP = 8
"""Pixels; smaller ones come from the copy's small size."""
ENCLOSED, OPEN = (0.985, 10.0), (0.97, 5.0)
"""Of ground in the product, and at its edge: the likelihood of being the product below which it is
none, and how far its colour may be from that of the nearest ground (CIE76). Labels, prints and
soles are like a ground by chance; networks are sure of them."""
CLEAR = 0.1
"""Largest share of such ground's outline across which colours hardly change."""
UNSURE, NARROWEST = (0.1, 0.9), 5
"""Likelihoods between which a network is unsure, and pixels that such a place is wide: outlines are
narrower."""
SMALLEST_UNSURE = 0.002
"""Share of the product's area, in its colours, below which such places are left as they are."""
NEAREST = (6, 10, 16, 24, 40, 80)
"""Pixels around it in which the nearest ground is looked for."""
FEW, MANY = 30, 400
ALIKE = 10
"""Percentile of the nearest ground's colours that a colour is held to."""


def lost_parts(rgb: Bytes, maps: ColourMaps) -> Mask:
    """Parts of the product that were left out, in the copy that ``maps`` is of.

    ``rgb`` is uint8 (height, width, 3), the picture. They hang together with the product, have its
    colours, and an outline that can be seen.
    """
    near = dilated(maps.product, 1)
    own = _hanging_together(dense(maps.own & ~near), maps.product)
    least = SMALLEST_LOST * maps.product.sum()
    if not own.any() or own.sum() < least:
        return np.zeros_like(own)
    free = dilated(own, ROOM)
    sure = _inner((maps.likely > SURE) & ~maps.foreign) | (maps.product & ~free)
    elsewhere = ~free & ~dilated(maps.product, 2)
    drawn = _drawn(rgb, maps.product | own, sure | elsewhere)
    lost = dense(drawn & free) & ~maps.product
    labels, areas = parts(dense(lost))
    held = np.array([area >= least for area in areas])
    held[0] = False
    for each in np.flatnonzero(held):
        held[each] = _is_lost(maps, labels == each)
    return np.asarray(held[labels])


def kept_ground(rgb: Bytes, maps: ColourMaps) -> Mask:
    """Ground that was kept between the product's parts, in the copy that ``maps`` is of.

    ``rgb`` is uint8 (height, width, 3), the picture. The network was not sure of it, it looks like
    the nearest ground, and its outline can be seen.
    """
    seen = dense(maps.foreign & maps.product)
    if seen.sum() < SMALLEST_GAP:
        return np.zeros_like(seen)
    free = dilated(seen, BESIDE) & maps.product
    drawn = _drawn(rgb, maps.product & ~seen, ~free)
    labels, areas = parts(_opened(maps.product & ~drawn & free, 2))
    held = areas >= SMALLEST_GAP
    held[0] = False
    for each in np.flatnonzero(held):
        held[each] = _is_ground(maps, labels == each)
    ground = np.asarray(held[labels])
    for _ in range(BESIDE if ground.any() else 0):
        ground |= dilated(ground, 1) & maps.product & ~maps.own
    return ground


def unsure_parts(rgb: Bytes, maps: ColourMaps) -> Mask:
    """What is the product where a network is unsure, in the copy that ``maps`` is of.

    ``rgb`` is uint8 (height, width, 3), the picture.
    """
    unsure = dense((maps.likely > UNSURE[0]) & (maps.likely < UNSURE[1]), NARROWEST)
    if dense(unsure & maps.own).sum() < SMALLEST_UNSURE * maps.product.sum():
        return np.zeros_like(unsure)
    drawn = _drawn(rgb, maps.product, ~dilated(unsure, BESIDE))
    outline = dilated(~drawn, 1) & drawn
    labels, areas = parts(_opened(drawn & unsure, 2))
    held = areas >= SMALLEST_GAP
    held[0] = False
    for each in np.flatnonzero(held):
        part = labels == each
        weak = share_without_edge(maps.lab, drawn, outline & dilated(part, 1))
        held[each] = maps.own[part].mean() >= OWN and weak <= WEAK
    return np.asarray(held[labels])


def _hanging_together(mask: Mask, product: Mask) -> Mask:
    """The parts of ``mask`` that small gaps alone divide from the ``product``."""
    labels, _ = parts(dilated(mask | product, GAP))
    return np.asarray(mask & np.isin(labels, np.unique(labels[product])))


def _is_lost(maps: ColourMaps, part: Mask) -> bool:
    """Whether ``part`` meets the product, has its colours, and ends where colours change."""
    if not (dilated(part, 2) & maps.product).any() or maps.own[part].mean() < OWN:
        return False
    if _is_shaded(maps, part):
        return False
    whole = maps.product | part
    outline = dilated(~whole, 1) & whole & dilated(part, 1)
    return share_without_edge(maps.lab, whole, outline) <= WEAK


def _is_ground(maps: ColourMaps, part: Mask) -> bool:
    """Whether ``part`` of the product is ground."""
    at_edge = (dilated(part, 2) & ~maps.product).any()
    likely, apart = OPEN if at_edge else ENCLOSED
    if maps.likely[part].mean() >= likely or _from_ground(maps, part) > apart:
        return False
    left = maps.product & ~part
    return share_without_edge(maps.lab, left, dilated(part, 1) & left) <= CLEAR


def _is_shaded(maps: ColourMaps, part: Mask) -> bool:
    """Whether ``part`` may be the nearest ground in a shadow or a reflection.

    That is darker, and keeps the ground's chroma or loses it as it loses light.
    """
    ground = _nearest_ground(maps, part)
    if not ground.any():
        return False
    light, *chroma = np.median(maps.lab[part], axis=0)
    lit, *tint = np.median(maps.lab[ground], axis=0)
    share = light / max(lit, 1.0)
    apart = min(np.hypot(*(np.array(chroma) - each * np.array(tint))) for each in (1.0, share))
    deep = lit - light > DEEPEST * CELL and maps.ground[part].mean() < ALL_GROUND
    return bool(light < lit and not deep and apart < SAME_CHROMA)


def _from_ground(maps: ColourMaps, part: Mask) -> float:
    """How far the colour of ``part`` is from that of the nearest ground (CIE76)."""
    ground = _nearest_ground(maps, part)
    if not ground.any():
        return float("inf")
    inner = _inner(part)
    colour = np.median(maps.lab[inner if inner.any() else part], axis=0)
    apart = np.sqrt(((maps.lab[ground] - colour) ** 2).sum(axis=1))
    return float(np.percentile(apart, ALIKE))


def _nearest_ground(maps: ColourMaps, part: Mask) -> Mask:
    ground, beside = maps.outside, maps.outside & ~dilated(part, 2)
    for reach in NEAREST:
        ground = dilated(part, reach) & beside
        if ground.sum() >= max(FEW, min(int(part.sum()), MANY) // 2):
            break
    return ground


def _drawn(rgb: Bytes, product: Mask, certain: Mask) -> Mask:
    """``product`` with its outline drawn anew where it is not ``certain``, by what is around."""
    rows, columns = (np.flatnonzero((~certain).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return product
    part = tuple(slice(max(0, each[0] - AROUND), each[-1] + AROUND + 1) for each in (rows, columns))
    small = resized(rgb, product.shape[::-1])
    drawn = product.copy()
    drawn[part] = grabcut(np.ascontiguousarray(small[part]), product[part], certain[part])
    return drawn


def _inner(mask: Mask) -> Mask:
    return cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _opened(mask: Mask, side: int) -> Mask:
    square = np.ones((side, side), np.uint8)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, square) > 0
