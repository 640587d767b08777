"""A marketplace-ready picture: the product centred on a square white canvas, the rules checked.

The product is searched in a small copy; what the canvas shows of the photo is then resized straight
to the canvas, and outline and background are worked on at that size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
from pixellab.adapters.enhancers.local.standardizing.canvas import Canvas, centred, fit, render
from pixellab.adapters.enhancers.local.standardizing.photo_view import Background, view_photo
from pixellab.adapters.enhancers.local.standardizing.report import steps_of, warnings_of
from pixellab.adapters.marketplaces.profiles import find_profile
from pixellab.adapters.marketplaces.requirements import Result, measure
from pixellab.domain.pictures import Picture
from pixellab.domain.results import FileRules, Rule, Step

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes


@frozen(kw_only=True, eq=False)
class Standardized:
    """What ``standardize`` answers."""

    pixels: Bytes
    """uint8 (side, side, 3), R, G, B, sRGB."""
    rules: tuple[Rule, ...]
    """Each rule on the pixels, measured on them."""
    file_rules: FileRules
    """The rules on the finished file, to be checked once it is encoded."""
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    model: str | None
    """The network that found the product; None for the classical method."""


def standardize(
    picture: Picture, profile: str = "generic", segment: Segment | None = None
) -> Standardized:
    """Make ``picture`` fit the marketplace called ``profile``; ``segment`` asks a network.

    The product is cut out, or its background whitened where that is nearly white already; where
    the product cannot be told from the background the whole photo is kept, and the rules that then
    fail say so. Raises InvalidRequest for an unknown profile.
    """
    wanted = find_profile(profile)
    view = view_photo(picture.pixels, segment)
    side, scale = fit(view, wanted)
    shown, box = render(picture.pixels, view, scale, side)
    canvas, box = centred(shown, box, side)
    result = Canvas(pixels=canvas, box=box, scale=scale, view=view)
    found = view.background is not Background.KEPT
    measures = measure(
        Result(pixels=canvas, fill=result.fill if found else None, enlargement=scale)
    )
    return Standardized(
        pixels=canvas,
        rules=tuple(each.check(measures[each.measure]) for each in wanted.requirements),
        file_rules=wanted.file_rules,
        steps=steps_of(result, wanted),
        warnings=warnings_of(result, wanted),
        model=view.location.model if view.location else None,
    )
