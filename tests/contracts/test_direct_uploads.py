"""Everyone who keeps invitations keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.direct_uploads.direct_uploads_in_memory import InMemoryDirectUploads
from pixellab.adapters.direct_uploads.direct_uploads_in_sql import SqlDirectUploads
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.ports import DirectUploads
from pixellab.testing import DirectUploadsContract


class TestInMemory(DirectUploadsContract):
    @pytest.fixture
    def uploads(self) -> DirectUploads:
        return InMemoryDirectUploads()


class TestSqlite(DirectUploadsContract):
    @pytest.fixture
    def uploads(self, tmp_path: Path) -> Iterator[DirectUploads]:
        engine = sqlite_engine(f"sqlite:///{tmp_path / 'pixellab.db'}", timeout=30, pool_size=8)
        upgrade(engine)
        uploads = SqlDirectUploads(engine, timeout=30)
        yield uploads
        uploads.close()


class TestMySql(DirectUploadsContract):
    @pytest.fixture
    def uploads(self, database: MySqlServer) -> Iterator[DirectUploads]:
        uploads = SqlDirectUploads(mysql_engine(database, timeout=30, pool_size=8), timeout=30)
        yield uploads
        uploads.close()
