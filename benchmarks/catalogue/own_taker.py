"""A process that takes jobs as a worker's does, and does as little as Celery's in `engine`.

python -m benchmarks.catalogue.own_taker URL JOURNAL
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from pixellab.adapters.jobs.broker.connection import Broker, queue_names
from pixellab.adapters.jobs.broker.take_jobs import TakeJobs
from pixellab.domain.ports import Event, Job


def do(journal: str, number: int, seconds: float) -> None:
    """Note that it began, then sleep."""
    line = f"{number} {time.monotonic()} {os.getpid()}\n".encode()
    opened = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(opened, line)
    os.close(opened)
    time.sleep(seconds)


def began(journal: Path) -> dict[int, list[float]]:
    """When each job began, as often as it did."""
    found: dict[int, list[float]] = {}
    for line in journal.read_text().splitlines() if journal.exists() else ():
        number, moment, _ = line.split()
        found.setdefault(int(number), []).append(float(moment))
    return found


def main() -> None:
    url, journal = sys.argv[1:]
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())

    def job(asked: Job, _: object) -> None:
        do(journal, asked.sequence, float(asked.image_id))

    def ignore(_: Event) -> None:
        """Nobody listens."""

    TakeJobs(Broker(url=url), queue_names(), job, ignore).run(stopped)


if __name__ == "__main__":
    main()
