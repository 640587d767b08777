"""One of a worker's processes: it does one job of the broker after the other."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from pixellab.domain.ports import Event, Milestone
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.worker.end_signals import let_through


def work(settings: Settings, queues: list[str], done: Connection) -> None:
    """Take jobs until SIGTERM, or until the process that started this one is gone; what is at work
    then is finished. Logs as ``settings`` say, and tells by ``done`` once it has done a job."""
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.telemetry.logs import UploadLog, configure_logging
    from pixellab.entrypoints.telemetry.tracing import tracing
    from pixellab.entrypoints.wiring.wire_jobs import taking

    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    # A terminal sends Ctrl-C to all; the process that started this one says what follows from it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    let_through()
    threading.Thread(target=_watch, args=(stopped,), daemon=True).start()
    configure_logging(settings)
    log = UploadLog(new_image=False)

    def observe(event: Event) -> None:
        log(event)
        if event.milestone is Milestone.COMPLETED and not done.closed:
            with done, suppress(OSError):  # Nobody listens where the worker was killed.
                done.send_bytes(b"done")

    with bootstrap(settings) as lab:
        lab.open_stores()
        taking(lab, queues, observe).run(stopped)
    tracing(settings).close()


def _watch(stopped: threading.Event) -> None:
    """Whoever was killed starts this one no more, so another worker may be in its place."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        stopped.set()
