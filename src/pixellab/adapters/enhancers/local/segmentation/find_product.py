"""Where the product is: asked of a network where there is one, else found by classical methods.

A network's answer is checked on plain backgrounds: where it took a part for the product, such as
the dial of a watch, what stands out from the background is the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment, Segmentation
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.segmentation.cast_shadow import dilated
from pixellab.adapters.enhancers.local.segmentation.find_classically import find_classically
from pixellab.adapters.enhancers.local.segmentation.plain_background import (
    PlainBackground,
    plain_background,
)
from pixellab.adapters.enhancers.local.segmentation.product_location import (
    MAX_SHARE,
    MIN_SHARE,
    ProductLocation,
    not_found,
)
from pixellab.adapters.enhancers.local.segmentation.smooth_noise import smooth_noise

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
WORKING_SIDE = 480
"""Longest side, in pixels, of the copy in which the product is searched."""
MIN_SIDE = 16
SALIENT = 0.5
"""Least share of the product that a network sees where it is."""
UNSURE, MAX_UNSURE = (0.2, 0.8), 0.7
"""Shares that a network sees where it is unsure, and the largest such area, as one of its own.

Outlines take 0.02 to 0.2; more is seen where a product fills the picture or there are many.
With more than this, half of what is cut out would be a ghost.
"""
WIDE, MAX_WIDE = 0.028, 0.15
"""Share of the side over which it is unsure on all sides, and the largest such area, as one of the
product's, that needs no warning: outlines have none, hair that fades away may have half."""
CHECK_SIDE, BESIDE = 160, 3
"""Longest side of the copy in which its answer is checked, and pixels by which that may be off."""
MAX_MISSED = 0.5
"""Share of what a network sees; if more stands out from a plain background, it sees but a part."""


def find_product(
    rgb: Bytes, segment: Segment | None = None, *, describe_plain: bool = False
) -> ProductLocation:
    """Find the product in ``rgb``, uint8 (height, width, 3).

    The masks have the size of a copy of at most ``WORKING_SIDE`` pixels. With ``describe_plain`` a
    plain background is looked for where a network found the product, too.
    """
    size = _size(rgb, WORKING_SIDE)
    if min(size) < MIN_SIDE:
        return not_found(size, "The picture is too small to tell a product from its background.")
    seen = segment(rgb) if segment else Segmentation()
    location = _seen(size, seen)
    if location is None:
        return evolve(find_classically(resized(rgb, size)), warnings=seen.warnings)
    if location.found and _is_a_part(rgb, location.likely):
        whole = find_classically(resized(rgb, size))
        if whole.found:
            return evolve(whole, warnings=seen.warnings)
    if describe_plain and location.found:
        return evolve(location, plain=find_plain_background(rgb))
    return location


def find_plain_background(rgb: Bytes) -> PlainBackground | None:
    """The background of ``rgb``, uint8 (height, width, 3), where it is plain; in the same copy."""
    _, lab = smooth_noise(resized(rgb, _size(rgb, WORKING_SIDE)))
    return plain_background(lab)


def _seen(size: tuple[int, int], seen: Segmentation) -> ProductLocation | None:
    """The product that a network saw; None where it saw none."""
    if seen.saliency is None:
        return None
    likely = cv2.resize(seen.saliency, size, interpolation=cv2.INTER_LINEAR)
    product = likely > SALIENT
    if not MIN_SHARE < product.mean() < MAX_SHARE:
        return None
    unsure = (likely > UNSURE[0]) & (likely < UNSURE[1])
    if unsure.sum() > MAX_UNSURE * product.sum():
        doubt = f"The network {seen.model} is unsure where in this picture the product ends."
        return evolve(not_found(size, doubt), warnings=seen.warnings)
    warnings = seen.warnings
    if _wide(unsure).sum() > MAX_WIDE * product.sum():
        warnings = (*warnings, f"The network {seen.model} is unsure of a part; check its outline.")
    return ProductLocation(
        found=True,
        why=f"The product was told from its background by the network {seen.model}.",
        confidence=float(likely[product].mean()),
        product=product,
        likely=seen.saliency,
        plain=None,
        model=seen.model,
        warnings=warnings,
    )


def _wide(mask: Mask) -> Mask:
    """The places of ``mask`` that are in the midst of it."""
    width = max(1, round(WIDE * max(mask.shape)))
    eroded = cv2.erode(mask.astype(np.uint8), np.ones((width, width), np.uint8))
    return np.asarray(eroded > 0)


def _is_a_part(rgb: Bytes, likely: Floats) -> bool:
    """Whether much beside the ``likely`` product, and no shadow, stands out from a plain ground."""
    size = _size(rgb, CHECK_SIDE)
    plain = plain_background(smooth_noise(resized(rgb, size))[1])
    if plain is None:
        return False
    seen = cv2.resize(likely, size, interpolation=cv2.INTER_LINEAR)
    near = dilated(seen > UNSURE[0], BESIDE)
    beside = (~plain.mask & ~plain.shade & ~near).astype(np.uint8)
    missed = cv2.morphologyEx(beside, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return bool(missed.sum() > MAX_MISSED * (seen > SALIENT).sum())


def _size(rgb: Bytes, longest: int) -> tuple[int, int]:
    """(width, height) of a copy whose longest side is at most ``longest``."""
    height, width = rgb.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))
