"""A third party's enhancer: it inverts the picture."""

from __future__ import annotations

from pixellab.domain.pictures import Enhanced, Mode, Picture, Step, Task
from pixellab.domain.ports import Enhancer


class Shiny(Enhancer):
    name = "SHINY"
    modes = frozenset(Mode)

    def enhance(self, picture: Picture, task: Task) -> Enhanced:
        pixels = picture.pixels.copy()
        pixels[..., :3] = 255 - pixels[..., :3]
        step = Step(name="invert", applied=True, why="It was asked for.")
        return Enhanced(picture=picture.with_pixels(pixels), backend=self.name, steps=(step,))
