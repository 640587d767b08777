"""What becomes of the job at work when its worker is killed?

    python -m benchmarks.catalogue.engine_killed [--broker rabbitmq] [--broker redis]

PixelLab's worker beside Celery's, two of each, on a broker of their own. A job of 8 s has begun;
then the worker that does it is killed (SIGKILL): its first process alone, as the system does when
memory is short, or all of them, as a power cut does. Reports after how many seconds the job began
once more at the other, how often it began in all, and how many processes of the killed worker were
still there two seconds later.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.catalogue.engine import BROKERS
from benchmarks.catalogue.many_workers import Worker, small_photo, wait_until
from benchmarks.catalogue.own_taker import began
from benchmarks.catalogue.plugins import plugin
from benchmarks.peers.celery_peer import Celery
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings

SECONDS, LATER, PATIENCE = 8.0, 2.0, 60.0
SLOW = f'''
import os
from benchmarks.catalogue.own_taker import do
from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode


class Slow(Enhancer):
    """Takes its time, and leaves the photo to the next backend."""

    name = "SLOW"
    modes = frozenset(Mode)

    def enhance(self, picture, task, report=None, *, attempt=None):
        do(os.environ["JOURNAL"], 0, {SECONDS})
        raise BackendUnavailable("Not of this photo.")
'''


def main() -> int:
    options = _options()
    table = Table("", "broker", "killed", "began again after", "began", "processes left")
    for broker in options.broker or BROKERS:
        for name, stage in (("PixelLab", _ours), ("Celery, prefork", _celery)):
            for whole in (False, True):
                with (
                    tempfile.TemporaryDirectory() as folder,
                    BROKERS[broker](Path(folder)) as running,
                    stage(running.url, Path(folder)) as pids,
                ):
                    cells = _killed(pids, Path(folder) / "journal", whole=whole)
                table.add_row(name, broker, "all" if whole else "the first process", *cells)
                print(name, broker, whole, cells, flush=True)
    console = Console()
    console.print(table)
    console.print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    return 0


def _killed(pids: list[int], journal: Path, *, whole: bool) -> tuple[str, str, str]:
    wait_until(lambda: 0 in began(journal), PATIENCE)
    at_work = int(journal.read_text().split()[2])
    victim = next(each for each in map(psutil.Process, pids) if at_work in _tree(each))
    tree = [psutil.Process(pid) for pid in _tree(victim)]
    killed = time.monotonic()
    for each in tree if whole else tree[:1]:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    time.sleep(LATER)
    left = sum(_runs(each) for each in tree[1:])
    with suppress(SystemExit):
        wait_until(lambda: len(began(journal)[0]) > 1, PATIENCE)
    moments = began(journal)[0]
    again = f"{moments[1] - killed:.1f} s" if len(moments) > 1 else f"not within {PATIENCE:.0f} s"
    return again, str(len(moments)), str(left)


def _tree(process: psutil.Process) -> list[int]:
    return [process.pid, *(each.pid for each in process.children(recursive=True))]


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextmanager
def _ours(url: str, folder: Path) -> Iterator[list[int]]:
    place = plugin(folder / "plugins", "slow", "Slow", SLOW)
    sys.path.insert(0, str(place))
    settings = load_settings(
        _env_file=None,
        data_dir=folder / "data",
        broker_url=SecretStr(url),
        routes="*=SLOW>LOCAL",
    )
    variables = {
        "PYTHONPATH": os.pathsep.join((str(place), str(Path(__file__).parents[2]))),
        "JOURNAL": str(folder / "journal"),
        "PIXELLAB_LOG_LEVEL": "error",
    }
    workers = [Worker(settings, variables, folder / f"{number}.log") for number in range(2)]
    with bootstrap(settings) as lab:
        lab.upload_later(Upload(content=io.BytesIO(small_photo(0, 300))))
        for each in workers:
            each.start()
        try:
            yield [each.pid for each in workers]
        finally:
            for each in workers:
                each.kill()
    sys.path.remove(str(place))


@contextmanager
def _celery(url: str, folder: Path) -> Iterator[list[int]]:
    celery = Celery(url, "prefork", folder / "journal")
    workers = [celery.worker(f"{number}@peer", 1) for number in range(2)]
    celery.hand_over("batch", 0, 1, SECONDS)
    try:
        yield [each.pid for each in workers]
    finally:
        for each in workers:
            with suppress(psutil.NoSuchProcess):
                for process in map(psutil.Process, reversed(_tree(psutil.Process(each.pid)))):
                    process.kill()
            each.wait()
        celery.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", action="append", choices=BROKERS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
