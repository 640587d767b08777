"""What does handing a job to a worker cost, and how long does an urgent one wait?

    python -m benchmarks.catalogue.engine [--jobs 500] [--line 1000] [--urgent 12]
                                       [--broker rabbitmq] [--broker redis]

PixelLab's loop beside a bare loop and Celery's worker, on a RabbitMQ (quorum queues) and a Redis of
their own. Celery acknowledges late and takes as little in advance as it can. A job notes that it
began, and no more: reported are the time from one of them to the next, by one process, and what
that costs in time of the processor. Then ``--line`` jobs of 0.1 s wait for two processes, and now
and then comes an urgent one. At last one of two workers is at a job of 3 s and the other idle,
while urgent ones come, one after the other.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.catalogue.many_workers import wait_until
from benchmarks.catalogue.own_taker import began, do
from benchmarks.peers.celery_peer import Celery
from pixellab.adapters.jobs.broker.broker_jobs import BrokerJobs
from pixellab.adapters.jobs.broker.connection import Broker, queue_names
from pixellab.domain.ports import Job, Lane
from pixellab.testing.brokers import running_rabbitmq, running_redis

BROKERS = {"rabbitmq": running_rabbitmq, "redis": running_redis}
POOLS = ("solo", "prefork", "threads")
SECONDS, LONG = 0.1, 3.0
PATIENCE = 300.0
FIRST_URGENT = 1_000_000


class Engine(Protocol):
    """Hands jobs over, and starts those who do them."""

    def start(self, processes: int, *, apart: bool) -> list[subprocess.Popen[bytes]]: ...

    def hand_over(
        self, lane: str, first: int, many: int, seconds: float
    ) -> tuple[float, float]: ...

    def close(self) -> None: ...


class Ours:
    """As ``Celery``, with PixelLab's own loop."""

    def __init__(self, url: str, journal: Path) -> None:
        self._url, self._journal = url, journal
        self._jobs = BrokerJobs(Broker(url=url), lambda _job, _queue: None)

    def start(self, processes: int, *, apart: bool) -> list[subprocess.Popen[bytes]]:
        """Each takes from the broker by itself, apart or not."""
        command = [sys.executable, "-m", "benchmarks.catalogue.own_taker"]
        command += [self._url, str(self._journal)]
        return [subprocess.Popen(command, start_new_session=True) for _ in range(processes)]

    def hand_over(self, lane: str, first: int, many: int, seconds: float) -> tuple[float, float]:
        start = time.monotonic()
        for number in range(first, first + many):
            job = Job(
                image_id=str(seconds),
                enhancement_id=str(number),
                sequence=number,
                lane=Lane(lane),
            )
            self._jobs.hand_over(job, lambda _event: None)
        return start, time.monotonic()

    def close(self) -> None:
        self._jobs.close()
        with Broker(url=self._url).connect() as connection:
            for name in queue_names():
                connection.default_channel.queue_purge(name)


def main() -> int:
    options = _options()
    table = Table(
        "", "broker", "handing over", "a job", "of which CPU", "urgent waits", "worst", "one idle"
    )
    with tempfile.TemporaryDirectory() as folder:
        table.add_row("a bare loop", "", "", f"{_bare(Path(folder) / 'bare', options.jobs):.2f}")
    for broker in options.broker or BROKERS:
        with tempfile.TemporaryDirectory() as folder, BROKERS[broker](Path(folder)) as running:
            journals = iter(Path(folder) / f"journal-{number}" for number in range(100))
            for name, make in _engines(running.url).items():
                cost = _cost(make, next(journals), options.jobs)
                waits = _waits(make, next(journals), options)
                idle = _beside_one_idle(make, next(journals))
                cells = [*cost, statistics.median(waits), max(waits), max(idle)]
                table.add_row(name, broker, *(f"{1000 * cell:.2f}" for cell in cells))
    console = Console()
    console.print(table)
    console.print("All in ms; the last three are waits of urgent jobs, the last one the longest.")
    console.print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    return 0


