"""The marketplaces' rules, read from ``profiles.toml`` beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import frozen

from pixellab.adapters.marketplaces.requirements import Requirement
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.pictures import BYTES_PER_KB
from pixellab.domain.results import FileRules


@frozen(kw_only=True)
class Profile:
    """A marketplace's rules. Lengths are pixels."""

    name: str
    canvas: int
    """Side of the square canvas."""
    smallest: int
    """Side down to which the canvas shrinks rather than enlarge a small product."""
    least: int
    """Side down to which it shrinks rather than be too large for a product that is enlarged as far
    as it may be: the least that the marketplace takes."""
    fill: float
    """Longest side of the product that is aimed at, as a share of the canvas."""
    requirements: tuple[Requirement, ...]
    file_rules: FileRules
    checked: str
    """Year and month since which some rule, on pixels or on the file, has not been checked."""
    sources: tuple[str, ...]
    """Titles of the pages that give the rules, each once."""

    @property
    def wants_white(self) -> bool:
        """Whether all that is round the product has to be white."""
        return any(each.measure == "white_around" for each in self.requirements)


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


def _least_side(table: Mapping[str, Any]) -> int:
    limits = [rule.get("least", 0) for rule in table["rules"] if rule["name"] == "longest_side"]
    smallest: int = table["smallest"]
    return min(max(limits, default=0) or smallest, smallest)


@cache
def _profiles() -> Mapping[str, Profile]:
    text = files(__package__).joinpath("profiles.toml").read_text(encoding="utf-8")
    return {name: _profile(table) for name, table in tomllib.loads(text).items()}


def _profile(table: Mapping[str, Any]) -> Profile:
    size, formats = table["file_size"], table["formats"]
    rules = [*table["rules"], size, formats]
    return Profile(
        name=table["name"],
        canvas=table["canvas"],
        smallest=table["smallest"],
        least=_least_side(table),
        fill=table["fill"],
        requirements=tuple(Requirement(**rule) for rule in table["rules"]),
        file_rules=FileRules(
            max_bytes=size["most_kb"] * BYTES_PER_KB,
            max_bytes_official=size["official"],
            formats=tuple(formats["allowed"]),
            formats_official=formats["official"],
        ),
        checked=min(rule["checked"] for rule in rules),
        sources=tuple(dict.fromkeys(rule["source"] for rule in rules)),
    )
