"""Uploads that were invited, in an SQL database."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from attrs import asdict
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from pixellab.adapters.database.kept_in_sql import KeptInSql
from pixellab.adapters.database.transactions import reading, writing
from pixellab.adapters.direct_uploads.tables import direct_uploads
from pixellab.domain.ports import DirectUpload, DirectUploads


class SqlDirectUploads(KeptInSql, DirectUploads):
    """Keeps them in SQLite, MySQL or MariaDB; the schema is made by ``migrate.upgrade``."""

    @writing
    def add(self, connection: Connection, upload: DirectUpload) -> None:
        with suppress(IntegrityError):
            connection.execute(insert(direct_uploads).values(asdict(upload)))

    @reading
    def get(self, connection: Connection, upload_id: str) -> DirectUpload | None:
        found = select(direct_uploads).where(direct_uploads.c.id == upload_id)
        row = connection.execute(found).mappings().one_or_none()
        return DirectUpload(**row) if row else None

    @reading
    def expired(
        self, connection: Connection, now: datetime, limit: int
    ) -> tuple[DirectUpload, ...]:
        found = (
            select(direct_uploads)
            .where(direct_uploads.c.expires_at <= now)
            .order_by(direct_uploads.c.expires_at, direct_uploads.c.id)
            .limit(limit)
        )
        return tuple(DirectUpload(**row) for row in connection.execute(found).mappings())

    @writing
    def forget(self, connection: Connection, upload_id: str) -> None:
        connection.execute(delete(direct_uploads).where(direct_uploads.c.id == upload_id))
