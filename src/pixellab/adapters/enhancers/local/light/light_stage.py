"""LIGHT_CORRECTION's step."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.correct_light import correct_light, describe
from pixellab.adapters.enhancers.local.light.measure_light import measure_light
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.stage import on_colours
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

Pixels = NDArray[np.uint8]


def correcting_light(so_far: Enhanced, task: Task, networks: Networks) -> Enhanced:
    """The picture in better light; the same where nothing is wrong."""
    return on_colours(partial(light_step, task=task, networks=networks))(so_far, task)


def light_step(
    pixels: Pixels, task: Task, networks: Networks | None = None
) -> tuple[Pixels, tuple[Step, ...]]:
    """uint8 (H, W, 3) RGB in and out; the same array where nothing is wrong."""
    light = measure_light(pixels, task, networks)
    if not light.corrects:
        why = " ".join(("Exposure, contrast and colours need no correction.", *light.remarks))
        return pixels, (Step(name="light", applied=False, why=why, figures=light.figures),)
    step = Step(name="light", applied=True, why=describe(light), figures=light.figures)
    return correct_light(pixels, light), (step,)
