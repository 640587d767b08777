"""The product cut out of a photo, with soft edges and none of the old background's colour in them.

Classical, without networks: ``locate`` finds the product in a small copy, by following a plain
background from the frame inwards (``background``) or, where it is busy, by saliency and GrabCut
(``saliency``); ``matte`` then finds alpha and colours at full resolution. Where the product cannot
be told from the background with some certainty, the picture stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.background import PlainBackground, plain_background
from pixellab.adapters.enhancers.local.matte import take_apart
from pixellab.adapters.enhancers.local.saliency import salient_product

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

WORKING_SIDE = 480
"""Longest side, in pixels, of the copy in which the product is searched."""
MIN_SIDE = 16
MIN_SHARE, MAX_SHARE = 0.002, 0.97
"""Least and largest share of the picture that a product covers."""
MAX_FRAME_SHARE = 0.6
"""Share of the frame above which a salient region is rather the scene than a product."""
MIN_OUTLINE = 0.6
"""A plain background is left where this share of the outline stands out from it."""
MIN_AGREEMENT = 0.72
"""On ECSSD, saliency and GrabCut that overlap by more are right: mean IoU 0.85."""
PLAIN_BAND, BUSY_BAND = 5, 3
"""Pixels of the working copy by which the mask's outline may be wrong."""
OPAQUE = 255


@frozen(kw_only=True, eq=False)
class Cutout:
    """A product without its background.

    ``alpha`` is uint8 (height, width), 255 on the product; ``foreground`` is uint8 (height, width,
    3), R, G, B, the product's own colours also where it is half transparent. Where ``found`` is
    False alpha is 255 throughout, and the foreground is the picture.
    """

    alpha: Bytes
    foreground: Bytes
    found: bool
    why: str
    """What was found and how, or why nothing was, in one sentence."""
    confidence: float
    """0 to 1: how clearly product and background differ."""


@frozen(kw_only=True, eq=False)
class Location:
    """Where the product is; masks of the size of the picture that was searched."""

    found: bool
    why: str
    confidence: float
    product: Mask
    unknown: Mask
    """Near the outline, where a pixel may belong to either side or both."""
    plain: PlainBackground | None
    """The background, if it is a plain one, also where no product was found on it."""


def cut_out(pixels: Bytes) -> Cutout:
    """Cut the product out of ``pixels``, uint8 (height, width, 3 or 4), sRGB, straight alpha.

    A picture that is transparent anywhere keeps its own alpha.
    """
    rgb = np.ascontiguousarray(pixels[..., :3])
    if is_transparent(pixels):
        return _own_alpha(rgb, np.ascontiguousarray(pixels[..., 3]))
    location = locate(working_copy(rgb))
    if not location.found:
        alpha = np.full(rgb.shape[:2], OPAQUE, np.uint8)
        return Cutout(
            alpha=alpha, foreground=rgb, found=False, why=location.why, confidence=0.0
        )
    layers = take_apart(rgb, location.product, location.unknown)
    return Cutout(
        alpha=layers.alpha,
        foreground=layers.foreground,
        found=True,
        why=location.why,
        confidence=location.confidence,
    )


def is_transparent(pixels: Bytes) -> bool:
    """Whether ``pixels`` have an alpha channel that is not opaque throughout."""
    return pixels.shape[2] == 4 and bool((pixels[..., 3] < OPAQUE).any())


def working_copy(rgb: Bytes) -> Bytes:
    """``rgb`` reduced to at most ``WORKING_SIDE`` pixels on its longest side."""
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def locate(rgb: Bytes) -> Location:
    """Find the product in ``rgb``, uint8 (height, width, 3), a ``working_copy``."""
    if min(rgb.shape[:2]) < MIN_SIDE:
        return _nowhere(rgb, "The picture is too small to tell a product from its background.")
    lab = cv2.cvtColor(rgb.astype(np.float32) / OPAQUE, cv2.COLOR_RGB2LAB)
    plain = plain_background(lab)
    return _on_plain(rgb, lab, plain) if plain else _on_busy(rgb)


def _on_plain(rgb: Bytes, lab: Floats, plain: PlainBackground) -> Location:
    product = ~plain.mask
    share = float(product.mean())
    if share < MIN_SHARE:
        return _nowhere(rgb, "The picture shows nothing but a plain background.", plain)
    outline = _outline_contrast(lab, plain)
    if share > MAX_SHARE or outline < MIN_OUTLINE:
        return _nowhere(
            rgb, "The product has almost the background's colour, so its outline is unsure.", plain
        )
    return Location(
        found=True,
        why="The product was told from the plain background around it.",
        confidence=outline,
        product=product,
        unknown=_band(product, PLAIN_BAND, 1),
        plain=plain,
    )


def _on_busy(rgb: Bytes) -> Location:
    product, agreement = salient_product(rgb)
    share = float(product.mean())
    frame = np.concatenate([product[0], product[-1], product[:, 0], product[:, -1]])
    if (
        agreement < MIN_AGREEMENT
        or not MIN_SHARE < share < MAX_SHARE
        or frame.mean() > MAX_FRAME_SHARE
    ):
        return _nowhere(rgb, "The background is too busy to tell the product from it.")
    return Location(
        found=True,
        why="The product stands out from a busy background.",
        confidence=agreement,
        product=product,
        unknown=_band(product, BUSY_BAND, BUSY_BAND),
        plain=None,
    )


def _nowhere(rgb: Bytes, why: str, plain: PlainBackground | None = None) -> Location:
    nothing = np.zeros(rgb.shape[:2], np.bool_)
    return Location(
        found=False, why=why, confidence=0.0, product=nothing, unknown=nothing, plain=plain
    )


def _outline_contrast(lab: Floats, plain: PlainBackground) -> float:
    """Share of the outline where the product a little inside clearly differs from outside."""
    product = (~plain.mask).astype(np.uint8)
    outline = cv2.morphologyEx(product, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    reach = np.ones((2 * PLAIN_BAND + 1, 2 * PLAIN_BAND + 1), np.uint8)
    lightness = lab[..., 0]
    range_ = sum(
        cv2.dilate(lab[..., channel], reach) - cv2.erode(lab[..., channel], reach)
        for channel in range(3)
    )
    del lightness
    return float((range_[outline] > 4 * plain.tolerance).mean()) if outline.any() else 0.0


def _band(product: Mask, inwards: int, outwards: int) -> Mask:
    """Pixels of both sides that are near the outline."""
    return _grown(~product, inwards) & product | _grown(product, outwards) & ~product


def _grown(mask: Mask, pixels: int) -> Mask:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return cv2.dilate(mask.astype(np.uint8), disc).astype(np.bool_)


def _own_alpha(rgb: Bytes, alpha: Bytes) -> Cutout:
    shown = bool((alpha > OPAQUE // 2).any())
    why = "The picture came with a transparent background."
    if not shown:
        why = "The picture is transparent throughout; it shows no product."
    return Cutout(
        alpha=alpha, foreground=rgb, found=shown, why=why, confidence=1.0 if shown else 0.0
    )
