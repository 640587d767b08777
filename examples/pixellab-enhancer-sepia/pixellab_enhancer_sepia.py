"""A backend for PixelLab that gives photos the brown of old prints."""

from __future__ import annotations

import numpy as np

from pixellab.domain.errors import BackendRefused
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Step

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of R, G and B (ITU-R BT.709)."""
BROWN = np.array([1.0, 0.87, 0.7], np.float32)
"""R, G and B of the brightest tone."""


class Sepia(Enhancer):
    name = "SEPIA"
    modes = frozenset({Mode.LIGHT_CORRECTION})

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        if task.mode not in self.modes:
            raise BackendRefused(f"SEPIA does not do {task.mode}; it does LIGHT_CORRECTION.")
        pixels = picture.pixels.copy()
        tones = (pixels[..., :3] @ LUMA)[..., np.newaxis] * BROWN
        pixels[..., :3] = np.round(tones).astype(np.uint8)
        step = Step(name="sepia", applied=True, why="All colours were made tones of brown.")
        return Enhanced(picture=picture.with_pixels(pixels), backend=self.name, steps=(step,))
