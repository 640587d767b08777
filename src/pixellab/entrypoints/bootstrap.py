"""The composition root: everything is wired together here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import Protocol

from pixellab.domain.findings import Finding
from pixellab.domain.ports import (
    Batches,
    Deliveries,
    DirectUploads,
    Enhancers,
    ImageRepository,
    Ledger,
    ObjectStore,
    Presets,
    RemoteFiles,
)
from pixellab.domain.use_cases import Budget, Caps, Enhance, KnownPresets
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.entrypoints.parts import when_used
from pixellab.entrypoints.settings import Settings, load_settings
from pixellab.entrypoints.version import versions_of_makers
from pixellab.entrypoints.wiring import (
    wire_addresses,
    wire_backends,
    wire_files,
    wire_jobs,
    wire_presets,
    wire_stores,
)


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
    direct_uploads: DirectUploads | None = None,
    presets: Presets | None = None,
    deliveries: Deliveries | None = None,
    batches: Batches | None = None,
    remote_files: RemoteFiles | None = None,
) -> Iterator[PixelLab]:
    """PixelLab, wired as ``settings`` say; closes on leaving what it opened.

    Keywords replace single parts. Raises Misconfigured.
    """
    settings = settings or load_settings()
    with ExitStack() as opened:
        budget = Budget(
            caps=_caps(settings),
            ledger=when_used(partial(wire_stores.spending_ledger, settings), ledger, opened),
            clock=utc_now,
        )
        enhancers = enhancers or wire_backends.enhancers(settings)
        available = wire_presets.available(enhancers)
        lab = PixelLab(
            settings=settings,
            presets=KnownPresets(
                configured=wire_presets.configured(settings, available),
                stored=when_used(partial(wire_presets.stored, settings), presets, opened),
                clock=utc_now,
                available=available,
            ),
            enhance=Enhance(
                imaging=wire_files.imaging_of_strangers(settings, opened),
                enhancers=enhancers,
                budget=budget,
                credentials=wire_files.credentials(settings),
                versions=versions_of_makers(),
            ),
            store=when_used(partial(wire_stores.object_store, settings), store, opened),
            repository=when_used(
                partial(wire_stores.image_repository, settings), repository, opened
            ),
            direct_uploads=when_used(
                partial(wire_stores.direct_uploads, settings), direct_uploads, opened
            ),
            remote_files=cache(lambda: remote_files or wire_addresses.remote_files(settings)),
            announcer=wire_addresses.announcer(settings),
            check_webhook=partial(wire_addresses.check_webhook, settings),
            deliveries=when_used(
                partial(wire_stores.webhook_deliveries, settings), deliveries, opened
            ),
            webhooks=when_used(
                lambda: wire_addresses.sending(settings, lab.deliveries, utc_now), None, opened
            ),
            batches=when_used(partial(wire_stores.batches, settings), batches, opened),
            jobs=wire_jobs.at_once,
            queue=when_used(lambda: wire_jobs.later(lab), None, opened),
        )
        yield lab


def parts(settings: Settings) -> Iterator[tuple[str, Callable[[], Part]]]:
    """What ``pixellab doctor`` asks, each made when called; that changes nothing that is kept."""
    if wire_stores.objects_in_a_folder(settings) or wire_stores.records_in_a_file(settings):
        yield "data folder", partial(wire_stores.data_folder, settings)
    yield "database", partial(wire_stores.image_repository, settings, upgraded=False)
    yield "object store", partial(wire_stores.object_store, settings)
    if settings.broker is not None:
        repository = partial(wire_stores.image_repository, settings, upgraded=False)
        yield "broker", partial(wire_jobs.with_broker, settings, repository)
    yield "plug-ins", wire_backends.plugins
    yield "backends", partial(wire_backends.enhancers, settings)
    if settings.presets is not None:
        yield "presets", partial(wire_presets.presets_file, settings)
    yield "formats", partial(wire_files.formats_of_the_server, settings)
    if settings.image_urls:
        yield "image addresses", partial(wire_addresses.remote_files, settings)
    if settings.webhook_secrets:
        yield "webhooks", partial(wire_addresses.receivers, settings, utc_now)
    certificate, key = settings.c2pa_certificate, settings.c2pa_key_file
    if certificate and key:
        yield "content credentials", partial(wire_files.signing, settings, certificate, key)


def _caps(settings: Settings) -> Caps:
    return Caps(
        request=settings.cost_cap_request,
        day=settings.cost_cap_day,
        payer_day=settings.cost_cap_key_day,
    )
