"""Every image repository keeps the contract."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.in_memory import InMemoryImageRepository
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.ports import ImageRepository
from pixellab.testing import ImageRepositoryContract
from pixellab.testing.contracts.repository_contract.finding import FindingImages


class TestInMemory(ImageRepositoryContract):
    @pytest.fixture
    def repository(self) -> ImageRepository:
        return InMemoryImageRepository()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "pixellab.db"
    upgrade(f"sqlite:///{path}")
    return path


class TestSqlite(ImageRepositoryContract):
    @pytest.fixture
    def repository(self, migrated: Path, tmp_path: Path) -> Iterator[ImageRepository]:
        path = shutil.copy(migrated, tmp_path / "pixellab.db")
        repository = SqlImageRepository(f"sqlite:///{path}", timeout=30)
        yield repository
        repository.close()


class TestSqliteThatCountsToThree(FindingImages):
    """Where a search finds many, which begins with three images here."""

    @pytest.fixture
    def repository(self, migrated: Path, tmp_path: Path) -> Iterator[ImageRepository]:
        path = shutil.copy(migrated, tmp_path / "pixellab.db")
        repository = SqlImageRepository(f"sqlite:///{path}", timeout=30, count_to=3)
        yield repository
        repository.close()


class TestMySql(ImageRepositoryContract):
    @pytest.fixture
    def repository(self, database: MySqlServer) -> Iterator[ImageRepository]:
        engine = mysql_engine(database, timeout=30, pool_size=16)
        repository = SqlImageRepository(engine, timeout=30)
        yield repository
        repository.close()
