"""Sums by day, changed in the transaction of what they count, and the statistics made of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import asdict
from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import mysql, sqlite

from pixellab.adapters.image_repositories.sql.statements import shard_of
from pixellab.adapters.image_repositories.sql.tables import (
    DAY_SHARDS,
    day_costs,
    day_tallies,
    image_counts,
)
from pixellab.domain.images import Enhancement, ProductImage, Status
from pixellab.domain.statistics import (
    Day,
    Payee,
    Spent,
    Statistics,
    Tally,
    spent_more,
    tally_of_end,
)

SUMS = ("images", "completed", "failed", "bytes_saved", "quality_gained")


def count_upload(connection: Connection, image: ProductImage) -> None:
    """Count a new image on its day."""
    _count(connection, image.id, image.created_at.date(), Tally(images=1))


def count_end(connection: Connection, done: Enhancement) -> None:
    """Count an enhancement on the day it ended, well or badly."""
    assert done.finished_at is not None
    _count(connection, done.image_id, done.finished_at.date(), tally_of_end(done))


def count_cost(connection: Connection, before: Enhancement, after: Enhancement) -> None:
    """Count what the calls on record have come to cost more, on the enhancement's day."""
    shard = shard_of(after.image_id, DAY_SHARDS)
    more = spent_more(before.calls, after.calls)
    for payee in sorted(more, key=lambda each: (each.backend, each.currency)):
        key = {"day": after.created_at.date(), **asdict(payee), "shard": shard}
        _add(connection, day_costs, key, asdict(more[payee]))


def read_statistics(connection: Connection, since: date) -> Statistics:
    """All that was done, and by day from ``since`` on."""
    images = select(image_counts.c.status, func.sum(image_counts.c.images))
    rows = connection.execute(images.group_by(image_counts.c.status))
    counted: dict[str, Any] = {row[0]: row[1] for row in rows}
    tallies, spent = _tallies(connection, since), _spent_by_day(connection, since)
    return Statistics(
        images={status: int(counted.get(str(status), 0)) for status in Status},
        total=Day(tally=_tally(connection), spent=_spent(connection)),
        days={
            day: Day(tally=tallies.get(day, Tally()), spent=spent.get(day, {}))
            for day in sorted({*tallies, *spent})
        },
    )


def _count(connection: Connection, image_id: str, day: date, tally: Tally) -> None:
    key = {"day": day, "shard": shard_of(image_id, DAY_SHARDS)}
    _add(connection, day_tallies, key, asdict(tally))


def _add(
    connection: Connection, table: Table, key: Mapping[str, Any], amounts: Mapping[str, int]
) -> None:
    """Add to the sums of a row, which is made where there is none."""
    values = {**key, **amounts}
    more = {name: table.c[name] + amount for name, amount in amounts.items()}
    if connection.dialect.name == "sqlite":
        inserted = sqlite.insert(table).values(values)
        connection.execute(inserted.on_conflict_do_update(index_elements=list(key), set_=more))
    else:
        connection.execute(mysql.insert(table).values(values).on_duplicate_key_update(more))


def _tally(connection: Connection) -> Tally:
    sums = select(*(func.coalesce(func.sum(day_tallies.c[name]), 0) for name in SUMS))
    return Tally(**dict(zip(SUMS, map(int, connection.execute(sums).one()), strict=True)))


def _tallies(connection: Connection, since: date) -> dict[date, Tally]:
    day = day_tallies.c.day
    sums = select(day, *(func.sum(day_tallies.c[name]) for name in SUMS))
    rows = connection.execute(sums.where(day >= since).group_by(day))
    return {row[0]: Tally(**dict(zip(SUMS, map(int, row[1:]), strict=True))) for row in rows}


def _spent(connection: Connection) -> dict[Payee, Spent]:
    costs = day_costs.c
    sums = select(
        costs.backend, costs.currency, func.sum(costs.amount), func.sum(costs.unpriced)
    ).group_by(costs.backend, costs.currency)
    return {
        Payee(backend, currency): Spent(int(amount), int(unpriced))
        for backend, currency, amount, unpriced in connection.execute(sums)
    }


def _spent_by_day(connection: Connection, since: date) -> dict[date, dict[Payee, Spent]]:
    costs = day_costs.c
    sums = (
        select(
            *(costs.day, costs.backend, costs.currency),
            *(func.sum(costs.amount), func.sum(costs.unpriced)),
        )
        .where(costs.day >= since)
        .group_by(costs.day, costs.backend, costs.currency)
    )
    spent: dict[date, dict[Payee, Spent]] = {}
    for day, backend, currency, amount, unpriced in connection.execute(sums):
        spent.setdefault(day, {})[Payee(backend, currency)] = Spent(int(amount), int(unpriced))
    return spent
