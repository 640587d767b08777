"""SHARPEN's steps."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import (
    BLOCKY_QUALITY,
    quality_by_traces,
)
from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from pixellab.adapters.enhancers.local.cleaning.with_network import deblocked
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.sharpening.sharpen import NATURAL_BLUR, sharpen
from pixellab.adapters.enhancers.local.stage import Stage, left_out, on_colours, with_step
from pixellab.adapters.imaging.quality.blockiness import blockiness
from pixellab.adapters.imaging.quality.blur import blur_sigma
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

Pixels = NDArray[np.uint8]
CRISP = 0.7
"""Blur in pixels up to which edges are crisp: what undoing it changes, nobody sees (52 dB or more
on photos of clothes)."""
SOFT = 0.9
"""Blur in pixels from which on softness is undone down to what crisp pixels have. Between the two
it is by degrees: a crisp picture that measures a little soft lost up to 6 dB by a full measure."""
FAINT_OVERSHOOT = 0.02
"""Overshoot, as a share of the neighbours' range, at which print gets no pale outline."""
GRID_PLAIN = 1.0
"""Blockiness beyond which a picture is not sharpened even on request. Photos compressed at
quality 12 and saved again have 1.2 to 1.8; straight drawn edges alone may have 0.7."""


def sharpening(networks: Networks) -> Stage:
    """A stage of ``sharpen_step``."""

    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        as_it_is = "deblock" in task.left_out
        if as_it_is:
            so_far = with_step(so_far, so_far.picture.pixels, left_out("deblock"))
        work = partial(sharpen_step, networks=networks, deblocks=not as_it_is)
        return on_colours(work)(so_far, task)

    return stage


def sharpen_step(
    pixels: Pixels, networks: Networks, *, deblocks: bool = True
) -> tuple[Pixels, tuple[Step, ...]]:
    """uint8 (H, W, 3) RGB in and out; the same array where edges are crisp.

    Blocks of JPEG that are seen are smoothed first (``deblocks``), as sharpening would bring them
    out; blur is measured without them, for the edges of blocks are crisp.
    """
    smooth, steps = _without_blocks(pixels, networks) if deblocks else (pixels, ())
    blur = blur_sigma(smooth)
    figures = {"blur_sigma": round(blur, 2)}
    if blur <= CRISP:
        why = f"Edges are crisp (blur {blur:.1f} pixels), so nothing was sharpened."
        return pixels, (Step(name="sharpen", applied=False, why=why, figures=figures),)
    if blockiness(smooth) > GRID_PLAIN:
        why = "Sharpening would bring compression artefacts out, so they were smoothed at most."
        return smooth, (*steps, Step(name="sharpen", applied=False, why=why, figures=figures))
    noise = measure_noise(smooth).luma[0]
    crisp = sharpen(smooth, blur, noise, target=_target(blur), overshoot=FAINT_OVERSHOOT)
    if np.array_equal(crisp, smooth):
        why = "What is soft lies in the noise, and sharpening would show that alone."
        return smooth, (*steps, Step(name="sharpen", applied=False, why=why, figures=figures))
    why = (
        "Soft edges were made crisper, as far as they were soft and within their neighbours' range."
    )
    return crisp, (*steps, Step(name="sharpen", applied=True, why=why, figures=figures))


def _target(blur: float) -> float:
    """The blur that is left, in pixels: CRISP for what is hardly softer than that."""
    share = min(1.0, (blur - CRISP) / (SOFT - CRISP))
    return CRISP + share * (NATURAL_BLUR - CRISP)


def _without_blocks(pixels: Pixels, networks: Networks) -> tuple[Pixels, tuple[Step, ...]]:
    found = quality_by_traces(pixels)
    if found is None or found >= BLOCKY_QUALITY:
        return pixels, ()
    why = f"Compression artefacts of JPEG quality {found} were smoothed before sharpening."
    step = Step(name="deblock", applied=True, why=why, figures={"jpeg_quality": found})
    return deblocked(pixels, found, networks), (step,)
