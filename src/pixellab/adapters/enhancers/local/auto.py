"""AUTO: measures a photo, fixes what is wrong no further than measured, and keeps what helped.

Each fix is tried in turn on the picture as it then stands and its result measured again: where the
defect did not get smaller, or another one grew, the pixels from before the fix stay. In the end the
whole is held against the photo that came in, by the quality report and by what no estimator asked
before: the product's colours, and what is clipped (``harm``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import BLOCKY_QUALITY, quality_by_traces
from pixellab.adapters.enhancers.local.cleaning.measure_noise import (
    Noise,
    is_coloured,
    measure_noise,
)
from pixellab.adapters.enhancers.local.cleaning.with_network import (
    IN_PASSING,
    deblocked,
    denoised,
    is_coarse,
    is_grain,
)
from pixellab.adapters.enhancers.local.harm import harm_done, takes_texture
from pixellab.adapters.enhancers.local.light.correct_light import Light, correct_light, describe
from pixellab.adapters.enhancers.local.light.judge_light import judge_light
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.sharpening.sharpen import STRONGEST_BLUR, sharpen
from pixellab.adapters.enhancers.local.stage import Stage, left_out, on_colours
from pixellab.adapters.imaging.quality.assess import METHOD, assess
from pixellab.adapters.imaging.quality.blockiness import blockiness
from pixellab.adapters.imaging.quality.blur import blur_sigma
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

Pixels = NDArray[np.uint8]

AS_SET = Task()
NOISY, COLOUR_NOISY = 2.8, 2.0
"""Noise of luma, and of chroma at half resolution, in 8-bit levels, that is seen at full size."""
LUMA_PER_CHROMA = 2.5
"""Most luma noise that chroma noise speaks for; white noise in R, G and B has 2.0."""
SURE_SHARE = 0.75
"""Share of luma noise that is removed whatever chroma says."""
LAYS_NOISE_BARE, BARE_SHARE = 1.5, 0.5
"""Factor of exposure from which on noise of the dark is seen. JPEG makes it as coarse as texture
and takes its colour, so where there are traces of JPEG this share is removed: in the part ``tune``
photos came nearer to the truth by it, though some gained nothing. Without traces it is texture.
"""
COARSE = "What is as coarse as texture was kept; DENOISE takes it for noise on request."
GRAIN = "Grain without colour of its own is texture or film grain, and was kept."
SOFT = 0.95
"""Blur of the sharpest edges, as a Gaussian's sigma in pixels, that is seen at full size; no clean
photo of 204 had so much."""
GRID_SEEN = 0.6
"""Blockiness beyond which sharpening would bring the blocks out."""
LOUDER = 1.5
"""Factor by which sharpening may raise what noise there is."""
NOTHING_SURE = "Exposure, contrast and colours show nothing that is wrong for certain."
SILENT = 1.0
"""Noise, in 8-bit levels, that nobody sees: its growth up to here does not count."""
CHANCE = 0.01
"""Difference between two pictures' flaws, of 1, that means nothing."""


def fixing_measured(networks: Networks, report: QualityReport | None) -> Stage:
    """A stage of ``fix_measured``; ``report`` is of the picture that the stage is given."""

    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        # The report of a picture with alpha is of what shows on white, and AUTO fixes the rest too.
        known = None if so_far.picture.has_alpha else report
        fix = partial(fix_measured, networks=networks, report=known, task=task)
        return on_colours(fix)(so_far, task)

    return stage


def fix_measured(
    pixels: Pixels, networks: Networks, report: QualityReport | None = None, task: Task = AS_SET
) -> tuple[Pixels, tuple[Step, ...]]:
    """uint8 (H, W, 3) RGB in and out, with a step for every defect looked for, fixed or not.

    A picture that nothing is wrong with comes back as it is, the very same array. A ``report`` of
    ``pixels`` by the same method spares measuring them again.
    """
    known = report if report and report.measured_by == METHOD else None
    skipped = task.left_out
    traces = quality_by_traces(pixels)
    fixed, blocks = _fix_blocks(pixels, traces, networks, skipped)
    fixed, light, judged = _fix_light(fixed, task, networks)
    laid_bare = traces is not None and judged.exposure >= LAYS_NOISE_BARE
    fixed, noise = _fix_noise(fixed, networks, skipped, laid_bare=laid_bare and light.applied)
    if traces is not None and "sharpen" not in skipped:
        # Compression takes the finest noise, by which the rest is judged, and leaves the rest.
        blur = _kept("sharpen", "Sharpening would bring compression artefacts out.")
    else:
        fixed, blur = _fix_blur(fixed, known if fixed is pixels else None, skipped)
    steps = (blocks, light, noise, blur)
    if fixed is pixels:
        return pixels, steps
    if harm := harm_done(pixels, fixed, judged):
        return pixels, _undone(steps, harm)
    return _better_of(pixels, fixed, steps, known or _assessed(pixels))


def _fix_blocks(
    pixels: Pixels, found: int | None, networks: Networks, skipped: frozenset[str]
) -> tuple[Pixels, Step]:
    if "deblock" in skipped:
        return pixels, left_out("deblock")
    if found is None or found >= BLOCKY_QUALITY:
        return pixels, _kept("deblock", "No visible compression artefacts.")
    fixed = deblocked(pixels, found, networks, IN_PASSING)
    before, after = blockiness(pixels), blockiness(fixed)
    figures = {"jpeg_quality": found, "blockiness_before": before, "blockiness_after": after}
    if after > before:
        return pixels, _kept("deblock", "Smoothing the compression blocks did not help.", figures)
    why = f"The file had been compressed hard (JPEG quality about {found}); blocks were smoothed."
    return fixed, _done("deblock", why, figures)


