"""Records in an SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import evolve
from sqlalchemy import URL, Connection, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from pixellab.adapters.repositories import migrate
from pixellab.adapters.repositories.engine import RETRY_AFTER, make_engine, our_errors
from pixellab.adapters.repositories.records import (
    count,
    get_histories,
    get_image,
    history,
    images,
    insert_enhancement,
    lock_enhancement,
    lock_image,
    row_of,
    visible,
    write_enhancement,
    write_image,
)
from pixellab.adapters.repositories.rows import (
    enhancement_of,
    image_of,
    image_row,
    original_columns,
    original_urls,
)
from pixellab.adapters.repositories.tables import (
    enhancement_history,
    image_counts,
    product_images,
)
from pixellab.domain.errors import (
    ClaimLost,
    IdempotencyConflict,
    InProgress,
    KeyTaken,
    PixelLabError,
    SkuTaken,
    StoreUnavailable,
    UnknownImage,
)
from pixellab.domain.images import (
    Enhancement,
    ProcessingStatus,
    ProductImage,
    Status,
    StoredObject,
)
from pixellab.domain.ports import ImagePage, ImageQuery, ImageRepository

TIMEOUT = 5.0
POOL_SIZE = 16
INSERT_TRIES = 3


class SqlImageRepository(ImageRepository):
    """Keeps records in SQLite; the schema is made by ``migrate.upgrade``.

    Every method that changes something first locks the image's row (on SQLite the database), then
    its enhancements, then the counts: in one order, so that no two wait for each other.
    """

    def __init__(
        self, url: str | URL, *, timeout: float = TIMEOUT, pool_size: int = POOL_SIZE
    ) -> None:
        """``url`` is SQLAlchemy's; ``timeout`` in seconds bounds the wait for any lock."""
        self._engine = make_engine(url, timeout=timeout, pool_size=pool_size)

    def add(self, image: ProductImage, enhancement: Enhancement) -> None:
        for _ in range(INSERT_TRIES):
            try:
                with self._writing() as connection:
                    connection.execute(insert(product_images).values(image_row(image)))
                    insert_enhancement(connection, enhancement, image)
                    count(connection, image.id, None, image.status)
                return
            except IntegrityError as error:
                # Which of several columns was taken the engines don't say alike, so look. If it
                # was freed meanwhile, try again.
                if taken := self._taken(image):
                    raise taken from error
        raise StoreUnavailable("The record could not be inserted; try again.", retry_after=1)

    def add_enhancement(self, image_id: str, make: Callable[[int], Enhancement]) -> Enhancement:
        with self._writing() as connection:
            image = lock_image(connection, image_id)
            last = select(func.max(history.enhancement_sequence)).where(
                history.product_image_id == image_id
            )
            enhancement = make(connection.execute(last).scalar_one() + 1)
            insert_enhancement(connection, enhancement, image)
            return enhancement

    def claim(
        self,
        image_id: str,
        sequence: int,
        *,
        now: datetime,
        until: datetime,
        owner: str | None = None,
    ) -> Enhancement:
        with self._writing() as connection:
            image = lock_image(connection, image_id)
            current = lock_enhancement(connection, image_id, sequence)
            if current.status is ProcessingStatus.COMPLETED:
                return current
            waiting = current.attempts == 0 and image.original_kept
            leased = current.lease_until is not None and current.lease_until > now
            if leased and not waiting:
                raise InProgress(
                    "The image is being processed; try again later.", retry_after=RETRY_AFTER
                )
            if current.status is ProcessingStatus.FAILED and image.enhanced is None:
                write_image(connection, image, evolve(image, status=Status.PENDING))
            claimed = evolve(
                current,
                status=ProcessingStatus.PROCESSING,
                attempts=current.attempts + 1,
                lease_until=until,
                lease_owner=owner,
                failure=None,
                finished_at=None,
            )
            write_enhancement(connection, claimed)
            return claimed

    def keep_original(self, image_id: str, original: StoredObject, *, now: datetime) -> None:
        with self._writing() as connection:
            lock_image(connection, image_id)
            connection.execute(
                update(product_images)
                .where(images.id == image_id)
                .values(original_columns(original, kept=True) | {"updated_at": now})
            )
            connection.execute(
                update(enhancement_history)
                .where(history.product_image_id == image_id)
                .values(original_urls(original, kept=True))
            )

    def finish(self, enhancement: Enhancement) -> ProductImage:
        with self._writing() as connection:
            try:
                image = lock_image(connection, enhancement.image_id)
                current = lock_enhancement(connection, enhancement.image_id, enhancement.sequence)
            except UnknownImage as error:
                raise ClaimLost("The image was deleted meanwhile.") from error
            working = current.status is ProcessingStatus.PROCESSING
            if not working or current.attempts != enhancement.attempts:
                raise ClaimLost("Another attempt took this enhancement over.")
            done = evolve(enhancement, lease_until=None)
            write_enhancement(connection, done)
            finished = image.after(done)
            write_image(connection, image, finished)
            return finished

    def get(self, image_id: str) -> ProductImage:
        with self._reading() as connection:
            return get_image(connection, image_id)

    def history(self, image_id: str) -> tuple[Enhancement, ...]:
        with self._reading() as connection:
            get_image(connection, image_id)
            return get_histories(connection, [image_id])[image_id]

    def find(self, idempotency_key: str) -> ProductImage | None:
        found = select(product_images).where(images.idempotency_key == idempotency_key, visible)
        with self._reading() as connection:
            row = connection.execute(found).mappings().one_or_none()
        return image_of(row) if row else None

    def page(self, query: ImageQuery) -> ImagePage:
        with self._reading() as connection:
            rows = connection.execute(_listing(query)).mappings().all()
            total = connection.execute(_total(query.status)).scalar_one()
        listed = tuple(image_of(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        last = (listed[-1].created_at, listed[-1].id) if more else None
        return ImagePage(images=listed, total=int(total), next_after=last)

    def unfinished(self, now: datetime, limit: int) -> tuple[Enhancement, ...]:
        found = (
            select(enhancement_history)
            .join(product_images, images.id == history.product_image_id)
            .where(
                history.processing_status == str(ProcessingStatus.PROCESSING),
                or_(history.lease_until.is_(None), history.lease_until <= now),
                visible,
            )
            .order_by(history.created_at, history.id)
            .limit(limit)
        )
        with self._reading() as connection:
            return tuple(map(enhancement_of, connection.execute(found).mappings()))

    def mark_deleted(self, image_id: str, *, now: datetime) -> None:
        leased = select(history.id).where(
            history.product_image_id == image_id, history.lease_until > now
        )
        with self._writing() as connection:
            row = connection.execute(row_of(image_id).with_for_update()).mappings().one_or_none()
            if row is None:
                raise UnknownImage("No image has this id.")
            if row["deleted_at"] is not None:
                return
            if connection.execute(leased.limit(1)).first():
                raise InProgress(
                    "The image is being processed; delete it later.", retry_after=RETRY_AFTER
                )
            connection.execute(
                update(product_images).where(images.id == image_id).values(deleted_at=now)
            )
            count(connection, image_id, Status(row["status"]), None)

    def deleted(
        self, limit: int, image_id: str | None = None
    ) -> tuple[tuple[ProductImage, tuple[Enhancement, ...]], ...]:
        found = select(product_images).where(images.deleted_at.is_not(None)).limit(limit)
        if image_id is None:
            found = found.order_by(images.deleted_at, images.created_at, images.id)
        else:
            found = found.where(images.id == image_id)
        with self._reading() as connection:
            marked = [image_of(row) for row in connection.execute(found).mappings()]
            histories = get_histories(connection, [image.id for image in marked])
        return tuple((image, histories[image.id]) for image in marked)

    def forget(self, image_id: str) -> None:
        with self._writing() as connection:
            row = connection.execute(row_of(image_id).with_for_update()).mappings().one_or_none()
            if row is None or row["deleted_at"] is None:
                return
            connection.execute(
                delete(enhancement_history).where(history.product_image_id == image_id)
            )
            connection.execute(delete(product_images).where(images.id == image_id))

    def check(self) -> None:
        with our_errors(), self._engine.connect() as connection:
            migrate.check(connection)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and waits for nobody."""
        with our_errors(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back by an error."""
        with our_errors(), self._engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def _taken(self, image: ProductImage) -> PixelLabError | None:
        """Which of the image's unique values belongs to another."""
        with self._reading() as connection:

            def has(column: Any, value: str | None) -> bool:
                found = select(images.id).where(column == value)
                return value is not None and connection.execute(found).first() is not None

            if has(images.idempotency_key, image.idempotency_key):
                return IdempotencyConflict("This Idempotency-Key was used before; send a new key.")
            if has(images.sku_id, image.sku_id):
                return SkuTaken("Another image already has this sku_id; choose another.")
            if has(images.key_digits, image.key_digits):
                return KeyTaken("The image's key digits belong to another image.")
        return None


def _listing(query: ImageQuery) -> Select[Any]:
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


def _total(status: Status | None) -> Select[Any]:
    total = select(func.coalesce(func.sum(image_counts.c.images), 0))
    return total if status is None else total.where(image_counts.c.status == str(status))
