"""Files that are made of a picture to find one of at most so many bytes; none is made twice."""

from __future__ import annotations

import math

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.encode.mosaic import mosaic
from pixellab.adapters.imaging.formats import write
from pixellab.adapters.imaging.scaling import scaled

Pixels = NDArray[np.uint8]

GOOD_ENOUGH = 0.92
"""A file of at least this share of the allowed bytes is not worth improving."""
SAMPLE_TILE, SAMPLE_GRID = 128, 6


@frozen
class Trial:
    """One file."""

    data: bytes = field(repr=False)
    shape: tuple[int, int]
    """Height and width."""
    settings: Settings
    scale: float

    @property
    def size(self) -> float:
        """Log of bytes."""
        return math.log(len(self.data))


@define
class Trials:
    """Of ``pixels``, uint8 (height, width, 3 or 4), for files of at most ``max_bytes``."""

    pixels: Pixels
    max_bytes: int
    encodes: int = 0
    best: Trial | None = None
    """The largest file that fits, else the smallest of all."""
    sample: Pixels = field(init=False)
    made: dict[tuple[float, Settings], Trial] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.sample = mosaic(self.pixels, tile=SAMPLE_TILE, grid=SAMPLE_GRID)

    @property
    def found(self) -> bool:
        """Whether any file fits."""
        return self.best is not None and self.fits(self.best)

    @property
    def found_close(self) -> bool:
        return self.best is not None and self.is_close(self.best)

    def fits(self, trial: Trial) -> bool:
        return len(trial.data) <= self.max_bytes

    def is_close(self, trial: Trial) -> bool:
        """Whether it fits and leaves hardly anything unused."""
        return self.fits(trial) and len(trial.data) >= GOOD_ENOUGH * self.max_bytes

    def estimate(self, settings: Settings) -> float:
        """Log of the bytes of the whole picture, from a mosaic of it unless it is small."""
        if self.sample is self.pixels:
            return self.make(1.0, settings).size
        self.encodes += 1
        area = self.pixels.size / self.sample.size
        return math.log(len(write(self.sample, settings)) * area)

    def make(self, scale: float, settings: Settings) -> Trial:
        if (scale, settings) in self.made:
            return self.made[scale, settings]
        self.encodes += 1
        pixels = self.pixels if scale == 1 else scaled(self.pixels, scale)
        trial = Trial(write(pixels, settings), pixels.shape[:2], settings, scale)
        self.made[scale, settings] = trial
        if self.best is None or self._is_better(trial, self.best):
            self.best = trial
        return trial

    def _is_better(self, trial: Trial, best: Trial) -> bool:
        if self.fits(trial) != self.fits(best):
            return self.fits(trial)
        return (len(trial.data) > len(best.data)) == self.fits(trial)
