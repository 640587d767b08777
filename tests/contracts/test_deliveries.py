"""All that keep deliveries keep the contract."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.adapters.webhooks.deliveries_in_memory import InMemoryDeliveries
from pixellab.adapters.webhooks.deliveries_in_sql import SqlDeliveries
from pixellab.domain.ports import Deliveries
from pixellab.testing import DeliveriesContract


class TestInMemory(DeliveriesContract):
    @pytest.fixture
    def deliveries(self) -> Deliveries:
        return InMemoryDeliveries()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "pixellab.db"
    upgrade(f"sqlite:///{path}")
    return path


class TestSqlite(DeliveriesContract):
    @pytest.fixture
    def deliveries(self, migrated: Path, tmp_path: Path) -> Iterator[Deliveries]:
        path = shutil.copy(migrated, tmp_path / "pixellab.db")
        engine = sqlite_engine(f"sqlite:///{path}", timeout=30, pool_size=8)
        deliveries = SqlDeliveries(engine, timeout=30)
        yield deliveries
        deliveries.close()


class TestMySql(DeliveriesContract):
    @pytest.fixture
    def deliveries(self, database: MySqlServer) -> Iterator[Deliveries]:
        engine = mysql_engine(database, timeout=30, pool_size=8)
        deliveries = SqlDeliveries(engine, timeout=30)
        yield deliveries
        deliveries.close()
