"""The product cut out of a photo, with soft edges and none of the old background's colour in them.

``locate`` finds the product in a small copy; ``matte`` then finds alpha and colours at full
resolution. Where the product cannot be told from the background with some certainty, the picture
stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.locate import locate
from pixellab.adapters.enhancers.local.matte import take_apart
from pixellab.adapters.enhancers.local.segmentation import Segment
from pixellab.adapters.enhancers.local.shadow_layer import shadow_of, with_shadow

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.arrays import Bytes
OPAQUE = 255
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


def cut_out(pixels: Bytes, segment: Segment | None = None, *, keep_shadow: bool = False) -> Cutout:
    """Cut the product out of ``pixels``, uint8 (height, width, 3 or 4), sRGB, straight alpha.

    A picture that is transparent anywhere keeps its own alpha. ``segment`` asks a network. With
    ``keep_shadow`` the shadow on a plain background stays, as black that is half transparent.
    """
    rgb = np.ascontiguousarray(pixels[..., :3])
    if is_transparent(pixels):
        return _own_alpha(rgb, np.ascontiguousarray(pixels[..., 3]))
    location = locate(rgb, segment, describe_plain=keep_shadow)
    alpha, foreground = np.full(rgb.shape[:2], OPAQUE, np.uint8), rgb
    warnings = location.warnings
    if location.found:
        layers = take_apart(rgb, location.likely)
        if keep_shadow and location.plain:
            layers = with_shadow(layers, shadow_of(rgb, layers.alpha, location.plain))
        elif keep_shadow:
            warnings = (*warnings, NO_SHADOW)
        alpha, foreground = layers.alpha, layers.foreground
    return Cutout(
        alpha=alpha,
        foreground=foreground,
        found=location.found,
        why=location.why,
        confidence=location.confidence,
        model=location.model,
        warnings=warnings,
    )


def is_transparent(pixels: Bytes) -> bool:
    """Whether ``pixels`` have an alpha channel that is not opaque throughout."""
    return pixels.shape[2] == 4 and bool((pixels[..., 3] < OPAQUE).any())


def _own_alpha(rgb: Bytes, alpha: Bytes) -> Cutout:
    shown = bool((alpha > OPAQUE // 2).any())
    why = "The picture came with a transparent background."
    if not shown:
        why = "The picture is transparent throughout; it shows no product."
    return Cutout(
        alpha=alpha, foreground=rgb, found=shown, why=why, confidence=1.0 if shown else 0.0
    )
