"""DENOISE's steps."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import quality_by_traces
from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from pixellab.adapters.enhancers.local.cleaning.with_network import deblocked, denoised
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.stage import on_colours, unless_left_out
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

Pixels = NDArray[np.uint8]


def deblock_step(pixels: Pixels, networks: Networks) -> tuple[Pixels, tuple[Step, ...]]:
    """uint8 (H, W, 3) RGB in and out; the same array where no coarse compression is found."""
    found = quality_by_traces(pixels)
    if found is None:
        why = "No coarse JPEG compression was found."
        return pixels, (Step(name="deblock", applied=False, why=why),)
    why = f"Compression artefacts of JPEG quality {found} were smoothed."
    step = Step(name="deblock", applied=True, why=why, figures={"jpeg_quality": found})
    return deblocked(pixels, found, networks), (step,)


def denoise_step(pixels: Pixels, networks: Networks) -> tuple[Pixels, tuple[Step, ...]]:
    """uint8 (H, W, 3) RGB in and out; the same array where no noise is found."""
    noise = measure_noise(pixels)
    figures = {"luma_noise": round(noise.luma[0], 2)}
    if not noise.visible:
        step = Step(name="denoise", applied=False, why="No noise was found.", figures=figures)
        return pixels, (step,)
    why = "Noise was removed as far as it was measured."
    step = Step(name="denoise", applied=True, why=why, figures=figures)
    return denoised(pixels, noise, networks), (step,)


def cleaned(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    """Without JPEG's artefacts, then without noise, as far as there are any."""
    for name, work in CLEANING.items():
        stage = on_colours(partial(work, networks=networks))
        so_far = unless_left_out(name, stage)(so_far, task)
    return so_far


CLEANING = {"deblock": deblock_step, "denoise": denoise_step}
"""By the names of the steps, in their order."""
