"""Presets for people: a table, and one as TOML has it."""

from __future__ import annotations

import json

from rich.table import Table

from pixellab.entrypoints.answers import PresetAnswer, PresetListAnswer

SOURCES = {"file": "PIXELLAB_PRESETS", "stored": "stored"}


def preset_list(answer: PresetListAnswer) -> Table | str:
    """The presets, one to a row."""
    if not answer.presets:
        return "There is no preset."
    table = Table(box=None, pad_edge=False)
    for title in ("name", "from", "fields"):
        table.add_column(title)
    for each in answer.presets:
        fields = ", ".join(f"{name}={_value(value)}" for name, value in each.fields.items())
        table.add_row(each.name, SOURCES[each.source], fields)
    return table


def preset_in_toml(answer: PresetAnswer) -> str:
    """The lines that the configuration's file takes."""
    lines = (f"{name} = {_value(value)}" for name, value in answer.fields.items())
    return "\n".join((f"[{answer.name}]", *lines))


def _value(value: object) -> str:
    return json.dumps(value)  # TOML writes text, whole numbers and truth as JSON does
