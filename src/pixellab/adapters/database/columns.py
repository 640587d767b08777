"""Kinds of columns, the same on SQLite, MySQL and MariaDB, and what all tables are listed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CHAR, JSON, DateTime, Dialect, MetaData, Numeric, String, TypeDecorator
from sqlalchemy.dialects import mysql


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, to the microsecond: with tzinfo in Python, as UTC without one in the database."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without tzinfo cannot be stored; give it in UTC.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,
    ) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# Servers differ in their default character set (MariaDB's is latin1) and compare without regard to
# case; SQLite and PixelLab tell "A" from "a". Every text column takes its table's collation.
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}

ID = CHAR(36)
URL = String(1024)
KEY = String(512)
SHA256 = CHAR(64)
BACKEND = String(64)
# One mode, or several, comma-separated. SQLite holds no text to a width, and would copy the table
# to change a column.
MODE = String(32).with_variant(String(64), "mysql", "mariadb")
STATUS = String(16)
FORMAT = String(16)
# Exact amounts are in the calls: SQLite has no decimal numbers.
AMOUNT = Numeric(20, 10, asdecimal=False)
OBJECT = JSON(none_as_null=True)
PAYER = String(64)
