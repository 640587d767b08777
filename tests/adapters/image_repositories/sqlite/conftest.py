"""An SQLite file with the current schema, and a repository on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository


@pytest.fixture
def path(migrated: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "pixellab.db"
    path.write_bytes(migrated)
    return path


@pytest.fixture
def repository(path: Path) -> Iterator[SqlImageRepository]:
    repository = SqlImageRepository(f"sqlite:///{path}", timeout=0.1)
    yield repository
    repository.close()
