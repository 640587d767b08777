"""Jobs that threads of this process do later."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from pixellab.adapters.background_threads import be_nice, return_memory
from pixellab.domain.errors import PixelLabError
from pixellab.domain.ports import ItemJob, Job, Observer, Queue, Resource

MOST_WAITING = 1000
"""Jobs in memory. The others wait in their records, where ``Reconcile`` finds them."""

log = logging.getLogger(__name__)


class QueuedJobs(Queue):
    """Does jobs one after the other on ``threads`` threads; with none it leaves them to others.

    What waits here is on record, so nothing is lost with the process. ``niceness`` lowers the
    threads' priority, where the system knows priorities of single threads (Linux).
    """

    def __init__(
        self,
        do: Callable[[Any, Observer], object],
        *,
        threads: int,
        niceness: int = 0,
        most: int = MOST_WAITING,
    ) -> None:
        self._do = do
        self._most = most
        self._waiting: set[str] = set()
        self._at_work = 0
        self._lock = threading.Lock()
        self._threads = threads
        self._executor = ThreadPoolExecutor(
            max(threads, 1), "pixellab-jobs", initializer=be_nice, initargs=(niceness,)
        )

    def loads(self) -> dict[Resource | None, int]:
        """Jobs at work or waiting in memory; the same threads do all of them."""
        return {None: len(self._waiting) + self._at_work}

    def hand_over(self, job: Job | ItemJob, observe: Observer) -> None:
        with self._lock:
            has_room = self._threads and len(self._waiting) < self._most
            if not has_room or job.name in self._waiting:
                return
            self._waiting.add(job.name)
        self._executor.submit(self._work, job, observe)

    def depths(self) -> dict[str, int]:
        return {}

    def lost_after(self) -> timedelta:
        return timedelta()

    def check(self) -> None:
        """Threads of this process can always be reached."""

    def close(self) -> None:
        """Finish what is at work; what waits is left to others."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _work(self, job: Job | ItemJob, observe: Observer) -> None:
        with self._lock:
            # From here on the claim keeps others off, and a job that failed may be handed over.
            self._waiting.discard(job.name)
            self._at_work += 1
        try:
            self._do(job, observe)
        except PixelLabError:
            pass  # The record says so, and the observer was told, unless another is at work on it.
        except Exception:
            log.exception("A job failed unforeseen: %s", job.name)
        finally:
            with self._lock:
                self._at_work -= 1
            return_memory()
