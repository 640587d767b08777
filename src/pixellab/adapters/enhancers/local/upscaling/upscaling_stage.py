"""The steps of UPSCALE, of UPSCALE_DENOISE, and FULL's that enlarges small photos."""

from __future__ import annotations

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.cleaning.cleaning_stage import CLEANING, cleaned
from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import quality_by_traces
from pixellab.adapters.enhancers.local.cleaning.measure_noise import Noise, measure_noise
from pixellab.adapters.enhancers.local.cleaning.with_network import HEAVY_GRAIN, is_coarse, is_grain
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.stage import colours, left_out, with_step
from pixellab.adapters.enhancers.local.upscaling.enlarge import (
    REAL_QUALITY,
    REAL_SIGMA,
    STEP,
    Pixels,
    Way,
    by_network,
    enlarge,
    enlarge_damaged,
)
from pixellab.domain.errors import BackendRefused
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

MAX_RESULT_PIXELS = 120_000_000
"""Pixels up to which pictures are enlarged: an RGB picture of that size takes 360 MB."""
SMALL_SIDE = 1000
"""Longest side, in pixels, below which FULL enlarges: marketplaces zoom from there on."""
SEEN_SIGMA = 1.0
"""Noise below this many 8-bit levels is not seen, not even twice as large."""


def upscale(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    """``task.scale`` times as large. Raises BackendRefused where that is too large."""
    return _enlarge(so_far, task.scale, f"Enlarged {task.scale} times.", networks)


def upscale_and_denoise(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    """``task.scale`` times as large, without noise and compression artefacts.

    What is surely damage is removed first; what may be texture is left to ``enlarge_damaged``,
    unless ``task`` leaves out a step: its networks take noise and artefacts together.
    """
    rgb = colours(so_far)
    height, width = rgb.shape[:2]
    noise, jpeg = measure_noise(rgb), quality_by_traces(rgb)
    ready = _cleaned(so_far, task, networks, noise, damaged=jpeg is not None)
    as_it_is = bool(task.left_out & CLEANING.keys())
    if as_it_is or networks.upscaler() or not by_network(height, width, task.scale):
        return upscale(ready, task, networks)
    known = noise.sigma <= REAL_SIGMA and (jpeg or 100) >= REAL_QUALITY
    refuse_too_large(width, height, task.scale)
    large = enlarge_damaged(rgb if known else colours(ready), colours(ready), task.scale, networks)
    why = f"Enlarged {task.scale} times, {Way.OURS}."
    return _with_enlarged(ready, large, task.scale, why)


def _cleaned(
    so_far: Enhanced, task: Task, networks: Networks, noise: Noise, *, damaged: bool
) -> Enhanced:
    """Without compression artefacts and noise, if it is ``damaged`` or the noise is no texture."""
    texture = is_grain(noise) or (is_coarse(noise) and noise.luma[0] < HEAVY_GRAIN)
    if damaged or (noise.sigma >= SEEN_SIGMA and not texture):
        return cleaned(so_far, task, networks)
    why = "No noise was found that could not be texture."
    figures = {"rgb_noise": round(noise.sigma, 2)}
    steps = [left_out(name) for name in CLEANING if name in task.left_out]
    if "denoise" not in task.left_out:
        steps.append(Step(name="denoise", applied=False, why=why, figures=figures))
    return with_step(so_far, so_far.picture.pixels, *steps)


def upscale_if_small(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    """The same for a picture that is too small to zoom in; others stay as they are."""
    longest = max(so_far.picture.width, so_far.picture.height)
    if longest >= SMALL_SIDE:
        why = f"{longest} pixels on the longest side are enough to zoom in."
        return with_step(so_far, so_far.picture.pixels, Step(name=STEP, applied=False, why=why))
    why = f"{longest} pixels on the longest side are few, so it was enlarged {task.scale} times."
    return _enlarge(so_far, task.scale, why, networks)


def _enlarge(so_far: Enhanced, scale: int, why: str, networks: Networks) -> Enhanced:
    refuse_too_large(so_far.picture.width, so_far.picture.height, scale)
    large, way = enlarge(colours(so_far), scale, networks)
    return _with_enlarged(so_far, large, scale, f"{why[:-1]}, {way}.")


def _with_enlarged(so_far: Enhanced, large: Pixels, scale: int, why: str) -> Enhanced:
    step = Step(name=STEP, applied=True, why=why, figures={"scale": scale})
    if not so_far.picture.has_alpha:
        return with_step(so_far, large, step)
    size = (large.shape[1], large.shape[0])
    alpha = cv2.resize(so_far.picture.pixels[..., 3], size, interpolation=cv2.INTER_CUBIC)
    return with_step(so_far, np.dstack([large, alpha]), step)


def refuse_too_large(width: int, height: int, scale: int) -> None:
    """Raises BackendRefused for an enlargement beyond MAX_RESULT_PIXELS."""
    count = width * height * scale**2
    if count > MAX_RESULT_PIXELS:
        raise BackendRefused(
            f"Enlarged {scale} times the picture would have {count / 1e6:.0f} megapixels; "
            f"allowed are {MAX_RESULT_PIXELS / 1e6:.0f}."
        )
