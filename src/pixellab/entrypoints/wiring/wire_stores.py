"""Where objects, records and sums of money are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixellab.domain.errors import Misconfigured
from pixellab.domain.ports import (
    Batches,
    Deliveries,
    DirectUploads,
    ImageRepository,
    Ledger,
    ObjectStore,
)
from pixellab.entrypoints.extras import installed
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.wiring.wire_addresses import announce, announce_batch

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pixellab.adapters.private_folder import DataFolder

STORE_THREADS = 8
"""Threads beside the workers that the API reads and deletes with."""


def object_store(settings: Settings) -> ObjectStore:
    """S3 where ``S3_BUCKET`` is set, else a folder.

    Raises Misconfigured for a missing driver, StoreUnavailable where the folder cannot be made.
    """
    if objects_in_a_folder(settings):
        from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore

        data_folder(settings).make()
        return FilesystemObjectStore(settings.objects_path, settings.base_url)
    return _s3_store(settings, settings.s3_bucket or "")


def objects_in_a_folder(settings: Settings) -> bool:
    """Whether objects are kept in the data folder."""
    return not settings.s3_bucket


def _s3_store(settings: Settings, bucket_name: str) -> ObjectStore:
    with installed("botocore", "s3", "S3_BUCKET"):
        from pixellab.adapters.object_stores.s3.bucket import Bucket
        from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore
    bucket = Bucket(
        name=bucket_name,
        region=settings.aws_region,
        **settings.aws_keys,
        endpoint_url=settings.endpoint_url,
        addressing=settings.s3_addressing,
        encrypted=settings.s3_encryption == "AES256",
        cdn=settings.cloudfront_domain,
        presign_seconds=settings.presign_seconds,
        timeout=settings.s3_timeout,
        connections=settings.workers + STORE_THREADS,
    )
    return S3ObjectStore(bucket)


def image_repository(settings: Settings, *, upgraded: bool = True) -> ImageRepository:
    """MySQL where ``MYSQL_HOST`` is set, else SQLite, ``upgraded``.

    Raises as ``database_engine``.
    """
    from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository

    engine = upgraded_engine(settings) if upgraded else database_engine(settings)
    return SqlImageRepository(
        engine, timeout=settings.database_timeout, announce=announce(settings)
    )


def spending_ledger(settings: Settings) -> Ledger:
    """In the same database, over connections of its own. Raises as ``database_engine``."""
    from pixellab.adapters.ledger.ledger_in_sql import SqlLedger

    return SqlLedger(upgraded_engine(settings), timeout=settings.database_timeout)


def direct_uploads(settings: Settings) -> DirectUploads:
    """In the same database, over connections of their own. Raises as ``database_engine``."""
    from pixellab.adapters.direct_uploads.direct_uploads_in_sql import SqlDirectUploads

    return SqlDirectUploads(upgraded_engine(settings), timeout=settings.database_timeout)


def webhook_deliveries(settings: Settings) -> Deliveries:
    """In the same database, over connections of its own. Raises as ``database_engine``."""
    from pixellab.adapters.webhooks.deliveries_in_sql import SqlDeliveries

    return SqlDeliveries(upgraded_engine(settings), timeout=settings.database_timeout)


def batches(settings: Settings) -> Batches:
    from pixellab.adapters.batches.batches_in_sql import SqlBatches

    return SqlBatches(
        upgraded_engine(settings),
        timeout=settings.database_timeout,
        announce=announce_batch(settings),
    )


def upgraded_engine(settings: Settings) -> Engine:
    """The configured database; the embedded one with its schema up to date.

    Raises as ``database_engine``.
    """
    engine = database_engine(settings)
    if records_in_a_file(settings):
        from pixellab.adapters.image_repositories.sql.migrate import upgrade

        # The embedded default is nobody's to administer: it brings its own schema up to date.
        upgrade(engine)
    return engine


def records_in_a_file(settings: Settings) -> bool:
    """Whether records are kept in a file of the data folder."""
    return not settings.mysql_host


def database_engine(settings: Settings, *, patient: bool = False) -> Engine:
    """The configured database; ``patient`` waits for answers, such as to an upgrade, forever.

    Raises StoreUnavailable where the data folder cannot be made, Misconfigured where the driver is
    missing or the CA's file holds no certificate.
    """
    if settings.mysql_host:
        return _mysql_engine(settings, settings.mysql_host, patient=patient)
    from sqlalchemy import URL

    from pixellab.adapters.database.engine import POOL_SIZE, sqlite_engine

    data_folder(settings).make()
    url = URL.create("sqlite", database=str(settings.database_path.resolve()))
    return sqlite_engine(url, timeout=settings.database_timeout, pool_size=POOL_SIZE)


def _mysql_engine(settings: Settings, host: str, *, patient: bool) -> Engine:
    from pixellab.adapters.database.mysql import MySqlServer, mysql_engine

    server = MySqlServer(
        host=host,
        port=settings.mysql_port,
        database=settings.mysql_database or "",
        user=settings.mysql_user or "",
        password=settings.mysql_password.get_secret_value(),
        tls=settings.mysql_tls,
        ca=settings.mysql_ca,
    )
    pool_size, timeout = settings.workers + STORE_THREADS, settings.database_timeout
    with installed("pymysql", "mysql", "MYSQL_HOST"):
        try:
            return mysql_engine(server, timeout=timeout, pool_size=pool_size, patient=patient)
        except OSError as error:  # ssl.SSLError is one, too
            raise Misconfigured(
                "PIXELLAB_MYSQL_CA names a file without certificates, or one that cannot be read; "
                "allowed is a PEM file."
            ) from error


def data_folder(settings: Settings) -> DataFolder:
    """What only the user who runs PixelLab may open."""
    from pixellab.adapters.private_folder import DataFolder

    return DataFolder(settings.data_dir, (settings.database_path, settings.objects_path))
