"""Databases of the current schema, for the contracts of what is kept in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "pixellab.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite(migrated: Path, tmp_path: Path) -> Engine:
    """Closed by what is kept in it."""
    path = shutil.copy(migrated, tmp_path / "pixellab.db")
    return sqlite_engine(f"sqlite:///{path}", timeout=30, pool_size=16)


@pytest.fixture
def mysql(database: MySqlServer) -> Engine:
    """Closed by what is kept in it."""
    return mysql_engine(database, timeout=30, pool_size=16)
