"""What is asked of a batch as a whole, and its end, for all who read and change batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, Select, func, select, update

from pixellab.adapters.batches.rows import batch_of, cost_of
from pixellab.adapters.batches.tables import batch_costs, batch_items, batches
from pixellab.adapters.webhooks.deliveries_in_sql import insert_deliveries
from pixellab.domain.batches import Batch, BatchProgress, BatchState, Counts, ItemState
from pixellab.domain.errors import UnknownBatch
from pixellab.domain.results import Cost
from pixellab.domain.webhooks import AnnounceBatch

items, of_batches = batch_items.c, batches.c
NOT_BEGUN = (str(ItemState.WAITING), str(ItemState.HELD), str(ItemState.ARRIVING))


def unknown() -> UnknownBatch:
    return UnknownBatch("No batch has this id.")


def batch_of_id(connection: Connection, batch_id: str) -> Batch:
    return _batch(connection, select(batches).where(of_batches.id == batch_id))


def lock_batch(connection: Connection, batch_id: str) -> Batch:
    wanted = select(batches).where(of_batches.id == batch_id).with_for_update()
    return _batch(connection, wanted)


def counted(connection: Connection, batch_id: str) -> Counts:
    """How many lines are in which state, by the index alone."""
    wanted = (
        select(items.state, func.count()).where(items.batch_id == batch_id).group_by(items.state)
    )
    found: dict[str, int] = {row[0]: row[1] for row in connection.execute(wanted)}
    counts: Counter[str] = Counter()
    for state, number in found.items():
        counts[ItemState(state).shown] += number
    return Counts(**counts)


def is_left(connection: Connection, batch_id: str) -> bool:
    """Whether a line of the batch has not ended."""
    return _any_in(connection, batch_id, (*NOT_BEGUN, str(ItemState.WORKING)))


def _any_in(connection: Connection, batch_id: str, states: Iterable[str]) -> bool:
    for state in states:
        wanted = select(items.number).where(items.batch_id == batch_id, items.state == state)
        if connection.execute(wanted.limit(1)).first():
            return True
    return False


def costs_of(connection: Connection, batch_id: str) -> tuple[Cost, ...]:
    wanted = select(batch_costs).where(batch_costs.c.batch_id == batch_id)
    rows = connection.execute(wanted.order_by(batch_costs.c.currency)).mappings()
    return tuple(map(cost_of, rows))


def end_if_over(
    connection: Connection, batch_id: str, now: datetime, announce: AnnounceBatch
) -> bool:
    """Put the end of a batch without a line left on record, and with it the messages that
    ``announce`` makes of it; whether that was done now."""
    if _any_in(connection, batch_id, NOT_BEGUN):
        return False
    # Those at work may all be ending now, none seeing that the others are: so one after the other.
    batch = lock_batch(connection, batch_id)
    if batch.finished_at or batch.state is BatchState.ACCEPTING:
        return False
    state = BatchState.DONE if batch.state is BatchState.OPEN else batch.state
    counts = counted(connection, batch_id)
    if counts.left:
        return False
    values = {each: getattr(counts, each) for each in ("done", "failed", "cancelled")}
    set_state(connection, batch_id, state, counts=values, finished_at=now)
    ended = BatchProgress(
        batch=evolve(batch, state=state, finished_at=now),
        counts=counts,
        costs=costs_of(connection, batch_id),
    )
    insert_deliveries(connection, announce(ended))
    return True


def _batch(connection: Connection, wanted: Select[Any]) -> Batch:
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise unknown()
    return batch_of(row)


def set_state(connection: Connection, batch_id: str, state: BatchState, **others: Any) -> None:
    values = {"state": str(state), **others}
    connection.execute(update(batches).where(of_batches.id == batch_id).values(values))
