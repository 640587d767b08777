"""The statements behind a page of images."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from pixellab.adapters.repositories.records import images, visible
from pixellab.adapters.repositories.tables import image_counts, product_images
from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery


def page_of(query: ImageQuery) -> Select[Any]:
    """One row more than asked for, which tells whether there is a next page."""
    index = (
        "ix_product_images_newest" if query.status is None else "ix_product_images_status_newest"
    )
    listing = (
        select(product_images)
        # Left to itself, MariaDB reads every row that is not deleted until it comes to the cursor.
        .with_hint(product_images, f"FORCE INDEX ({index})", "mysql")
        .where(visible)
        .order_by(images.created_at.desc(), images.id.desc())
        .limit(query.limit + 1)
    )
    if query.status is not None:
        listing = listing.where(images.status == str(query.status))
    if query.after is None:
        return listing.offset(query.offset)
    created_at, image_id = query.after
    # Not "(created_at, id) < (...)": MySQL would not use the index for it.
    return listing.where(
        and_(
            images.created_at <= created_at,
            or_(images.created_at < created_at, images.id < image_id),
        )
    )


def total_of(status: Status | None) -> Select[Any]:
    total = select(func.coalesce(func.sum(image_counts.c.images), 0))
    return total if status is None else total.where(image_counts.c.status == str(status))
