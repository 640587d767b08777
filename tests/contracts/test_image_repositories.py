"""Every image repository keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine

from pixellab.adapters.image_repositories.in_memory import InMemoryImageRepository
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.domain.ports import ImageRepository
from pixellab.testing import ImageRepositoryContract
from pixellab.testing.contracts.repository_contract.finding import FindingImages


class TestInMemory(ImageRepositoryContract):
    @pytest.fixture
    def repository(self) -> ImageRepository:
        return InMemoryImageRepository()


class TestSqlite(ImageRepositoryContract):
    @pytest.fixture
    def repository(self, in_sqlite: Engine) -> Iterator[ImageRepository]:
        with closing(SqlImageRepository(in_sqlite, timeout=30)) as repository:
            yield repository


class TestSqliteThatCountsToThree(FindingImages):
    """Where a search finds many, which begins with three images here."""

    @pytest.fixture
    def repository(self, in_sqlite: Engine) -> Iterator[ImageRepository]:
        with closing(SqlImageRepository(in_sqlite, timeout=30, count_to=3)) as repository:
            yield repository


class TestMySql(ImageRepositoryContract):
    @pytest.fixture
    def repository(self, in_mysql: Engine) -> Iterator[ImageRepository]:
        with closing(SqlImageRepository(in_mysql, timeout=30)) as repository:
            yield repository
