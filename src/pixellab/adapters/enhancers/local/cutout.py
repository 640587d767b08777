"""The product cut out of a photo, with soft edges and none of the old background's colour in them.

``locate`` finds the product in a small copy: by a segmentation network where there is one, else, or
where that sees no product, by following a plain background from the frame inwards (``background``)
or, where it is busy, by saliency and GrabCut (``saliency``). ``matte`` then finds alpha and colours
at full resolution. Where the product cannot be told from the background with some certainty, the
picture stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import evolve, frozen

from pixellab.adapters.enhancers.local.background import PlainBackground, plain_background
from pixellab.adapters.enhancers.local.calm import calmed
from pixellab.adapters.enhancers.local.cast_shadow import cast_shadow
from pixellab.adapters.enhancers.local.matte import take_apart
from pixellab.adapters.enhancers.local.outline import draw_outline
from pixellab.adapters.enhancers.local.saliency import salient_product
from pixellab.adapters.enhancers.local.scaling import resized
from pixellab.adapters.enhancers.local.segmentation import Segment, Segmentation
from pixellab.adapters.enhancers.local.whiten import is_near_white

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.arrays import Bytes, Floats, Mask
WORKING_SIDE = 480
"""Longest side, in pixels, of the copy in which the product is searched."""
MIN_SIDE = 16
MIN_SHARE, MAX_SHARE = 0.002, 0.97
"""Least and largest share of the picture that a product covers."""
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
SALIENT = 0.5
"""Least share of the product that a network sees where it is."""
NEAR, SHADE_REACH = 5, 14
"""Pixels by which it may be before it was drawn, elsewhere and where there may be a shadow."""
MAX_SHADE_INSIDE = 0.05
"""A product has other colours than the background's shadow if no more of its inside has them."""
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
    model: str | None = None
    """The network that found it; None for the classical method."""
    warnings: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False)
class Location:
    """Where the product is; masks of the size of the picture that was searched."""

    found: bool
    why: str
    confidence: float
    product: Mask
    likely: Floats
    """float32, 0 to 1, of any size: how likely each place is the product."""
    plain: PlainBackground | None
    """The background, if it is a plain one, also where no product was found on it."""
    model: str | None = None
    """The network that found it; None for the classical method."""
    warnings: tuple[str, ...] = ()

    def likely_in(self, part: tuple[slice, slice]) -> Floats:
        """``likely`` in a part of ``product``, and of its size."""
        size = self.product.shape[1], self.product.shape[0]
        return np.asarray(cv2.resize(self.likely, size, interpolation=cv2.INTER_LINEAR)[part])


def cut_out(pixels: Bytes, segment: Segment | None = None) -> Cutout:
    """Cut the product out of ``pixels``, uint8 (height, width, 3 or 4), sRGB, straight alpha.

    A picture that is transparent anywhere keeps its own alpha. ``segment`` asks a network.
    """
    rgb = np.ascontiguousarray(pixels[..., :3])
    if is_transparent(pixels):
        return _own_alpha(rgb, np.ascontiguousarray(pixels[..., 3]))
    location = locate(rgb, segment)
    alpha, foreground = np.full(rgb.shape[:2], OPAQUE, np.uint8), rgb
    if location.found:
        layers = take_apart(rgb, location.likely)
        alpha, foreground = layers.alpha, layers.foreground
    return Cutout(
        alpha=alpha,
        foreground=foreground,
        found=location.found,
        why=location.why,
        confidence=location.confidence,
        model=location.model,
        warnings=location.warnings,
    )


def is_transparent(pixels: Bytes) -> bool:
    """Whether ``pixels`` have an alpha channel that is not opaque throughout."""
    return pixels.shape[2] == 4 and bool((pixels[..., 3] < OPAQUE).any())


def working_copy(rgb: Bytes) -> Bytes:
    """``rgb`` reduced to at most ``WORKING_SIDE`` pixels on its longest side."""
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return resized(rgb, size)


def locate(rgb: Bytes, segment: Segment | None = None, *, describe_plain: bool = False) -> Location:
    """Find the product in ``rgb``, uint8 (height, width, 3).

    The masks are of the size of its ``working_copy``. With ``describe_plain`` a plain background is
    looked for where a network found the product, too.
    """
    small = working_copy(rgb)
    if min(small.shape[:2]) < MIN_SIDE:
        return _nowhere(small, "The picture is too small to tell a product from its background.")
    seen = segment(rgb) if segment else Segmentation()
    location = _seen(small, seen)
    if location is None:
        return evolve(_classical(small), warnings=seen.warnings)
    return (
        evolve(location, plain=plain_background(calmed(small)[1])) if describe_plain else location
    )


