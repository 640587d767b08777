"""Do two workers do twice what one does, and what does the broker cost a photo?

    python -m benchmarks.catalogue.workers [--photos 90] [--side 2500] [--servers]

Photos wait in the stores; one worker of one process does them, then two do as many, each on a core
of its own (``taskset``); then a loop in one process does as many without a broker, on one core. The
clock runs from a tenth of the photos to the last, so that starting does not count. ``--servers``
takes MariaDB, SeaweedFS and RabbitMQ in place of SQLite, files and Redis; they share the cores, so
only photos that take a worker far longer than these can show twice as many.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.catalogue.many_workers import (
    Worker,
    accept,
    on_one_machine,
    on_servers,
    small_photo,
)
from pixellab.domain.use_cases.keeping.reservations import job_of
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.entrypoints.settings import Settings

WANTED = 1.9
LOOK_EVERY = 0.2
"""Seconds; looking takes time of the cores that are measured."""


def main() -> int:
    options = _options()
    photos = [small_photo(number, options.side) for number in range(options.photos)]
    seconds = {}
    for workers in (1, 2, 0):
        stage = on_servers if options.servers else on_one_machine
        with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as (settings, _):
            seconds[workers] = _timed(settings, photos, workers, Path(folder))
    ratio, own = seconds[1] / seconds[2], 1000 * (seconds[1] - seconds[0])
    table = Table("", "photos/s", "ms a photo")
    for workers, name in ((0, "a loop, no broker"), (1, "one worker"), (2, "two workers")):
        each = seconds[workers]
        table.add_row(name, f"{1 / each:.2f}", f"{1000 * each:.0f}")
    console = Console()
    console.print(table)
    console.print(f"Two do {ratio:.2f} times what one does; {WANTED} is wanted, on idle cores.")
    console.print(f"The broker and its worker cost a photo {own:.0f} ms.")
    console.print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    return 0 if ratio >= WANTED else 1


def _timed(settings: Settings, photos: list[bytes], workers: int, folder: Path) -> float:
    """Seconds a photo."""
    with bootstrap(settings) as lab:
        accept(lab, photos)
        if workers == 0:
            return _loop(lab)
        running = [
            Worker(settings, {}, folder / f"{core}.log", under=("taskset", "-c", str(core)))
            for core in range(workers)
        ]
        for each in running:
            each.start()
        first = len(photos) // 10
        _wait_for(lab, len(photos) - first)
        began, left = time.monotonic(), lab.repository.open_work(len(photos))
        _wait_for(lab, 0)
        took = time.monotonic() - began
        for each in running:
            each.stop()
        return took / left


def _loop(lab: PixelLab) -> float:
    """The same work by the use case alone, with one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    waiting = lab.repository.unfinished(utc_now(), 100_000)
    first = len(waiting) // 10
    for each in waiting[:first]:
        lab.process.do(job_of(each))
    began = time.monotonic()
    for each in waiting[first:]:
        lab.process.do(job_of(each))
    took = time.monotonic() - began
    os.sched_setaffinity(0, cores)
    return took / (len(waiting) - first)


def _wait_for(lab: PixelLab, open_work: int) -> None:
    while lab.repository.open_work(open_work + 1) > open_work:
        time.sleep(LOOK_EVERY)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=90)
    parser.add_argument("--side", type=int, default=2500, help="pixels")
    parser.add_argument("--servers", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
