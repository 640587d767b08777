"""What an SQL repository of images is asked, and changes nothing for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import Connection, select

from pixellab.adapters.database.transactions import Transactions, reading
from pixellab.adapters.image_repositories.sql import migrate
from pixellab.adapters.image_repositories.sql.day_sums import read_statistics
from pixellab.adapters.image_repositories.sql.reading.pages import read_page
from pixellab.adapters.image_repositories.sql.reading.work_left import (
    count_open_work,
    read_backlog,
    read_parked,
    read_unfinished,
)
from pixellab.adapters.image_repositories.sql.rows import image_of
from pixellab.adapters.image_repositories.sql.statements import (
    get_histories,
    get_image,
    images,
    visible,
)
from pixellab.adapters.image_repositories.sql.tables import product_images
from pixellab.domain.images import Enhancement, ProductImage
from pixellab.domain.ports import Backlog, ImagePage, ImageQuery, ImageRepository
from pixellab.domain.statistics import Statistics


class ImagesRead(ImageRepository):
    """The part of SqlImageRepository that only reads."""

    _transactions: Transactions
    _count_to: int

    @reading
    def get(self, connection: Connection, image_id: str) -> ProductImage:
        return get_image(connection, image_id)

    @reading
    def history(self, connection: Connection, image_id: str) -> tuple[Enhancement, ...]:
        # The image is looked for last: while it is there, so is its history.
        found = get_histories(connection, [image_id])[image_id]
        get_image(connection, image_id)
        return found

    @reading
    def find(self, connection: Connection, idempotency_key: str) -> ProductImage | None:
        found = select(product_images).where(images.idempotency_key == idempotency_key, visible)
        row = connection.execute(found).mappings().one_or_none()
        return image_of(row) if row else None

    @reading
    def called(self, connection: Connection, name: str) -> tuple[str, ...]:
        # Each column has an index of its own, which one query of both would not use everywhere.
        found = [
            connection.execute(select(images.id).where(column == name, visible)).scalar()
            for column in (images.key_digits, images.sku_id)
        ]
        return tuple(dict.fromkeys(image_id for image_id in found if image_id is not None))

    @reading
    def page(self, connection: Connection, query: ImageQuery) -> ImagePage:
        return read_page(connection, query, count_to=self._count_to)

    @reading
    def statistics(self, connection: Connection, since: date) -> Statistics:
        return read_statistics(connection, since)

    @reading
    def unfinished(
        self,
        connection: Connection,
        now: datetime,
        limit: int,
        after: tuple[datetime, str] | None = None,
        *,
        lost: datetime | None = None,
    ) -> tuple[Enhancement, ...]:
        return read_unfinished(connection, now, limit, after, lost)

    @reading
    def parked(self, connection: Connection, limit: int) -> tuple[Enhancement, ...]:
        return read_parked(connection, limit)

    @reading
    def open_work(self, connection: Connection, most: int) -> int:
        return count_open_work(connection, most)

    @reading
    def backlog(
        self,
        connection: Connection,
        now: datetime,
        may_be_alive: Callable[[str | None], bool],
    ) -> Backlog:
        return read_backlog(connection, now, may_be_alive)

    @reading
    def deleted(
        self, connection: Connection, limit: int, image_id: str | None = None
    ) -> tuple[tuple[ProductImage, tuple[Enhancement, ...]], ...]:
        found = select(product_images).where(images.deleted_at.is_not(None)).limit(limit)
        if image_id is None:
            found = found.order_by(images.deleted_at, images.created_at, images.id)
        else:
            found = found.where(images.id == image_id)
        marked = [image_of(row) for row in connection.execute(found).mappings()]
        histories = get_histories(connection, [image.id for image in marked])
        return tuple((image, histories[image.id]) for image in marked)

    @reading
    def check(self, connection: Connection) -> None:
        migrate.check(connection)
