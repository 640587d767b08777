"""One rule of a marketplace on the pixels of a picture, and what rules measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from attrs import frozen
from numpy.typing import NDArray

from pixellab.domain.results import Rule

WHITE = 255
ROUNDING = 1e-9


@frozen(kw_only=True)
class Result:
    """What rules are held against."""

    pixels: NDArray[Any]
    """uint8 (height, width, 3), R, G, B."""
    around: NDArray[Any] | None
    """bool (height, width): what is not the product; None where it is not known what is."""
    fill: float | None
    """The product's longest side as a share of the picture's; None where it is unknown."""
    enlargement: float
    """How many times larger the product is than in the photo."""
    edges_reached: int | None
    """How many of the photo's edges the product lies along, as one that goes on beyond them does;
    None where that is unknown."""


@frozen
class Measure:
    """How a measure is written, and what it is in a result; None where it cannot be known."""

    words: str
    of: Callable[[Result], float | None]


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
        assert self.measure in MEASURES, self.measure

    def check(self, value: float | None) -> Rule:
        """The rule held against ``value``; one that cannot be known doesn't pass."""
        low = -inf if self.least is None else self.least
        high = inf if self.most is None else self.most
        return Rule(
            name=self.name,
            required=self._in_words(),
            measured="unknown" if value is None else MEASURES[self.measure].words.format(value),
            passed=value is not None and low - ROUNDING <= value <= high + ROUNDING,
            official=self.official,
        )

    def _in_words(self) -> str:
        words = MEASURES[self.measure].words
        if self.least is None or self.most is None:
            at_least = self.least is not None
            limit = self.least if at_least else self.most
            return f"at {'least' if at_least else 'most'} {words.format(limit)}"
        if self.least == self.most:
            return words.format(self.least)
        return f"{words.format(self.least)} to {words.format(self.most)}"


def measure(result: Result) -> Mapping[str, float | None]:
    """What each of ``MEASURES`` is in ``result``."""
    return {name: each.of(result) for name, each in MEASURES.items()}


def _longest_side(result: Result) -> float:
    return float(max(result.pixels.shape[:2]))


def _megapixels(result: Result) -> float:
    return float(result.pixels.shape[0] * result.pixels.shape[1] / 1e6)


def _aspect(result: Result) -> float:
    return float(result.pixels.shape[1] / result.pixels.shape[0])


def _white_around(result: Result) -> float | None:
    """Share of all that is not the product that is exactly white."""
    if result.around is None or not result.around.any():
        return None
    return float((result.pixels[result.around].min(axis=1) == WHITE).mean())


MEASURES: Mapping[str, Measure] = {
    "longest_side": Measure("{:.0f} px", _longest_side),
    "megapixels": Measure("{:.1f} megapixels", _megapixels),
    "aspect": Measure("{:g}:1", _aspect),
    "white_around": Measure("{:.1%} of what is round it is 255, 255, 255", _white_around),
    "fill": Measure("{:.1%} of the side", lambda result: result.fill),
    "edges_reached": Measure(
        "{:.0f} of the photo's edges reached", lambda result: result.edges_reached
    ),
    "enlargement": Measure("{:.2f} times the photo's size", lambda result: result.enlargement),
}
"""Everything that rules can ask for."""
