"""Batches in SQLite, MySQL or MariaDB."""

from __future__ import annotations

from sqlalchemy import Engine

from pixellab.adapters.image_repositories.batches.records import SqlBatchRecords
from pixellab.adapters.image_repositories.batches.work import SqlBatchWork
from pixellab.adapters.image_repositories.sql.transactions import Transactions
from pixellab.domain.ports import Batches
from pixellab.domain.webhooks import AnnounceBatch, nothing_of_batches


class SqlBatches(SqlBatchRecords, SqlBatchWork, Batches):
    """The schema is made by ``migrate.upgrade``.

    Where both are locked, a batch's row comes before its lines, or, when a line ends, after them;
    two that wait for each other are told apart by the database, and one is repeated.
    """

    def __init__(
        self, engine: Engine, *, timeout: float, announce: AnnounceBatch = nothing_of_batches
    ) -> None:
        """Closes ``engine``; ``timeout`` in seconds as SqlImageRepository takes it, and
        ``announce`` says who is told when a batch ends."""
        self._engine = engine
        self._announce = announce
        self._transactions = Transactions(engine, timeout=timeout)

    def close(self) -> None:
        self._engine.dispose()
