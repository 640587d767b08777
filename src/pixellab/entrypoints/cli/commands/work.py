"""Commands that do what was put off, and tell how much that is."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.cli.commands.options import Json
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK

if TYPE_CHECKING:
    from types import FrameType

    from pixellab.entrypoints.lab import PixelLab

MAX_THREADS = 64
IDLE_SECONDS, BUSY_SECONDS = 1.0, 0.1
"""Between two looks at the records: while there is nothing to do, and while there is."""
AHEAD = 2
"""Jobs taken in advance for each thread, so that none waits for the next look."""


def worker(
    *,
    concurrency: Annotated[
        int | None,
        Parameter(
            help="Photos at work at once, 1 to 64; else PIXELLAB_JOB_WORKERS, or, if that leaves "
            "all to workers, PIXELLAB_WORKERS."
        ),
    ] = None,
) -> int:
    """Do what servers have accepted and nobody waits for, until Ctrl-C or SIGTERM.

    It works on the configured stores, beside servers and other workers. What is at work is
    finished first; a second signal ends it at once, and another worker takes that over.
    """
    from pixellab.entrypoints.cli.configured import open_worker

    if concurrency is not None and not 1 <= concurrency <= MAX_THREADS:
        told = f"concurrency is {concurrency}; allowed are 1 to {MAX_THREADS}."
        raise InvalidRequest("concurrency", told)
    with open_worker(concurrency) as lab:
        _work(lab, _told_to_stop())
    return EXIT_OK


def _told_to_stop() -> threading.Event:
    """Is set by the first signal; the second ends the process as if none were handled."""
    stopped = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        stopped.set()
        signal.signal(number, signal.SIG_DFL)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    return stopped


def _work(lab: PixelLab, stopped: threading.Event) -> None:
    from pixellab.domain.errors import StoreUnavailable
    from pixellab.entrypoints.logs import UploadLog

    most = AHEAD * lab.settings.job_workers
    observe = UploadLog(new_image=False)
    while not stopped.is_set():
        found = 0
        try:
            if lab.queue.load < most:
                found = lab.reconcile_later(limit=most, observe=observe).handed_over
            if lab.settings.webhook_secrets:
                lab.webhooks.send_due()
                found += lab.feed_queue(observe)
        except StoreUnavailable as error:
            screen.notes().print(f"{error.message} It is tried again.", style="yellow")
        stopped.wait(BUSY_SECONDS if found else IDLE_SECONDS)


def queue(*, as_json: Json = False) -> int:
    """Show how much is waiting to be done.

    What a process was at that has ended since waits, too, as soon as that is certain: at once on
    this machine, else once its lease of ten minutes has run out.
    """
    from pixellab.adapters.process_owner import may_be_alive
    from pixellab.entrypoints.answers import QueueAnswer
    from pixellab.entrypoints.cli.configured import open_lab
    from pixellab.entrypoints.lab import utc_now

    with open_lab() as lab:
        now = utc_now()
        answer = QueueAnswer.of(lab.repository.backlog(now, may_be_alive), now)
    if as_json:
        screen.say_json(answer)
        return EXIT_OK
    since = answer.oldest_seconds
    first = "" if since is None else f", the first for {since:.0f} s"
    screen.say(f"{answer.waiting} waiting{first}; {answer.at_work} at work.")
    return EXIT_OK
