"""Finds out whether the database's user may do all that PixelLab does."""

from __future__ import annotations

from sqlalchemy import Engine, delete, false, insert, select, update

from pixellab.adapters.image_repositories.sql.engine import our_errors
from pixellab.adapters.image_repositories.sql.tables import metadata


def try_writing(engine: Engine) -> None:
    """Change nothing, in every way and every table: the server judges before it looks for rows.

    Raises StoreUnavailable if it lets its user not do so, or takes no changes now.
    """
    with our_errors(), engine.begin() as connection:
        for table in metadata.sorted_tables:
            key = next(iter(table.primary_key))
            none = select(table).where(false())
            connection.execute(insert(table).from_select(list(table.c), none))
            connection.execute(update(table).values({key: key}).where(false()))
            connection.execute(delete(table).where(false()))
