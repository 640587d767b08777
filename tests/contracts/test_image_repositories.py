"""Every image repository keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.in_memory import InMemoryImageRepository
from pixellab.adapters.repositories.migrate import upgrade
from pixellab.adapters.repositories.sql import SqlImageRepository
from pixellab.domain.ports import ImageRepository
from pixellab.testing import ImageRepositoryContract


class TestInMemory(ImageRepositoryContract):
    @pytest.fixture
    def repository(self) -> ImageRepository:
        return InMemoryImageRepository()


class TestSqlite(ImageRepositoryContract):
    @pytest.fixture
    def repository(self, tmp_path: Path) -> Iterator[ImageRepository]:
        url = f"sqlite:///{tmp_path / 'pixellab.db'}"
        upgrade(url)
        repository = SqlImageRepository(url, timeout=30)
        yield repository
        repository.close()
