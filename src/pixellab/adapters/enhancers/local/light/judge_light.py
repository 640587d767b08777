"""What is wrong with the light, for AUTO: only what the picture gives evidence of.

Colours are judged by a plain, light ground or by a network that is sure (``balance``). Underexposed
is what has nothing light in it, ground and product both: a dark product alone is none, nor is one
on a ground that may be grey or coloured, unless things as light as it show that it is white.
Flat is what a veil lies over (``veil``).
"""

from __future__ import annotations

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.measure_noise import COLOURED_NOISE, measure_noise
from pixellab.adapters.enhancers.local.light.balance import BY_EVIDENCE, white_balanced
from pixellab.adapters.enhancers.local.light.correct_light import Light, toned
from pixellab.adapters.enhancers.local.light.ground import Ground, find_ground
from pixellab.adapters.enhancers.local.light.measure_light import (
    BLACK_POINT,
    LIGHTEST,
    WHITE_POINT,
    asked_balance,
    exposed,
    figures_of,
    lift_for,
    lightest_channel,
    luma_of,
    reduced,
    stretched,
)
from pixellab.adapters.enhancers.local.light.veil import MOST_LIGHT, has_dim_white, veil_of
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.imaging.quality.colour_cast import colour_cast
from pixellab.adapters.imaging.quality.tone import tone
from pixellab.domain.requests import Task

Pixels = NDArray[np.uint8]

DARK = 176.0
"""8-bit level that something in any well-exposed photo passes: of 1,417 all but one did."""
DARK_RAMP = 6.0
"""How far below DARK a photo is exposed in full; before, in proportion."""
NOISE_REACH, NOISE_WIDTHS = 60.0, 3.0
"""How far above DARK, in 8-bit levels, noise is asked for, and how many of its standard deviations
it adds to the lightest of three channels."""
DARKEST, LEAST_SHADE = 0.5, 45.0
"""Percentile of the darkest channel, and the 8-bit level that it stays below where light is
lacking: what has nothing dark in it is pale or veiled."""
GREY_GROUND, DARK_GROUND, GREY = 150.0, 90.0, 9.0
"""8-bit levels below which a plain ground may be grey, and dark, on purpose, and CIELAB chroma
beyond which it is coloured."""
AS_LIGHT = 0.12
"""Share of the product as light as a ground that may be grey, where that is white paper: of dark
products on grey at most 0.02 was. With less, nothing tells a dark product from a lack of light."""
DIM_MEAN = 50.0
"""Mean luma below which an exposed photo has its shadows lifted, too."""

BLOWN, STEP = 0.04, 2
"""Share of the picture that is burnt out and no white ground, which few clean photos have, and the
distance of the pixels that are asked."""

BURNT_OUT = (
    "Much of it is burnt out, and nothing brings that back; a photo with less light would show it."
)
UNJUDGED = (
    "There is no neutral surface to judge the colour by; LIGHT_CORRECTION, or a white point, does "
    "it on request."
)
MAY_BE_DARK = (
    "A dark product may be meant, so the light was left; LIGHT_CORRECTION brightens it on request."
)


def judge_light(pixels: Pixels, task: Task, networks: Networks | None = None) -> Light:
    """What is wrong with uint8 (H, W, 3) RGB beyond doubt; ``figures`` as of ``measure_light``.

    Without ``networks`` colours are judged by a plain ground alone.
    """
    view = reduced(pixels)
    rgb = view.reshape(-1, 3)
    cast = colour_cast(view)
    light = asked_balance(pixels, cast, rgb, task)
    if tone(np.ascontiguousarray(view[::STEP, ::STEP])).blown > BLOWN:
        light = evolve(light, remarks=(*light.remarks, BURNT_OUT))
    lightest = _lightest(view)
    tinted = cast.strength > BY_EVIDENCE.cast and task.white_at is None
    ground = find_ground(view) if tinted or lightest < MOST_LIGHT else None
    if tinted:
        unjudged = evolve(light, remarks=(*light.remarks, UNJUDGED))
        light = white_balanced(light, ground, view, networks, BY_EVIDENCE) or unjudged
    balanced = toned(rgb[None], light)[0]
    white = float(np.percentile(lightest_channel(balanced), WHITE_POINT))
    black = float(np.percentile(luma_of(balanced), BLACK_POINT))
    veil = veil_of(view, ground)
    if veil is not None:
        light = stretched(light, veil, white)
        if ground is None or ground.chroma > GREY or not has_dim_white(ground, lightest):
            light = _no_lighter(light, float(luma_of(balanced).mean()))
    elif lightest < DARK:
        shade = float(np.percentile(rgb.min(axis=1), DARKEST))
        light = _exposed(light, ground, (shade, lightest), white)
    if light.exposure > 1:
        mean = float(luma_of(toned(rgb[None], light)[0]).mean())
        light = evolve(light, lift=lift_for(mean) if mean < DIM_MEAN else 1.0)
    return evolve(light, figures=figures_of(rgb, white, black, cast))


def _lightest(view: Pixels) -> float:
    """The lightest channel of what is lightest, 8-bit levels, without what noise adds to it."""
    lightest = float(np.percentile(lightest_channel(view), LIGHTEST))
    if not DARK <= lightest < DARK + NOISE_REACH:
        return lightest
    noise = measure_noise(view)
    coloured = noise.chroma_fine >= COLOURED_NOISE * noise.luma[0]
    return lightest - NOISE_WIDTHS * noise.sigma if coloured else lightest


def _no_lighter(light: Light, mean: float) -> Light:
    """``light`` with the picture no lighter for its stretched contrast: a veil adds light."""
    return evolve(light, stretch=max(1.0, min(light.stretch, mean / max(mean - light.black, 1.0))))


def _exposed(light: Light, ground: Ground | None, span: tuple[float, float], white: float) -> Light:
    """``light`` with the exposure that is lacking, unless a dark product may be meant.

    ``span`` is the picture's darkest and its lightest channel, 8-bit levels.
    """
    shade, lightest = span
    dim_paper = ground is not None and ground.rgb.max() >= GREY_GROUND and ground.chroma <= GREY
    if lightest <= 0 or (shade > LEAST_SHADE and not dim_paper):
        return light
    if ground is not None and lightest < GREY_GROUND and not _is_white_paper(ground):
        return evolve(light, remarks=(*light.remarks, MAY_BE_DARK))
    return exposed(light, white, min((DARK - lightest) / DARK_RAMP, 1.0))


def _is_white_paper(ground: Ground) -> bool:
    """Whether a ground that looks grey lacks light: as light as it are white things, not grey."""
    grey = ground.rgb.max() >= DARK_GROUND and ground.chroma <= GREY
    return grey and ground.as_light >= AS_LIGHT
