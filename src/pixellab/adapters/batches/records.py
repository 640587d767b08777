"""Batches as users see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from pixellab.adapters.batches.rows import batch_of, batch_row, item_of, line_row
from pixellab.adapters.batches.statements import (
    NOT_BEGUN,
    batch_of_id,
    costs_of,
    counted,
    end_if_over,
    items,
    lock_batch,
    of_batches,
    set_state,
    unknown,
)
from pixellab.adapters.batches.tables import batch_costs, batch_items, batches
from pixellab.adapters.database.transactions import Transactions, reading, writing
from pixellab.adapters.image_repositories.sql.rows import image_of
from pixellab.adapters.image_repositories.sql.statements import images, visible
from pixellab.adapters.image_repositories.sql.tables import product_images
from pixellab.domain.batches import (
    Batch,
    BatchItem,
    BatchState,
    Counts,
    ItemResult,
    ItemState,
    Line,
)
from pixellab.domain.errors import IdempotencyConflict
from pixellab.domain.ports import BatchRecords
from pixellab.domain.results import Cost
from pixellab.domain.webhooks import AnnounceBatch


class SqlBatchRecords(BatchRecords):
    """What is read, added, cancelled and tried again."""

    _transactions: Transactions
    _announce: AnnounceBatch

    @writing
    def add(self, connection: Connection, batch: Batch) -> None:
        try:
            connection.execute(insert(batches).values(batch_row(batch)))
        except IntegrityError as error:
            raise IdempotencyConflict("This Idempotency-Key was used before.") from error

    @writing
    def add_lines(self, connection: Connection, batch_id: str, lines: Sequence[Line]) -> None:
        if lines:
            connection.execute(insert(batch_items), [line_row(batch_id, each) for each in lines])
            more = of_batches.lines + len(lines)
            connection.execute(update(batches).where(of_batches.id == batch_id).values(lines=more))

    @writing
    def begin(self, connection: Connection, batch_id: str) -> Batch:
        changed = connection.execute(
            update(batches)
            .where(of_batches.id == batch_id, of_batches.state == str(BatchState.ACCEPTING))
            .values(state=str(BatchState.OPEN), lease_until=None, lease_owner=None)
        )
        if not changed.rowcount:
            raise unknown()
        return batch_of_id(connection, batch_id)

    @writing
    def forget(self, connection: Connection, batch_id: str, most: int) -> bool:
        numbers = _first(connection, batch_id, items.number > 0, most)
        if numbers:
            connection.execute(
                delete(batch_items).where(
                    items.batch_id == batch_id, items.number.between(numbers[0], numbers[-1])
                )
            )
        if len(numbers) == most:
            return False
        connection.execute(delete(batch_costs).where(batch_costs.c.batch_id == batch_id))
        connection.execute(delete(batches).where(of_batches.id == batch_id))
        return True

    @reading
    def get(self, connection: Connection, batch_id: str) -> Batch:
        return batch_of_id(connection, batch_id)

    @reading
    def find(self, connection: Connection, idempotency_key: str) -> Batch | None:
        wanted = select(batches).where(of_batches.idempotency_key == idempotency_key)
        row = connection.execute(wanted).mappings().one_or_none()
        return None if row is None else batch_of(row)

    @reading
    def page(
        self, connection: Connection, limit: int, after: tuple[datetime, str] | None = None
    ) -> tuple[Batch, ...]:
        wanted = (
            select(batches)
            .where(of_batches.state != str(BatchState.ACCEPTING))
            .order_by(of_batches.created_at.desc(), of_batches.id.desc())
            .limit(limit)
        )
        if after is not None:
            created_at, last = after
            wanted = wanted.where(
                of_batches.created_at <= created_at,
                or_(of_batches.created_at < created_at, of_batches.id < last),
            )
        return tuple(map(batch_of, connection.execute(wanted).mappings()))

    @reading
    def counts(self, connection: Connection, batch_id: str) -> Counts:
        wanted = select(of_batches.counts).where(of_batches.id == batch_id)
        row = connection.execute(wanted).one_or_none()
        if row is None:
            raise unknown()
        return Counts(**row[0]) if row[0] else counted(connection, batch_id)

    @reading
    def ended_since(self, connection: Connection, batch_id: str, since: datetime) -> int:
        wanted = select(func.count()).where(items.batch_id == batch_id, items.finished_at >= since)
        return int(connection.execute(wanted).scalar_one())

    @reading
    def costs(self, connection: Connection, batch_id: str) -> tuple[Cost, ...]:
        return costs_of(connection, batch_id)

    @reading
    def items(
        self,
        connection: Connection,
        batch_id: str,
        *,
        state: ItemState | None = None,
        after: int = 0,
        limit: int,
    ) -> tuple[BatchItem, ...]:
        wanted = _numbered(select(batch_items), batch_id, after, limit)
        if state is None:
            return tuple(map(item_of, connection.execute(wanted).mappings()))
        # A range of the index for each state.
        states = NOT_BEGUN if state is ItemState.WAITING else (str(state),)
        found = [
            item_of(row)
            for each in states
            for row in connection.execute(wanted.where(items.state == each)).mappings()
        ]
        return tuple(sorted(found, key=lambda item: item.number)[:limit])

    @reading
    def results(
        self, connection: Connection, batch_id: str, *, after: int = 0, limit: int
    ) -> tuple[ItemResult, ...]:
        lines = connection.execute(_numbered(select(batch_items), batch_id, after, limit))
        found = [item_of(row) for row in lines.mappings()]
        ids = [each.image_id for each in found if each.image_id]
        wanted = select(product_images).where(images.id.in_(ids), visible)
        rows = connection.execute(wanted).mappings() if ids else ()
        there = {image.id: image for image in map(image_of, rows)}
        return tuple(ItemResult(item=each, image=there.get(each.image_id or "")) for each in found)

    @writing
    def cancel(self, connection: Connection, batch_id: str, most: int, *, now: datetime) -> int:
        batch = lock_batch(connection, batch_id)
        if batch.state not in (BatchState.OPEN, BatchState.CANCELLED):
            return 0
        set_state(connection, batch_id, BatchState.CANCELLED)
        values = {"state": str(ItemState.CANCELLED), "lease_until": None, "lease_owner": None}
        # One state after the other, each a range of the index.
        states = (items.state == state for state in NOT_BEGUN)
        done = sum(_change(connection, batch_id, each, most, values) for each in states)
        if not done:
            end_if_over(connection, batch_id, now, self._announce)
        return done

    @writing
    def retry(self, connection: Connection, batch_id: str, most: int) -> int:
        lock_batch(connection, batch_id)
        failed = and_(items.state == str(ItemState.FAILED), items.attempts > 0)
        values = {
            "state": str(ItemState.WAITING),
            "failure": None,
            "finished_at": None,
            "attempts": 0,
            "retries": items.retries + 1,
        }
        done = _change(connection, batch_id, failed, most, values)
        if done:
            set_state(connection, batch_id, BatchState.OPEN, counts=None, finished_at=None)
        return done


def _numbered(wanted: Select[Any], batch_id: str, after: int, limit: int) -> Select[Any]:
    below = items.batch_id == batch_id, items.number > after
    return wanted.where(*below).order_by(items.number).limit(limit)


def _first(connection: Connection, batch_id: str, which: Any, most: int) -> Sequence[int]:
    wanted = select(items.number).where(items.batch_id == batch_id, which)
    return connection.execute(wanted.order_by(items.number).limit(most)).scalars().all()


def _change(
    connection: Connection, batch_id: str, which: Any, most: int, values: dict[str, Any]
) -> int:
    """Change the first lines of which that holds; how many."""
    numbers = _first(connection, batch_id, which, most)
    if not numbers:
        return 0
    within = items.number.between(numbers[0], numbers[-1])
    changed = update(batch_items).where(items.batch_id == batch_id, which, within).values(values)
    return int(connection.execute(changed).rowcount)
