"""The steps of UPSCALE, of UPSCALE_DENOISE, and FULL's that enlarges small photos."""

from __future__ import annotations

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.cleaning.cleaning_stage import CLEANING, cleaned
from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import quality_by_traces
from pixellab.adapters.enhancers.local.cleaning.measure_noise import (
    Noise,
    is_coloured,
    measure_noise,
)
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

IN_DOUBT = 0.35
"""Share of what may be texture that is cleaned away. On fine cloth all of it costs up to 0.03 of
SSIM against bicubic, and none of it leaves strong noise."""
WEAVE, HEAVY_WEAVE = 1.8, 1.62
"""Noise of a JPEG at the second level over that at the first from which on it may be a weave:
white noise that was compressed has 1.3 to 1.6, and cloth nearly always 2. The second is for
HEAVY_GRAIN, since what JPEG leaves of so much noise has 1.2 at most."""

FAINT = 2.0
"""Luma noise of a JPEG, in 8-bit levels, that coarse compression would have taken away."""


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
    share = _surely_damage(noise, compressed=jpeg is not None)
    ready = _cleaned(so_far, task, networks, noise, share)
    as_it_is = bool(task.left_out & CLEANING.keys())
    if as_it_is or networks.upscaler() or not by_network(height, width, task.scale):
        return upscale(ready, task, networks)
    known = noise.sigma <= REAL_SIGMA and (jpeg or 100) >= REAL_QUALITY
    refuse_too_large(width, height, task.scale)
    large = enlarge_damaged(rgb if known else colours(ready), colours(ready), task.scale, networks)
    why = f"Enlarged {task.scale} times, {Way.OURS}."
    return _with_enlarged(ready, large, task.scale, why)


def _surely_damage(noise: Noise, *, compressed: bool) -> float:
    """How far what looks like damage is cleaned, 0 to 1, since it may be texture.

    Sensors are noisy in colour; what is without colour, or as coarse as a weave, is in doubt.
    """
    if not compressed and noise.sigma < SEEN_SIGMA:
        return 0.0
    if is_coloured(noise):
        return 1.0
    if compressed:
        most = WEAVE if noise.luma[0] < HEAVY_GRAIN else HEAVY_WEAVE
        in_doubt = is_coarse(noise, most) or noise.luma[0] < FAINT
        return IN_DOUBT if in_doubt else 1.0
    weave = is_grain(noise) or is_coarse(noise)
    return 0.0 if weave and noise.luma[0] < HEAVY_GRAIN else IN_DOUBT


def _cleaned(
    so_far: Enhanced, task: Task, networks: Networks, noise: Noise, share: float
) -> Enhanced:
    """Without that ``share`` of its compression artefacts and noise."""
    if share == 0:
        why = "No noise was found that could not be texture."
        figures = {"rgb_noise": round(noise.sigma, 2)}
        steps = [left_out(name) for name in CLEANING if name in task.left_out]
        if "denoise" not in task.left_out:
            steps.append(Step(name="denoise", applied=False, why=why, figures=figures))
        return with_step(so_far, so_far.picture.pixels, *steps)
    done = cleaned(so_far, task, networks)
    before, after = so_far.picture.pixels, done.picture.pixels
    if share == 1 or after is before:
        return done
    part = np.asarray(cv2.addWeighted(after, share, before, 1 - share, 0), np.uint8)
    why = "What was taken for noise may be texture, so a part of it was kept."
    return with_step(done, part, Step(name="keep_texture", applied=True, why=why))


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
