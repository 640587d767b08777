"""The table of what was spent, beside those of images."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Table

from pixellab.adapters.database.columns import (
    MYSQL,
    PAYER,
    metadata,
)

# What each account has spent and reserved on each day of UTC, in billionths of a US dollar: SQLite
# has no decimal numbers.
spending = Table(
    "spending",
    metadata,
    Column("day", Date, primary_key=True),
    Column("account", PAYER, primary_key=True),
    Column("usd_billionths", BigInteger, nullable=False),
    **MYSQL,
)
