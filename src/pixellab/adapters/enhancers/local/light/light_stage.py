"""LIGHT_CORRECTION's step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.correct_light import correct_light, describe
from pixellab.adapters.enhancers.local.light.measure_light import ON_REQUEST, measure_light
from pixellab.domain.results import Step

Pixels = NDArray[np.uint8]


def light_step(pixels: Pixels) -> tuple[Pixels, tuple[Step, ...]]:
    """uint8 (H, W, 3) RGB in and out; the same array where nothing is wrong."""
    light = measure_light(pixels, ON_REQUEST)
    if not light.corrects:
        why = "Exposure, contrast and colours need no correction."
        return pixels, (Step(name="light", applied=False, why=why, figures=light.figures),)
    step = Step(name="light", applied=True, why=describe(light), figures=light.figures)
    return correct_light(pixels, light), (step,)
