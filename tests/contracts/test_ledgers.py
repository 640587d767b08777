"""Every ledger keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine

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
    def ledger(self, in_sqlite: Engine) -> Iterator[Ledger]:
        with closing(SqlLedger(in_sqlite, timeout=30)) as ledger:
            yield ledger


class TestMySql(LedgerContract):
    @pytest.fixture
    def ledger(self, in_mysql: Engine) -> Iterator[Ledger]:
        with closing(SqlLedger(in_mysql, timeout=30)) as ledger:
            yield ledger
