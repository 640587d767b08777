"""The best file within a number of bytes, found in few encodes.

Quality is given up first, but only down to a floor below which a smaller picture at better quality
looks better than the full one with its artefacts; then, for PNG, colours; then pixels.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import define, evolve, frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.codecs.format_record import Qualities
from pixellab.adapters.imaging.codecs.png import MAX_COLOURS
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.encode.mosaic import mosaic
from pixellab.adapters.imaging.encode.scaling import scaled
from pixellab.adapters.imaging.encode.size_by_quality import SizeByQuality
from pixellab.adapters.imaging.formats import write, writing
from pixellab.domain.pictures import BYTES_PER_KB

Pixels = NDArray[np.uint8]

GOOD_ENOUGH = 0.92
"""A file of at least this share of the allowed bytes ends the search."""
AIM = 0.985
"""Share of the allowed bytes that a guess aims at, so that a small error still fits."""
MAX_ENCODES = 10
SAMPLE_TILE, SAMPLE_GRID = 128, 6
HEADROOM, SLACK = 14, 6
"""How far quality may end above and below the floor where the picture is scaled down."""
PNG_DOUBT = 0.2
"""A PNG whose estimated log of bytes is over the limit by less than this is tried all the same."""
SIZE_EXPONENT = 1.7
"""Bytes grow with about this power of the side of a photo, at equal quality."""
SMALLEST_SIDE = 64
"""No picture is scaled below this longest side, in pixels."""


@frozen(kw_only=True)
class Fitted:
    """The file that was chosen."""

    data: bytes
    shape: tuple[int, int]
    """Height and width."""
    settings: Settings
    encodes: int
    reason: str | None


def fit(pixels: Pixels, settings: Settings, limit: int, reserved: int = 0) -> Fitted:
    """The best file of at most ``limit`` bytes, or the smallest there could be, with the reason.

    Of the limit, ``reserved`` bytes are kept free.

    ``settings`` are those for which nothing would have to be given up. How large a file would be is
    first asked of a mosaic of ``pixels``, for a fraction of the time.
    """
    sample = mosaic(pixels, tile=SAMPLE_TILE, grid=SAMPLE_GRID)
    return _Search(pixels, sample, settings, limit, reserved).run()


@define
class _Search:
    pixels: Pixels
    sample: Pixels
    settings: Settings
    limit: int
    reserved: int
    encodes: int = 0
    best: _Try | None = None
    """The finest try that fits, else the smallest of all."""

    def run(self) -> Fitted:
        qualities = writing(self.settings.format).qualities
        if qualities is None or self.settings.quality is None:
            self._give_up_colours_then_pixels()
        else:
            self._give_up_quality_then_pixels(self.settings.quality, qualities)
        assert self.best is not None
        return self._answer(self.best)

    def _give_up_quality_then_pixels(self, top: int, qualities: Qualities) -> None:
        floor = min(qualities.floor, top)
        scale, quality, slope = self._first_guess(top, floor, qualities.size_slope)
        sizes = SizeByQuality(slope)
        while self.encodes < MAX_ENCODES:
            tried = self._try(scale, self.settings.at(quality))
            sizes.add(quality, math.log(len(tried.data)))
            lowest, highest = (
                (floor, top) if scale == 1 else (max(1, floor - SLACK), min(top, floor + HEADROOM))
            )
            if self._fits(tried) and (quality == top or self._is_close(tried)):
                return
            following = sizes.reaching(self._goal)
            if scale == 1 and following > top:
                following = top
            if lowest <= following <= highest:
                if sizes.knows(following):
                    return
                quality = following
            elif following < lowest and self._is_smallest(scale):
                return
            else:
                scale, quality = self._rescaled(scale, sizes.at(floor)), floor
                sizes = SizeByQuality(sizes.slope)

    def _first_guess(self, top: int, floor: int, slope: float) -> tuple[float, int, float]:
        """Scale and quality to begin with, and the rise of log(bytes) per step of quality."""
        if self.sample is self.pixels:
            return 1.0, top, slope
        sizes = SizeByQuality(slope)
        sizes.add(top, self._estimate(self.settings))
        if sizes.at(top) <= self._goal:
            return 1.0, top, slope
        sizes.add(floor, self._estimate(self.settings.at(floor)))
        quality = sizes.reaching(self._goal)
        if quality >= floor:
            return 1.0, quality, sizes.slope
        return self._rescaled(1.0, sizes.at(floor)), floor, sizes.slope

    def _give_up_colours_then_pixels(self) -> None:
        full, palette = self.settings, evolve(self.settings, palette=True)
        if self._estimate(full) <= self._goal + PNG_DOUBT and self._fits(self._try(1.0, full)):
            return
        size = self._estimate(palette)
        if size <= self._goal + PNG_DOUBT:
            tried = self._try(1.0, palette)
            if self._fits(tried):
                return
            size = math.log(len(tried.data))
        scale = self._rescaled(1.0, size)
        while self.encodes < MAX_ENCODES:
            tried = self._try(scale, palette)
            if (self._fits(tried) and self._is_close(tried)) or (
                not self._fits(tried) and self._is_smallest(scale)
            ):
                return
            scale = self._rescaled(scale, math.log(len(tried.data)))

    @property
    def max_bytes(self) -> int:
        return max(1, self.limit - self.reserved)

    @property
    def _goal(self) -> float:
        return math.log(self.max_bytes * AIM)

    def _fits(self, tried: _Try) -> bool:
        return len(tried.data) <= self.max_bytes

    def _is_close(self, tried: _Try) -> bool:
        return len(tried.data) >= GOOD_ENOUGH * self.max_bytes

    def _is_smallest(self, scale: float) -> bool:
        return scale <= self._least_scale

    @property
    def _least_scale(self) -> float:
        return min(1.0, SMALLEST_SIDE / int(max(self.pixels.shape[:2])))

    def _rescaled(self, scale: float, size: float) -> float:
        """The scale at which a picture of log bytes ``size`` at ``scale`` would meet the goal."""
        factor = math.exp((self._goal - size) / SIZE_EXPONENT)
        return min(1.0, max(self._least_scale, scale * factor))

    def _estimate(self, settings: Settings) -> float:
        """Log of the bytes of the whole picture, from its sample."""
        self.encodes += 1
        area = self.pixels.size / self.sample.size
        return math.log(len(write(self.sample, settings)) * area)

    def _try(self, scale: float, settings: Settings) -> _Try:
        self.encodes += 1
        pixels = self.pixels if scale == 1 else scaled(self.pixels, scale)
        tried = _Try(write(pixels, settings), pixels.shape[:2], settings, scale)
        if self.best is None or self._is_better(tried, self.best):
            self.best = tried
        return tried

    def _is_better(self, tried: _Try, best: _Try) -> bool:
        if self._fits(tried) != self._fits(best):
            return self._fits(tried)
        return (len(tried.data) > len(best.data)) == self._fits(tried)

    def _answer(self, chosen: _Try) -> Fitted:
        height, width = chosen.shape
        given_up = []
        if chosen.settings.palette:
            given_up.append(f"reduced to {MAX_COLOURS} colours")
        if chosen.scale < 1:
            given_up.append(f"scaled down to {width} x {height}")
        limit = f"{self.limit / BYTES_PER_KB:g} KB"
        reason = f"To stay within {limit}: {' and '.join(given_up)}." if given_up else None
        if not self._fits(chosen):
            size = (len(chosen.data) + self.reserved) / BYTES_PER_KB
            reason = (
                f"{self.settings.format} cannot hold this picture in {limit}: "
                f"even at {width} x {height} pixels it takes {size:.1f} KB."
            )
        return Fitted(
            data=chosen.data,
            shape=(height, width),
            settings=chosen.settings,
            encodes=self.encodes,
            reason=reason,
        )


@frozen
class _Try:
    data: bytes
    shape: tuple[int, int]
    settings: Settings
    scale: float
