"""An SQLite file with the current schema, and a repository on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository


@pytest.fixture
def path(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "pixellab.db"))


@pytest.fixture
def repository(path: Path) -> Iterator[SqlImageRepository]:
    repository = SqlImageRepository(f"sqlite:///{path}", timeout=0.1)
    yield repository
    repository.close()
