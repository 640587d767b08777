"""Commands that do what was put off, and tell how much that is."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest, StoreUnavailable
from pixellab.entrypoints.cli.commands.parts.options import Flag, Json
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pixellab.entrypoints.answers import QueueAnswer
    from pixellab.entrypoints.lab import PixelLab
    from pixellab.entrypoints.telemetry.logs import UploadLog

MAX_THREADS = 64
IDLE_SECONDS, BUSY_SECONDS = 1.0, 0.1
"""Between two looks at the records: while there is nothing to do, and while there is."""
AHEAD = 2
"""Jobs taken in advance for each thread, so that none waits for the next look."""
HANDED_OVER_AT_A_TIME = 1000
SHARE_OF_TIME, LONGEST_SECONDS = 0.05, 10.0
"""That a worker may look at the records, which take longer to look through the more there are; and
how long it leaves them alone at most."""
RESOURCES = ("cpu", "cloud")
LAST_WORDS = "No other job is begun; what is at work is finished."

log = logging.getLogger("pixellab.worker")


def worker(
    *,
    concurrency: Annotated[
        int | None,
        Parameter(
            help="Photos at work at once, 1 to 64; else PIXELLAB_JOB_WORKERS, or, if that leaves "
            "all to workers, PIXELLAB_WORKERS."
        ),
    ] = None,
    queues: Annotated[
        str | None,
        Parameter(
            help="What to do of what the broker holds: cpu, what this machine computes, or cloud, "
            "what waits for a service; else both."
        ),
    ] = None,
    metrics_port: Annotated[
        int | None, Parameter(help="Port on which figures for Prometheus are served; else none.")
    ] = None,
) -> int:
    """Do what servers have accepted and nobody waits for, until Ctrl-C or SIGTERM.

    It works on the configured stores, beside servers and other workers, and takes its jobs from the
    broker at PIXELLAB_BROKER_URL, or, without one, from the records. What is at work is
    finished first; a second signal ends it at once, and another worker takes that over.
    """
    from pixellab.entrypoints.cli.configured import open_worker

    _check("--concurrency", concurrency, 1, MAX_THREADS)
    _check("--metrics-port", metrics_port, 1, 65535)
    chosen = _chosen(queues)
    with open_worker(concurrency) as lab:
        if lab.settings.broker is not None:
            _work_with_broker(lab, chosen, metrics_port)
        elif queues or metrics_port:
            option = "--queues" if queues else "--metrics-port"
            told = f"{option} needs a broker; set PIXELLAB_BROKER_URL, or leave it out."
            raise InvalidRequest(option, told)
        else:
            _work(lab, _told_to_stop())
    return EXIT_OK


def _check(option: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise InvalidRequest(option, f"{option} is {value}; allowed are {least} to {most}.")


def _chosen(queues: str | None) -> list[str]:
    chosen = [each.strip() for each in (queues or ",".join(RESOURCES)).split(",")]
    if unknown := [each for each in chosen if each not in RESOURCES]:
        told = f"--queues names {unknown[0]!r}; allowed are {', '.join(RESOURCES)}, or both."
        raise InvalidRequest("queues", told)
    return chosen


def _told_to_stop(at_once: Callable[[], object] = lambda: None) -> threading.Event:
    """Is set by the first signal; the second calls ``at_once`` and ends the process as if none were
    handled."""
    stopped = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        if stopped.is_set():
            at_once()
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopped.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    return stopped


def _work(lab: PixelLab, stopped: threading.Event) -> None:
    """With threads of this process, which take from the records what they need next."""
    from pixellab.entrypoints.telemetry.logs import UploadLog

    _begin("the records", lab.settings.job_workers)
    most = AHEAD * lab.settings.job_workers
    observe = UploadLog(new_image=False)
    while not stopped.is_set():
        found = 0
        try:
            if sum(lab.queue.loads().values()) < most:
                found = lab.reconcile_later(limit=most, observe=observe).handed_over
            if lab.settings.webhook_secrets:
                lab.webhooks.send_due()
            found += lab.feed_queue(observe)
        except StoreUnavailable as error:
            screen.notes().print(f"{error.message} It is tried again.", style="yellow")
        stopped.wait(BUSY_SECONDS if found else IDLE_SECONDS)
    log.info(LAST_WORDS)


def _work_with_broker(lab: PixelLab, resources: list[str], port: int | None) -> None:
    """With processes that take from the broker, while this one hands over what was left."""
    from pixellab.adapters.jobs.broker.connection import queue_names
    from pixellab.domain.ports import Resource
    from pixellab.entrypoints.telemetry.logs import UploadLog
    from pixellab.entrypoints.worker.figures import figures_at
    from pixellab.entrypoints.worker.supervise import Processes

    queues = queue_names([Resource(each) for each in resources])
    processes = Processes(lab.settings, queues, lab.settings.job_workers)
    stopped, observe = _told_to_stop(processes.kill), UploadLog(new_image=False)
    _begin(f"the broker ({' and '.join(resources)})", processes.count)
    look_at = 0.0
    with figures_at(port, lab, processes):
        try:
            while not stopped.is_set():
                processes.tend()
                began = time.monotonic()
                if began >= look_at:
                    _hand_over(lab, observe)
                    took = time.monotonic() - began
                    pause = min(took / SHARE_OF_TIME, LONGEST_SECONDS)
                    look_at = began + max(pause, IDLE_SECONDS)
                stopped.wait(IDLE_SECONDS / 4)
            log.info(LAST_WORDS)
            processes.stop()
        except BaseException:
            processes.kill()
            raise


def _begin(source: str, count: int) -> None:
    log.info("Jobs are taken from %s, %d at once.", source, count)


def _hand_over(lab: PixelLab, observe: UploadLog) -> None:
    try:
        lab.reconcile_later(limit=HANDED_OVER_AT_A_TIME, observe=observe)
        lab.feed_queue(observe)
        if lab.settings.webhook_secrets:
            lab.webhooks.send_due()
    except StoreUnavailable as error:
        screen.notes().print(f"{error.message} It is tried again.", style="yellow")


def queue(
    *,
    retry: Annotated[
        bool, Flag, Parameter(help="Try once more what was given up after several attempts.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Show how much is waiting to be done, and for how long.

    What a process was at when it died counts as waiting as soon as that is certain: at once on
    this machine, else once its lease of ten minutes has run out.
    """
    from pixellab.adapters.process_owner import may_be_alive
    from pixellab.entrypoints.answers import QueueAnswer, RetriedAnswer
    from pixellab.entrypoints.cli.configured import open_lab
    from pixellab.entrypoints.lab import utc_now

    with open_lab() as lab:
        if retry:
            handed_over = lab.retry_parked()
            if as_json:
                screen.say_json(RetriedAnswer(handed_over=handed_over))
            else:
                screen.say(f"{handed_over} handed over once more.")
            return EXIT_OK
        now = utc_now()
        backlog = lab.repository.backlog(now, may_be_alive)
        answer = QueueAnswer.of(backlog, now, lab.queue.depths())
    if as_json:
        screen.say_json(answer)
    else:
        _tell(answer)
    return EXIT_OK


def _tell(answer: QueueAnswer) -> None:
    first = _since(answer.oldest_seconds)
    screen.say(f"{answer.waiting} waiting{first}; {answer.at_work} at work.")
    for each in answer.queues:
        held = "" if each.messages is None else f"; {each.messages} messages"
        screen.say(f"{each.queue}: {each.waiting} waiting{_since(each.oldest_seconds)}{held}")
    if answer.broker == "unavailable":
        screen.say("The broker does not answer.")
    if answer.parked:
        screen.say(f"{answer.parked} given up; pixellab queue --retry tries them once more.")


def _since(seconds: float | None) -> str:
    return "" if seconds is None else f", the first for {seconds:.0f} s"
