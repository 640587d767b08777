"""Presets in an SQL database."""

from __future__ import annotations

from attrs import asdict
from sqlalchemy import Connection, Engine, Insert, delete, select
from sqlalchemy.dialects import mysql, sqlite

from pixellab.adapters.image_repositories.sql.tables import presets
from pixellab.adapters.image_repositories.sql.transactions import Transactions, reading, writing
from pixellab.domain.ports import Presets
from pixellab.domain.requests.presets import Preset


class SqlPresets(Presets):
    """Keeps them in SQLite, MySQL or MariaDB; the schema is made by ``migrate.upgrade``."""

    def __init__(self, engine: Engine, *, timeout: float) -> None:
        """Closes ``engine``; ``timeout`` in seconds as SqlImageRepository takes it."""
        self._engine = engine
        self._transactions = Transactions(engine, timeout=timeout)

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

    def close(self) -> None:
        self._engine.dispose()


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
