"""The product cut out of a photo, with soft edges and none of the old background's colour in them.

``find_product`` finds the product in a small copy; ``matting`` then finds alpha and colours at full
resolution. Where the product cannot be told from the background with some certainty, the picture
stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.cutout.keep_shadow import shadow_of, with_shadow
from pixellab.adapters.enhancers.local.cutout.matting import (
    Layers,
    layers_by_alpha,
    split_layers,
)
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
from pixellab.adapters.enhancers.local.pixels.transparency import OPAQUE, is_transparent
from pixellab.adapters.enhancers.local.segmentation.find_product import (
    find_plain_background,
    find_product,
)
from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
    PlainBackground,
)
from pixellab.adapters.enhancers.local.segmentation.product_location import Doubt

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes
NO_SHADOW = "The shadow was left out: it can be told only from a plain background."


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
    doubts: tuple[Doubt, ...] = ()
    """What speaks against it; none where it can be trusted."""


def cut_out(
    pixels: Bytes,
    segment: Segment | None = None,
    *,
    keep_shadow: bool = False,
    found_in: Bytes | None = None,
) -> Cutout:
    """Cut the product out of ``pixels``, uint8 (height, width, 3 or 4), sRGB, straight alpha.

    A picture that is transparent anywhere keeps its own alpha. ``segment`` asks a network. With
    ``keep_shadow`` the shadow on a plain background stays, as black that is half transparent.
    ``found_in`` is the photo as it came, of the same shape in any size, if ``pixels`` were changed
    since: the product is looked for in it, so that every mode cuts alike.
    """
    rgb = np.ascontiguousarray(pixels[..., :3])
    if is_transparent(pixels):
        return _own_alpha(rgb, np.ascontiguousarray(pixels[..., 3]))
    location = find_product(rgb, segment, describe_plain=keep_shadow, found_in=found_in)
    alpha, foreground = np.full(rgb.shape[:2], OPAQUE, np.uint8), rgb
    warnings = location.warnings
    if location.found:
        layers = split_layers(rgb, location.likely)
        if keep_shadow:
            layers, told = _shadow_kept(layers, rgb, location.plain)
            warnings = (*warnings, *told)
        alpha, foreground = layers.alpha, layers.foreground
    return Cutout(
        alpha=alpha,
        foreground=foreground,
        found=location.found,
        why=location.why,
        confidence=location.confidence,
        model=location.model,
        warnings=warnings,
        doubts=location.doubts,
    )


def cut_along(
    rgb: Bytes, alpha: Bytes, *, keep_shadow: bool = False
) -> tuple[Layers, tuple[str, ...]]:
    """The product of ``rgb`` under an ``alpha`` that is known, and warnings.

    ``rgb`` is uint8 (height, width, 3), ``alpha`` uint8 (height, width). Colours and shadow are as
    in ``cut_out``.
    """
    layers = layers_by_alpha(rgb, alpha)
    if not keep_shadow:
        return layers, ()
    return _shadow_kept(layers, rgb, find_plain_background(rgb))


def _shadow_kept(
    layers: Layers, rgb: Bytes, plain: PlainBackground | None
) -> tuple[Layers, tuple[str, ...]]:
    if plain is None:
        return layers, (NO_SHADOW,)
    return with_shadow(layers, shadow_of(rgb, layers.alpha, plain)), ()


def _own_alpha(rgb: Bytes, alpha: Bytes) -> Cutout:
    shown = bool((alpha > OPAQUE // 2).any())
    why = "The picture came with a transparent background."
    if not shown:
        why = "The picture is transparent throughout; it shows no product."
    return Cutout(
        alpha=alpha, foreground=rgb, found=shown, why=why, confidence=1.0 if shown else 0.0
    )
