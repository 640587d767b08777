"""What is in which queue of a broker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select, update

from pixellab.adapters.database.transactions import Transactions, reading, writing
from pixellab.adapters.image_repositories.sql.reading.work_left import in_processing
from pixellab.adapters.image_repositories.sql.statements import history
from pixellab.adapters.image_repositories.sql.tables import enhancement_history
from pixellab.domain.ports import ImageRepository

AT_A_TIME = 1000
"""Enhancements that leave a queue in one transaction."""


class ImagesInQueues(ImageRepository):
    """Notes what was handed over, and what has to be handed over again."""

    _transactions: Transactions

    @writing
    def put_in_queue(
        self,
        connection: Connection,
        image_id: str,
        sequence: int,
        queue: str,
        *,
        now: datetime,
        overrule: datetime | None = None,
    ) -> None:
        free: list[ColumnElement[bool]] = [history.lease_until.is_(None)]
        if overrule is not None:
            free.append(history.lease_until <= overrule)
        connection.execute(
            update(enhancement_history)
            .where(
                history.product_image_id == image_id,
                history.enhancement_sequence == sequence,
                in_processing,
                or_(*free),
            )
            .values(queue=queue, queued_at=now, lease_until=None, lease_owner=None)
        )

    def leave_queue(self, queue: str, before: datetime) -> int:
        # Workers ask this often, and nearly always there is nothing to write.
        ids = self._gone_from(queue, before)
        return self._leave_queue(ids, queue, before) if ids else 0

    @reading
    def _gone_from(self, connection: Connection, queue: str, before: datetime) -> Sequence[str]:
        found = select(history.id).where(*_is_gone(queue, before)).limit(AT_A_TIME)
        return connection.execute(found).scalars().all()

    @writing
    def _leave_queue(
        self, connection: Connection, ids: Sequence[str], queue: str, before: datetime
    ) -> int:
        left = connection.execute(
            update(enhancement_history)
            .where(history.id.in_(ids), *_is_gone(queue, before))
            .values(queue=None, queued_at=None)
        )
        return int(left.rowcount)


def _is_gone(queue: str, before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Handed over to the queue before then, and not begun since."""
    return (
        in_processing,
        history.lease_until.is_(None),
        history.queue == queue,
        history.queued_at < before,
    )
