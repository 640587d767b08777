"""Which photos are taken, and which backends make them better."""

from __future__ import annotations

import re

from pydantic import BaseModel, field_validator

from pixellab.domain.requests import Mode
from pixellab.entrypoints.settings.variables import ExistingFile, listed, variable

BACKEND_NAME = re.compile(r"[A-Z][A-Z0-9_-]{0,31}")


class PhotoSettings(BaseModel):
    max_upload_mb: float = variable(
        "PIXELLAB_MAX_UPLOAD_MB", 50, "a number of MB above 0, at most 1000", gt=0, le=1000
    )
    max_megapixels: float = variable(
        "PIXELLAB_MAX_MEGAPIXELS",
        60,
        "a number of megapixels above 0, at most 1000",
        gt=0,
        le=1000,
    )
    routes: str = variable(
        "PIXELLAB_ROUTES",
        "*=LOCAL",
        "a comma-separated list of MODE=BACKEND or MODE=BACKEND>BACKEND, the second being asked "
        "where the first fails, * standing for every other mode",
    )

    presets: ExistingFile | None = variable("PIXELLAB_PRESETS", None, "a TOML file")

    @field_validator("routes")
    @classmethod
    def _routes(cls, value: str) -> str:
        _parse_routes(value)
        return value

    @property
    def max_bytes(self) -> int:
        """Largest accepted file in bytes."""
        return int(self.max_upload_mb * 1_000_000)

    @property
    def max_pixels(self) -> int:
        """Largest accepted picture in pixels."""
        return int(self.max_megapixels * 1_000_000)

    @property
    def routing_table(self) -> dict[Mode, tuple[str, ...]]:
        """The backends to ask in turn, in upper case, for each mode."""
        return _parse_routes(self.routes)


def _parse_routes(value: str) -> dict[Mode, tuple[str, ...]]:
    table: dict[Mode, tuple[str, ...]] = {}
    rest: tuple[str, ...] = ("LOCAL",)
    for part in listed(value):
        mode, _, backends = (each.strip().upper() for each in part.partition("="))
        chain = tuple(each.strip() for each in backends.split(">"))
        if not all(map(BACKEND_NAME.fullmatch, chain)) or len({*chain}) < len(chain):
            raise ValueError("not MODE=BACKEND>BACKEND")
        if mode == "*":
            rest = chain
        else:
            table[Mode(mode)] = chain
    return {mode: table.get(mode, rest) for mode in Mode}
