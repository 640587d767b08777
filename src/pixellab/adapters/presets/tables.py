"""The table of stored presets, beside those of images."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from pixellab.adapters.database.columns import MYSQL, OBJECT, UtcDateTime, metadata

# Named sets of fields that fill requests in.
presets = Table(
    "presets",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("fields", OBJECT, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    **MYSQL,
)
