"""What every adapter that keeps something in a database begins and ends with."""

from __future__ import annotations

from sqlalchemy import Engine

from pixellab.adapters.database.transactions import Transactions


class KeptInSql:
    """Keeps it in SQLite, MySQL or MariaDB; the schema is made by ``migrate.upgrade``."""

    def __init__(self, engine: Engine, *, timeout: float) -> None:
        """Closes ``engine``; ``timeout`` in seconds as SqlImageRepository takes it."""
        self._engine = engine
        self._transactions = Transactions(engine, timeout=timeout)

    def close(self) -> None:
        self._engine.dispose()
