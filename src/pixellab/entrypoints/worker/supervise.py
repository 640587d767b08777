"""The processes of a worker: started, watched, replaced when they die, and told to stop."""

from __future__ import annotations

import logging
import multiprocessing
import time
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from attrs import define, field

from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.worker.end_signals import held_back
from pixellab.entrypoints.worker.one_process import work

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process that died is replaced; twice as long each time, until one has done a
job: what kills all of them should not use up the attempts of a whole catalogue at once."""

IMPORTED = (
    "alembic.command",
    "pixellab.entrypoints.bootstrap",
    "pixellab.adapters.enhancers.local.pipeline",
    "pixellab.adapters.image_repositories.sql.image_repository",
    "pixellab.adapters.imaging.imaging",
    "pixellab.adapters.object_stores.filesystem",
    "pixellab.adapters.object_stores.s3.object_store",
    "pixellab.adapters.jobs.broker.take_jobs",
    "pixellab.entrypoints.answers",
    "pixellab.entrypoints.telemetry.logs",
    # Drivers, where they are installed.
    "kombu.transport.pyamqp",
    "pymysql",
)
"""What every process needs, imported once: seconds, and memory, for each that need not do it."""

log = logging.getLogger(__name__)
forking = multiprocessing.get_context("forkserver")


@define
class _Place:
    """Where one process works at a time."""

    process: ForkServerProcess | None = None
    done: Connection | None = None
    """By which the process tells that it has done a job."""
    pause: float = FIRST_PAUSE
    start_at: float = 0.0


@define(eq=False)
class Processes:
    """``count`` processes that take jobs from ``queues``.

    Each does one job at a time, so that a photo that kills its process takes no other with it. They
    are forked from a process that has everything imported and nothing open, so that one takes
    another's place at once.
    """

    settings: Settings
    queues: list[str]
    count: int
    _places: list[_Place] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._places = [_Place() for _ in range(self.count)]
        forking.set_forkserver_preload(list(IMPORTED))

    @property
    def alive(self) -> int:
        """How many are running."""
        return sum(each.process is not None and each.process.is_alive() for each in self._places)

    def tend(self) -> None:
        """Start those that are not running; call this now and then."""
        for place in self._places:
            if place.process is not None and not place.process.is_alive():
                self._bury(place)
            if place.process is None and time.monotonic() >= place.start_at:
                self._start(place)

    def stop(self) -> None:
        """Have each finish what it is at work on, and wait for that."""
        for place in self._places:
            if place.process is not None:
                place.process.terminate()
        for place in self._places:
            if place.process is not None:
                place.process.join()

    def kill(self) -> None:
        """End all at once. Their messages go to others, and their records to ``Reconcile``."""
        for place in self._places:
            if place.process is not None:
                place.process.kill()

    def _start(self, place: _Place) -> None:
        # A terminal sends Ctrl-C to all, and what everything is forked from imports for seconds.
        # Starting Python's tracker, which that does otherwise, lets signals through again.
        resource_tracker.ensure_running()
        with held_back():
            forkserver.ensure_running()
        heard, done = forking.Pipe(duplex=False)
        process = forking.Process(target=work, args=(self.settings, self.queues, done))
        process.start()
        done.close()
        place.process, place.done = process, heard

    def _bury(self, place: _Place) -> None:
        assert place.process is not None
        code = place.process.exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        log.warning("A worker's process ended %s; another takes its place.", how)
        if _has_done_a_job(place):
            place.pause = FIRST_PAUSE
        place.process.close()
        place.process = place.done = None
        place.start_at = time.monotonic() + place.pause
        place.pause = min(2 * place.pause, LONGEST_PAUSE)


def _has_done_a_job(place: _Place) -> bool:
    assert place.done is not None
    with place.done, suppress(EOFError):
        return place.done.poll() and place.done.recv_bytes() != b""
    return False
