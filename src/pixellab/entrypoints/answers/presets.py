"""Presets: named sets of fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pixellab.domain.requests.presets import FIELDS, Preset
from pixellab.entrypoints.answers.parts.answer import Answer


class PresetAnswer(Answer):
    """A named set of fields, which fill in what a request leaves out."""

    name: str
    fields: dict[str, Any]
    source: Literal["file", "stored"]
    """file: in the configuration's file, so that it is not changed here."""
    updated_at: datetime | None
    """When it was stored."""

    @classmethod
    def of(cls, preset: Preset) -> PresetAnswer:
        return cls(
            name=preset.name,
            fields={name: preset.fields[name] for name in FIELDS if name in preset.fields},
            source="stored" if preset.updated_at else "file",
            updated_at=preset.updated_at,
        )


class PresetListAnswer(Answer):
    """All presets, by name."""

    presets: list[PresetAnswer]

    @classmethod
    def of(cls, presets: tuple[Preset, ...]) -> PresetListAnswer:
        return cls(presets=[PresetAnswer.of(each) for each in presets])
