"""Every ledger keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.database.mysql import MySqlServer, mysql_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.adapters.ledger.ledger_in_memory import InMemoryLedger
from pixellab.adapters.ledger.ledger_in_sql import SqlLedger
from pixellab.domain.ports import Ledger
from pixellab.testing import LedgerContract


class TestInMemory(LedgerContract):
    @pytest.fixture
    def ledger(self) -> Ledger:
        return InMemoryLedger()


class TestSqlite(LedgerContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Iterator[Ledger]:
        engine = sqlite_engine(f"sqlite:///{tmp_path / 'pixellab.db'}", timeout=30, pool_size=8)
        upgrade(engine)
        ledger = SqlLedger(engine, timeout=30)
        yield ledger
        ledger.close()


class TestMySql(LedgerContract):
    @pytest.fixture
    def ledger(self, database: MySqlServer) -> Iterator[Ledger]:
        ledger = SqlLedger(mysql_engine(database, timeout=30, pool_size=8), timeout=30)
        yield ledger
        ledger.close()
