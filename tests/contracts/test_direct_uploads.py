"""Everyone who keeps invitations keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine

from pixellab.adapters.direct_uploads.direct_uploads_in_memory import InMemoryDirectUploads
from pixellab.adapters.direct_uploads.direct_uploads_in_sql import SqlDirectUploads
from pixellab.domain.ports import DirectUploads
from pixellab.testing import DirectUploadsContract


class TestInMemory(DirectUploadsContract):
    @pytest.fixture
    def uploads(self) -> DirectUploads:
        return InMemoryDirectUploads()


class TestSqlite(DirectUploadsContract):
    @pytest.fixture
    def uploads(self, in_sqlite: Engine) -> Iterator[DirectUploads]:
        with closing(SqlDirectUploads(in_sqlite, timeout=30)) as uploads:
            yield uploads


class TestMySql(DirectUploadsContract):
    @pytest.fixture
    def uploads(self, in_mysql: Engine) -> Iterator[DirectUploads]:
        with closing(SqlDirectUploads(in_mysql, timeout=30)) as uploads:
            yield uploads
