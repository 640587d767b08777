"""Everyone who keeps presets keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.image_repositories.sql.engine import sqlite_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.adapters.image_repositories.sql.mysql import MySqlServer, mysql_engine
from pixellab.adapters.presets.presets_in_memory import InMemoryPresets
from pixellab.adapters.presets.presets_in_sql import SqlPresets
from pixellab.domain.ports import Presets
from pixellab.testing import PresetsContract


class TestInMemory(PresetsContract):
    @pytest.fixture
    def presets(self) -> Presets:
        return InMemoryPresets()


class TestSqlite(PresetsContract):
    @pytest.fixture
    def presets(self, tmp_path: Path) -> Iterator[Presets]:
        engine = sqlite_engine(f"sqlite:///{tmp_path / 'pixellab.db'}", timeout=30, pool_size=8)
        upgrade(engine)
        presets = SqlPresets(engine, timeout=30)
        yield presets
        presets.close()


class TestMySql(PresetsContract):
    @pytest.fixture
    def presets(self, database: MySqlServer) -> Iterator[Presets]:
        presets = SqlPresets(mysql_engine(database, timeout=30, pool_size=8), timeout=30)
        yield presets
        presets.close()
