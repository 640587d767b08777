"""Where a product is in a photo, how far that can be trusted, or why it is not to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.domain.results import Step

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats, Mask
    from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
        PlainBackground,
    )
MIN_SHARE, MAX_SHARE = 0.002, 0.97
"""Least and largest share of the picture that a product covers."""


@frozen(kw_only=True)
class Doubt:
    """Something that speaks against a cut-out."""

    name: str
    measure: float
    """How much of it there is: a share of the product's area, or of its outline."""
    sentence: str
    """What a seller should look at, with the measure."""


@frozen(kw_only=True, eq=False)
class ProductLocation:
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
    doubts: tuple[Doubt, ...] = ()
    """What speaks against it; none where it can be trusted."""

    def likely_in(self, part: tuple[slice, slice]) -> Floats:
        """``likely`` in a part of ``product``, and of its size."""
        size = self.product.shape[1], self.product.shape[0]
        return np.asarray(cv2.resize(self.likely, size, interpolation=cv2.INTER_LINEAR)[part])


def checked(doubts: tuple[Doubt, ...]) -> tuple[Step, ...]:
    """The step that tells what speaks against a cut-out; none where nothing does."""
    if not doubts:
        return ()
    why = " ".join(
        ("The cut-out was checked and cannot be trusted.", *(d.sentence for d in doubts))
    )
    figures = {each.name: round(each.measure, 4) for each in doubts}
    return (Step(name="check_cutout", applied=True, why=why, figures=figures),)


def not_found(
    size: tuple[int, int], why: str, plain: PlainBackground | None = None
) -> ProductLocation:
    """No product in a picture of ``size`` (width, height), and why."""
    nothing = np.zeros(size[::-1], np.bool_)
    return ProductLocation(
        found=False,
        why=why,
        confidence=0.0,
        product=nothing,
        likely=nothing.astype(np.float32),
        plain=plain,
    )
