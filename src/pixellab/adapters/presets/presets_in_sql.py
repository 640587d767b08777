"""Presets in an SQL database."""

from __future__ import annotations

from attrs import asdict
from sqlalchemy import Connection, Insert, delete, select
from sqlalchemy.dialects import mysql, sqlite

from pixellab.adapters.database.kept_in_sql import KeptInSql
from pixellab.adapters.database.transactions import reading, writing
from pixellab.adapters.presets.tables import presets
from pixellab.domain.ports import Presets
from pixellab.domain.requests.presets import Preset


class SqlPresets(KeptInSql, Presets):
    """Keeps them in SQLite, MySQL or MariaDB; the schema is made by ``migrate.upgrade``."""

    @writing
    def save(self, connection: Connection, preset: Preset) -> bool:
        is_new = _get(connection, preset.name) is None
        connection.execute(_in_place(connection.dialect.name, preset))
        return is_new

    @reading
    def get(self, connection: Connection, name: str) -> Preset | None:
        return _get(connection, name)

    @reading
    def all(self, connection: Connection) -> tuple[Preset, ...]:
        found = select(presets).order_by(presets.c.name)
        return tuple(Preset(**row) for row in connection.execute(found).mappings())

    @writing
    def remove(self, connection: Connection, name: str) -> bool:
        gone = connection.execute(delete(presets).where(presets.c.name == name))
        return gone.rowcount > 0


def _get(connection: Connection, name: str) -> Preset | None:
    found = select(presets).where(presets.c.name == name)
    row = connection.execute(found).mappings().one_or_none()
    return Preset(**row) if row else None


def _in_place(dialect: str, preset: Preset) -> Insert:
    row = asdict(preset, recurse=False) | {"fields": dict(preset.fields)}
    changed = {name: value for name, value in row.items() if name != "name"}
    if dialect == "sqlite":
        return sqlite.insert(presets).values(row).on_conflict_do_update(["name"], set_=changed)
    return mysql.insert(presets).values(row).on_duplicate_key_update(changed)
