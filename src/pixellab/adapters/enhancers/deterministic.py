"""A backend for the tests of programs that embed PixelLab."""

from __future__ import annotations

from attrs import evolve

from pixellab.domain.errors import BackendRefused
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.requests.modes import in_turn
from pixellab.domain.results import Enhanced, Step

ALL_MODES = frozenset(Mode)


class DeterministicEnhancer(Enhancer):
    """Returns the pixels it was given, each ``scale`` by ``scale`` times in the modes that enlarge.

    The same input gives the same answer, at once, whatever is installed.
    """

    takes_several = True

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
        done = Enhanced(picture=picture, backend=self.name)
        for mode in in_turn(task.mode):
            done = self._done(done, mode, task.scale)
        return done

    def _done(self, so_far: Enhanced, mode: Mode, scale: int) -> Enhanced:
        if mode not in self.modes:
            raise BackendRefused(
                f"{self.name} does not do {mode}; it does {', '.join(sorted(self.modes))}."
            )
        if mode not in (Mode.UPSCALE, Mode.UPSCALE_DENOISE):
            step = Step(name="copy", applied=False, why="This backend leaves pixels as they are.")
            return evolve(so_far, steps=(*so_far.steps, step))
        step = Step(
            name="repeat",
            applied=True,
            why=f"Each pixel was repeated to make each side {scale} times as long.",
            figures={"scale": float(scale)},
        )
        pixels = so_far.picture.pixels.repeat(scale, axis=0).repeat(scale, axis=1)
        larger = so_far.picture.with_pixels(pixels)
        return evolve(so_far, picture=larger, steps=(*so_far.steps, step))
