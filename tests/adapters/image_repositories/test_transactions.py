"""Methods in transactions: what failed leaves nothing behind in memory, and calls are checked."""

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


def test_arguments_are_those_of_the_method_for_the_type_checker_too(
    repository: SqlImageRepository,
) -> None:
    # Mypy says so where one of these comments is not needed: then it checks no calls any more.
    with pytest.raises(TypeError, match="takes 3 positional arguments but 4 were given"):
        repository.get("image", "another")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'then'"):
        repository.claim("image", 1, now=NOW, until=NOW, then=NOW)  # type: ignore[call-arg]
    repository.close()
