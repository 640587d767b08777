"""What is wrong with the light, for AUTO: only what the picture gives evidence of.

Colours are judged by a plain, light ground that shows the light's tint (``ground``). Underexposed
is what has nothing light in it, ground and product both: a dark product alone is none, nor is one
on a ground that may be grey or coloured. Flat is what a veil lies over (``veil``).
"""

from __future__ import annotations

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.correct_light import Light, toned
from pixellab.adapters.enhancers.local.light.ground import (
    LIGHT_GROUND,
    Ground,
    find_ground,
    log_chromaticity,
)
from pixellab.adapters.enhancers.local.light.measure_light import (
    BLACK_POINT,
    LIGHTEST,
    WHITE_POINT,
    asked_balance,
    exposed,
    figures_of,
    lift_for,
    luma_of,
    reduced,
    stretched,
)
from pixellab.adapters.enhancers.local.light.neutral import gains_of
from pixellab.adapters.enhancers.local.light.veil import veil_of
from pixellab.adapters.imaging.quality.colour_cast import colour_cast
from pixellab.domain.requests import Task

Pixels = NDArray[np.uint8]

CAST, COLOURED = 6.0, 32.0
"""CIELAB chroma of a light ground beyond which it is no off-white, and from which on paint."""
RAMP = 0.4
"""How far past CAST, as a share of it, a tint is taken off in full; before, in proportion."""
DARK = 182.0
"""8-bit level that something in any well-exposed photo passes: of 1,417 all but one did."""
DARK_RAMP = 10.0
"""How far below DARK a photo is exposed in full; before, in proportion."""
GREY_GROUND, GREY = 150.0, 8.0
"""8-bit level below which a plain ground may be grey or dark on purpose, and CIELAB chroma beyond
which it is coloured: then nothing tells a dark product from a lack of light."""
DIM_MEAN = 50.0
"""Mean luma below which an exposed photo has its shadows lifted, too."""

UNJUDGED = (
    "There is no neutral surface to judge the colour by; LIGHT_CORRECTION, or a white point, does "
    "it on request."
)
MAY_BE_DARK = (
    "A dark product may be meant, so the light was left; LIGHT_CORRECTION brightens it on request."
)


def judge_light(pixels: Pixels, task: Task) -> Light:
    """What is wrong with uint8 (H, W, 3) RGB beyond doubt; ``figures`` as of ``measure_light``."""
    view = reduced(pixels)
    rgb = view.reshape(-1, 3)
    cast = colour_cast(view)
    light = asked_balance(pixels, cast, rgb, task)
    lightest = float(np.percentile(rgb.max(axis=1), LIGHTEST))
    tinted = cast.strength > CAST and task.white_at is None
    ground = find_ground(view) if tinted or lightest < DARK else None
    if tinted:
        light = _balanced(light, ground)
    balanced = toned(rgb[None], light)[0]
    white = float(np.percentile(balanced.max(axis=1), WHITE_POINT))
    black = float(np.percentile(luma_of(balanced), BLACK_POINT))
    veil = veil_of(view)
    if veil is not None:
        light = stretched(light, veil, white)
    elif lightest < DARK:
        light = _exposed(light, ground, lightest, white)
    if light.exposure > 1:
        mean = float(luma_of(toned(rgb[None], light)[0]).mean())
        light = evolve(light, lift=lift_for(mean) if mean < DIM_MEAN else 1.0)
    return evolve(light, figures=figures_of(rgb, white, black, cast))


def _balanced(light: Light, ground: Ground | None) -> Light:
    """``light`` with the tint of the ground taken off, if it tells of one."""
    if ground is None or ground.lightness < LIGHT_GROUND:
        return evolve(light, remarks=(*light.remarks, UNJUDGED))
    chroma = ground.chroma
    if chroma <= CAST:
        return light
    if chroma >= COLOURED or not ground.shows_the_light:
        return evolve(light, remarks=(*light.remarks, UNJUDGED))
    sure = min((chroma - CAST) / (RAMP * CAST), 1.0)
    return evolve(light, gains=gains_of(log_chromaticity(ground.rgb), sure))


def _exposed(light: Light, ground: Ground | None, lightest: float, white: float) -> Light:
    """``light`` with the exposure that is lacking, unless a dark product may be meant."""
    if lightest <= 0:
        return light
    if ground is not None:
        dark_on_purpose = ground.rgb.max() < GREY_GROUND or ground.chroma > GREY
        if dark_on_purpose and lightest < GREY_GROUND:
            return evolve(light, remarks=(*light.remarks, MAY_BE_DARK))
    return exposed(light, white, min((DARK - lightest) / DARK_RAMP, 1.0))
