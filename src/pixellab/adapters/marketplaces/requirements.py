"""One rule of a marketplace on the pixels of a picture, and what rules measure."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.domain.results import Rule

WHITE = 255
BORDER_PARTS = 100
"""The border that has to be white is the outermost one of so many parts of the height."""

WORDS: Mapping[str, str] = {
    "longest_side": "{:.0f} px",
    "megapixels": "{:.1f} megapixels",
    "aspect": "{:g}:1",
    "white_border": "{:.1%} of the edge is 255, 255, 255",
    "fill": "{:.1%} of the side",
    "enlargement": "{:.2f} times the photo's size",
}
"""Everything that rules measure, and how it is written."""
ROUNDING = 1e-9


@frozen(kw_only=True)
class Requirement:
    """One rule on the pixels: ``measure`` lies between ``least`` and ``most``, both included."""

    name: str
    measure: str
    least: float | None = None
    most: float | None = None
    official: bool
    """True where the marketplace itself says so, False for a second-hand source."""
    source: str
    """Title of the page that says it."""
    checked: str
    """Year and month in which the page was read."""

    def __attrs_post_init__(self) -> None:
        assert self.measure in WORDS, self.measure

    def check(self, value: float | None) -> Rule:
        """The rule held against ``value``; one that cannot be known doesn't pass."""
        low, high = self.least or -inf, self.most or inf
        return Rule(
            name=self.name,
            required=self._in_words(),
            measured="unknown" if value is None else WORDS[self.measure].format(value),
            passed=value is not None and low - ROUNDING <= value <= high + ROUNDING,
            official=self.official,
        )

    def _in_words(self) -> str:
        words = WORDS[self.measure]
        if self.least is None or self.most is None:
            at_least = self.least is not None
            limit = self.least if at_least else self.most
            return f"at {'least' if at_least else 'most'} {words.format(limit)}"
        if self.least == self.most:
            return words.format(self.least)
        return f"{words.format(self.least)} to {words.format(self.most)}"


def measure(
    pixels: NDArray[Any], *, fill: float | None, enlargement: float
) -> Mapping[str, float | None]:
    """What each of ``WORDS`` is in ``pixels``, uint8 (height, width, 3), R, G, B.

    ``fill`` is the product's longest side as a share of the picture's, None where it is unknown;
    ``enlargement`` is how many times larger the product is than in the photo.
    """
    height, width = pixels.shape[:2]
    return {
        "longest_side": max(height, width),
        "megapixels": height * width / 1e6,
        "aspect": width / height,
        "white_border": white_border(pixels),
        "fill": fill,
        "enlargement": enlargement,
    }


def white_border(pixels: NDArray[Any]) -> float:
    """Share of the outermost 1% of the picture that is exactly white."""
    band = max(1, pixels.shape[0] // BORDER_PARTS)
    edges = pixels[:band], pixels[-band:], pixels[:, :band], pixels[:, -band:]
    ring = np.concatenate([edge.reshape(-1, edge.shape[2]) for edge in edges])
    return float((ring.min(axis=1) == WHITE).mean())
