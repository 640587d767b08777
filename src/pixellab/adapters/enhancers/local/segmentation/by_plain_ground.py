"""A network's answer held against a plain background, which is known to the pixel.

Networks close holes (frames, rings, spokes) and lose thin parts (legs, wires), or take a part for
the product, such as the dial of a watch. Where a background is plain along most of the picture's
border, what stands out from it is the product, and what equals it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated
from pixellab.adapters.enhancers.local.segmentation.classical.find_classically import (
    find_classically,
)
from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
    PlainBackground,
    plain_background,
)
from pixellab.adapters.enhancers.local.segmentation.ground.smooth_noise import smooth_noise
from pixellab.adapters.enhancers.local.segmentation.product_location import ProductLocation

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
CHECK_SIDE, BESIDE = 160, 3
"""Longest side of the copy in which an answer is checked, and pixels by which that may be off."""
PRODUCT, DOUBTFUL, SURE = 0.5, 0.2, 0.8
"""Shares that a network sees where it is the product, may be, and is without doubt."""
MAX_MISSED, MAX_CLOSED = 0.02, 0.01
"""Shares of what a network sees as the product: what stands out beside it, and what of it equals
the background. With more than this the picture is searched without the network."""
MIN_BORDER = 0.75
"""Share of the picture's border that shows the plain background, where that decides."""
MIN_OUTLINE = 0.9
"""Share of the new outline that stands out from it."""
MAX_GIVEN_UP = 0.02
"""Share of the network's product that the new one may lack without being background or shadow."""
SHADE_REACH = 14
"""Pixels from lit background over which a shadow may fall."""
WHY = (
    "The product was told from the plain background around it, without a network: the network's "
    "answer did not fit that background."
)


def plain_along_border(rgb: Bytes) -> PlainBackground | None:
    """The background of ``rgb``, uint8 (height, width, 3), if most of the border shows it.

    Its arrays are of a copy of at most ``CHECK_SIDE`` pixels.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, CHECK_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    plain = plain_background(smooth_noise(resized(rgb, size))[1])
    return plain if plain is not None and _along_border(plain) >= MIN_BORDER else None


def corrected_by_plain_ground(
    rgb: Bytes, plain: PlainBackground, location: ProductLocation, size: tuple[int, int]
) -> ProductLocation:
    """``location``, or a better one where the ``plain`` background contradicts it.

    ``rgb`` is uint8 (height, width, 3), the picture; ``location`` is what a network answered, also
    where it is in doubt, in a copy of ``size`` (width, height).
    """
    if location.found and _agrees(location.likely, plain):
        return location
    whole = find_classically(resized(rgb, size))
    if not _decides(whole, location):
        return location
    return evolve(whole, warnings=location.warnings, why=WHY)


def _along_border(plain: PlainBackground) -> float:
    """Share of the picture's border that shows the background."""
    mask = plain.mask
    return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())


def _agrees(likely: Floats, plain: PlainBackground) -> bool:
    """Whether little beside the ``likely`` product stands out, and little of it equals ``plain``.

    Shadows do not stand out.
    """
    seen = cv2.resize(likely, plain.mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    near = dilated(seen > DOUBTFUL, BESIDE)
    missed = _dense(~plain.mask & ~plain.shade & ~near)
    closed = _dense(plain.lit & (seen > SURE))
    area = (seen > PRODUCT).sum()
    return bool(missed.sum() <= MAX_MISSED * area and closed.sum() <= MAX_CLOSED * area)


def _dense(mask: Mask) -> Mask:
    """``mask`` without single pixels and lines."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0


def _decides(whole: ProductLocation, location: ProductLocation) -> bool:
    """Whether ``whole``, found by the background alone, is sure and contains ``location``."""
    if not whole.found or whole.plain is None or whole.confidence < MIN_OUTLINE:
        return False
    too_thin = (whole.likely > PRODUCT).sum() < whole.product.sum() / 2
    if too_thin or _along_border(whole.plain) < MIN_BORDER:
        return False
    plain, seen = whole.plain, location.likely_in(np.s_[:, :])
    ground = plain.mask | plain.shade & dilated(plain.lit, SHADE_REACH)
    given_up = _dense((seen > SURE) & ~dilated(whole.product, BESIDE) & ~ground)
    return bool(given_up.sum() <= MAX_GIVEN_UP * (seen > PRODUCT).sum())
