"""BACKGROUND_REMOVE's step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.local.cutout.cut_out import cut_out
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
from pixellab.adapters.enhancers.local.segmentation.product_location import checked
from pixellab.adapters.enhancers.local.stage import Stage, pixels_before, with_step
from pixellab.adapters.imaging.compositing import on_white
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Task
from pixellab.domain.requests.framing import Shares
from pixellab.domain.results import Enhanced, Step

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes

HALF = 127
"""8-bit alpha above which a pixel shows more of the product than of what is behind it."""


def removing_background(segment: Segment | None, came: Picture | None = None) -> Stage:
    """A stage that cuts the product out; ``segment`` asks a network where it is, in the picture
    that ``came`` before other stages changed it."""

    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        cutout = cut_out(
            so_far.picture.pixels,
            segment,
            keep_shadow=task.keep_shadow,
            found_in=pixels_before(so_far, came),
        )
        figures = {"confidence": round(float(cutout.confidence), 2)}
        step = Step(name="background", applied=cutout.found, why=cutout.why, figures=figures)
        told = (each.sentence for each in cutout.doubts)
        warnings = (*so_far.warnings, *cutout.warnings, *told)
        if not cutout.found:
            kept = with_step(so_far, so_far.picture.pixels, step)
            return evolve(kept, warnings=(*warnings, cutout.why))
        pixels = laid(cutout.foreground, cutout.alpha, task.behind)
        done = with_step(so_far, pixels, step, *checked(cutout.doubts))
        return evolve(
            done,
            warnings=warnings,
            model_version=cutout.model,
            product=place_of(cutout.alpha) or so_far.product,
        )

    return stage


def place_of(alpha: Bytes) -> Shares | None:
    """The box of what ``alpha``, uint8 (height, width), shows; None where that is nothing."""
    seen = alpha > HALF
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    if not len(columns):
        return None
    height, width = alpha.shape
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def laid(foreground: Bytes, alpha: Bytes, behind: tuple[int, int, int] | None) -> Bytes:
    """A product on the colour ``behind`` it, or where there is none as straight RGBA.

    ``foreground`` is uint8 (height, width, 3), ``alpha`` uint8 (height, width).
    """
    if behind is None:
        return np.dstack([foreground, alpha])
    return on_white(foreground, alpha, np.full_like(foreground, behind))
