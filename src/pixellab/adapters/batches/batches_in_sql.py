"""Batches in SQLite, MySQL or MariaDB."""

from __future__ import annotations

from sqlalchemy import Engine

from pixellab.adapters.batches.records import SqlBatchRecords
from pixellab.adapters.batches.work import SqlBatchWork
from pixellab.adapters.database.kept_in_sql import KeptInSql
from pixellab.domain.ports import Batches
from pixellab.domain.webhooks import AnnounceBatch, nothing_of_batches


class SqlBatches(KeptInSql, SqlBatchRecords, SqlBatchWork, Batches):
    """The schema is made by ``migrate.upgrade``.

    Where both are locked, a batch's row comes before its lines, or, when a line ends, after them;
    two that wait for each other are told apart by the database, and one is repeated.
    """

    def __init__(
        self, engine: Engine, *, timeout: float, announce: AnnounceBatch = nothing_of_batches
    ) -> None:
        """As KeptInSql; ``announce`` says who is told when a batch ends."""
        super().__init__(engine, timeout=timeout)
        self._announce = announce