def _engines(url: str) -> dict[str, Callable[[Path], Engine]]:
    pools = {f"Celery, {pool}": partial(Celery, url, pool) for pool in POOLS}
    return {"PixelLab": partial(Ours, url), **pools}


def _bare(journal: Path, jobs: int) -> float:
    start = time.monotonic()
    for number in range(jobs):
        do(str(journal), number, 0.0)
    return 1000 * (time.monotonic() - start) / jobs


def _cost(make: Callable[[Path], Engine], journal: Path, jobs: int) -> tuple[float, float, float]:
    """Seconds to hand a job over, from one job to the next, and of the processor for it, starting
    left out."""
    engine = make(journal)
    engine.hand_over("batch", 0, 1, 0.0)  # connects
    start, end = engine.hand_over("batch", 1, jobs, 0.0)
    with _working(engine, 1) as workers:
        wait_until(lambda: len(began(journal)) > jobs // 10, PATIENCE)
        before, first = _processor(workers), len(began(journal))
        wait_until(lambda: len(began(journal)) > jobs, PATIENCE)
        processor = (_processor(workers) - before) / (jobs + 1 - first)
    engine.close()
    moments = sorted(min(each) for each in began(journal).values())
    each = (moments[-1] - moments[first]) / (len(moments) - first - 1)
    return (end - start) / jobs, each, processor


def _waits(
    make: Callable[[Path], Engine], journal: Path, options: argparse.Namespace
) -> list[float]:
    """Seconds from handing an urgent job over until it began."""
    engine, asked = make(journal), {}
    engine.hand_over("batch", 0, options.line, SECONDS)
    with _working(engine, 2):
        wait_until(lambda: len(began(journal)) > 10, PATIENCE)
        for number in range(FIRST_URGENT, FIRST_URGENT + options.urgent):
            time.sleep(random.uniform(0.5, 1.0))
            asked[number], _ = engine.hand_over("interactive", number, 1, SECONDS)
        wait_until(lambda: asked.keys() <= began(journal).keys(), PATIENCE)
    engine.close()
    found = began(journal)
    if len(found) >= options.line:
        raise SystemExit("The line was too short for so many urgent ones.")
    return [min(found[number]) - moment for number, moment in asked.items()]


def _beside_one_idle(make: Callable[[Path], Engine], journal: Path) -> list[float]:
    """The same, where one of two workers is at a long job and the other has nothing to do."""
    engine, asked = make(journal), {}
    engine.hand_over("batch", 0, 2, LONG)
    with _working(engine, 2, apart=True):
        wait_until(lambda: len(began(journal)) == 2, PATIENCE)
        time.sleep(LONG + 1)
        engine.hand_over("batch", 2, 1, LONG)
        wait_until(lambda: 2 in began(journal), PATIENCE)
        for number in range(FIRST_URGENT, FIRST_URGENT + 4):
            asked[number], _ = engine.hand_over("interactive", number, 1, 0.0)
            time.sleep(LONG / 8)
        wait_until(lambda: asked.keys() <= began(journal).keys(), PATIENCE)
    engine.close()
    return [min(began(journal)[number]) - moment for number, moment in asked.items()]


def _processor(workers: list[subprocess.Popen[bytes]]) -> float:
    """Seconds that they and their processes have had."""
    found = [psutil.Process(each.pid) for each in workers]
    found += [child for each in found for child in each.children(recursive=True)]
    times = [each.cpu_times() for each in found]
    return sum(each.user + each.system for each in times)


@contextmanager
def _working(
    engine: Engine, processes: int, *, apart: bool = False
) -> Iterator[list[subprocess.Popen[bytes]]]:
    workers = engine.start(processes, apart=apart)
    try:
        yield workers
    finally:
        for each in workers:
            each.terminate()
        for each in workers:
            each.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--line", type=int, default=1000)
    parser.add_argument("--urgent", type=int, default=12)
    parser.add_argument("--broker", action="append", choices=BROKERS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