def _seen(rgb: Bytes, seen: Segmentation) -> Location | None:
    """The product that a network saw; None where it saw none."""
    if seen.saliency is None:
        return None
    likely = cv2.resize(seen.saliency, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    product = likely > SALIENT
    if not MIN_SHARE < product.mean() < MAX_SHARE:
        return None
    return Location(
        found=True,
        why=f"The product was told from its background by the network {seen.model}.",
        confidence=float(likely[product].mean()),
        product=product,
        likely=seen.saliency,
        plain=None,
        model=seen.model,
        warnings=seen.warnings,
    )


def _classical(rgb: Bytes) -> Location:
    calm, lab = calmed(rgb)
    plain = plain_background(lab)
    if plain is None:
        return _on_busy(rgb)
    return _on_plain(calm, lab, plain)


def _on_plain(rgb: Bytes, lab: Floats, plain: PlainBackground) -> Location:
    product = ~plain.mask
    share = float(product.mean())
    if share < MIN_SHARE:
        return _nowhere(rgb, "The picture shows nothing but a plain background.", plain)
    likely, unsure = _without_cast_shadow(rgb, plain, *_first_guess(plain))
    product = draw_outline(rgb, likely, certain=~unsure)
    share = float(product.mean())
    outline = _outline_contrast(lab, product)
    if not MIN_SHARE < share < MAX_SHARE or outline < MIN_OUTLINE:
        return _nowhere(
            rgb, "The product has almost the background's colour, so its outline is unsure.", plain
        )
    return Location(
        found=True,
        why="The product was told from the plain background around it, without a network.",
        confidence=outline,
        product=product,
        likely=_softened(product),
        plain=plain,
    )


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
    return likely, (unsure & ~shadow) | (_grown(shadow, NEAR) & _grown(likely, NEAR))


def _first_guess(plain: PlainBackground) -> tuple[Mask, Mask]:
    """The product as far as the background tells, and where a pixel may be on the other side.

    That is near the outline, in shadows, and on what may be one: dark rests beside a product of
    other colours are shadow. Beside a white background, they are more likely a white product.
    """
    product = ~plain.mask
    near_outline = _grown(product, NEAR) & _grown(plain.mask, NEAR)
    shade = plain.shade & product & _grown(plain.mask, SHADE_REACH)
    inner = product & ~_grown(plain.mask, SHADE_REACH)
    if inner.any() and plain.shade[inner].mean() < MAX_SHADE_INSIDE:
        product = product & ~shade
    elif is_near_white(plain):
        return product, near_outline
    return product, near_outline | _grown(shade | (plain.mask & ~plain.lit), 2)


def _on_busy(rgb: Bytes) -> Location:
    product, agreement = salient_product(rgb)
    share = float(product.mean())
    frame = np.concatenate([product[0], product[-1], product[:, 0], product[:, -1]])
    if (
        agreement < MIN_AGREEMENT
        or not MIN_SHARE < share < MAX_SHARE
        or frame.mean() > MAX_FRAME_SHARE
        or _leaves_some_out(rgb, product)
    ):
        return _nowhere(rgb, "The background is too busy to tell the product from it.")
    return Location(
        found=True,
        why="The product stands out from a busy background, seen without a network; check it.",
        confidence=agreement,
        product=product,
        likely=_softened(product),
        plain=None,
    )


def _leaves_some_out(rgb: Bytes, product: Mask) -> bool:
    """Whether something large beside ``product`` is almost as unlike the frame as ``product``."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / OPAQUE, cv2.COLOR_RGB2LAB)
    frame = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    middle = np.median(frame, axis=0)
    spread = np.median(np.abs(frame - middle), axis=0) + LEAST_SPREAD
    unlike = np.sqrt((((lab - middle) / spread) ** 2).sum(axis=2))
    others = (unlike > ALMOST * np.median(unlike[product])) & ~_grown(product, BAND)
    dense = cv2.morphologyEx(others.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, labels = cv2.connectedComponents(dense)
    beside = np.setdiff1d(labels[_grown(product, 2 * BAND + 2)], [0])
    return bool(np.isin(labels, beside).sum() > MAX_LEFT_OUT * product.sum())


def _nowhere(rgb: Bytes, why: str, plain: PlainBackground | None = None) -> Location:
    nothing = np.zeros(rgb.shape[:2], np.bool_)
    return Location(
        found=False,
        why=why,
        confidence=0.0,
        product=nothing,
        likely=nothing.astype(np.float32),
        plain=plain,
    )


def _outline_contrast(lab: Floats, product: Mask) -> float:
    """Share of the outline along which colours differ clearly between inside and outside."""
    outline = _grown(~product, 1) & product
    if not outline.any():
        return 0.0
    # It was drawn in a smaller copy, so it may be beside the edge by more than a pixel.
    across = cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    contrast = np.asarray(across).sum(axis=2)
    return float((contrast[outline] > CLEAR_CONTRAST).mean())


def _softened(product: Mask) -> Floats:
    return np.asarray(cv2.GaussianBlur(product.astype(np.float32), (0, 0), OUTLINE_BLUR))


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
