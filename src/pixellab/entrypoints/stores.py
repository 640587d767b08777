"""The object store and the database that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pixellab.domain.errors import Misconfigured, StoreUnavailable
from pixellab.domain.ports import ImageRepository, ObjectStore
from pixellab.entrypoints.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Engine

    from pixellab.adapters.image_repositories.sql.mysql import MySqlServer
    from pixellab.adapters.object_stores.s3.bucket import Bucket
    from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore

STORE_THREADS = 8
"""Threads beside the workers that the API reads and deletes with."""


def object_store(settings: Settings) -> ObjectStore:
    """S3 where ``S3_BUCKET`` is set, else a folder.

    Raises Misconfigured for a missing driver, StoreUnavailable where the folder cannot be made.
    """
    if settings.s3_bucket:
        return s3_store(settings)
    from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore

    _make_data_folder(settings)
    return FilesystemObjectStore(settings.objects_path, settings.base_url)


def s3_store(settings: Settings) -> S3ObjectStore:
    """The bucket that ``S3_BUCKET`` names. Raises Misconfigured for a missing driver."""
    with _installed("boto3", "s3", "S3_BUCKET"):
        from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore
    return S3ObjectStore(_bucket(settings, settings.s3_bucket or ""))


def image_repository(settings: Settings) -> ImageRepository:
    """MySQL where ``MYSQL_HOST`` is set, else SQLite. Raises as ``database_engine``."""
    from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository

    engine = database_engine(settings)
    if not settings.mysql_host:
        from pixellab.adapters.image_repositories.sql.migrate import upgrade

        # The embedded default is nobody's to administer: it brings its own schema up to date.
        upgrade(engine)
    return SqlImageRepository(engine, timeout=settings.database_timeout)


def database_engine(settings: Settings, *, patient: bool = False) -> Engine:
    """The configured database; ``patient`` waits for answers, such as to an upgrade, forever.

    Raises StoreUnavailable where the data folder cannot be made, Misconfigured where the driver is
    missing or the CA's file holds no certificate.
    """
    if settings.mysql_host:
        return _mysql_engine(settings, settings.mysql_host, patient=patient)
    from sqlalchemy import URL

    from pixellab.adapters.image_repositories.sql.engine import POOL_SIZE, sqlite_engine

    _make_data_folder(settings)
    url = URL.create("sqlite", database=str(settings.database_path.resolve()))
    return sqlite_engine(url, timeout=settings.database_timeout, pool_size=POOL_SIZE)


def _make_data_folder(settings: Settings) -> None:
    from pixellab.adapters.private_folder import make_private_folder

    try:
        make_private_folder(settings.data_dir)
    except OSError as error:
        raise StoreUnavailable(
            "The data folder cannot be made; set PIXELLAB_DATA_DIR to one that can be written to."
        ) from error


def _mysql_engine(settings: Settings, host: str, *, patient: bool) -> Engine:
    from pixellab.adapters.image_repositories.sql.mysql import mysql_engine

    with _installed("pymysql", "mysql", "MYSQL_HOST"):
        try:
            return mysql_engine(
                _mysql_server(settings, host),
                timeout=settings.database_timeout,
                pool_size=settings.workers + STORE_THREADS,
                patient=patient,
            )
        except OSError as error:  # ssl.SSLError is one, too
            raise Misconfigured(
                "PIXELLAB_MYSQL_CA names a file without certificates, or one that cannot be read; "
                "allowed is a PEM file."
            ) from error


def _mysql_server(settings: Settings, host: str) -> MySqlServer:
    from pixellab.adapters.image_repositories.sql.mysql import MySqlServer

    return MySqlServer(
        host=host,
        port=settings.mysql_port,
        database=settings.mysql_database or "",
        user=settings.mysql_user or "",
        password=settings.mysql_password.get_secret_value(),
        tls=settings.mysql_tls,
        ca=settings.mysql_ca,
    )


def _bucket(settings: Settings, name: str) -> Bucket:
    from pixellab.adapters.object_stores.s3.bucket import Bucket

    return Bucket(
        name=name,
        region=settings.aws_region,
        access_key_id=settings.aws_access_key_id,
        secret_access_key=_revealed(settings.aws_secret_access_key),
        session_token=_revealed(settings.aws_session_token),
        endpoint_url=settings.endpoint_url,
        addressing=settings.s3_addressing,
        encrypted=settings.s3_encryption == "AES256",
        cdn=settings.cloudfront_domain,
        presign_seconds=settings.presign_seconds,
        timeout=settings.s3_timeout,
        connections=settings.workers + STORE_THREADS,
    )


@contextmanager
def _installed(module: str, extra: str, variable: str) -> Iterator[None]:
    """Says what to install where ``module`` is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise Misconfigured(
            f"{variable} is set, but {module} is not installed; "
            f"in the folder of PixelLab's source: pip install '.[{extra}]'"
        ) from error


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
