"""The LOCAL backend: which steps each mode takes, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.auto import fix_measured
from pixellab.adapters.enhancers.local.cutout import cut_out
from pixellab.adapters.enhancers.local.deblock import measure_quality
from pixellab.adapters.enhancers.local.enlarge import (
    CLEAN,
    REAL,
    REAL_COARSE,
    REAL_QUALITY,
    REAL_SIGMA,
    STEP,
    by_network,
    enlarge,
)
from pixellab.adapters.enhancers.local.light import (
    ON_REQUEST,
    correct_light,
    describe,
    measure_light,
)
from pixellab.adapters.enhancers.local.networks import Networks
from pixellab.adapters.enhancers.local.noise import measure_noise
from pixellab.adapters.enhancers.local.restore import deblocked, denoised, is_coarse
from pixellab.adapters.enhancers.local.segmentation import Segment
from pixellab.adapters.enhancers.local.sharpen import sharpen
from pixellab.adapters.enhancers.local.standardize import standardize
from pixellab.adapters.enhancers.local.transparency import spread_colours, with_alpha
from pixellab.adapters.enhancers.local.whiten import on_white
from pixellab.adapters.imaging import quality
from pixellab.domain.errors import BackendRefused
from pixellab.domain.pictures import Effort, Enhanced, Mode, Picture, Step, Task
from pixellab.domain.ports import Enhancer

Pixels = NDArray[np.uint8]
Stage = Callable[[Enhanced, Task], Enhanced]

NAME = "LOCAL"
MAX_RESULT_PIXELS = 120_000_000
"""Pixels up to which pictures are enlarged: an RGB picture of that size takes 360 MB."""
SMALL_SIDE = 1000
"""Longest side, in pixels, below which FULL enlarges: marketplaces zoom from there on."""
SEEN_SIGMA = 1.0
"""Noise below this many 8-bit levels is not seen, not even twice as large."""
CRISP = 0.9
"""Blur in pixels that SHARPEN assumes at least: who asks for it wants to see a difference."""


class LocalEnhancer(Enhancer):
    """Makes pictures better on this machine.

    ``segment`` asks a network where the product is; without it that is found by classical means.
    ``networks`` gives those that make pictures of pictures: by default PixelLab's own, on the CPU.
    """

    name = NAME

    def __init__(self, segment: Segment | None = None, networks: Networks | None = None) -> None:
        self._segment = segment
        self._networks = networks or Networks()
        self.modes = frozenset(stages(segment, self._networks))

    def check(self, width: int, height: int, task: Task) -> None:
        if task.mode in (Mode.UPSCALE, Mode.UPSCALE_DENOISE):
            _refuse_too_large(width, height, task.scale)

    def enhance(self, picture: Picture, task: Task) -> Enhanced:
        """Do ``task.mode``; the same input and networks give the same answer.

        Raises BackendRefused for a mode without stages and an enlargement beyond MAX_RESULT_PIXELS,
        InvalidRequest for a profile that STANDARDIZE does not know, and BackendUnavailable or
        BackendFailed where PixelLab's own network for enlarging cannot be read or memory does not
        suffice for it.
        """
        if task.mode not in self.modes:
            raise BackendRefused(
                f"{self.name} does not do {task.mode}; it does {', '.join(sorted(self.modes))}."
            )
        networks = self._networks.for_another()
        result = Enhanced(picture=picture, backend=self.name)
        for stage in stages(self._segment, networks)[task.mode]:
            result = stage(result, task)
        names = (*networks.used(result.steps), *filter(None, [result.model_version]))
        return evolve(
            result,
            model_version=", ".join(names) or None,
            warnings=tuple(dict.fromkeys((*networks.warnings, *result.warnings))),
        )


def _on_colours(work: Callable[[Pixels], tuple[Pixels, tuple[Step, ...]]]) -> Stage:
    """A stage that changes colours and neither size nor alpha."""

    def stage(so_far: Enhanced, _: Task) -> Enhanced:
        pixels, before = so_far.picture.pixels, _colours(so_far)
        after, steps = work(before)
        if after is before:
            return _then(so_far, pixels, *steps)
        return _then(
            so_far, with_alpha(after, pixels) if so_far.picture.has_alpha else after, *steps
        )

    return stage


def _colours(so_far: Enhanced) -> Pixels:
    """(H, W, 3), with no colour of hidden pixels left to look at."""
    pixels = so_far.picture.pixels
    return spread_colours(pixels) if so_far.picture.has_alpha else pixels


def _then(so_far: Enhanced, pixels: Pixels, *steps: Step) -> Enhanced:
    picture = so_far.picture
    if pixels is not picture.pixels:
        picture = picture.with_pixels(np.ascontiguousarray(pixels))
    return evolve(so_far, picture=picture, steps=(*so_far.steps, *steps))


def _light(pixels: Pixels) -> tuple[Pixels, tuple[Step, ...]]:
    light = measure_light(pixels, ON_REQUEST)
    if not light.corrects:
        why = "Exposure, contrast and colours need no correction."
        return pixels, (Step(name="light", applied=False, why=why, figures=light.figures),)
    step = Step(name="light", applied=True, why=describe(light), figures=light.figures)
    return correct_light(pixels, light), (step,)


def _deblock(pixels: Pixels, networks: Networks) -> tuple[Pixels, tuple[Step, ...]]:
    found = measure_quality(pixels)
    if found is None:
        why = "No coarse JPEG compression was found."
        return pixels, (Step(name="deblock", applied=False, why=why),)
    why = f"Compression artefacts of JPEG quality {found} were smoothed."
    step = Step(name="deblock", applied=True, why=why, figures={"jpeg_quality": found})
    return deblocked(pixels, found, networks), (step,)


def _denoise(pixels: Pixels, networks: Networks) -> tuple[Pixels, tuple[Step, ...]]:
    noise = measure_noise(pixels)
    figures = {"noise_sigma": round(noise.luma[0], 2)}
    if not noise.visible:
        step = Step(name="denoise", applied=False, why="No noise was found.", figures=figures)
        return pixels, (step,)
    why = "Noise was taken out as far as it was measured."
    step = Step(name="denoise", applied=True, why=why, figures=figures)
    return denoised(pixels, noise, networks), (step,)


def _cleaned(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    for work in (_deblock, _denoise):
        so_far = _on_colours(partial(work, networks=networks))(so_far, task)
    return so_far


def _sharpen(pixels: Pixels) -> tuple[Pixels, tuple[Step, ...]]:
    blur = quality.blur_sigma(pixels)
    why = "Edges were made crisper, no further than their neighbours' range."
    step = Step(name="sharpen", applied=True, why=why, figures={"blur_sigma": round(blur, 2)})
    return sharpen(pixels, max(blur, CRISP), measure_noise(pixels).luma[0]), (step,)


def _upscale(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    return _enlarge(so_far, task.scale, f"Enlarged {task.scale} times.", networks)


def _upscale_denoise(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    """By the network for damaged pictures; damage beyond what it knows is taken away before.

    So is all damage of pictures that it does not enlarge.
    """
    colours = _colours(so_far)
    height, width = colours.shape[:2]
    noise, jpeg = measure_noise(colours), measure_quality(colours)
    sigma = noise.sigma
    undamaged = sigma < SEEN_SIGMA and jpeg is None
    if undamaged or networks.upscaler() or not by_network(height, width, task.scale):
        return _upscale(_cleaned(so_far, task, networks), task, networks)
    unknown = sigma > REAL_SIGMA or is_coarse(noise, REAL_COARSE)
    if unknown or (jpeg or 100) < REAL_QUALITY:
        so_far = _cleaned(so_far, task, networks)
    else:
        figures: dict[str, float] = {"noise_sigma": round(sigma, 2)}
        if jpeg is not None:
            figures["jpeg_quality"] = jpeg
        why = "Noise and compression artefacts were taken out as the picture was enlarged."
        step = Step(name="denoise", applied=True, why=why, figures=figures)
        so_far = _then(so_far, so_far.picture.pixels, step)
    return _enlarge(so_far, task.scale, f"Enlarged {task.scale} times.", networks, REAL)


def _upscale_if_small(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    longest = max(so_far.picture.width, so_far.picture.height)
    if longest >= SMALL_SIDE:
        why = f"{longest} pixels on the longest side are enough to zoom in."
        return _then(so_far, so_far.picture.pixels, Step(name=STEP, applied=False, why=why))
    why = f"{longest} pixels on the longest side are few, so it was enlarged {task.scale} times."
    return _enlarge(so_far, task.scale, why, networks)


def _enlarge(
    so_far: Enhanced, scale: int, why: str, networks: Networks, first: str = CLEAN
) -> Enhanced:
    pixels = so_far.picture.pixels
    _refuse_too_large(so_far.picture.width, so_far.picture.height, scale)
    large, way = enlarge(_colours(so_far), scale, networks, first)
    step = Step(name=STEP, applied=True, why=f"{why[:-1]}, {way}.", figures={"scale": scale})
    if not so_far.picture.has_alpha:
        return _then(so_far, large, step)
    size = (large.shape[1], large.shape[0])
    alpha = cv2.resize(pixels[..., 3], size, interpolation=cv2.INTER_CUBIC)
    return _then(so_far, np.dstack([large, alpha]), step)


def _refuse_too_large(width: int, height: int, scale: int) -> None:
    count = width * height * scale**2
    if count > MAX_RESULT_PIXELS:
        raise BackendRefused(
            f"Enlarged {scale} times the picture would have {count / 1e6:.0f} megapixels; "
            f"allowed are {MAX_RESULT_PIXELS / 1e6:.0f}."
        )


def _removing_background(segment: Segment | None) -> Stage:
    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        cutout = cut_out(so_far.picture.pixels, segment, keep_shadow=task.keep_shadow)
        figures = {"confidence": round(float(cutout.confidence), 2)}
        step = Step(name="background", applied=cutout.found, why=cutout.why, figures=figures)
        warnings = (*so_far.warnings, *cutout.warnings)
        if not cutout.found:
            kept = _then(so_far, so_far.picture.pixels, step)
            return evolve(kept, warnings=(*warnings, cutout.why))
        if task.behind is None:
            pixels = np.dstack([cutout.foreground, cutout.alpha])
        else:
            behind = np.full_like(cutout.foreground, task.behind)
            pixels = on_white(cutout.foreground, cutout.alpha, behind)
        done = _then(so_far, pixels, step)
        return evolve(done, warnings=warnings, model_version=cutout.model)

    return stage


def _standardizing(segment: Segment | None) -> Stage:
    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        done = standardize(so_far.picture, task.profile, segment)
        return evolve(
            _then(so_far, done.pixels, *done.steps),
            rules=done.rules,
            file_rules=done.file_rules,
            warnings=(*so_far.warnings, *done.warnings),
            model_version=done.model,
        )

    return stage


def _smallest(so_far: Enhanced, _: Task) -> Enhanced:
    why = "The file is written with the fewest bytes that look the same."
    kept = _then(so_far, so_far.picture.pixels, Step(name="optimize", applied=True, why=why))
    return evolve(kept, effort=Effort.SMALLEST)


def stages(segment: Segment | None, networks: Networks) -> Mapping[Mode, tuple[Stage, ...]]:
    """What each mode does, one after the other."""
    fix = _on_colours(partial(fix_measured, networks=networks))
    remove_background = _removing_background(segment)
    return {
        Mode.AUTO: (fix,),
        Mode.BACKGROUND_REMOVE: (remove_background,),
        Mode.LIGHT_CORRECTION: (_on_colours(_light),),
        Mode.UPSCALE_DENOISE: (partial(_upscale_denoise, networks=networks),),
        Mode.STANDARDIZE: (_standardizing(segment),),
        Mode.SHARPEN: (_on_colours(_sharpen),),
        Mode.DENOISE: (partial(_cleaned, networks=networks),),
        Mode.UPSCALE: (partial(_upscale, networks=networks),),
        Mode.OPTIMIZE: (_smallest,),
        Mode.FULL: (
            fix,
            partial(_upscale_if_small, networks=networks),
            remove_background,
            _smallest,
        ),
    }
