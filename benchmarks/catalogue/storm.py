"""Kill workers and the broker while a catalogue is done: is each photo done, and once?

    python -m benchmarks.catalogue.storm [--photos 10000] [--side 300] [--every 10]
                                      [--whole 0.2] [--seed 1] [--mode SHARPEN]

MariaDB, SeaweedFS and RabbitMQ run as processes of their own. Small photos are accepted as uploads
that nobody waits for, two among them poison: whoever enhances them dies. Two workers do them. Every
10 seconds one is killed (SIGKILL): the process that is at work, or, as often as ``--whole`` says,
all of the worker's processes, which is then started again. The broker is killed and started again
once. A receiver counts the webhooks. At the end rows, objects and webhooks are tallied. Exits with
1 if a photo was not done, an object has no row or a row no object, anything but the poison was
given up, or a photo was not announced by one message, however often that was sent.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from PIL import Image
from pydantic import SecretStr
from rich.console import Console

from benchmarks.catalogue.many_workers import Worker, accept, on_servers, small_photo
from benchmarks.catalogue.plugins import plugin
from benchmarks.catalogue.receiver import Told, receiving
from benchmarks.service import tally
from pixellab.adapters.process_owner import may_be_alive
from pixellab.domain.images import ProcessingStatus
from pixellab.domain.ports import DeliveryQuery
from pixellab.domain.requests import Mode, Task
from pixellab.domain.webhooks import DeliveryStatus
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.testing.brokers import RunningBroker

WORKERS = 2
POISON = 2
SECRET = SecretStr("whsec_" + base64.b64encode(bytes(32)).decode())
DEADLY = '''
import os, signal
from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode


class Deadly(Enhancer):
    """Dies of red photos, as of a decoder's bug, and leaves the others to the next backend."""

    name = "DEADLY"
    modes = frozenset(Mode)

    def enhance(self, picture, task, report=None, *, attempt=None):
        red, green, blue = picture.pixels[0, 0, :3]
        if red > 200 and green < 50 and blue < 50:
            os.kill(os.getpid(), signal.SIGKILL)
        raise BackendUnavailable("Not of this photo.")
'''

console = Console()


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        plugins = plugin(folder / "plugins", "deadly", "Deadly", DEADLY)
        sys.path.insert(0, str(plugins))
        others = {"routes": "*=DEADLY>LOCAL", "queue_limit": 1_000_000, "webhook_secret": SECRET}
        with (
            receiving() as told,
            on_servers(folder, webhook_url=SecretStr(told.url), **others) as (settings, broker),
            bootstrap(settings) as lab,
        ):
            photos = [small_photo(number, options.side) for number in range(options.photos)]
            photos[10:10] = [_red(number) for number in range(POISON)]
            took = accept(lab, photos, Task(mode=options.mode))
            console.print(f"{len(photos)} accepted in {took:.0f} s.")
            variables = {"PYTHONPATH": str(plugins), "PIXELLAB_LOG_LEVEL": "error"}
            workers = [
                Worker(settings, variables, folder / f"worker-{number}.log")
                for number in range(WORKERS)
            ]
            try:
                _storm(lab, broker, workers, options)
                return _failures(lab, told, options.photos + POISON)
            finally:
                for each in workers:
                    each.kill()


def _storm(
    lab: PixelLab, broker: RunningBroker, workers: list[Worker], options: argparse.Namespace
) -> None:
    chance, began, kills, restarted = random.Random(options.seed), time.monotonic(), 0, False
    accepted = options.photos + POISON
    for each in workers:
        each.start()
    next_kill = began + options.every
    while left := lab.repository.open_work(accepted):
        time.sleep(0.2)
        if time.monotonic() >= next_kill:
            victim, whole = chance.choice(workers), chance.random() < options.whole
            if whole:
                victim.kill()
                victim.start()
            if whole or victim.kill_one():
                kills += 1
            next_kill = time.monotonic() + options.every
            console.print(f"{time.monotonic() - began:6.0f} s  {left} left, {kills} kills")
        if not restarted and left < accepted * 2 // 3:
            restarted = True
            broker.server.kill()
            # Nobody waits for it: the next kill of a worker may come while it is away.
            threading.Thread(target=broker.server.start).start()
            console.print(f"{time.monotonic() - began:6.0f} s  the broker was killed")
    took = time.monotonic() - began
    waiting = DeliveryQuery(status=DeliveryStatus.WAITING, limit=1)
    while lab.deliveries.page(waiting).deliveries:
        time.sleep(0.2)
    told = time.monotonic() - began - took
    depths = lab.queue.depths()
    for each in workers:
        each.stop()
    console.print(
        f"{accepted} photos in {took:.0f} s, {kills} kills of a worker, the broker killed "
        f"{'once' if restarted else 'never'}; the last webhook {told:.0f} s later; "
        f"{sum((depths or {}).values())} messages left; load {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} cores."
    )


def _failures(lab: PixelLab, told: Told, accepted: int) -> int:
    parked = lab.repository.backlog(utc_now(), may_be_alive).parked
    found = list(tally.images(lab))
    history = [each for image in found for each in lab.repository.history(image.id)]
    ended = Counter((str(each.status), each.attempts) for each in history)
    for (status, attempts), number in sorted(ended.items()):
        console.print(f"{number:6d} {status} at attempt {attempts}")
    failures = tally.failures(lab)
    failures["photos without a row, or with several"] = abs(len(found) - accepted)
    failures["enhancements more or fewer than one a photo"] = abs(len(history) - len(found))
    failed = sum(each.status is ProcessingStatus.FAILED for each in history)
    failures["given up, more or fewer than the poison"] = abs(parked - POISON)
    failures["failed beside the poison"] = failed - parked
    objects = len(set(lab.store.keys()))
    # An original, a result and a thumbnail each; of the poison the originals.
    failures["objects more or fewer"] = abs(objects - 3 * (accepted - POISON) - POISON)
    announced = Counter({"image.completed": accepted - POISON, "image.failed": POISON})
    failures["webhooks more or fewer than one a photo"] = (
        (announced - told.events).total()
        + (told.events - announced).total()
        + sum(len(told.messages[image.id]) != 1 for image in found)
    )
    console.print(f"{told.requests:6d} webhooks sent, {told.events.total()} of them different")
    for name, number in failures.items():
        console.print(f"{number:6d} {name}")
    return 1 if any(failures.values()) else 0


def _red(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 200 + number), (255, 0, 0)).save(out, "PNG")
    return out.getvalue()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=300, help="pixels")
    parser.add_argument(
        "--mode",
        type=Mode.parse,
        default=Mode.SHARPEN,
        help="by default the one of least work, SHARPEN",
    )
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two kills")
    parser.add_argument("--whole", type=float, default=0.2, help="share of kills of a whole worker")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where all data is kept meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
