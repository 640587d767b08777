"""Presets: those of the configuration's file, and those in the database."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from pixellab.adapters.enhancers.routing import CONTRACT_NAMES
from pixellab.adapters.marketplaces.profiles import find_profile
from pixellab.domain.errors import InvalidRequest, Misconfigured
from pixellab.domain.findings import Finding, fine, warning
from pixellab.domain.ports import Enhancers, Presets
from pixellab.domain.requests.presets import Available, Preset, checked_preset
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.wiring.wire_stores import upgraded_engine


def stored(settings: Settings) -> Presets:
    """In the same database, over connections of their own. Raises as ``database_engine``."""
    from pixellab.adapters.presets.presets_in_sql import SqlPresets

    return SqlPresets(upgraded_engine(settings), timeout=settings.database_timeout)


def configured(settings: Settings, available: Available) -> Mapping[str, Preset]:
    """Those of the file that PIXELLAB_PRESETS names. Raises Misconfigured."""
    if settings.presets is None:
        return {}
    return {
        name: _preset(name, fields, available) for name, fields in _tables(settings.presets).items()
    }


def available(enhancers: Enhancers) -> Available:
    """What fields may name here: marketplaces, and backends, also those that are not configured."""
    return {"profile": find_profile, "backend": partial(_find_backend, enhancers)}


@frozen
class PresetsFile:
    """The file that PIXELLAB_PRESETS names, as it was read."""

    path: Path
    presets: Mapping[str, Preset]

    def diagnose(self) -> list[Finding]:
        """Which file that is, and what it has."""
        place = self.path.absolute()
        if not self.presets:
            advice = "Add a table such as [shop-white], or unset PIXELLAB_PRESETS."
            return [warning("presets", f"{place} has none", advice)]
        names = ", ".join(self.presets)
        return [fine("presets", f"{len(self.presets)} in {place}: {names}")]


def presets_file(settings: Settings) -> PresetsFile:
    """Read as a start reads it; only where PIXELLAB_PRESETS is set. Raises Misconfigured."""
    from pixellab.entrypoints.wiring.wire_backends import enhancers

    assert settings.presets is not None
    return PresetsFile(settings.presets, configured(settings, available(enhancers(settings))))


def _find_backend(enhancers: Enhancers, name: str) -> None:
    known = dict.fromkeys((*enhancers.names(), *CONTRACT_NAMES))
    if name.strip().upper() not in known:
        allowed = ", ".join(known)
        raise InvalidRequest("backend", f"backend is {name[:40]!r}; allowed are {allowed}.")


def _tables(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(
            f"PIXELLAB_PRESETS names a file that is not TOML: {error}; allowed are tables such as "
            '[shop-white] with lines such as mode = "STANDARDIZE".'
        ) from error
    except UnicodeDecodeError as error:
        raise Misconfigured(
            "PIXELLAB_PRESETS names a file that is not text in UTF-8; allowed is a TOML file."
        ) from error
    except OSError as error:
        raise Misconfigured(
            "PIXELLAB_PRESETS names a file that cannot be read; allowed is a TOML file that this "
            "user may read."
        ) from error


def _preset(name: str, fields: Any, available: Available) -> Preset:
    if not isinstance(fields, dict):
        raise Misconfigured(
            f"PIXELLAB_PRESETS names a file with {name[:40]!r} outside of any preset; allowed are "
            "tables such as [shop-white]."
        )
    try:
        return checked_preset(name, fields, available)
    except InvalidRequest as error:
        told = f"PIXELLAB_PRESETS names a file whose preset {name[:40]!r} is wrong: {error.message}"
        raise Misconfigured(told) from error
