"""Whether pictures that a model drew are held against the photo, and how strictly."""

from __future__ import annotations

import math
from typing import Literal

from attrs import evolve, fields
from pydantic import BaseModel, field_validator

from pixellab.adapters.enhancers.fidelity.fidelity_thresholds import Thresholds
from pixellab.entrypoints.settings.variables import listed, variable

NAMES = tuple(each.name for each in fields(Thresholds))


class FidelitySettings(BaseModel):
    fidelity: Literal["strict", "off"] = variable("PIXELLAB_FIDELITY", "strict", "strict or off")
    fidelity_thresholds: str = variable(
        "PIXELLAB_FIDELITY_THRESHOLDS",
        "",
        f"a comma-separated list of NAME=NUMBER, NAME being one of {', '.join(NAMES)}",
    )

    @field_validator("fidelity_thresholds")
    @classmethod
    def _fidelity_thresholds(cls, value: str) -> str:
        _parse_thresholds(value)
        return value

    @property
    def thresholds(self) -> Thresholds:
        """The usual ones, but for those that are set."""
        return evolve(Thresholds(), **_parse_thresholds(self.fidelity_thresholds))


def _parse_thresholds(value: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in listed(value):
        name, _, number = (each.strip() for each in part.partition("="))
        if name not in NAMES or name in found or not math.isfinite(float(number)):
            raise ValueError("not NAME=NUMBER")
        found[name] = float(number)
    return found
