"""Enhancements that are on record and not done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from pixellab.adapters.image_repositories.sql.rows import enhancement_of
from pixellab.adapters.image_repositories.sql.statements import history, images, visible
from pixellab.adapters.image_repositories.sql.tables import enhancement_history, product_images
from pixellab.domain.images import Enhancement, ProcessingStatus
from pixellab.domain.ports import Backlog

in_processing = history.processing_status == str(ProcessingStatus.PROCESSING)
with_images = select(enhancement_history).join(
    product_images, images.id == history.product_image_id
)


def read_unfinished(
    connection: Connection, now: datetime, limit: int, after: tuple[datetime, str] | None
) -> tuple[Enhancement, ...]:
    """As ImageRepository has it."""
    found = (
        with_images.where(
            in_processing, or_(history.lease_until.is_(None), history.lease_until <= now), visible
        )
        .order_by(history.created_at, history.id)
        .limit(limit)
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
    found = select(history.id).where(in_processing).limit(most)
    return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def read_backlog(
    connection: Connection, now: datetime, may_be_alive: Callable[[str | None], bool]
) -> Backlog:
    """As ImageRepository has it."""
    leased = case((history.lease_until > now, 1), else_=0)
    counted = (
        with_images.where(in_processing, visible)
        .with_only_columns(leased, history.lease_owner, func.count(), func.min(history.created_at))
        .group_by(leased, history.lease_owner)
    )
    waiting, at_work, since = 0, 0, []
    for is_leased, owner, count, first in connection.execute(counted):
        if is_leased and may_be_alive(owner):
            at_work += count
        else:
            waiting += count
            since.append(first)
    return Backlog(waiting=waiting, at_work=at_work, oldest=min(since, default=None))
