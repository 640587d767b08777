"""Records in an SQL database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import evolve
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    delete,
    false,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from pixellab.adapters.database.engine import POOL_SIZE, RETRY_AFTER, sqlite_engine
from pixellab.adapters.database.transactions import Transactions, reading, writing
from pixellab.adapters.image_repositories.sql.day_sums import count_cost, count_end, count_upload
from pixellab.adapters.image_repositories.sql.diagnose_database import diagnose
from pixellab.adapters.image_repositories.sql.images_in_queues import ImagesInQueues
from pixellab.adapters.image_repositories.sql.images_read import ImagesRead
from pixellab.adapters.image_repositories.sql.rows import image_row, original_columns, original_urls
from pixellab.adapters.image_repositories.sql.statements import (
    count,
    forget_words,
    history,
    images,
    insert_enhancement,
    insert_words,
    lock_attempt,
    lock_enhancement,
    lock_image,
    row_of,
    text_of,
    write_enhancement,
    write_image,
)
from pixellab.adapters.image_repositories.sql.tables import enhancement_history, product_images
from pixellab.adapters.webhooks.deliveries_in_sql import insert_deliveries
from pixellab.domain.errors import (
    IdempotencyConflict,
    InProgress,
    KeyTaken,
    NoResult,
    PixelLabError,
    SkuTaken,
    StoreUnavailable,
    UnknownImage,
)
from pixellab.domain.findings import Finding
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage, Status, StoredObject
from pixellab.domain.webhooks import Announce, nothing

TIMEOUT = 5.0
INSERT_TRIES = 3
COUNT_TO = 10_000
"""Images; counted in an index, so many take some milliseconds."""


class SqlImageRepository(ImagesRead, ImagesInQueues):
    """Keeps records in SQLite, MySQL or MariaDB; the schema is made by ``migrate.upgrade``.

    Every method that changes something first locks the image's row (on SQLite the database), then
    its enhancements, then the counts: in one order, so that no two wait for each other.
    """

    def __init__(
        self,
        database: str | URL | Engine,
        *,
        timeout: float = TIMEOUT,
        pool_size: int = POOL_SIZE,
        count_to: int = COUNT_TO,
        announce: Announce = nothing,
    ) -> None:
        """``database`` is an engine, which this closes, or the URL of an SQLite file.

        ``timeout`` in seconds bounds the wait for any lock, and for how long a transaction that
        was lost is repeated. What no counter knows is counted up to ``count_to`` images.
        ``announce`` says who is told when an enhancement ends.
        """
        if not isinstance(database, Engine):
            database = sqlite_engine(database, timeout=timeout, pool_size=pool_size)
        self._engine = database
        self._transactions = Transactions(database, timeout=timeout)
        self._count_to = count_to
        self._announce = announce

    def add(self, image: ProductImage, enhancement: Enhancement) -> None:
        for _ in range(INSERT_TRIES):
            try:
                self._insert(image, enhancement)
            except IntegrityError as error:
                # Which of several columns was taken the engines don't say alike, so look. If it
                # was freed meanwhile, try again.
                if taken := self._taken(image):
                    raise taken from error
            else:
                return
        raise StoreUnavailable("The record could not be inserted; try again.", retry_after=1)

    @writing
    def add_enhancement(
        self, connection: Connection, image_id: str, make: Callable[[int], Enhancement]
    ) -> Enhancement:
        image = lock_image(connection, image_id)
        last = select(func.max(history.enhancement_sequence)).where(
            history.product_image_id == image_id
        )
        enhancement = make(connection.execute(last).scalar_one() + 1)
        insert_enhancement(connection, enhancement, image)
        return enhancement

    @writing
    def claim(
        self,
        connection: Connection,
        image_id: str,
        sequence: int,
        *,
        now: datetime,
        until: datetime,
        owner: str | None = None,
        retry: bool = True,
    ) -> Enhancement:
        image = lock_image(connection, image_id)
        current = lock_enhancement(connection, image_id, sequence)
        failed = current.status is ProcessingStatus.FAILED
        if current.status is ProcessingStatus.COMPLETED or (failed and not retry):
            return current
        waiting = current.attempts == 0 and image.original_kept
        leased = current.lease_until is not None and current.lease_until > now
        if leased and not waiting:
            raise InProgress(
                "The image is being processed; try again later.", retry_after=RETRY_AFTER
            )
        if failed and image.enhanced is None:
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

    @writing
    def keep_original(
        self, connection: Connection, image_id: str, original: StoredObject, *, now: datetime
    ) -> None:
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

    @writing
    def note(self, connection: Connection, enhancement: Enhancement) -> None:
        _, before = lock_attempt(connection, enhancement)
        write_enhancement(connection, enhancement)
        count_cost(connection, before, enhancement)

    @writing
    def finish(self, connection: Connection, enhancement: Enhancement) -> ProductImage:
        image, before = lock_attempt(connection, enhancement)
        done = evolve(enhancement, lease_until=None)
        write_enhancement(connection, done)
        finished = image.after(done)
        write_image(connection, image, finished)
        count_end(connection, done)
        count_cost(connection, before, done)
        insert_deliveries(connection, self._announce(finished, done))
        return finished

    @writing
    def revert(
        self, connection: Connection, image_id: str, sequence: int, *, now: datetime
    ) -> ProductImage:
        image = lock_image(connection, image_id)
        done = lock_enhancement(connection, image_id, sequence)
        if done.status is not ProcessingStatus.COMPLETED:
            raise NoResult("The enhancement has no result.")
        reverted = image.showing(done, now)
        write_image(connection, image, reverted)
        return reverted

    @writing
    def reserve_thumbnail(
        self, connection: Connection, image_id: str, sequence: int, key: str
    ) -> str:
        image = lock_image(connection, image_id)
        if sequence:
            current = lock_enhancement(connection, image_id, sequence)
            key = current.thumbnail_key or key
            write_enhancement(connection, evolve(current, thumbnail_key=key))
        else:
            key = image.original_thumbnail_key or key
            write_image(connection, image, evolve(image, original_thumbnail_key=key))
        return key

    @writing
    def keep_thumbnail(
        self, connection: Connection, image_id: str, sequence: int, url: str
    ) -> None:
        image = lock_image(connection, image_id)
        key = image.original_thumbnail_key
        if sequence:
            current = lock_enhancement(connection, image_id, sequence)
            write_enhancement(connection, evolve(current, thumbnail_url=url))
            key = current.thumbnail_key
        assert key is not None
        write_image(connection, image, image.with_thumbnail(sequence, key, url))

    @writing
    def mark_deleted(self, connection: Connection, image_id: str, *, now: datetime) -> None:
        leased = select(history.id).where(
            history.product_image_id == image_id, history.lease_until > now
        )
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
        forget_words(connection, row)

    @writing
    def forget(self, connection: Connection, image_id: str) -> None:
        row = connection.execute(row_of(image_id).with_for_update()).mappings().one_or_none()
        if row is None or row["deleted_at"] is None:
            return
        connection.execute(delete(enhancement_history).where(history.product_image_id == image_id))
        connection.execute(delete(product_images).where(images.id == image_id))

    @writing
    def check_writing(self, connection: Connection) -> None:
        # SQLite takes its lock; every engine refuses before it looks whether there are such rows.
        connection.execute(update(product_images).values(id=images.id).where(false()))

    def diagnose(self) -> list[Finding]:
        return [diagnose(self._engine)]

    def close(self) -> None:
        self._engine.dispose()

    @writing
    def _insert(
        self, connection: Connection, image: ProductImage, enhancement: Enhancement
    ) -> None:
        values = image_row(image) | {"search_words": text_of(image)}
        connection.execute(insert(product_images).values(values))
        insert_enhancement(connection, enhancement, image)
        insert_words(connection, image)
        count(connection, image.id, None, image.status)
        count_upload(connection, image)

    @reading
    def _taken(self, connection: Connection, image: ProductImage) -> PixelLabError | None:
        """Which of the image's unique values belongs to another."""

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
