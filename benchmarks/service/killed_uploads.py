"""Kill uploads at every point, reconcile, and count what was orphaned, left or lost.

    python -m benchmarks.service.killed_uploads [--runs 100] [--photo FILE]

Half of the uploads are killed (SIGKILL) at moments spread evenly over the time one takes, the other
half just after each milestone, in turn. Then ``reconcile`` is killed a few times, and
at last let finish. Exits with 1 if an object has no row, a row is still pending, or the objects of
a completed row are missing or differ in size or SHA-256 from what the row says.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.data import PHOTOS
from benchmarks.service import tally
from pixellab.domain.ports import Event, Milestone
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import Settings

MILESTONES = [milestone for milestone in Milestone if milestone is not Milestone.FAILED]
NOT_BEGUN = "(none)"
LONGEST_DELAY = 0.02
"""Seconds between a milestone and the kill: long enough to reach into the next write."""
KILLED_RECONCILES = 5

# Children are forked from a server that has imported everything, so that a run takes no longer
# than the upload it kills.
processes = multiprocessing.get_context("forkserver")


def main() -> int:
    options = _options()
    processes.set_forkserver_preload(
        [
            "pixellab.entrypoints.bootstrap",
            "pixellab.adapters.imaging.imaging",
            "pixellab.adapters.enhancers.local.pipeline",
            "pixellab.adapters.image_repositories.sql.image_repository",
            "pixellab.adapters.object_stores.filesystem",
        ]
    )
    console, chance = Console(), random.Random(options.seed)
    photo = options.photo.read_bytes() if options.photo else _photo()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        data_dir = Path(folder)
        seconds = min(_time_one(data_dir, photo) for _ in range(2))
        console.print(f"One upload of {len(photo)} bytes takes {seconds:.2f} s.")
        reached = Counter(
            _killed_upload(data_dir, photo, moment)
            for moment in _moments(options.runs, seconds, chance)
        )
        settings = Settings(data_dir=data_dir)
        with bootstrap(settings) as pixellab:
            before = tally.statuses(pixellab)
            early = tally.orphans(pixellab)
        for _ in range(KILLED_RECONCILES):
            _killed_reconcile(data_dir, chance.uniform(0, 2 * seconds))
        with bootstrap(settings) as pixellab:
            done = pixellab.reconcile()
            console.print(
                _milestone_table(reached), _status_table(before, tally.statuses(pixellab))
            )
            console.print(f"The last reconcile: {done}")
            failures = tally.failures(pixellab)
    failures["objects without a row, before reconcile"] = len(early)
    for name, number in failures.items():
        console.print(f"{number:5d} {name}")
    return 1 if any(failures.values()) or sum(reached.values()) != options.runs else 0


# A moment waits for the child to come to where it is to be killed, and says what it had reached.
Moment = Callable[[Connection], str]


def _moments(runs: int, seconds: float, chance: random.Random) -> Iterator[Moment]:
    for number in range(runs):
        turn = number // 2
        if number % 2:
            yield _at_milestone(
                MILESTONES[turn % len(MILESTONES)], chance.uniform(0, LONGEST_DELAY)
            )
        else:
            yield _at_time((turn + chance.random()) / (runs / 2) * seconds)


def _at_time(delay: float) -> Moment:
    def wait(child: Connection) -> str:
        reached, end = NOT_BEGUN, time.monotonic() + delay
        while (left := end - time.monotonic()) > 0:
            if child.poll(left):
                reached = child.recv()
        return reached

    return wait


def _at_milestone(milestone: Milestone, delay: float) -> Moment:
    def wait(child: Connection) -> str:
        while child.recv() != milestone:
            pass
        time.sleep(delay)
        return milestone

    return wait


def _killed_upload(data_dir: Path, photo: bytes, moment: Moment) -> str:
    child, process = _start(_upload, data_dir, photo)
    reached = moment(child)
    _kill(process)
    while True:
        try:
            reached = child.recv()
        except EOFError:
            return reached


def _killed_reconcile(data_dir: Path, delay: float) -> None:
    _, process = _start(_reconcile, data_dir)
    process.join(delay)
    _kill(process)


def _time_one(data_dir: Path, photo: bytes) -> float:
    child, process = _start(_upload, data_dir, photo)
    began = time.monotonic()
    while child.recv() != Milestone.COMPLETED:
        pass
    seconds = time.monotonic() - began
    _kill(process)
    return seconds


def _start(job: Callable[..., None], *arguments: object) -> tuple[Connection, BaseProcess]:
    """A child that has everything open and begins its job now."""
    ours, theirs = processes.Pipe()
    process = processes.Process(target=job, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    assert ours.recv() == "ready"
    ours.send("go")
    return ours, process


def _kill(process: BaseProcess) -> None:
    assert process.pid is not None
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def _upload(parent: Connection, data_dir: Path, photo: bytes) -> None:
    """In the child: one upload, telling each milestone; then wait to be killed."""

    def tell(event: Event) -> None:
        parent.send(str(event.milestone))

    with bootstrap(Settings(data_dir=data_dir)) as pixellab:
        parent.send("ready")
        parent.recv()
        pixellab.upload_and_enhance(Upload(content=io.BytesIO(photo), filename="photo.jpg"), tell)
        signal.pause()


def _reconcile(parent: Connection, data_dir: Path) -> None:
    with bootstrap(Settings(data_dir=data_dir)) as pixellab:
        parent.send("ready")
        parent.recv()
        pixellab.reconcile()


def _milestone_table(reached: Counter[str]) -> Table:
    table = Table("last milestone reported before the kill", "runs", title="Uploads killed")
    for milestone in (NOT_BEGUN, *map(str, MILESTONES)):
        table.add_row(milestone, str(reached[milestone]))
    return table


def _status_table(before: Counter[str], after: Counter[str]) -> Table:
    table = Table("status", "after the kills", "after reconcile", title="Rows")
    for status in ("COMPLETED", "PENDING", "FAILED"):
        table.add_row(status, str(before[status]), str(after[status]))
    return table


def _photo() -> bytes:
    """A photo from the folder of trial photos, or, without that, one made here."""
    if found := sorted(PHOTOS.glob("*.jpg")):
        return found[0].read_bytes()
    y, x = np.mgrid[0:900, 0:1200].astype(np.float32)
    product = np.hypot(x - 600, y - 450) < 300
    noise = np.random.default_rng(1).normal(0, 6, (900, 1200))
    grey = np.where(product, 70 + x / 15, 180) + noise
    file = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--photo", type=Path, help="the photo that is uploaded")
    parser.add_argument("--folder", type=Path, help="where the stores are made; default: /tmp")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
