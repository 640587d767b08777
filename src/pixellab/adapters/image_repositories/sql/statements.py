"""Reading and writing single records over a connection, inside the caller's transaction."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from pixellab.adapters.image_repositories.sql.rows import (
    ASKED,
    enhancement_of,
    enhancement_row,
    image_of,
    image_row,
    original_urls,
)
from pixellab.adapters.image_repositories.sql.tables import (
    COUNT_SHARDS,
    enhancement_history,
    image_counts,
    image_words,
    product_images,
)
from pixellab.domain.errors import ClaimLost, UnknownImage
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage, Status
from pixellab.domain.search_words import words_of

images, history = product_images.c, enhancement_history.c
visible = images.deleted_at.is_(None)


def row_of(image_id: str) -> Select[Any]:
    return select(product_images).where(images.id == image_id)


def get_image(connection: Connection, image_id: str, *, lock: bool = False) -> ProductImage:
    statement = row_of(image_id).where(visible)
    row = connection.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        raise UnknownImage("No image has this id.")
    return image_of(row)


def lock_image(connection: Connection, image_id: str) -> ProductImage:
    return get_image(connection, image_id, lock=True)


def lock_enhancement(connection: Connection, image_id: str, sequence: int) -> Enhancement:
    wanted = (
        select(enhancement_history)
        .where(history.product_image_id == image_id, history.enhancement_sequence == sequence)
        .with_for_update()
    )
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise UnknownImage("The image has no enhancement of this number.")
    return enhancement_of(row)


def lock_attempt(
    connection: Connection, enhancement: Enhancement
) -> tuple[ProductImage, Enhancement]:
    """The image of an attempt at work, and what is on record of it; ClaimLost if it no longer is at
    work."""
    try:
        image = lock_image(connection, enhancement.image_id)
        current = lock_enhancement(connection, enhancement.image_id, enhancement.sequence)
    except UnknownImage as error:
        raise ClaimLost("The image was deleted meanwhile.") from error
    working = current.status is ProcessingStatus.PROCESSING
    if not working or current.attempts != enhancement.attempts:
        raise ClaimLost("Another attempt took this enhancement over.")
    return image, current


def get_histories(
    connection: Connection, image_ids: Sequence[str]
) -> dict[str, tuple[Enhancement, ...]]:
    """The enhancements of each image by sequence."""
    found = (
        select(enhancement_history)
        .where(history.product_image_id.in_(image_ids))
        .order_by(history.product_image_id, history.enhancement_sequence)
    )
    histories: dict[str, list[Enhancement]] = {image_id: [] for image_id in image_ids}
    for row in connection.execute(found).mappings():
        histories[row["product_image_id"]].append(enhancement_of(row))
    return {image_id: tuple(found) for image_id, found in histories.items()}


def insert_enhancement(
    connection: Connection, enhancement: Enhancement, image: ProductImage
) -> None:
    urls = original_urls(image.original, kept=image.original_kept)
    connection.execute(insert(enhancement_history).values(enhancement_row(enhancement) | urls))


def text_of(image: ProductImage) -> str:
    """The words by which the image is found, a blank before each."""
    return "".join(f" {word}" for word in sorted(words_of(image.sku_id, image.filename)))


def insert_words(connection: Connection, image: ProductImage) -> None:
    """Have the image found by the words of ``text_of``."""
    values = {"created_at": image.created_at, "image_id": image.id}
    entries = [{"word": word, **values} for word in text_of(image).split()]
    if entries:
        connection.execute(insert(image_words), entries)


def forget_words(connection: Connection, row: RowMapping) -> None:
    """Have the image of a row found by no word any more."""
    words = image_words.c
    connection.execute(
        delete(image_words).where(
            words.word.in_((row["search_words"] or "").split()),
            words.created_at == row["created_at"],
            words.image_id == row["id"],
        )
    )


def write_image(connection: Connection, before: ProductImage, after: ProductImage) -> None:
    connection.execute(update(product_images).where(images.id == after.id).values(image_row(after)))
    count(connection, after.id, before.status, after.status)


def write_enhancement(connection: Connection, enhancement: Enhancement) -> None:
    row = enhancement_row(enhancement)
    connection.execute(
        update(enhancement_history)
        .where(
            history.product_image_id == enhancement.image_id,
            history.enhancement_sequence == enhancement.sequence,
        )
        .values({name: value for name, value in row.items() if name not in ASKED})
    )


def count(
    connection: Connection, image_id: str, before: Status | None, after: Status | None
) -> None:
    """Move the image from one status to another in the counts that ``page`` answers from."""
    if before is after:
        return
    shard = shard_of(image_id, COUNT_SHARDS)
    for status in sorted(filter(None, (before, after))):
        change = 1 if status is after else -1
        connection.execute(
            update(image_counts)
            .where(image_counts.c.status == str(status), image_counts.c.shard == shard)
            .values(images=image_counts.c.images + change)
        )


def shard_of(image_id: str, shards: int) -> int:
    """In which of the rows that share a sum this image is counted."""
    return zlib.crc32(image_id.encode()) % shards
