"""SHARPEN's step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from pixellab.adapters.enhancers.local.sharpening.sharpen import sharpen
from pixellab.adapters.imaging.quality.blur import blur_sigma
from pixellab.domain.results import Step

Pixels = NDArray[np.uint8]
CRISP = 0.9
"""Blur in pixels that SHARPEN assumes at least: who asks for it wants to see a difference."""


def sharpen_step(pixels: Pixels) -> tuple[Pixels, tuple[Step, ...]]:
    """uint8 (H, W, 3) RGB in and out."""
    blur = blur_sigma(pixels)
    why = "Edges were made crisper, no further than their neighbours' range."
    step = Step(name="sharpen", applied=True, why=why, figures={"blur_sigma": round(blur, 2)})
    return sharpen(pixels, max(blur, CRISP), measure_noise(pixels).luma[0]), (step,)