def _fix_light(pixels: Pixels, task: Task, networks: Networks) -> tuple[Pixels, Step, Light]:
    if "light" in task.left_out:
        return pixels, left_out("light"), Light()
    light = judge_light(pixels, task, networks)
    if not light.corrects:
        why = describe(light) or NOTHING_SURE
        return pixels, _kept("light", why, light.figures), light
    fixed = correct_light(pixels, light)
    left = judge_light(fixed, AS_SET).figures
    figures = {f"{name}_before": value for name, value in light.figures.items()}
    figures |= {f"{name}_after": value for name, value in left.items()}
    return fixed, _done("light", describe(light), figures), light


def _fix_noise(
    pixels: Pixels, networks: Networks, skipped: frozenset[str], *, laid_bare: bool
) -> tuple[Pixels, Step]:
    """``laid_bare``: whether it was compressed in the dark and then made lighter."""
    if "denoise" in skipped:
        return pixels, left_out("denoise")
    noise = measure_noise(pixels)
    figures = {"luma_noise_before": noise.luma[0], "chroma_noise_before": noise.chroma[0]}
    if noise.luma[int(laid_bare)] < NOISY and noise.chroma[0] < COLOUR_NOISY:
        return pixels, _kept("denoise", "No visible noise.", figures)
    share = _noise_share(noise)
    if is_coarse(noise) or is_grain(noise):
        if not laid_bare:
            return pixels, _kept("denoise", COARSE if is_coarse(noise) else GRAIN, figures)
        share = BARE_SHARE
    fixed = denoised(pixels, noise, networks, IN_PASSING, luma_share=share)
    if takes_texture(pixels, fixed, noise):
        why = "Removing noise would have taken texture with it."
        return pixels, _kept("denoise", why, figures)
    left = measure_noise(fixed)
    figures |= {"luma_noise_after": left.luma[0], "chroma_noise_after": left.chroma[0]}
    # Of coloured noise luma's figure is what colour accounts for, and is not comparable afterwards.
    louder = left.luma[0] > noise.luma[0] and not is_coloured(noise)
    if louder or left.chroma[0] > noise.chroma[0]:
        return pixels, _kept("denoise", "Removing noise did not help.", figures)
    return fixed, _done("denoise", "Visible noise was removed, as far as measured.", figures)


def _noise_share(noise: Noise) -> float:
    """Of luma's noise the share that colour noise accounts for; the rest is texture, or grain."""
    explained = max(LUMA_PER_CHROMA * noise.chroma[0], SURE_SHARE * noise.luma[0])
    return min(1.0, explained / noise.luma[0]) if noise.luma[0] else 1.0


def _fix_blur(
    pixels: Pixels, known: QualityReport | None, skipped: frozenset[str]
) -> tuple[Pixels, Step]:
    if "sharpen" in skipped:
        return pixels, left_out("sharpen")
    # The report's figure is rounded to SOFT's own digits or finer, so below SOFT it decides.
    blur = known.measurements["blur_sigma"] if known else SOFT
    if blur >= SOFT:
        blur = blur_sigma(pixels)
    figures = {"blur_sigma_before": blur}
    if blur < SOFT:
        return pixels, _kept("sharpen", "Edges are crisp.", figures)
    if blur > STRONGEST_BLUR:
        return pixels, _kept("sharpen", "Too soft for detail to be brought back.", figures)
    if blockiness(pixels) > GRID_SEEN:
        why = "Sharpening would bring compression artefacts out."
        return pixels, _kept("sharpen", why, figures)
    noise = measure_noise(pixels).luma[0]
    fixed = sharpen(pixels, blur, noise)
    left, louder = blur_sigma(fixed), measure_noise(fixed).luma[0]
    figures |= {"blur_sigma_after": left, "luma_noise_before": noise, "luma_noise_after": louder}
    if left >= blur or louder > max(LOUDER * noise, SILENT):
        return pixels, _kept("sharpen", "Sharpening would have shown noise, not detail.", figures)
    return fixed, _done("sharpen", "Soft edges were made crisper.", figures)


def _better_of(
    pixels: Pixels, fixed: Pixels, steps: tuple[Step, ...], before: QualityReport
) -> tuple[Pixels, tuple[Step, ...]]:
    """The fixed picture, unless all in all it is further from flawless than the one that came."""
    applied = {step.name for step in steps if step.applied}
    # Noise hides a grid of blocks, and passes for contrast: what is then seen is no new flaw.
    ignored = set() if "deblock" in applied else {"blockiness"}
    ignored |= {"contrast"} if "denoise" in applied else set()
    if _flaws(_assessed(fixed), ignored) <= _flaws(before, ignored) + CHANCE:
        return fixed, steps
    return pixels, _undone(steps, "All in all the photo got no better.")


def _undone(steps: tuple[Step, ...], reason: str) -> tuple[Step, ...]:
    why = f"Tried, and left as it came: {reason[:1].lower()}{reason[1:]}"
    return tuple(evolve(step, applied=False, why=why) if step.applied else step for step in steps)


def _assessed(pixels: Pixels) -> QualityReport:
    return assess(Picture(pixels=pixels, format=""))


def _flaws(report: QualityReport, ignored: set[str]) -> float:
    """Root of the sum of squares of what the parts of the quality report lack, each 0 to 1."""
    parts = {name: value for name, value in report.parts.items() if name not in ignored}
    return float(np.linalg.norm([1 - value / 100 for value in parts.values()]))


def _done(name: str, why: str, figures: Mapping[str, float]) -> Step:
    return Step(name=name, applied=True, why=why, figures=_rounded(figures))


def _kept(name: str, why: str, figures: Mapping[str, float] | None = None) -> Step:
    return Step(name=name, applied=False, why=why, figures=_rounded(figures or {}))


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in figures.items()}
