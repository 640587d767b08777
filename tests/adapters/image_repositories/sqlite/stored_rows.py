"""What the tests of SQL repositories write, and how they look at it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import SCRIPTS
from pixellab.domain.errors import PixelLabError, SkuTaken
from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery
from pixellab.testing.records import MINUTE, NOON, make_completed, make_enhancement, make_image


def add(repository: SqlImageRepository, number: int) -> str:
    image = make_image(number)
    repository.add(image, make_enhancement(image))
    return image.id


def rows(path: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def change(path: Path, table: str, column: str, old: str, new: str) -> None:
    """Replace a text in a column, as another version of the program would have written it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(
            f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?)",
            (old, new, old),
        )
        assert changed.rowcount > 0


def go_back_to(engine: Engine, revision: str) -> None:
    """The schema of an earlier version, with what is kept in it."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def call_every_method(repository: SqlImageRepository) -> None:
    later = NOON + 9 * MINUTE
    image = make_image(1, idempotency_key="key")
    repository.add(image, make_enhancement(image))
    with pytest.raises(PixelLabError):
        repository.add(image, make_enhancement(image))
    with pytest.raises(SkuTaken):
        add(repository, 1)
    repository.add_enhancement(image.id, lambda number: make_enhancement(image, number))
    repository.keep_original(image.id, image.original, now=NOON)
    repository.finish(make_completed(repository.claim(image.id, 1, now=NOON, until=later)))
    repository.get(image.id)
    repository.history(image.id)
    repository.find("key")
    for status in (None, Status.COMPLETED):
        for after in (None, (NOON, image.id)):
            repository.page(ImageQuery(status=status, after=after))
        repository.page(ImageQuery(status=status, offset=7))
    repository.unfinished(later, 10)
    repository.mark_deleted(image.id, now=later)
    repository.deleted(10)
    repository.deleted(10, image.id)
    repository.forget(image.id)
