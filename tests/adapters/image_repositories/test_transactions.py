"""Transactions that failed leave nothing behind in memory."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from pathlib import Path
from weakref import ref

import pytest

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.errors import UnknownImage

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Pictures:
    """What a request holds while it asks the repository."""


@pytest.fixture
def repository(tmp_path: Path) -> SqlImageRepository:
    engine = sqlite_engine(f"sqlite:///{tmp_path / 'images.sqlite3'}", timeout=5, pool_size=1)
    upgrade(engine)
    return SqlImageRepository(engine)


def test_what_a_failed_request_held_is_free_at_once(repository: SqlImageRepository) -> None:
    def request() -> ref[Pictures]:
        held = Pictures()
        try:
            repository.claim("unknown", 1, now=NOW, until=NOW)
        except UnknownImage:
            return ref(held)
        raise AssertionError("The image is unknown.")

    gc.disable()
    try:
        assert request()() is None
    finally:
        gc.enable()
    repository.close()
