"""The lines of batches, given to one worker at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, func, select, update
from sqlalchemy.dialects import mysql, sqlite

from pixellab.adapters.batches.rows import batch_of, item_of, units_of
from pixellab.adapters.batches.statements import (
    batch_of_id,
    end_if_over,
    is_left,
    items,
    lock_batch,
    of_batches,
)
from pixellab.adapters.batches.tables import batch_costs, batch_items, batches
from pixellab.adapters.database.transactions import Transactions, reading, writing
from pixellab.domain.batches import Batch, BatchItem, BatchState, ItemState
from pixellab.domain.errors import UnknownBatch
from pixellab.domain.ports import BatchWork
from pixellab.domain.results import Cost
from pixellab.domain.webhooks import AnnounceBatch

MOST = 1000
"""Batches that are looked through at a time."""
TO_BE_BEGUN = (str(ItemState.WAITING), str(ItemState.HELD))
UNDER_WAY = (str(ItemState.HELD), str(ItemState.WORKING))


class SqlBatchWork(BatchWork):
    """What feeders and workers do with lines."""

    _transactions: Transactions
    _announce: AnnounceBatch

    @reading
    def unfinished(self, connection: Connection, limit: int) -> tuple[Batch, ...]:
        wanted = (
            select(batches)
            .where(of_batches.finished_at.is_(None))
            .order_by(of_batches.fed_at)
            .limit(limit)
        )
        return tuple(map(batch_of, connection.execute(wanted).mappings()))

    @reading
    def waiting_lines(self, connection: Connection) -> int:
        wanted = select(func.sum(of_batches.lines)).where(of_batches.finished_at.is_(None))
        return int(connection.execute(wanted).scalar_one() or 0)

    @writing
    def arrive(
        self,
        connection: Connection,
        batch_id: str,
        number: int,
        *,
        now: datetime,
        failure: str | None = None,
    ) -> bool:
        # The row keeps off whoever cancels the batch: a line that waits then is never done.
        if lock_batch(connection, batch_id).state is not BatchState.OPEN:
            return False
        state = ItemState.FAILED if failure else ItemState.WAITING
        changed = connection.execute(
            update(batch_items)
            .where(
                items.batch_id == batch_id,
                items.number == number,
                items.state == str(ItemState.ARRIVING),
            )
            .values(state=str(state), failure=failure)
        )
        if changed.rowcount and failure:
            end_if_over(connection, batch_id, now, self._announce)
        return bool(changed.rowcount)

    @writing
    def take(
        self,
        connection: Connection,
        batch_id: str,
        most: int,
        *,
        now: datetime,
        until: datetime,
        owner: str | None,
    ) -> tuple[int, ...]:
        shared = (
            update(batches)
            .where(of_batches.id == batch_id, of_batches.state == str(BatchState.OPEN))
            .values(fed_at=now)
        )
        if not connection.execute(shared).rowcount:
            return ()
        # Whoever else takes lines of this batch waits for its row, which is locked now.
        wanted = (
            select(items.number)
            .where(items.batch_id == batch_id, items.state == str(ItemState.WAITING))
            .order_by(items.number)
            .limit(most)
        )
        numbers = tuple(connection.execute(wanted).scalars())
        if numbers:
            held = {"state": str(ItemState.HELD), "lease_until": until, "lease_owner": owner}
            connection.execute(
                update(batch_items)
                .where(items.batch_id == batch_id, items.number.in_(numbers))
                .values(held)
            )
        return numbers

    @writing
    def claim(
        self,
        connection: Connection,
        batch_id: str,
        number: int,
        *,
        now: datetime,
        until: datetime,
        owner: str | None,
    ) -> BatchItem | None:
        try:
            if batch_of_id(connection, batch_id).state is not BatchState.OPEN:
                return None
        except UnknownBatch:
            return None
        which = items.batch_id == batch_id, items.number == number
        begun = (
            update(batch_items)
            .where(*which, items.state.in_(TO_BE_BEGUN))
            .values(
                state=str(ItemState.WORKING),
                attempts=items.attempts + 1,
                lease_until=until,
                lease_owner=owner,
            )
        )
        if not connection.execute(begun).rowcount:
            return None
        return item_of(connection.execute(select(batch_items).where(*which)).mappings().one())

    @writing
    def put_back(
        self,
        connection: Connection,
        item: BatchItem,
        *,
        until: datetime | None = None,
        counted: bool = True,
    ) -> bool:
        try:
            cancelled = batch_of_id(connection, item.batch_id).state is BatchState.CANCELLED
        except UnknownBatch:
            return False
        state = ItemState.WAITING if until is None else ItemState.HELD
        if cancelled:
            state, until = ItemState.CANCELLED, None
        attempts = item.attempts - (0 if counted or item.state is ItemState.HELD else 1)
        values = {
            "state": str(state),
            "lease_until": until,
            "lease_owner": None,
            "attempts": attempts,
        }
        changed = connection.execute(
            update(batch_items)
            .where(*_as_it_was(item), items.lease_until == item.lease_until)
            .values(values)
        )
        return bool(changed.rowcount)

    @writing
    def finish(
        self,
        connection: Connection,
        item: BatchItem,
        cost: Cost | None = None,
        *,
        now: datetime,
    ) -> bool:
        claimed = (
            items.batch_id == item.batch_id,
            items.number == item.number,
            items.state == str(ItemState.WORKING),
            items.attempts == item.attempts,
        )
        before = connection.execute(select(items.cost).where(*claimed).with_for_update()).first()
        if before is None:
            return False
        counted = units_of(cost)
        connection.execute(
            update(batch_items)
            .where(*claimed)
            .values(
                state=str(item.state),
                image_id=item.image_id,
                failure=item.failure,
                lease_until=None,
                lease_owner=None,
                finished_at=now,
                cost=counted or before[0],
            )
        )
        if counted:
            _count_cost(connection, item.batch_id, counted, before[0])
        end_if_over(connection, item.batch_id, now, self._announce)
        return True

    @reading
    def under_way(self, connection: Connection) -> tuple[BatchItem, ...]:
        open_ones = select(of_batches.id).where(of_batches.finished_at.is_(None)).limit(MOST)
        ids = connection.execute(open_ones).scalars().all()
        wanted = select(batch_items).where(items.batch_id.in_(ids), items.state.in_(UNDER_WAY))
        return tuple(map(item_of, connection.execute(wanted).mappings())) if ids else ()

    def end_what_is_over(self, *, now: datetime) -> tuple[Batch, ...]:
        # Asked every second, so it locks nothing where there is nothing to write.
        over = self._over()
        return self._end(over, now) if over else ()

    @reading
    def _over(self, connection: Connection) -> tuple[str, ...]:
        wanted = select(of_batches.id).where(
            of_batches.finished_at.is_(None), of_batches.state != str(BatchState.ACCEPTING)
        )
        ids = connection.execute(wanted.limit(MOST)).scalars().all()
        return tuple(each for each in ids if not is_left(connection, each))

    @writing
    def _end(
        self, connection: Connection, batch_ids: Sequence[str], now: datetime
    ) -> tuple[Batch, ...]:
        ended = [each for each in batch_ids if end_if_over(connection, each, now, self._announce)]
        return tuple(batch_of_id(connection, each) for each in ended)


def _as_it_was(item: BatchItem) -> tuple[Any, ...]:
    return (
        items.batch_id == item.batch_id,
        items.number == item.number,
        items.state == str(item.state),
        items.attempts == item.attempts,
    )


def _count_cost(
    connection: Connection, batch_id: str, after: dict[str, Any], before: dict[str, Any] | None
) -> None:
    """Count what a line has come to cost more than was counted for it before."""
    if before is not None:
        taken_back = {name: -before[name] for name in ("amount", "unpriced")}
        _add_cost(connection, batch_id, before["currency"], taken_back)
    _add_cost(connection, batch_id, after["currency"], after)


def _add_cost(connection: Connection, batch_id: str, currency: str, more: dict[str, Any]) -> None:
    row = {"batch_id": batch_id, "currency": currency, "amount": 0, "unpriced": 0}
    connection.execute(_opened(connection.dialect.name, row))
    of_costs = batch_costs.c
    connection.execute(
        update(batch_costs)
        .where(of_costs.batch_id == batch_id, of_costs.currency == currency)
        .values(
            amount=of_costs.amount + more["amount"], unpriced=of_costs.unpriced + more["unpriced"]
        )
    )


def _opened(dialect: str, row: dict[str, Any]) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(batch_costs).values(row).on_conflict_do_nothing()
    # Not INSERT IGNORE, whose shared locks would keep each other from changing the row.
    return mysql.insert(batch_costs).values(row).on_duplicate_key_update(batch_id=row["batch_id"])
