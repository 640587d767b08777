"""The composition root: everything is wired together here and nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pixellab.domain.errors import Misconfigured
from pixellab.domain.findings import Finding
from pixellab.domain.ports import (
    Credentials,
    Enhancer,
    Enhancers,
    ImageRepository,
    Imaging,
    Jobs,
    Ledger,
    ObjectStore,
)
from pixellab.domain.use_cases import Budget, Caps, Enhance, Process
from pixellab.entrypoints.extras import installed, require
from pixellab.entrypoints.lab import PixelLab, utc_now, when_used
from pixellab.entrypoints.plugins import Plugins, find_plugins
from pixellab.entrypoints.settings import Settings, load_settings
from pixellab.entrypoints.version import installed_version

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Engine

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
    ledger: Ledger | None = None,
) -> Iterator[PixelLab]:
    """PixelLab, wired as ``settings`` say; closes on leaving what it opened.

    Keywords replace single parts. Raises Misconfigured.
    """
    settings = settings or load_settings()
    with ExitStack() as opened:
        budget = Budget(
            caps=_caps(settings),
            ledger=when_used(partial(spending_ledger, settings), ledger, opened),
            clock=utc_now,
        )
        yield PixelLab(
            settings=settings,
            enhance=Enhance(
                imaging=_imaging(settings),
                enhancers=enhancers or _enhancers(settings),
                budget=budget,
                credentials=_credentials_if_any(settings),
            ),
            store=when_used(partial(object_store, settings), store, opened),
            repository=when_used(partial(image_repository, settings), repository, opened),
            jobs=_jobs,
        )


def parts(settings: Settings) -> Iterator[tuple[str, Callable[[], Part]]]:
    """What ``pixellab doctor`` asks, each made when called; that changes nothing that is kept."""
    if _objects_in_a_folder(settings) or _records_in_a_file(settings):
        yield "data folder", partial(_data_folder, settings)
    yield "database", partial(image_repository, settings, upgraded=False)
    yield "object store", partial(object_store, settings)
    yield "plug-ins", _plugins
    yield "backends", partial(_enhancers, settings)
    yield "formats", partial(_imaging, settings)
    if settings.c2pa_certificate and settings.c2pa_key_file:
        yield (
            "content credentials",
            partial(_credentials, settings, settings.c2pa_certificate, settings.c2pa_key_file),
        )


def object_store(settings: Settings) -> ObjectStore:
    """S3 where ``S3_BUCKET`` is set, else a folder.

    Raises Misconfigured for a missing driver, StoreUnavailable where the folder cannot be made.
    """
    if _objects_in_a_folder(settings):
        from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore

        _data_folder(settings).make()
        return FilesystemObjectStore(settings.objects_path, settings.base_url)
    return _s3_store(settings, settings.s3_bucket or "")


def _objects_in_a_folder(settings: Settings) -> bool:
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

    engine = _upgraded_engine(settings) if upgraded else database_engine(settings)
    return SqlImageRepository(engine, timeout=settings.database_timeout)


def spending_ledger(settings: Settings) -> Ledger:
    """In the same database, over connections of its own. Raises as ``database_engine``."""
    from pixellab.adapters.image_repositories.sql.ledger_in_sql import SqlLedger

    return SqlLedger(_upgraded_engine(settings), timeout=settings.database_timeout)


def _upgraded_engine(settings: Settings) -> Engine:
    engine = database_engine(settings)
    if _records_in_a_file(settings):
        from pixellab.adapters.image_repositories.sql.migrate import upgrade

        # The embedded default is nobody's to administer: it brings its own schema up to date.
        upgrade(engine)
    return engine


def _records_in_a_file(settings: Settings) -> bool:
    return not settings.mysql_host


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


def _caps(settings: Settings) -> Caps:
    return Caps(
        request=settings.cost_cap_request,
        day=settings.cost_cap_day,
        payer_day=settings.cost_cap_key_day,
    )


def _jobs(process: Process) -> Jobs:
    from pixellab.adapters.jobs import InProcessJobs

    return InProcessJobs(process.do)


def _imaging(settings: Settings) -> Imaging:
    from pixellab.adapters.imaging.imaging import RasterImaging

    return RasterImaging(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)


def _credentials_if_any(settings: Settings) -> Credentials | None:
    certificate, key = settings.c2pa_certificate, settings.c2pa_key_file
    return _credentials(settings, certificate, key) if certificate and key else None


def _credentials(settings: Settings, certificate: Path, key: Path) -> Credentials:
    with installed("c2pa", "c2pa", "PIXELLAB_C2PA_CERTIFICATE"):
        from pixellab.adapters.content_credentials.signing import C2paCredentials
    from pixellab.adapters.content_credentials.certificate import Unfit, load_certificate

    try:
        return C2paCredentials(
            certificate=load_certificate(certificate, key, settings.c2pa_algorithm),
            version=installed_version(),
            timestamps=settings.c2pa_timestamp_url,
        )
    except Unfit as error:
        raise Misconfigured(f"PIXELLAB_C2PA_{error.part.upper()} {error}") from error


def _enhancers(settings: Settings) -> Enhancers:
    from pixellab.adapters.enhancers.routing import CONTRACT_NAMES, RoutedEnhancers

    factories = _plugins().factories
    local = cache(partial(_local, settings))
    factories["LOCAL"] = local
    if settings.bedrock_region:
        require("boto3", "bedrock", "PIXELLAB_BEDROCK_REGION")
        factories["BEDROCK"] = partial(_bedrock, settings, settings.bedrock_region, local)
    if settings.gemini_api_key:
        # Not required here: the variable may be set for other programs.
        factories["GEMINI"] = partial(_gemini, settings, settings.gemini_api_key, local)
    routed = itertools.chain.from_iterable(settings.routing_table.values())
    unknown = {*routed} - {*factories, *CONTRACT_NAMES}
    if unknown:
        raise Misconfigured(
            f"PIXELLAB_ROUTES names {', '.join(sorted(unknown))}; "
            f"allowed are {', '.join(factories)}."
        )
    return RoutedEnhancers(factories, settings.routing_table)


def _plugins() -> Plugins:
    from pixellab.adapters.enhancers.routing import CONTRACT_NAMES

    return find_plugins(CONTRACT_NAMES)


def _local(settings: Settings) -> Enhancer:
    from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
    from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer

    networks = Networks(settings.provider_names, settings.upscale_model)
    return LocalEnhancer(_segmenter(settings), networks)


def _gemini(settings: Settings, key: SecretStr, local: Callable[[], Enhancer]) -> Enhancer:
    """Raises Misconfigured where Google's SDK is missing."""
    from pixellab.adapters.enhancers.cloud.price_list import read_prices

    with installed("google.genai", "gemini", "GEMINI_API_KEY"):
        from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
        from pixellab.adapters.enhancers.gemini.service import GeminiAccess, GeminiService
    access = GeminiAccess(
        key=key.get_secret_value(),
        model=settings.gemini_model,
        api_version=settings.gemini_api_version,
        base_url=settings.gemini_base_url,
        timeout=settings.cloud_timeout,
    )
    prices = read_prices("pixellab.adapters.enhancers.gemini", settings.own_prices)
    return GeminiEnhancer(
        GeminiService(access, prices),
        imaging=_imaging(settings),
        local=local(),
        check=None,
        max_input_bytes=settings.gemini_max_input_bytes,
    )


def _bedrock(settings: Settings, region: str, local: Callable[[], Enhancer]) -> Enhancer:
    from pixellab.adapters.enhancers.bedrock.bedrock_client import BedrockAccess
    from pixellab.adapters.enhancers.bedrock.bedrock_enhancer import BedrockEnhancer
    from pixellab.adapters.enhancers.bedrock.invoke_model import Bedrock
    from pixellab.adapters.enhancers.cloud.price_list import read_prices

    access = BedrockAccess(
        region=region,
        endpoint_url=settings.bedrock_runtime_endpoint_url,
        control_endpoint_url=settings.bedrock_endpoint_url,
        **settings.aws_keys,
        timeout=settings.cloud_timeout,
        connections=settings.cloud_workers,
    )
    prices = read_prices("pixellab.adapters.enhancers.bedrock", settings.own_prices)
    return BedrockEnhancer(Bedrock(access, prices), imaging=_imaging(settings), local=local())


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
