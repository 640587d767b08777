"""Messages to others' servers, in an SQL database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from attrs import asdict, evolve
from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    RowMapping,
    Table,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import mysql, sqlite

from pixellab.adapters.database.kept_in_sql import KeptInSql
from pixellab.adapters.database.transactions import reading, writing
from pixellab.adapters.webhooks.tables import webhook_deliveries, webhook_stops
from pixellab.domain.errors import UnknownDelivery
from pixellab.domain.ports import Deliveries, DeliveryCounts, DeliveryPage, DeliveryQuery
from pixellab.domain.webhooks import PARKED, Delivery, DeliveryStatus, once_more

rows, stops = webhook_deliveries.c, webhook_stops.c
WAITING = rows.status == str(DeliveryStatus.WAITING)


class SqlDeliveries(KeptInSql, Deliveries):
    """Keeps them in SQLite, MySQL or MariaDB; the schema is made by ``migrate.upgrade``."""

    @writing
    def add(self, connection: Connection, deliveries: Iterable[Delivery]) -> None:
        insert_deliveries(connection, deliveries)

    def claim(
        self,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        busy: Collection[str] = (),
    ) -> tuple[Delivery, ...]:
        # Read first: nearly always there is nothing to do, and SQLite has one writer at a time.
        receivers = self._due(now, limit, busy)
        return self._begin(receivers, now, until) if receivers else ()

    @writing
    def settle(self, connection: Connection, delivery: Delivery) -> None:
        current = _locked(connection, delivery.id)
        if current is None or current.attempts != delivery.attempts:
            return
        if current.status is not DeliveryStatus.WAITING:
            return
        _write(connection, delivery)
        if delivery.status is DeliveryStatus.STOPPED:
            stop = {"endpoint": delivery.endpoint, "stopped_at": delivery.finished_at}
            connection.execute(_unless_there(connection, webhook_stops, stop, "endpoint"))
            connection.execute(
                update(webhook_deliveries)
                .where(rows.endpoint == delivery.endpoint, WAITING)
                .values(status=str(DeliveryStatus.STOPPED), finished_at=delivery.finished_at)
            )

    @writing
    def restart(self, connection: Connection, delivery_id: str, *, now: datetime) -> Delivery:
        current = _locked(connection, delivery_id)
        if current is None:
            raise UnknownDelivery("No delivery has this id.")
        again = once_more(current, now)
        _write(connection, again)
        connection.execute(delete(webhook_stops).where(stops.endpoint == again.endpoint))
        return again

    @reading
    def page(self, connection: Connection, query: DeliveryQuery) -> DeliveryPage:
        found = select(webhook_deliveries).order_by(rows.created_at.desc(), rows.id.desc())
        if query.status is not None:
            found = found.where(rows.status == str(query.status))
        if query.after is not None:
            created_at, last = query.after
            found = found.where(
                rows.created_at <= created_at,
                or_(rows.created_at < created_at, rows.id < last),
            )
        some = connection.execute(found.limit(query.limit + 1)).mappings().all()
        page = tuple(_delivery_of(row) for row in some[: query.limit])
        more = len(some) > query.limit
        return DeliveryPage(
            deliveries=page, next_after=(page[-1].created_at, page[-1].id) if more else None
        )

    @reading
    def counts(self, connection: Connection, now: datetime, most: int) -> DeliveryCounts:
        def count(*which: ColumnElement[bool]) -> int:
            some = select(rows.id).where(*which).limit(most).subquery()
            return int(connection.execute(select(func.count()).select_from(some)).scalar_one())

        parked = rows.status.in_([str(each) for each in PARKED])
        return DeliveryCounts(due=count(WAITING, rows.due_at <= now), parked=count(parked))

    @writing
    def forget(self, connection: Connection, before: datetime, limit: int) -> int:
        over = [str(each) for each in DeliveryStatus if each is not DeliveryStatus.WAITING]
        old = select(rows.id).where(rows.status.in_(over), rows.created_at < before).limit(limit)
        ids = connection.execute(old).scalars().all()
        connection.execute(delete(webhook_deliveries).where(rows.id.in_(ids)))
        return len(ids)

    @reading
    def _due(
        self, connection: Connection, now: datetime, limit: int, busy: Collection[str]
    ) -> Sequence[str]:
        """The receivers of what is due, the one that has waited longest first."""
        first_due = func.min(rows.due_at)
        found = (
            select(rows.receiver)
            # Written so that MySQL and MariaDB read but the first entry of each receiver.
            .where(WAITING)
            .group_by(rows.status, rows.receiver)
            .having(first_due <= now, rows.receiver.not_in(busy))
            .order_by(first_due, rows.receiver)
            .limit(limit)
        )
        return connection.execute(found).scalars().all()

    @writing
    def _begin(
        self, connection: Connection, receivers: Sequence[str], now: datetime, until: datetime
    ) -> tuple[Delivery, ...]:
        """An attempt of the first of each receiver."""
        claimed = []
        for receiver in receivers:
            found = (
                select(webhook_deliveries)
                .where(WAITING, rows.receiver == receiver, rows.due_at <= now)
                .order_by(rows.due_at, rows.id)
                .limit(1)
                # What another claims at this moment is not waited for.
                .with_for_update(skip_locked=True)
            )
            row = connection.execute(found).mappings().first()
            if row is not None:
                waiting = _delivery_of(row)
                begun = evolve(waiting, attempts=waiting.attempts + 1, due_at=until)
                _write(connection, begun)
                claimed.append(begun)
        return tuple(claimed)


def insert_deliveries(connection: Connection, deliveries: Iterable[Delivery]) -> None:
    """``Deliveries.add``, as a part of somebody else's transaction."""
    for each in deliveries:
        stopped = select(stops.endpoint).where(stops.endpoint == each.endpoint)
        if connection.execute(stopped).first():
            each = evolve(each, status=DeliveryStatus.STOPPED, finished_at=each.created_at)
        connection.execute(_unless_there(connection, webhook_deliveries, _row(each), "id"))


def _unless_there(connection: Connection, table: Table, values: dict[str, Any], key: str) -> Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).values(values).on_conflict_do_nothing()
    # As the ledger, not INSERT IGNORE.
    return mysql.insert(table).values(values).on_duplicate_key_update({key: values[key]})


def _locked(connection: Connection, delivery_id: str) -> Delivery | None:
    found = select(webhook_deliveries).where(rows.id == delivery_id).with_for_update()
    row = connection.execute(found).mappings().one_or_none()
    return _delivery_of(row) if row else None


def _write(connection: Connection, delivery: Delivery) -> None:
    connection.execute(
        update(webhook_deliveries).where(rows.id == delivery.id).values(_row(delivery))
    )


def _row(delivery: Delivery) -> dict[str, Any]:
    return asdict(delivery) | {"status": str(delivery.status)}


def _delivery_of(row: RowMapping) -> Delivery:
    return Delivery(**{**row, "status": DeliveryStatus(row["status"])})
