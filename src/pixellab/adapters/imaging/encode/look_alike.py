"""The fewest bytes at which a picture still looks the same."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from functools import cached_property

import cv2
import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.codecs.format_record import Qualities
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.formats import write
from pixellab.adapters.imaging.likeness.ssimulacra2 import Likeness
from pixellab.adapters.imaging.quality.blockiness import blocks_seen
from pixellab.adapters.imaging.quality.view import Tile, full_size_tiles

Pixels = NDArray[np.uint8]

ALIKE, MOSAIC_DOUBT = 86.0, 0.7
"""SSIMULACRA 2 from which on two pictures look the same, and how much more is asked of a mosaic. 85
is promised; at 90 nobody tells them apart side by side."""
BLOCKS_LEFT, BLOCKS_ADDED = 0.6, 0.1
"""Blocks (``blocks_seen``) that a file may have; where its original has about as many, some more.
At 0.6 they are hardly found at twice the size beside the original, and cost 12 points of the score
where nothing else does; half of that takes a fifth more bytes."""
BLOCKS_PER_POINT = 0.1
"""How many go, about, while the likeness rises by a point."""
FINE_COLOUR = 1.0
"""RMS levels of colour that half-resolution chroma loses, below which full chroma never paid."""
BYTES_PER_POINT, DOUBT = 0.055, 0.08
"""Rise of log(bytes) by which JPEG buys a point of SSIMULACRA 2 there; and the advantage of full
chroma below which it is not believed, since on a mosaic it looks better than on the picture."""
QUALITY_TOLERANCE, MAX_TRIES = 1, 5
STRETCH = 2
"""By what factor a slope may differ from the one before it."""
NEAR_ENOUGH = 0.6
"""A file that is more alike by no more than this is not worth another try."""


def smallest_alike(
    sample: Pixels,
    settings: Settings,
    qualities: Qualities,
    source_quality: int | None,
    *,
    is_mosaic: bool,
) -> tuple[Settings, int]:
    """The settings under which the ``sample`` looks the same in the fewest bytes; encodes made.

    ``sample`` is uint8 (height, width, 3 or 4), a stand-in for the picture; what is transparent is
    not looked at. Where blocks are seen in the smallest file, it is written without the dead zone,
    which leaves them on plain cloth, and finer. A JPEG of known ``source_quality`` is also tried as
    it was written: that loses almost nothing, however low the quality is, with chroma as it was.
    """
    alike = ALIKE + MOSAIC_DOUBT if is_mosaic else ALIKE
    trials = _Trials(_Original(np.ascontiguousarray(sample[..., :3]), alike), qualities)
    smallest = trials.with_cheaper_chroma(settings.at(qualities.likely))
    # On walls it takes few blocks for the eye to see them, and the likeness is a mean.
    if not trials.fails_by_blocks(smallest):
        smallest = trials.search(smallest)
    if trials.fails_by_blocks(smallest):
        smallest = trials.search_without_blocks(evolve(smallest, dead_zone=False))
    if qualities.least_faithful is not None and source_quality:
        smallest = trials.as_source(source_quality, smallest) or smallest
    return smallest, len(trials.made)


def chroma_loss(pixels: Pixels) -> float:
    """RMS error, in 8-bit levels, that halving the resolution of chroma makes in Cb and Cr."""
    chroma = cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2YCrCb)[..., 1:]
    height, width = chroma.shape[:2]
    if min(height, width) < 2:
        return 0.0
    half = cv2.resize(chroma, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    back = cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)
    return float(cv2.norm(chroma, back, cv2.NORM_L2) / np.sqrt(chroma.size))


@frozen(eq=False)
class _Original:
    """What files are compared with."""

    pixels: Pixels
    alike: float
    """SSIMULACRA 2 of what looks the same."""

    @cached_property
    def likeness(self) -> Likeness:
        return Likeness(self.pixels)

    @cached_property
    def tiles(self) -> list[Tile]:
        return full_size_tiles(self.pixels)

    @cached_property
    def blocks(self) -> float:
        return blocks_seen(self.tiles, trifle=BLOCKS_LEFT - BLOCKS_ADDED)


@frozen(eq=False)
class _Trial:
    """One file; what nobody asks of it is not measured."""

    data: bytes
    original: _Original

    @cached_property
    def pixels(self) -> Pixels:
        return np.asarray(Image.open(io.BytesIO(self.data)).convert("RGB"))

    @cached_property
    def spare(self) -> float:
        """By how many points it is more alike than it has to be."""
        return self.original.likeness(self.pixels) - self.original.alike

    @cached_property
    def spare_of_blocks(self) -> float:
        """About how many points of likeness it could lose before it has too many blocks."""
        seen = blocks_seen(
            (each.cut(self.pixels) for each in self.original.tiles), trifle=BLOCKS_LEFT
        )
        allowed = BLOCKS_LEFT
        if seen > allowed:
            allowed = max(allowed, self.original.blocks + BLOCKS_ADDED)
        return (allowed - seen) / BLOCKS_PER_POINT

    @property
    def spare_in_all(self) -> float:
        """The less of the two."""
        return self.spare if self.spare < 0 else min(self.spare, self.spare_of_blocks)


@frozen(eq=False)
class _Trials:
    """Files of a picture; none is made twice."""

    original: _Original
    qualities: Qualities
    made: dict[Settings, _Trial] = field(factory=dict)

    def with_cheaper_chroma(self, settings: Settings) -> Settings:
        """Half or full resolution of chroma, whichever costs less at the same likeness.

        Denim and red prints are finer in colour than in light.
        """
        half, full = (evolve(settings, full_chroma=each) for each in (False, True))
        if chroma_loss(self.original.pixels) < FINE_COLOUR:
            return half

        def cost(each: Settings) -> float:
            trial = self.look_at(each)
            return math.log(len(trial.data)) - BYTES_PER_POINT * trial.spare

        return full if cost(full) + DOUBT < cost(half) else half

    def search(self, settings: Settings) -> Settings:
        """With the lowest quality at which the original looks the same, within the tolerance."""
        return self._search(settings, lambda trial, _: trial.spare)

    def search_without_blocks(self, settings: Settings) -> Settings:
        """The same without blocks; at its quality it is known to look the same but for these."""
        known = settings.quality or 0
        return self._search(
            settings,
            lambda trial, quality: (
                trial.spare_of_blocks if quality >= known else trial.spare_in_all
            ),
        )

    def _search(self, settings: Settings, spare_of: Callable[[_Trial, int], float]) -> Settings:
        """What is spare rises about evenly with quality; that says how far the next guess goes."""
        low, high = self.qualities.smallest
        guess, slope, before = settings.quality or high, self.qualities.likeness_slope, None
        for _ in range(MAX_TRIES):
            spare = spare_of(self.look_at(settings.at(guess)), guess)
            low, high = (low, guess) if spare >= 0 else (guess, high)
            if 0 <= spare <= NEAR_ENOUGH or high - low <= QUALITY_TOLERANCE:
                break
            if before:
                rise = (spare - before[1]) / (guess - before[0])
                slope = min(max(rise, slope / STRETCH), slope * STRETCH)
            before = guess, spare
            guess = min(max(math.floor(guess - spare / slope), low + 1), high - 1)
        return settings.at(high)

    def fails_by_blocks(self, settings: Settings) -> bool:
        """Whether it looks the same but for blocks."""
        trial = self.look_at(settings)
        return trial.spare >= 0 > trial.spare_of_blocks

    def as_source(self, quality: int, smallest: Settings) -> Settings | None:
        """As a source of ``quality`` was written, if that is smaller and looks the same."""
        for full_chroma in (False, True):
            settings = evolve(
                smallest, quality=quality, libjpeg_table=True, full_chroma=full_chroma
            )
            if len(self.look_at(settings).data) >= len(self.look_at(smallest).data):
                return None
            if self.look_at(settings).spare_in_all >= 0:
                return settings
        return None

    def look_at(self, settings: Settings) -> _Trial:
        if settings not in self.made:
            data = write(self.original.pixels, evolve(settings, thorough=False))
            self.made[settings] = _Trial(data, self.original)
        return self.made[settings]
