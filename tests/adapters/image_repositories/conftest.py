"""A database on each server, and how the program reaches it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository


@pytest.fixture
def engine(database: MySqlServer) -> Iterator[Engine]:
    engine = mysql_engine(database, timeout=5, pool_size=8)
    yield engine
    engine.dispose()


@pytest.fixture
def repository(engine: Engine) -> SqlImageRepository:
    return SqlImageRepository(engine, timeout=5)
