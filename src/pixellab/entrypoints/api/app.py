"""The HTTP API: wiring of its parts, and its life from start to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from litestar import Litestar
from litestar.plugins.pydantic import PydanticPlugin

from pixellab.domain.errors import PixelLabError
from pixellab.entrypoints.api.docs.openapi import describe
from pixellab.entrypoints.api.http.error_answers import answer_error
from pixellab.entrypoints.api.http.middleware import RequestMiddleware
from pixellab.entrypoints.api.http.query_parameters import refuse_unknown_parameters
from pixellab.entrypoints.api.http.request_bodies import MAX_FIELDS_BYTES
from pixellab.entrypoints.api.http.security import Gate, cors
from pixellab.entrypoints.api.metrics import Metrics
from pixellab.entrypoints.api.pool import Pool
from pixellab.entrypoints.api.readiness import Readiness
from pixellab.entrypoints.api.routes.batches_v1 import batches
from pixellab.entrypoints.api.routes.beside_v1.health import health
from pixellab.entrypoints.api.routes.beside_v1.start_page import start
from pixellab.entrypoints.api.routes.beside_v1.stored_files import files
from pixellab.entrypoints.api.routes.capabilities import capabilities
from pixellab.entrypoints.api.routes.direct_uploads_v1 import direct_uploads
from pixellab.entrypoints.api.routes.enhancing_v1 import enhancing
from pixellab.entrypoints.api.routes.images_v1 import images
from pixellab.entrypoints.api.routes.presets_v1 import presets
from pixellab.entrypoints.api.routes.progress_v1 import progress
from pixellab.entrypoints.api.routes.queue_v1 import queue
from pixellab.entrypoints.api.routes.statistics_v1 import statistics
from pixellab.entrypoints.api.routes.webhooks_v1 import webhooks
from pixellab.entrypoints.api.services import Services
from pixellab.entrypoints.api.upload_slots import UploadSlots
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.telemetry.logs import configure_logging
from pixellab.entrypoints.telemetry.queue_figures import QueueFigures
from pixellab.entrypoints.telemetry.tracing import tracing
from pixellab.entrypoints.telemetry.webhook_figures import WebhookFigures
from pixellab.entrypoints.wiring.wire_stores import STORE_THREADS

WORK_NICENESS = 10
STORE_QUEUE = 1000
CHECK_THREADS, CHECK_QUEUE = 4, 100
BATCH_THREADS, BATCH_QUEUE, BATCH_NICENESS = 2, 16, 15
FEED_SECONDS, FEED_SOON = 1.0, 0.1
"""Between two looks at the batches: while there is nothing to hand over, and while there is."""
RECONCILE_SECONDS = 60.0
"""How often leases that ran out are looked for."""
RECONCILE_SOON = 1.0
"""The same, while there is more than is handed over at a time."""
RECONCILE_BATCH = 100
"""Handed over at a time."""

TELL_SECONDS = 1.0
"""How often messages that are due are looked for."""

log = structlog.get_logger("pixellab.api")


def create_app(settings: Settings, lab: PixelLab | None = None) -> Litestar:
    """The application. It opens PixelLab as ``settings`` say, or works with ``lab``.

    Logs as ``settings`` say, unless the program around it has configured structlog.
    """
    if not structlog.is_configured():
        configure_logging(settings)
    figures = Metrics()
    app = Litestar(
        route_handlers=[
            *start,
            *files,
            enhancing,
            direct_uploads,
            presets,
            images,
            capabilities,
            progress,
            batches,
            queue,
            statistics,
            webhooks,
            *health,
        ],
        lifespan=[partial(_life, settings, lab, figures)],
        guards=[Gate(settings), refuse_unknown_parameters],
        exception_handlers={Exception: answer_error},
        cors_config=cors(settings),
        openapi_config=describe(keys_required=bool(settings.api_key_hashes)),
        plugins=[PydanticPlugin(prefer_alias=True)],
        request_max_body_size=MAX_FIELDS_BYTES,
        logging_config=None,
        debug=False,
    )
    app.asgi_handler = RequestMiddleware(app.asgi_handler, figures, tracing(settings))
    return app


@asynccontextmanager
async def _life(
    settings: Settings, lab: PixelLab | None, figures: Metrics, app: Litestar
) -> AsyncIterator[None]:
    """Open what the handlers need; at the end, let what was begun finish, then close it."""
    async with AsyncExitStack() as stack:
        if lab is None:
            opening = bootstrap(settings.serving())
            lab = await asyncio.to_thread(opening.__enter__)
            stack.push_async_callback(asyncio.to_thread, opening.__exit__, None, None, None)
        await asyncio.to_thread(lab.open_stores)
        work = Pool(
            "work",
            threads=settings.workers,
            queue=settings.queue,
            spare=2 * (settings.decode_processes or 0),
            niceness=WORK_NICENESS,
            trims=True,
        )
        cloud = Pool(
            "cloud",
            threads=settings.cloud_workers,
            queue=settings.queue,
            niceness=WORK_NICENESS,
            trims=True,
        )
        stores = Pool("stores", threads=STORE_THREADS, queue=STORE_QUEUE)
        checks = Pool("checks", threads=CHECK_THREADS, queue=CHECK_QUEUE)
        # Apart from the requests' pool, so that no request finds its place taken.
        background = Pool("reconcile", threads=1, queue=0, niceness=WORK_NICENESS)
        telling = Pool("webhooks", threads=1, queue=0)
        feeder = Pool("feeder", threads=1, queue=0, niceness=WORK_NICENESS)
        batching = Pool(
            "batches", threads=BATCH_THREADS, queue=BATCH_QUEUE, niceness=BATCH_NICENESS
        )
        for pool in (checks, stores, cloud, work, background, telling, feeder, batching):
            stack.push_async_callback(asyncio.to_thread, pool.close)
        figures.gauge("pixellab_work_admitted", "Enhancements running or waiting.", work.load)
        if settings.broker is None:
            jobs = lab.queue
            figures.gauge(
                "pixellab_jobs_admitted",
                "Jobs nobody waits for.",
                lambda: sum(jobs.loads().values()),
            )
        figures.collect(QueueFigures(lab))
        if settings.webhook_secrets:
            figures.collect(WebhookFigures(lab))
        figures.gauge("pixellab_cloud_admitted", "Enhancements waiting for a service.", cloud.load)
        broker = None if settings.broker is None else lab.queue
        readiness = Readiness(checks, lab.store, lab.repository, broker)
        api = Services(
            lab=lab,
            metrics=figures,
            work=work,
            cloud=cloud,
            stores=stores,
            accepting_batches=batching,
            checks=checks,
            readiness=readiness,
            slots=UploadSlots(settings.uploads_per_client),
        )
        app.state["services"] = api
        tasks = [asyncio.create_task(_settle(api, background))]
        if settings.webhook_secrets:
            tasks.append(asyncio.create_task(_send_webhooks(api, telling)))
        if settings.job_workers or settings.broker is not None:
            tasks.append(asyncio.create_task(_feed(api, feeder)))
        try:
            yield
        finally:
            for each in tasks:
                each.cancel()


async def _settle(api: Services, pool: Pool) -> None:
    """Hand over what killed processes left behind, and what nobody has begun, now and then."""
    settle = partial(
        api.lab.reconcile_later, limit=RECONCILE_BATCH, observe=api.observer(new_image=False)
    )
    while True:
        pause = RECONCILE_SECONDS
        try:
            done = await pool.run(settle)
        except PixelLabError as error:
            log.warning("Reconciling failed; it is tried again.", error=error.message)
        except Exception as error:
            log.error("Reconciling failed unforeseen; it is tried again.", exc_info=error)
        else:
            if done.deleted:
                log.info("Reconciled", deleted=done.deleted)
            taken = done.handed_over if api.lab.settings.job_workers else 0
            if RECONCILE_BATCH in (taken, done.deleted):
                pause = RECONCILE_SOON  # There may be more.
        await asyncio.sleep(pause)


async def _send_webhooks(api: Services, pool: Pool) -> None:
    """Send what is due, now and then."""
    while True:
        try:
            await pool.run(api.lab.webhooks.send_due)
        except PixelLabError as error:
            log.warning("Webhooks could not be looked for; it is tried again.", error=error.message)
        except Exception as error:
            log.error("Webhooks failed unforeseen; they are tried again.", exc_info=error)
        await asyncio.sleep(TELL_SECONDS)


async def _feed(api: Services, pool: Pool) -> None:
    """Hand over the next lines of batches, a few at a time."""
    feed = partial(api.lab.feed_queue, api.observer(new_image=True))
    while True:
        found = 0
        try:
            found = await pool.run(feed)
        except PixelLabError as error:
            log.warning("Batches wait; it is tried again.", error=error.message)
        except Exception as error:
            log.error("Handing out lines failed unforeseen; it is tried again.", exc_info=error)
        # A broker would have to be asked, and its workers have enough before them.
        is_asked = api.lab.settings.broker is not None
        has_more = found or (not is_asked and sum(api.lab.queue.loads().values()))
        await asyncio.sleep(FEED_SOON if has_more else FEED_SECONDS)
