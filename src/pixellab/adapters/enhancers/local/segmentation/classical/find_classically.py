"""Where the product is, without a network.

A plain background is followed from the frame inwards (``background``); on a busy one the product is
what is salient (``saliency``). Its outline is then drawn by GrabCut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import (
    cast_shadow,
    dilated,
)
from pixellab.adapters.enhancers.local.segmentation.classical.grabcut import grabcut
from pixellab.adapters.enhancers.local.segmentation.classical.saliency import salient_product
from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
    PlainBackground,
    is_near_white,
    plain_background,
)
from pixellab.adapters.enhancers.local.segmentation.ground.smooth_noise import smooth_noise
from pixellab.adapters.enhancers.local.segmentation.product_location import (
    MAX_SHARE,
    MIN_SHARE,
    ProductLocation,
    not_found,
)

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
MAX_FRAME_SHARE = 0.6
"""Share of the frame above which a salient region is rather the scene than a product."""
MIN_OUTLINE = 0.6
"""Least share of the outline that stands out from a plain background."""
CLEAR_CONTRAST = 8.0
"""Range of colours, summed over the CIELAB channels, across a clear outline."""
MIN_AGREEMENT = 0.8
"""Least overlap (IoU) of what saliency and what GrabCut call the product."""
LEAST_SPREAD = 4.0
"""CIELAB units by which colours of the frame differ at least, in judging others."""
ALMOST = 0.6
MAX_LEFT_OUT = 0.1
"""Share of the product's area; more left out beside it may be a part of it."""
BAND = 3
"""Pixels of the working copy by which the outline may be wrong."""
OUTLINE_BLUR = 2.0
"""Standard deviation in pixels of the working copy by which a drawn outline is made soft."""
NEAR, SHADE_REACH = 5, 14
"""Pixels by which it may be before it was drawn, elsewhere and where there may be a shadow."""
MAX_SHADE_INSIDE = 0.05
"""A product has other colours than the background's shadow if no more of its inside has them."""


def find_classically(rgb: Bytes) -> ProductLocation:
    """The product in ``rgb``, uint8 (height, width, 3), a working copy."""
    smooth, lab = smooth_noise(rgb)
    plain = plain_background(lab)
    if plain is None:
        return _on_busy(rgb)
    return _on_plain(smooth, lab, plain)


def _on_plain(rgb: Bytes, lab: Floats, plain: PlainBackground) -> ProductLocation:
    product = ~plain.mask
    share = float(product.mean())
    if share < MIN_SHARE:
        return not_found(
            rgb.shape[1::-1], "The picture shows nothing but a plain background.", plain
        )
    likely, unsure = _without_cast_shadow(rgb, plain, *_first_guess(plain))
    product = grabcut(rgb, likely, certain=~unsure)
    share = float(product.mean())
    outline = _outline_contrast(lab, product)
    if not MIN_SHARE < share < MAX_SHARE or outline < MIN_OUTLINE:
        return not_found(
            rgb.shape[1::-1],
            "The product has almost the background's colour, so its outline is unsure.",
            plain,
        )
    why = "The product was told from the plain background around it, without a network."
    return _found(product, why, outline, plain)


def _without_cast_shadow(
    rgb: Bytes, plain: PlainBackground, likely: Mask, unsure: Mask
) -> tuple[Mask, Mask]:
    """``likely`` and ``unsure`` of a first guess, once cast shadows are taken for background.

    On white they stay, for they may be the shaded side of a white product.
    """
    if is_near_white(plain):
        return likely, unsure
    shadow = cast_shadow(rgb, plain)
    likely = likely & ~shadow
    return likely, (unsure & ~shadow) | (dilated(shadow, NEAR) & dilated(likely, NEAR))


def _first_guess(plain: PlainBackground) -> tuple[Mask, Mask]:
    """The product as far as the background tells, and where a pixel may be on the other side.

    That is near the outline, in shadows, and on what may be one: dark rests beside a product of
    other colours are shadow. Beside a white background, they are more likely a white product.
    """
    product = ~plain.mask
    near_outline = dilated(product, NEAR) & dilated(plain.mask, NEAR)
    shade = plain.shade & product & dilated(plain.mask, SHADE_REACH)
    inner = product & ~dilated(plain.mask, SHADE_REACH)
    if inner.any() and plain.shade[inner].mean() < MAX_SHADE_INSIDE:
        product = product & ~shade
    elif is_near_white(plain):
        return product, near_outline
    return product, near_outline | dilated(shade | (plain.mask & ~plain.lit), 2)


def _on_busy(rgb: Bytes) -> ProductLocation:
    product, agreement = salient_product(rgb)
    share = float(product.mean())
    frame = np.concatenate([product[0], product[-1], product[:, 0], product[:, -1]])
    if (
        agreement < MIN_AGREEMENT
        or not MIN_SHARE < share < MAX_SHARE
        or frame.mean() > MAX_FRAME_SHARE
        or _leaves_some_out(rgb, product)
    ):
        return not_found(
            rgb.shape[1::-1], "The background is too busy to tell the product from it."
        )
    why = "The product stands out from a busy background, seen without a network; check it."
    return _found(product, why, agreement)


def _leaves_some_out(rgb: Bytes, product: Mask) -> bool:
    """Whether something large beside ``product`` is almost as unlike the frame as ``product``."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    frame = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    middle = np.median(frame, axis=0)
    spread = np.median(np.abs(frame - middle), axis=0) + LEAST_SPREAD
    unlike = np.sqrt((((lab - middle) / spread) ** 2).sum(axis=2))
    others = (unlike > ALMOST * np.median(unlike[product])) & ~dilated(product, BAND)
    dense = cv2.morphologyEx(others.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, labels = cv2.connectedComponents(dense)
    beside = np.setdiff1d(labels[dilated(product, 2 * BAND + 2)], [0])
    return bool(np.isin(labels, beside).sum() > MAX_LEFT_OUT * product.sum())


def _outline_contrast(lab: Floats, product: Mask) -> float:
    """Share of the outline along which colours differ clearly between inside and outside."""
    outline = dilated(~product, 1) & product
    if not outline.any():
        return 0.0
    # It was drawn in a smaller copy, so it may be beside the edge by more than a pixel.
    across = cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    contrast = np.asarray(across).sum(axis=2)
    return float((contrast[outline] > CLEAR_CONTRAST).mean())


def _found(
    product: Mask, why: str, confidence: float, plain: PlainBackground | None = None
) -> ProductLocation:
    soft = cv2.GaussianBlur(product.astype(np.float32), (0, 0), OUTLINE_BLUR)
    return ProductLocation(
        found=True,
        why=why,
        confidence=confidence,
        product=product,
        likely=np.asarray(soft),
        plain=plain,
    )
