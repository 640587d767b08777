"""Enhancements that are on record and not done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, literal, or_, select

from pixellab.adapters.image_repositories.sql.rows import enhancement_of
from pixellab.adapters.image_repositories.sql.statements import history, images, visible
from pixellab.adapters.image_repositories.sql.tables import enhancement_history, product_images
from pixellab.domain.images import MAX_ATTEMPTS, Enhancement, ProcessingStatus
from pixellab.domain.ports import Backlog, Waiting

in_processing = history.processing_status == str(ProcessingStatus.PROCESSING)
given_up = (
    history.processing_status == str(ProcessingStatus.FAILED),
    history.attempts > MAX_ATTEMPTS,
)
with_images = select(enhancement_history).join(
    product_images, images.id == history.product_image_id
)


def read_unfinished(
    connection: Connection,
    now: datetime,
    limit: int,
    after: tuple[datetime, str] | None,
    lost: datetime | None,
) -> tuple[Enhancement, ...]:
    """As ImageRepository has it."""
    found = (
        with_images.where(
            in_processing, or_(history.lease_until.is_(None), history.lease_until <= now), visible
        )
        .order_by(history.created_at, history.id)
        .limit(limit)
    )
    if lost is not None:
        # One that has a lease was begun since it was queued.
        found = found.where(
            or_(
                history.lease_until.is_not(None),
                history.queued_at.is_(None),
                history.queued_at <= lost,
            )
        )
    if after is not None:
        created_at, last = after
        found = found.where(
            history.created_at >= created_at,
            or_(history.created_at > created_at, history.id > last),
        )
    return tuple(map(enhancement_of, connection.execute(found).mappings()))


def count_open_work(connection: Connection, most: int) -> int:
    """As ImageRepository has it; of deleted images too, until they are gone: so the index alone
    tells."""
    # Rows of a number rather than of ids: MariaDB writes them down before it counts them.
    found = select(literal(1)).select_from(enhancement_history).where(in_processing).limit(most)
    return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def read_backlog(
    connection: Connection, now: datetime, may_be_alive: Callable[[str | None], bool]
) -> Backlog:
    """As ImageRepository has it."""
    leased = case((history.lease_until > now, 1), else_=0)
    kinds = (leased, history.lease_owner, history.queue)
    counted = (
        with_images.where(in_processing, visible)
        .with_only_columns(*kinds, func.count(), func.min(history.created_at))
        .group_by(*kinds)
    )
    found = connection.execute(counted).all()
    at_work = [each for each in found if each[0] and may_be_alive(each[1])]
    waiting = [each for each in found if each not in at_work]
    return Backlog(
        waiting=sum(count for *_, count, _ in waiting),
        at_work=sum(count for *_, count, _ in at_work),
        oldest=min((first for *_, first in waiting), default=None),
        queues=_by_queue(waiting),
        workers=len({owner for _, owner, *_ in at_work} - {None}),
        parked=connection.execute(
            with_images.where(*given_up, visible).with_only_columns(func.count())
        ).scalar_one(),
    )


def _by_queue(waiting: Iterable[Any]) -> dict[str, Waiting]:
    queues: dict[str, Waiting] = {}
    for _, _, queue, count, first in waiting:
        if queue is not None:
            before = queues.get(queue, Waiting(count=0, oldest=first))
            oldest = min(before.oldest, first)
            queues[queue] = Waiting(count=before.count + count, oldest=oldest)
    return queues


def read_parked(connection: Connection, limit: int) -> tuple[Enhancement, ...]:
    """As ImageRepository has it."""
    found = with_images.where(*given_up, visible).order_by(history.created_at, history.id)
    rows = connection.execute(found.limit(limit)).mappings()
    return tuple(map(enhancement_of, rows))
