"""All that keep deliveries keep the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine

from pixellab.adapters.webhooks.deliveries_in_memory import InMemoryDeliveries
from pixellab.adapters.webhooks.deliveries_in_sql import SqlDeliveries
from pixellab.domain.ports import Deliveries
from pixellab.testing import DeliveriesContract


class TestInMemory(DeliveriesContract):
    @pytest.fixture
    def deliveries(self) -> Deliveries:
        return InMemoryDeliveries()


class TestSqlite(DeliveriesContract):
    @pytest.fixture
    def deliveries(self, in_sqlite: Engine) -> Iterator[Deliveries]:
        with closing(SqlDeliveries(in_sqlite, timeout=30)) as deliveries:
            yield deliveries


class TestMySql(DeliveriesContract):
    @pytest.fixture
    def deliveries(self, in_mysql: Engine) -> Iterator[Deliveries]:
        with closing(SqlDeliveries(in_mysql, timeout=30)) as deliveries:
            yield deliveries
