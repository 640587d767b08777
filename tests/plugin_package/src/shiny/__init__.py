"""A third party's enhancers: one inverts the picture, one never comes to an end."""

from __future__ import annotations

import sys
from threading import Event

from pixellab.domain.pictures import Enhanced, Mode, Picture, QualityReport, Step, Task
from pixellab.domain.ports import Enhancer


class Shiny(Enhancer):
    name = "SHINY"
    modes = frozenset(Mode)

    def enhance(
        self, picture: Picture, task: Task, report: QualityReport | None = None
    ) -> Enhanced:
        pixels = picture.pixels.copy()
        pixels[..., :3] = 255 - pixels[..., :3]
        step = Step(name="invert", applied=True, why="It was asked for.")
        return Enhanced(picture=picture.with_pixels(pixels), backend=self.name, steps=(step,))


class Stuck(Enhancer):
    name = "STUCK"
    modes = frozenset(Mode)

    def enhance(
        self, picture: Picture, task: Task, report: QualityReport | None = None
    ) -> Enhanced:
        sys.stderr.write("at work\n")
        sys.stderr.flush()
        Event().wait()
        raise AssertionError("Nobody sets it.")
