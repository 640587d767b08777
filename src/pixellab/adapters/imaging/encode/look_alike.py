"""The fewest bytes at which a picture still looks the same."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.codecs.format_record import Qualities
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.formats import write
from pixellab.adapters.imaging.likeness.ssimulacra2 import Likeness
from pixellab.adapters.imaging.quality.blockiness import blockiness

Pixels = NDArray[np.uint8]

ALIKE = 86.0
"""SSIMULACRA 2 from which on two pictures look the same; 1 more than is promised, since it is asked
of a mosaic. At 90 nobody tells them apart side by side."""
BLOCKS_SEEN = 0.6
"""Blockiness that a file may add; found by eye, on walls and studio backgrounds at full size."""
BLOCKY_STEP = 6
"""How far, in steps of quality, the search goes on from a file that has too many blocks."""
BYTES_PER_POINT, DOUBT = 0.055, 0.08
"""Rise of log(bytes) by which JPEG buys a point of SSIMULACRA 2 there; and the advantage of full
chroma below which it is not believed, since on a mosaic it looks better than on the picture."""
QUALITY_TOLERANCE, MAX_TRIES = 1, 6
NEAR_ENOUGH = 0.6
"""A file that is more alike by no more than this is not worth another try."""


def smallest_alike(
    sample: Pixels, settings: Settings, qualities: Qualities, source_quality: int | None
) -> tuple[Settings, int]:
    """The settings under which the ``sample`` looks the same in the fewest bytes; encodes made.

    ``sample`` is uint8 (height, width, 3 or 4), a stand-in for the picture; what is transparent is
    not looked at. A JPEG of known ``source_quality`` is also tried as it was written: that loses
    almost nothing, however low the quality is, with chroma as it was.
    """
    trials = _Trials(np.ascontiguousarray(sample[..., :3]), qualities)
    smallest = trials.search(trials.with_cheaper_chroma(settings))
    if qualities.least_faithful is None or not source_quality:
        return smallest, trials.encodes
    alike = [smallest]
    for full_chroma in (False, True):
        as_source = evolve(
            smallest, quality=source_quality, libjpeg_table=True, full_chroma=full_chroma
        )
        if trials.look_at(as_source)[1] >= 0:
            alike.append(as_source)
    return min(alike, key=lambda each: len(trials.look_at(each)[0])), trials.encodes


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
class _Trials:
    original: Pixels
    qualities: Qualities
    likeness: Likeness = field(init=False)
    seen: dict[Settings, tuple[bytes, float]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "likeness", Likeness(self.original))

    @property
    def encodes(self) -> int:
        return len(self.seen)

    def with_cheaper_chroma(self, settings: Settings) -> Settings:
        """Half or full resolution of chroma, whichever costs less at the same likeness.

        Denim and red prints are finer in colour than in light.
        """

        def cost(each: Settings) -> float:
            data, spare = self.look_at(each)
            doubt = DOUBT if each.full_chroma else 0.0
            return math.log(len(data)) - BYTES_PER_POINT * spare + doubt

        return min((evolve(settings, full_chroma=full) for full in (False, True)), key=cost)

    def search(self, settings: Settings) -> Settings:
        """With the lowest quality at which the original looks the same, within the tolerance.

        The likeness rises about evenly with quality, which tells how far the next guess should go.
        """
        low, high = self.qualities.smallest
        guess = settings.quality or high
        while high - low > QUALITY_TOLERANCE and self.encodes < MAX_TRIES:
            _, spare = self.look_at(settings.at(guess))
            low, high = (low, guess) if spare >= 0 else (guess, high)
            if 0 <= spare <= NEAR_ENOUGH:
                break
            nearer = math.floor(guess - spare / self.qualities.likeness_slope)
            guess = min(max(nearer, low + 1), high - 1)
        return settings.at(high)

    def look_at(self, settings: Settings) -> tuple[bytes, float]:
        """The file, and by how much it is more alike than it has to be."""
        if settings not in self.seen:
            data = write(self.original, evolve(settings, thorough=False))
            after = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            spare = self.likeness(after) - ALIKE
            # On walls it takes few blocks for the eye to see them, and the likeness is a mean.
            if spare >= 0 and blockiness(after) - blockiness(self.original) > BLOCKS_SEEN:
                spare = -BLOCKY_STEP * self.qualities.likeness_slope
            self.seen[settings] = data, spare
        return self.seen[settings]
