"""The best file within a number of bytes, found in few encodes.

Quality is given up first, but only down to a floor below which a smaller picture at better quality
looks better than the full one with its artefacts; then, for PNG, colours; then pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from attrs import define, evolve, frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.codecs.format_record import Qualities
from pixellab.adapters.imaging.codecs.palette import MAX_COLOURS
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.encode.size_by_quality import SizeByQuality
from pixellab.adapters.imaging.encode.trials import Trial, Trials
from pixellab.adapters.imaging.formats import writing
from pixellab.domain.pictures import BYTES_PER_KB

Pixels = NDArray[np.uint8]

AIM = 0.985
"""Share of the allowed bytes that a guess aims at, so that a small error still fits."""
SURELY_TOO_LARGE = math.log(4)
"""By as much over the limit, an estimate from a sample is believed without a trial."""
MAX_ENCODES = 12
SAME_SCALE = 0.01
"""Share by which scales that are tried differ at least."""
HARDLY_SCALED = 0.9
"""From this scale on what is left of the bytes goes into quality, however high."""
HEADROOM, SLACK = 10, 6
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

    Of the limit, ``reserved`` bytes are kept free. ``settings`` are those of the ordinary file,
    which is the answer where it fits. How large a file would be is first asked of a mosaic of
    ``pixels``, for a fraction of the time.
    """
    trials = Trials(pixels, max(1, limit - reserved))
    return _Search(trials, settings, limit, reserved).run()


@define
class _Search:
    trials: Trials
    settings: Settings
    limit: int
    reserved: int

    def run(self) -> Fitted:
        size = self._try_ordinary()
        if not self.trials.found:
            qualities = writing(self.settings.format).qualities
            # Nothing but time is given up by what saves bytes first.
            tight = evolve(self.settings, thorough=True, libjpeg_table=False)
            if qualities is not None and self.settings.libjpeg_table:
                # By its own table a source is as finely kept only at a higher quality.
                tight = tight.at(qualities.faithful)
            if qualities is None or self.settings.libjpeg_table:
                size = self.trials.estimate(tight)
            self.settings = tight
            if qualities is None or tight.quality is None:
                self._give_up_colours_then_pixels(size)
            else:
                self._give_up_quality_then_pixels(tight.quality, qualities, size)
        chosen = self.trials.best
        assert chosen is not None
        return self._answer(chosen)

    def _try_ordinary(self) -> float:
        """About the log of its bytes; it is made unless it is sure not to fit."""
        size = self.trials.estimate(self.settings)
        if size <= self._goal + SURELY_TOO_LARGE:
            size = self.trials.make(1.0, self.settings).size
        return size

    def _give_up_quality_then_pixels(self, top: int, qualities: Qualities, size: float) -> None:
        """``size`` is about the log of bytes at quality ``top``."""
        floor = min(qualities.floor, top)
        sizes = SizeByQuality(qualities.size_slope, {top: size})
        sizes.add(floor, self.trials.estimate(self.settings.at(floor)))
        if sizes.reaching(self._goal) >= floor - SLACK:
            self._by_quality(1.0, floor, top, sizes)
        if not self.trials.found:
            self._by_scale(
                lambda scale: self._near_floor(scale, top, floor, sizes.slope), sizes.at(floor)
            )

    def _by_quality(self, scale: float, lowest: int, highest: int, sizes: SizeByQuality) -> None:
        """Narrow in on the finest quality that fits at ``scale``; none is tried twice."""
        while lowest <= highest and self.trials.encodes < MAX_ENCODES:
            quality = min(max(sizes.reaching(self._goal), lowest), highest)
            tried = self.trials.make(scale, self.settings.at(quality))
            sizes.add(quality, tried.size)
            if self.trials.is_close(tried):
                return
            lowest, highest = (
                (quality + 1, highest) if self.trials.fits(tried) else (lowest, quality - 1)
            )

    def _near_floor(self, scale: float, top: int, floor: int, slope: float) -> float:
        """The best file at ``scale`` with a quality about ``floor``; log of the bytes there."""
        tried = self.trials.make(scale, self.settings.at(floor))
        sizes = SizeByQuality(slope, {floor: tried.size})
        lowest = 1 if self._is_smallest(scale) else max(1, floor - SLACK)
        if self.trials.is_close(tried):
            return tried.size
        if self.trials.fits(tried):
            highest = top if scale >= HARDLY_SCALED else min(top, floor + HEADROOM)
            self._by_quality(scale, floor + 1, highest, sizes)
        elif sizes.reaching(self._goal) >= lowest or self._is_smallest(scale):
            self._by_quality(scale, lowest, floor - 1, sizes)
        return tried.size

    def _give_up_colours_then_pixels(self, size: float) -> None:
        """``size`` is about the log of bytes with all colours."""
        full, palette = self.settings, evolve(self.settings, palette=True)
        if size <= self._goal + PNG_DOUBT and self.trials.fits(self.trials.make(1.0, full)):
            return
        size = self.trials.estimate(palette)
        if size <= self._goal + PNG_DOUBT:
            tried = self.trials.make(1.0, palette)
            if self.trials.fits(tried):
                return
            size = tried.size
        self._by_scale(lambda scale: self.trials.make(scale, palette).size, size)

    def _by_scale(self, attempt: Callable[[float], float], size: float) -> None:
        """Narrow in on the largest picture that fits; ``size`` is its log of bytes, unscaled.

        ``attempt`` tries a scale and answers with the log of bytes there.
        """
        scale, too_large = self._rescaled(1.0, size), 1.0
        while self.trials.encodes < MAX_ENCODES:
            size = attempt(scale)
            if self.trials.found_close or (self._is_smallest(scale) and size > self._goal):
                return
            if size > math.log(self.trials.max_bytes):
                too_large = min(too_large, scale)
            following = min(self._rescaled(scale, size), (scale + too_large) / 2)
            if abs(following - scale) < SAME_SCALE * scale:
                return
            scale = following

    @property
    def _goal(self) -> float:
        return math.log(self.trials.max_bytes * AIM)

    def _is_smallest(self, scale: float) -> bool:
        return scale <= self._least_scale

    @property
    def _least_scale(self) -> float:
        return min(1.0, SMALLEST_SIDE / int(max(self.trials.pixels.shape[:2])))

    def _rescaled(self, scale: float, size: float) -> float:
        """The scale at which a picture of log bytes ``size`` at ``scale`` would meet the goal."""
        factor = math.exp((self._goal - size) / SIZE_EXPONENT)
        return min(1.0, max(self._least_scale, scale * factor))

    def _answer(self, chosen: Trial) -> Fitted:
        height, width = chosen.shape
        given_up = []
        if chosen.settings.palette:
            given_up.append(f"reduced to {MAX_COLOURS} colours")
        if chosen.scale < 1:
            given_up.append(f"scaled down to {width} x {height}")
        limit = f"{self.limit / BYTES_PER_KB:g} KB"
        reason = f"To stay within {limit}: {' and '.join(given_up)}." if given_up else None
        if not self.trials.fits(chosen):
            size = (len(chosen.data) + self.reserved) / BYTES_PER_KB
            reason = (
                f"{self.settings.format} cannot hold this picture in {limit}: "
                f"even at {width} x {height} pixels it takes {size:.1f} KB."
            )
        return Fitted(
            data=chosen.data,
            shape=(height, width),
            settings=chosen.settings,
            encodes=self.trials.encodes,
            reason=reason,
        )
