"""The statements behind a page of images."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from pixellab.adapters.image_repositories.sql.statements import images, visible
from pixellab.adapters.image_repositories.sql.tables import image_counts, product_images
from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery


def page_of(query: ImageQuery) -> Select[Any]:
    """One row more than asked for, which tells whether there is a next page."""
    if query.offset:
        # What is skipped is counted in the index alone; only the page's own rows are read whole.
        skipped = _listed(query, images.id).offset(query.offset).subquery("ids")
        return _newest_first(
            select(product_images).join_from(skipped, product_images, images.id == skipped.c.id)
        )
    return _listed(query, product_images)


def _listed(query: ImageQuery, what: Any) -> Select[Any]:
    index = (
        "ix_product_images_newest" if query.status is None else "ix_product_images_status_newest"
    )
    listing = (
        _newest_first(select(what))
        # Left to itself, MariaDB reads every row that is not deleted until it comes to the cursor.
        .with_hint(product_images, f"FORCE INDEX ({index})", "mysql")
        .where(visible)
        .limit(query.limit + 1)
    )
    if query.status is not None:
        listing = listing.where(images.status == str(query.status))
    if query.after is None:
        return listing
    created_at, image_id = query.after
    # Not "(created_at, id) < (...)": MySQL would not use the index for it.
    return listing.where(
        and_(
            images.created_at <= created_at,
            or_(images.created_at < created_at, images.id < image_id),
        )
    )


def _newest_first(listing: Select[Any]) -> Select[Any]:
    return listing.order_by(images.created_at.desc(), images.id.desc())


def total_of(status: Status | None) -> Select[Any]:
    total = select(func.coalesce(func.sum(image_counts.c.images), 0))
    return total if status is None else total.where(image_counts.c.status == str(status))
