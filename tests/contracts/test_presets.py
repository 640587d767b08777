"""Everyone who keeps presets keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine

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
    def presets(self, in_sqlite: Engine) -> Iterator[Presets]:
        with closing(SqlPresets(in_sqlite, timeout=30)) as presets:
            yield presets


class TestMySql(PresetsContract):
    @pytest.fixture
    def presets(self, in_mysql: Engine) -> Iterator[Presets]:
        with closing(SqlPresets(in_mysql, timeout=30)) as presets:
            yield presets
