"""What was spent, in an SQL database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import Connection, Insert, select, update
from sqlalchemy.dialects import mysql, sqlite

from pixellab.adapters.database.kept_in_sql import KeptInSql
from pixellab.adapters.database.transactions import reading, writing
from pixellab.adapters.ledger.tables import spending
from pixellab.domain.ports import Ledger

PER_USD = 10**9
"""The unit that is counted in is a billionth of a US dollar."""


class SqlLedger(KeptInSql, Ledger):
    """Counts in SQLite, MySQL or MariaDB; the schema is made by ``migrate.upgrade``.

    Rows are locked in the order of the accounts' names, so that no two callers wait for each other.
    """

    @writing
    def reserve(
        self, connection: Connection, day: date, amount: Decimal, caps: Mapping[str, Decimal]
    ) -> str | None:
        units = _units(amount)
        counted = {account: _lock(connection, day, account) for account in sorted(caps)}
        for account, spent in counted.items():
            if spent + units > caps[account] * PER_USD:
                return account
        _add(connection, day, units, counted)
        return None

    @writing
    def settle(
        self, connection: Connection, day: date, change: Decimal, accounts: Iterable[str]
    ) -> None:
        accounts = sorted(accounts)
        for account in accounts:
            _lock(connection, day, account)
        _add(connection, day, _units(change), accounts)

    @reading
    def spent(self, connection: Connection, day: date, account: str) -> Decimal:
        return Decimal(_counted(connection, day, account) or 0) / PER_USD


def _units(amount: Decimal) -> int:
    return int((amount * PER_USD).to_integral_value(ROUND_CEILING))


def _lock(connection: Connection, day: date, account: str) -> int:
    """What is counted up to now, in a row that is there and that nobody else changes."""
    connection.execute(_opened(connection.dialect.name, day, account))
    return _counted(connection, day, account, lock=True) or 0


def _opened(dialect: str, day: date, account: str) -> Insert:
    row = {"day": day, "account": account, "usd_billionths": 0}
    if dialect == "sqlite":
        return sqlite.insert(spending).values(row).on_conflict_do_nothing()
    # Not INSERT IGNORE: of several that find the row, each would hold a lock that keeps the others
    # from changing it.
    return mysql.insert(spending).values(row).on_duplicate_key_update(day=day)


def _counted(connection: Connection, day: date, account: str, *, lock: bool = False) -> int | None:
    found = select(spending.c.usd_billionths).where(
        spending.c.day == day, spending.c.account == account
    )
    return connection.execute(found.with_for_update() if lock else found).scalar_one_or_none()


def _add(connection: Connection, day: date, units: int, accounts: Iterable[str]) -> None:
    for account in accounts:
        connection.execute(
            update(spending)
            .where(spending.c.day == day, spending.c.account == account)
            .values(usd_billionths=spending.c.usd_billionths + units)
        )
