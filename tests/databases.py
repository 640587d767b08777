"""Empty databases of the current schema; what is kept in one closes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An SQLite file, as bytes: each test writes its own, and none the one of all."""
    path = tmp_path_factory.mktemp("migrated") / "pixellab.db"
    upgrade(f"sqlite:///{path}")
    return path.read_bytes()


@pytest.fixture
def in_sqlite(migrated: bytes, tmp_path: Path) -> Engine:
    path = tmp_path / "pixellab.db"
    path.write_bytes(migrated)
    return sqlite_engine(f"sqlite:///{path}", timeout=30, pool_size=16)


@pytest.fixture
def in_mysql(database: MySqlServer) -> Engine:
    return mysql_engine(database, timeout=30, pool_size=16)
