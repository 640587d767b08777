"""Finds out whether the database is there, and its user may do all that PixelLab does."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, delete, false, insert, select, update

from pixellab.adapters.database import mysql
from pixellab.adapters.database.engine import our_errors
from pixellab.adapters.image_repositories.sql import migrate
from pixellab.adapters.image_repositories.sql.all_tables import ALL_TABLES
from pixellab.domain.errors import PixelLabError
from pixellab.domain.findings import Finding, fine, problem

PART = "database"
SQLITE_ADVICE = (
    "If its schema is old run pixellab db upgrade; if another program holds it wait; "
    "else check its permissions or restore it from a backup."
)


def diagnose(engine: Engine) -> Finding:
    """What came of looking at its schema and of writing nothing; SQLite's file is not made."""
    embedded = engine.dialect.name == "sqlite"
    if embedded and not Path(engine.url.database or "").exists():
        return fine(PART, "SQLite; made when it is first needed")
    try:
        with our_errors(), engine.connect() as connection:
            migrate.check(connection)
        try_writing(engine)
    except PixelLabError as error:
        return problem(PART, error.message, SQLITE_ADVICE if embedded else mysql.advice(error))
    kind = "SQLite" if embedded else f"MySQL on {engine.url.host}"
    return fine(PART, f"{kind}, with the current schema; may be written")


def try_writing(engine: Engine) -> None:
    """Change nothing, in every way and every table: the server judges before it looks for rows.

    Raises StoreUnavailable if it lets its user not do so, or takes no changes now.
    """
    with our_errors(), engine.begin() as connection:
        for table in ALL_TABLES:
            key = next(iter(table.primary_key))
            none = select(table).where(false())
            connection.execute(insert(table).from_select(list(table.c), none))
            connection.execute(update(table).values({key: key}).where(false()))
            connection.execute(delete(table).where(false()))
