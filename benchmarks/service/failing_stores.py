"""Kill the S3 server and the database again and again under load: is anything lost or left?

    python -m benchmarks.service.failing_stores [--kills 10] [--clients 4] [--seed 1]
                                                [--folder FOLDER]

A SeaweedFS, a MariaDB and ``pixellab serve`` run as processes of their own. While clients upload,
enhance again, list and delete without a pause, each of the two servers is killed (SIGKILL) and
started again at random, often both at once. Then the application is stopped, ``pixellab
reconcile`` is run until it leaves nothing, and rows and objects are tallied. Exits with 1 if an
answer was neither right nor a 503 with Retry-After, if readiness missed an outage or its end, if
the tally does not balance, or if anything that a client was told is not so.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.real_stores import as_environment, in_mariadb, with_bucket
from benchmarks.service import tally
from benchmarks.service.busy_clients import Client, Record, watch
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import Settings
from pixellab.testing.servers import Server, running_mariadb, running_seaweedfs

PHOTO = Path(__file__).parents[2] / "samples" / "yellow-box.jpg"
PIXELLAB = str(Path(sys.executable).with_name("pixellab"))
STORE_TIMEOUT = 2.0
"""Seconds that the application is told to wait for an answer of either server."""
SMALLER = 3
"""Times: an upload spends its time with the servers rather than on pixels."""
UP = {"objects": (1.0, 30.0), "database": (1.0, 50.0)}
"""Seconds between which a server runs; SeaweedFS takes much longer to come back."""
DOWN = (0.0, 6.0)
"""Seconds between which it is away before it is started again."""
NOTICED = 3.0
"""Seconds after which readiness must know: an answer is kept for one, a check takes up to two."""
RECOVERY = 10.0
RECONCILES = 5


@frozen
class Outage:
    store: str
    """As readiness names it."""
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def main() -> int:
    options = _options()
    console, record = Console(width=120), Record()
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        database = stack.enter_context(running_mariadb(folder))
        objects = stack.enter_context(running_seaweedfs(folder))
        migrated = in_mariadb(
            database,
            data_dir=folder / "data",
            rate_limit="off",
            database_timeout=STORE_TIMEOUT,
            s3_timeout=STORE_TIMEOUT,
        )
        settings, log = with_bucket(migrated, objects), folder / "pixellab.log"
        servers = {"objects": objects.server, "database": database.server}
        with _serving(settings, log) as url:
            outages = _load(url, servers, record, options)
        with bootstrap(settings) as pixellab:
            before = tally.statuses(pixellab)
        left = _reconcile(settings, log, console)
        with bootstrap(settings) as pixellab:
            after, failures = tally.statuses(pixellab), tally.failures(pixellab)
            failures |= record.broken(pixellab.repository)
        failures["unforeseen errors in the log"] = log.read_text().count("unforeseen")
    failures["answers neither right in time nor 503 with Retry-After"] = len(record.wrong)
    failures["runs of reconcile, the last of which left something"] = left
    failures |= _readiness(console, outages, record)
    console.print(_answer_table(record), _status_table(before, after))
    for wrong in record.wrong:
        console.print(f"WRONG: {wrong}")
    for name, number in failures.items():
        console.print(f"{number:5d} {name}")
    return 1 if any(failures.values()) else 0


def _load(
    url: str, servers: dict[str, Server], record: Record, options: argparse.Namespace
) -> list[Outage]:
    """Clients at work while the servers come and go, and for a while after."""
    stop, photo = threading.Event(), _small(options.photo)
    chances = (random.Random(f"{options.seed} {number}") for number in range(1_000_000))
    clients = [Client(url, photo, record, next(chances)) for _ in range(options.clients)]
    with ThreadPoolExecutor(options.clients + 1 + len(servers)) as threads:
        running = [threads.submit(client.run, stop) for client in clients]
        running.append(threads.submit(watch, url, record, stop))
        try:
            failing = [
                threads.submit(_fail, name, server, options.kills, next(chances))
                for name, server in servers.items()
            ]
            outages = [outage for each in failing for outage in each.result()]
            time.sleep(RECOVERY)
        finally:
            stop.set()
        for each in running:
            each.result()
    return outages


def _small(photo: Path) -> bytes:
    data = io.BytesIO()
    Image.open(photo).reduce(SMALLER).save(data, "JPEG")
    return data.getvalue()


def _fail(name: str, server: Server, kills: int, chance: random.Random) -> list[Outage]:
    outages = []
    for _ in range(kills):
        time.sleep(chance.uniform(*UP[name]))
        began = time.monotonic()
        server.kill()
        time.sleep(chance.uniform(*DOWN))
        server.start()
        outages.append(Outage(name, began, time.monotonic()))
    return outages


@contextmanager
def _serving(settings: Settings, log: Path) -> Iterator[str]:
    """The URL at which ``pixellab serve`` answers; on leaving it is stopped in its own way."""
    command = [PIXELLAB, "serve", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=log.parent, env=_environment(settings), stderr=output
        )
    try:
        while " answers at " not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield log.read_text().partition(" answers at ")[2].split()[0]
    finally:
        process.terminate()
        process.wait()


def _reconcile(settings: Settings, log: Path, console: Console) -> int:
    """Runs the command until it leaves nothing; how often it did not, if that never came."""
    command = [PIXELLAB, "reconcile"]
    for _ in range(RECONCILES):
        with log.open("ab") as output:
            done = subprocess.run(
                command,
                cwd=log.parent,
                env=_environment(settings),
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                check=False,
            )
        console.print(f"pixellab reconcile: {done.stdout.strip()} Exit code {done.returncode}.")
        if done.returncode == 0:
            return 0
    return RECONCILES


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, **as_environment(settings)}


def _readiness(console: Console, outages: list[Outage], record: Record) -> dict[str, int]:
    """Prints how readiness followed the outages; what it missed."""
    missed = late = 0
    for store in UP:
        own = [each for each in outages if each.store == store]
        states = [(asked, checks[store] == "ok") for asked, checks in record.readiness]
        red, recoveries = 0, []
        for outage, end in zip(own, [*(each.began for each in own[1:]), float("inf")], strict=True):
            seen = any(not ok and outage.began <= at <= outage.ended for at, ok in states)
            red += seen
            missed += not seen and outage.seconds > NOTICED
            green = [at - outage.ended for at, ok in states if ok and outage.ended <= at < end]
            recoveries += green[:1]
            late += (green[0] if green else end - outage.ended) > RECOVERY
        shortest, longest = min(e.seconds for e in own), max(e.seconds for e in own)
        console.print(
            f"{store}: {len(own)} outages of {shortest:.1f} to {longest:.1f} s; readiness turned "
            f"red in {red}, and green again after {len(recoveries)}, at the latest "
            f"{max(recoveries, default=float('inf')):.1f} s after the server was back."
        )
    first, second = ([each for each in outages if each.store == store] for store in UP)
    both = sum(any(a.began < b.ended and b.began < a.ended for b in second) for a in first)
    console.print(f"In {both} of the outages of one server the other was away, too.")
    return {
        f"outages of over {NOTICED:g} s that readiness missed": missed,
        f"ends of outages that readiness missed for {RECOVERY:g} s": late,
    }


def _answer_table(record: Record) -> Table:
    table = Table("request", "answer", "number", "longest, s", title="Answers")
    for (what, answer), number in sorted(record.answers.items()):
        table.add_row(what, answer, str(number), f"{record.longest[what, answer]:.1f}")
    return table


def _status_table(before: Counter[str], after: Counter[str]) -> Table:
    table = Table("status", "after the outages", "after reconcile", title="Rows")
    for status in ("COMPLETED", "PENDING", "FAILED"):
        table.add_row(status, str(before[status]), str(after[status]))
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=10, help="of each of the two servers")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--photo", type=Path, default=PHOTO, help="the photo that is uploaded")
    parser.add_argument("--folder", type=Path, help="a new folder, which keeps data and logs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
