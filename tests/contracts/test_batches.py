"""Batches are kept as the contract says, whatever the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.batches.batches_in_sql import SqlBatches
from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.ports import Batches
from pixellab.testing import BatchesContract


class TestSqlite(BatchesContract):
    @pytest.fixture
    def batches(self, tmp_path: Path) -> Iterator[Batches]:
        engine = sqlite_engine(f"sqlite:///{tmp_path / 'pixellab.db'}", timeout=30, pool_size=8)
        upgrade(engine)
        batches = SqlBatches(engine, timeout=30)
        yield batches
        batches.close()


class TestMySql(BatchesContract):
    @pytest.fixture
    def batches(self, database: MySqlServer) -> Iterator[Batches]:
        batches = SqlBatches(mysql_engine(database, timeout=30, pool_size=8), timeout=30)
        yield batches
        batches.close()
