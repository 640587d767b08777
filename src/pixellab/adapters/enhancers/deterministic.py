"""A backend for the tests of programs that embed PixelLab."""

from __future__ import annotations

from pixellab.domain.errors import BackendRefused
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Step

ALL_MODES = frozenset(Mode)


class DeterministicEnhancer(Enhancer):
    """Returns the pixels it was given, each ``scale`` by ``scale`` times in the modes that enlarge.

    The same input gives the same answer, at once, whatever is installed.
    """

    def __init__(self, name: str = "MEMORY", modes: frozenset[Mode] = ALL_MODES) -> None:
        self.name = name
        self.modes = modes

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        if task.mode not in self.modes:
            raise BackendRefused(
                f"{self.name} does not do {task.mode}; it does {', '.join(sorted(self.modes))}."
            )
        if task.mode not in (Mode.UPSCALE, Mode.UPSCALE_DENOISE):
            step = Step(name="copy", applied=False, why="This backend leaves pixels as they are.")
            return Enhanced(picture=picture, backend=self.name, steps=(step,))
        step = Step(
            name="repeat",
            applied=True,
            why=f"Each pixel was repeated to make each side {task.scale} times as long.",
            figures={"scale": float(task.scale)},
        )
        pixels = picture.pixels.repeat(task.scale, axis=0).repeat(task.scale, axis=1)
        return Enhanced(picture=picture.with_pixels(pixels), backend=self.name, steps=(step,))
