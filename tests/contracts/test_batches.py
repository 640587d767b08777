"""Batches are kept as the contract says, whatever the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine

from pixellab.adapters.batches.batches_in_sql import SqlBatches
from pixellab.domain.ports import Batches
from pixellab.testing import BatchesContract


class TestSqlite(BatchesContract):
    @pytest.fixture
    def batches(self, in_sqlite: Engine) -> Iterator[Batches]:
        with closing(SqlBatches(in_sqlite, timeout=30)) as batches:
            yield batches


class TestMySql(BatchesContract):
    @pytest.fixture
    def batches(self, in_mysql: Engine) -> Iterator[Batches]:
        with closing(SqlBatches(in_mysql, timeout=30)) as batches:
            yield batches
