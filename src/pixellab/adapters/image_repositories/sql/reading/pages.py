"""Reading a page of images."""

from __future__ import annotations

from attrs import evolve
from sqlalchemy import Connection, func, select

from pixellab.adapters.image_repositories.sql.reading.listing import (
    count_up_to,
    cut,
    filters_of,
    newest,
    rows_of,
)
from pixellab.adapters.image_repositories.sql.reading.search import Found, search
from pixellab.adapters.image_repositories.sql.rows import image_of
from pixellab.adapters.image_repositories.sql.statements import images
from pixellab.adapters.image_repositories.sql.tables import image_counts, product_images
from pixellab.domain.ports import ImagePage, ImageQuery


def read_page(connection: Connection, query: ImageQuery, *, count_to: int) -> ImagePage:
    """One page. What no counter knows is counted up to ``count_to`` images."""
    found = search(connection, query, count_to) if query.words else _list(connection, query)
    total, is_exact = found.total, found.is_exact
    if total is None:
        whole = newest(evolve(query, after=None), images.id)
        counted = count_up_to(connection, count_to + 1, whole)
        total, is_exact = min(counted, count_to), counted <= count_to
    listed = tuple(image_of(row) for row in found.rows[: query.limit])
    more = len(found.rows) > query.limit
    return ImagePage(
        images=listed,
        total=total,
        total_is_exact=is_exact,
        next_after=(listed[-1].created_at, listed[-1].id) if more else None,
    )


def _list(connection: Connection, query: ImageQuery) -> Found:
    listing = cut(newest(query, images.id if query.offset else product_images), query)
    if query.offset:
        # What is skipped is counted in the index alone; only the page's own rows are read whole.
        listing = rows_of(listing)
    rows = connection.execute(listing).mappings().all()
    return Found(rows, _counted(connection, query))


def _counted(connection: Connection, query: ImageQuery) -> int | None:
    """The total, where the counters know it."""
    if query.since or query.before or {*filters_of(query)} - {"status"}:
        return None
    total = select(func.coalesce(func.sum(image_counts.c.images), 0))
    if query.status is not None:
        total = total.where(image_counts.c.status == str(query.status))
    return int(connection.execute(total).scalar_one())
