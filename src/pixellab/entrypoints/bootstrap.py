"""The composition root: everything is wired together here and nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pixellab.domain.errors import Misconfigured
from pixellab.domain.findings import Finding
from pixellab.domain.ports import Enhancer, Enhancers, ImageRepository, Imaging, Jobs, ObjectStore
from pixellab.domain.use_cases import Enhance, Process
from pixellab.entrypoints.extras import installed
from pixellab.entrypoints.lab import PixelLab, when_used
from pixellab.entrypoints.plugins import find_enhancers
from pixellab.entrypoints.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pixellab.adapters.enhancers.cloud.vendor_answer import CheckFidelity
    from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
    from pixellab.adapters.network_files.folder import NetworkFolder
    from pixellab.adapters.private_folder import DataFolder

STORE_THREADS = 8
"""Threads beside the workers that the API reads and deletes with."""


class Part(Protocol):
    """What can be asked about itself."""

    def diagnose(self) -> list[Finding]: ...


@contextmanager
def bootstrap(
    settings: Settings | None = None,
    *,
    store: ObjectStore | None = None,
    repository: ImageRepository | None = None,
    enhancers: Enhancers | None = None,
) -> Iterator[PixelLab]:
    """PixelLab, wired as ``settings`` say; closes on leaving what it opened.

    Keywords replace single parts. Raises Misconfigured.
    """
    settings = settings or load_settings()
    with ExitStack() as opened:
        yield PixelLab(
            settings=settings,
            enhance=files_only(settings, enhancers=enhancers),
            store=when_used(partial(object_store, settings), store, opened),
            repository=when_used(partial(image_repository, settings), repository, opened),
            jobs=_jobs,
        )


def parts(settings: Settings) -> Iterator[tuple[str, Callable[[], Part]]]:
    """What ``pixellab doctor`` asks, each made when called; that changes nothing that is kept."""
    if not (settings.s3_bucket and settings.mysql_host):
        yield "data folder", partial(_data_folder, settings)
    yield "database", partial(image_repository, settings, upgraded=False)
    yield "object store", partial(object_store, settings)
    yield "backends", partial(_enhancers, settings)
    yield "formats", partial(_imaging, settings)


def files_only(settings: Settings, *, enhancers: Enhancers | None = None) -> Enhance:
    """Enhancing without a store: pixels in, a file out."""
    return Enhance(imaging=_imaging(settings), enhancers=enhancers or _enhancers(settings))


def object_store(settings: Settings) -> ObjectStore:
    """S3 where ``S3_BUCKET`` is set, else a folder.

    Raises Misconfigured for a missing driver, StoreUnavailable where the folder cannot be made.
    """
    if not settings.s3_bucket:
        from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore

        _data_folder(settings).make()
        return FilesystemObjectStore(settings.objects_path, settings.base_url)
    with installed("boto3", "s3", "S3_BUCKET"):
        from pixellab.adapters.object_stores.s3.bucket import Bucket
        from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore
    secret, token = settings.aws_secret_access_key, settings.aws_session_token
    bucket = Bucket(
        name=settings.s3_bucket,
        region=settings.aws_region,
        access_key_id=settings.aws_access_key_id,
        secret_access_key=secret.get_secret_value() if secret else None,
        session_token=token.get_secret_value() if token else None,
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

    engine = database_engine(settings)
    if upgraded and not settings.mysql_host:
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

    _data_folder(settings).make()
    url = URL.create("sqlite", database=str(settings.database_path.resolve()))
    return sqlite_engine(url, timeout=settings.database_timeout, pool_size=POOL_SIZE)


def _mysql_engine(settings: Settings, host: str, *, patient: bool) -> Engine:
    from pixellab.adapters.image_repositories.sql.mysql import MySqlServer, mysql_engine

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


def _jobs(process: Process) -> Jobs:
    from pixellab.adapters.jobs import InProcessJobs

    return InProcessJobs(process.do)


def _imaging(settings: Settings) -> Imaging:
    from pixellab.adapters.imaging.imaging import RasterImaging

    return RasterImaging(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)


def _enhancers(settings: Settings) -> Enhancers:
    from pixellab.adapters.enhancers.routing import CONTRACT_NAMES, RoutedEnhancers

    factories: dict[str, Callable[[], Enhancer]] = find_enhancers()
    factories["LOCAL"] = partial(_local, settings)
    routed = itertools.chain.from_iterable(settings.routing_table.values())
    unknown = {*routed} - {*factories, *CONTRACT_NAMES}
    if unknown:
        raise Misconfigured(
            f"PIXELLAB_ROUTES names {', '.join(sorted(unknown))}; "
            f"allowed are {', '.join(factories)}."
        )
    return RoutedEnhancers(factories, settings.routing_table)


def _local(settings: Settings) -> Enhancer:
    from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
    from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer

    networks = Networks(settings.provider_names, settings.upscale_model)
    return LocalEnhancer(_segmenter(settings), networks)


def fidelity_check(settings: Settings) -> CheckFidelity | None:
    """What holds a drawn picture against the photo; None where that is turned off.

    Its networks are opened, and fetched if need be, when first asked.
    """
    if settings.fidelity == "off":
        return None
    from pixellab.adapters.enhancers.fidelity.fidelity_check import FidelityCheck
    from pixellab.adapters.enhancers.fidelity.text.text_networks import opened_when_asked
    from pixellab.adapters.network_files.registry import TEXT_NETWORKS

    folder = network_folder(settings)
    files = [partial(folder.ready, each) for each in TEXT_NETWORKS]
    text_networks = opened_when_asked(files, settings.provider_names)
    return FidelityCheck(_segmenter(settings), text_networks, settings.thresholds)


def _segmenter(settings: Settings) -> Segmenter | None:
    """The segmentation model; it is opened, and fetched if need be, when first asked."""
    from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
    from pixellab.adapters.network_files.registry import NETWORKS, NONE

    if settings.cutout_model == NONE:
        return None
    if known := NETWORKS.get(settings.cutout_model):
        folder = network_folder(settings)
        find, why_absent = partial(folder.ready, known), partial(folder.why_absent, known)
        return Segmenter(known.name, find, settings.provider_names, why_absent)
    file = Path(settings.cutout_model)
    return Segmenter(file.stem, lambda: file, settings.provider_names)


def network_folder(settings: Settings) -> NetworkFolder:
    """Where networks are kept."""
    from pixellab.adapters.network_files.folder import NetworkFolder

    return NetworkFolder(settings.models, may_fetch=settings.fetch_models)


def _data_folder(settings: Settings) -> DataFolder:
    from pixellab.adapters.private_folder import DataFolder

    return DataFolder(settings.data_dir, (settings.database_path, settings.objects_path))
