"""What a mode is made of: stages, each of which makes one enhanced picture of another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.transparency import spread_colours, with_alpha
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

Pixels = NDArray[np.uint8]
Stage = Callable[[Enhanced, Task], Enhanced]


def on_colours(work: Callable[[Pixels], tuple[Pixels, tuple[Step, ...]]]) -> Stage:
    """A stage that changes colours and neither size nor alpha."""

    def stage(so_far: Enhanced, _: Task) -> Enhanced:
        pixels, before = so_far.picture.pixels, colours(so_far)
        after, steps = work(before)
        if after is before:
            return with_step(so_far, pixels, *steps)
        return with_step(
            so_far, with_alpha(after, pixels) if so_far.picture.has_alpha else after, *steps
        )

    return stage


def colours(so_far: Enhanced) -> Pixels:
    """(H, W, 3), with no colour of hidden pixels left to look at."""
    pixels = so_far.picture.pixels
    return spread_colours(pixels) if so_far.picture.has_alpha else pixels


def pixels_before(so_far: Enhanced, came: Picture | None) -> Pixels | None:
    """The pixels of the picture that ``came`` in, where stages have changed them since."""
    if came is None or came.pixels is so_far.picture.pixels:
        return None
    return came.pixels


def with_step(so_far: Enhanced, pixels: Pixels, *steps: Step) -> Enhanced:
    """``so_far`` with other ``pixels``, uint8 (H, W, 3 or 4), and the ``steps`` that made them."""
    picture = so_far.picture
    if pixels is not picture.pixels:
        picture = picture.with_pixels(np.ascontiguousarray(pixels))
    return evolve(so_far, picture=picture, steps=(*so_far.steps, *steps))


def left_out(name: str) -> Step:
    """What is said of a step that the user did without."""
    return Step(name=name, applied=False, why="Left out, as you asked.")


def unless_left_out(name: str, stage: Stage) -> Stage:
    """``stage``, or a step ``name`` that says that the task leaves it out."""

    def made(so_far: Enhanced, task: Task) -> Enhanced:
        if name in task.left_out:
            return with_step(so_far, so_far.picture.pixels, left_out(name))
        return stage(so_far, task)

    return made
