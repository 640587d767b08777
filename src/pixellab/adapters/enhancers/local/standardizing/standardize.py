"""A marketplace-ready picture: the product centred on a square white canvas, the rules checked.

The product is searched in a small copy; what the canvas shows of the photo is then resized straight
to the canvas, and outline and background are worked on at that size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.standardizing.canvas import (
    Canvas,
    Shown,
    centred,
    fit,
    render,
)
from pixellab.adapters.enhancers.local.standardizing.enlarge_product import enlarging
from pixellab.adapters.enhancers.local.standardizing.photo_view import PhotoView, view_photo
from pixellab.adapters.enhancers.local.standardizing.report import steps_of, warnings_of
from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.imaging.framing import framed_mask
from pixellab.adapters.marketplaces.profiles import Profile, find_profile
from pixellab.adapters.marketplaces.requirements import Result, measure
from pixellab.domain.pictures import Picture
from pixellab.domain.requests.framing import Layout
from pixellab.domain.results import FileRules, Rule, Step

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes


LEAST_DRAWN = 0.97
"""Share of the product's longest side, as it was searched in the small copy, that its outline at
full size has at least; with less, crumbs were taken for the product, and it is drawn larger."""


@frozen(kw_only=True, eq=False)
class Standardized:
    """What ``standardize`` answers."""

    pixels: Bytes
    """uint8 (side, side, 3), R, G, B, sRGB."""
    rules: tuple[Rule, ...]
    """Each rule on the pixels, measured on them."""
    measure_again: Callable[[Picture, Layout], tuple[Rule, ...]]
    """``rules`` on them once they are laid out otherwise."""
    file_rules: FileRules
    """The rules on the finished file, to be checked once it is encoded."""
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    model: str | None
    """The network that found the product; None for the classical method."""


def standardize(
    picture: Picture,
    profile: str = "generic",
    segment: Segment | None = None,
    networks: Networks | None = None,
    found_in: Bytes | None = None,
) -> Standardized:
    """Make ``picture`` fit the marketplace called ``profile``; ``segment`` asks a network where the
    product is, and ``networks`` enlarge what is too small (without them it is interpolated).
    ``found_in`` is the photo as it came, if ``picture`` was changed since: the product is looked
    for in it.

    The product is cut out, or its background whitened where that is nearly white already; where
    the product cannot be told from the background the whole photo is kept, and the rules that then
    fail say so. Where the cut-out cannot be trusted, rules about the product are unknown. Raises
    InvalidRequest for an unknown profile.
    """
    wanted = find_profile(profile)
    view = view_photo(picture.pixels, segment, found_in)
    side, scale = fit(view, wanted)
    shown = _shown(picture.pixels, view, scale, side, wanted, networks)
    share = shown.longest / (scale * view.longest)
    if shown.alpha is not None and share < LEAST_DRAWN:
        side, scale = fit(view, wanted, share)
        shown = _shown(picture.pixels, view, scale, side, wanted, networks)
    canvas, product, box = centred(shown, side)
    result = Canvas(pixels=canvas, product=product, box=box, scale=scale, view=view)
    return Standardized(
        pixels=canvas,
        rules=_rules(result, wanted),
        measure_again=partial(_rules_laid_out, result, wanted),
        file_rules=wanted.file_rules,
        steps=steps_of(result, wanted, networks),
        warnings=warnings_of(result, wanted),
        model=view.location.model if view.location else None,
    )


def _rules(result: Canvas, wanted: Profile) -> tuple[Rule, ...]:
    told = result.product is not None and result.view.can_be_trusted
    measures = measure(
        Result(
            pixels=result.pixels,
            around=~result.product if told and result.product is not None else None,
            fill=result.fill if told else None,
            enlargement=result.scale,
            edges_reached=result.view.edges_reached if told else None,
        )
    )
    return tuple(each.check(measures[each.measure]) for each in wanted.requirements)


def _rules_laid_out(
    result: Canvas, wanted: Profile, picture: Picture, layout: Layout
) -> tuple[Rule, ...]:
    """The rules on the canvas as ``picture`` shows it, which ``layout`` made of it."""
    pixels = picture.pixels
    if picture.has_alpha:
        pixels = on_white(np.ascontiguousarray(pixels[..., :3]), pixels[..., 3])
    product = None if result.product is None else framed_mask(result.product, layout)
    return _rules(
        evolve(
            result,
            pixels=pixels,
            product=product,
            box=layout.box(result.box),
            scale=result.scale * layout.scale,
        ),
        wanted,
    )


def _shown(
    pixels: Bytes,
    view: PhotoView,
    scale: float,
    side: int,
    wanted: Profile,
    networks: Networks | None,
) -> Shown:
    sized = enlarging(networks) if networks and scale > 1 else resized
    return render(pixels, view, scale, side, sized, pure=wanted.wants_white)
