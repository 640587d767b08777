"""An SQLite file with the current schema, and a repository on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import upgrade


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "pixellab.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def path(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "pixellab.db"))


@pytest.fixture
def repository(path: Path) -> Iterator[SqlImageRepository]:
    repository = SqlImageRepository(f"sqlite:///{path}", timeout=0.1)
    yield repository
    repository.close()
