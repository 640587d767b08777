"""How many bytes a file takes at each quality, as far as trials have shown."""

from __future__ import annotations

import math

from attrs import define, field

MIN_SLOPE = 0.005
LEAST_SHARE = 0.25
"""Of the interval between two tries, what the next one leaves on either side."""


@define
class SizeByQuality:
    """Log of bytes by quality, from the encodes made so far at one scale."""

    slope: float
    known: dict[int, float] = field(factory=dict)

    def add(self, quality: int, size: float) -> None:
        self.known[quality] = size
        if len(self.known) > 1:
            (q1, s1), (q2, s2) = sorted(self.known.items(), key=lambda at: abs(at[0] - quality))[:2]
            self.slope = max(MIN_SLOPE, (s2 - s1) / (q2 - q1))

    def knows(self, quality: int) -> bool:
        return quality in self.known

    def at(self, quality: int) -> float:
        """Expected log of bytes, from the nearest known quality."""
        nearest = min(self.known, key=lambda known: abs(known - quality))
        return self.known[nearest] + self.slope * (quality - nearest)

    def reaching(self, size: float) -> int:
        """The highest quality expected to stay within log bytes ``size``."""
        below = max((q for q, known in self.known.items() if known <= size), default=None)
        above = min((q for q, known in self.known.items() if known > size), default=None)
        if below is not None and above is not None:
            share = (size - self.known[below]) / (self.known[above] - self.known[below])
            # Where the curve is bent, interpolation alone creeps up on the answer from one side.
            share = min(max(share, LEAST_SHARE), 1 - LEAST_SHARE)
            return min(above - 1, math.floor(below + share * (above - below)))
        nearest = min(self.known, key=lambda known: abs(self.known[known] - size))
        return math.floor(nearest + (size - self.known[nearest]) / self.slope)
