"""The marketplaces' rules, read from ``profiles.toml`` beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import inf
from typing import Any

from attrs import frozen

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.pictures import BYTES_PER_KB, FileRules, Rule

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


@frozen(kw_only=True)
class Profile:
    """A marketplace's rules. Lengths are pixels."""

    name: str
    canvas: int
    """Side of the square canvas."""
    smallest: int
    """Side down to which the canvas shrinks rather than enlarge a small product."""
    fill: float
    """Longest side of the product that is aimed at, as a share of the canvas."""
    requirements: tuple[Requirement, ...]
    file_rules: FileRules

    @property
    def checked(self) -> str:
        """Year and month since which none of the rules has been checked again."""
        return min(each.checked for each in self.requirements)

    @property
    def sources(self) -> tuple[str, ...]:
        """Titles of the pages that say so, each once."""
        return tuple(dict.fromkeys(each.source for each in self.requirements))


def profile_names() -> tuple[str, ...]:
    """The names that ``find_profile`` knows, the default one first."""
    return tuple(_profiles())


def find_profile(name: str) -> Profile:
    """The profile called ``name``, in any letter case; InvalidRequest if there is none."""
    profile = _profiles().get(name.strip().lower())
    if profile is None:
        allowed = ", ".join(profile_names())
        raise InvalidRequest("profile", f"profile is {name[:40]!r}; allowed are {allowed}.")
    return profile


@cache
def _profiles() -> Mapping[str, Profile]:
    text = files(__package__).joinpath("profiles.toml").read_text(encoding="utf-8")
    return {name: _profile(table) for name, table in tomllib.loads(text).items()}


def _profile(table: Mapping[str, Any]) -> Profile:
    size, formats = table["file_size"], table["formats"]
    return Profile(
        name=table["name"],
        canvas=table["canvas"],
        smallest=table["smallest"],
        fill=table["fill"],
        requirements=tuple(Requirement(**rule) for rule in table["rules"]),
        file_rules=FileRules(
            max_bytes=size["most_kb"] * BYTES_PER_KB,
            max_bytes_official=size["official"],
            formats=tuple(formats["allowed"]),
            formats_official=formats["official"],
        ),
    )
