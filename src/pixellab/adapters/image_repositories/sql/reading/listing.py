"""The statements that list images: which ones, in which order, by which index."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from pixellab.adapters.image_repositories.sql.statements import images, visible
from pixellab.adapters.image_repositories.sql.tables import FILTERS, newest_by, product_images
from pixellab.domain.ports import ImageQuery

Condition = ColumnElement[bool]


def newest(query: ImageQuery, *what: Any) -> Select[Any]:
    """``what`` of the images that the filters let through, newest first, from the cursor on.

    It is read from the filters' own index in order. ``search`` is left to others.
    """
    index = newest_by(filters_of(query))
    return (
        select(*what)
        # Left to itself, MariaDB reads every row that is not deleted until it comes to the cursor.
        .with_hint(product_images, f"FORCE INDEX ({index})", "mysql")
        .where(*passing(query), *uploaded(query, images.created_at, images.id))
        .order_by(images.created_at.desc(), images.id.desc())
    )


def filters_of(query: ImageQuery) -> dict[str, str]:
    """The values that are asked for, by the names that ``FILTERS`` has."""
    values = {name: getattr(query, name) for name in FILTERS}
    return {name: str(value) for name, value in values.items() if value is not None}


def passing(query: ImageQuery) -> list[Condition]:
    """What status, mode and backend ask of an image."""
    filters = filters_of(query).items()
    return [visible, *(images[FILTERS[name]] == value for name, value in filters)]


def uploaded(query: ImageQuery, created_at: Any, image_id: Any) -> list[Condition]:
    """What dates and cursor ask of an image, in the columns of a table."""
    conditions: list[Condition] = []
    if query.since is not None:
        conditions.append(created_at >= query.since)
    if query.before is not None:
        conditions.append(created_at < query.before)
    if query.after is not None:
        moment, last = query.after
        # Not "(created_at, id) < (...)": MySQL would not use the index for it.
        older = or_(created_at < moment, image_id < last)
        conditions.append(and_(created_at <= moment, older))
    return conditions


def cut(listing: Select[Any], query: ImageQuery) -> Select[Any]:
    """The page, and one row more, which tells whether there is a next one."""
    return listing.limit(query.limit + 1).offset(query.offset or None)


def rows_of(ids: Select[Any]) -> Select[Any]:
    """The whole rows of images whose ``id`` a statement selects, newest first."""
    found = ids.subquery("ids")
    return (
        select(product_images)
        .join_from(found, product_images, images.id == found.c.id)
        .order_by(images.created_at.desc(), images.id.desc())
    )


def count_up_to(connection: Connection, most: int, listing: Select[Any]) -> int:
    """How many rows a listing has, but no more than ``most``."""
    counted = listing.order_by(None).limit(most).subquery("counted")
    return int(connection.execute(select(func.count()).select_from(counted)).scalar_one())
