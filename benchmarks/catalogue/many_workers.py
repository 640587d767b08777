"""Photos that wait in real stores, and workers that do them."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
import psutil
from attrs import define, field
from numpy.typing import NDArray
from PIL import Image
from pydantic import SecretStr

from benchmarks.real_stores import as_environment, in_mariadb, with_bucket
from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.settings import Settings, load_settings
from pixellab.testing.brokers import RunningBroker, running_rabbitmq, running_redis
from pixellab.testing.servers import running_mariadb, running_seaweedfs

PIXELLAB = str(Path(sys.executable).with_name("pixellab"))
SAMPLE = Path(__file__).parents[2] / "samples" / "yellow-box.jpg"
ACCEPTING = 4
"""Threads, as a server's."""


@contextmanager
def on_servers(folder: Path, **others: object) -> Iterator[tuple[Settings, RunningBroker]]:
    """MariaDB, SeaweedFS and RabbitMQ, each with its data in ``folder``."""
    with ExitStack() as stack:
        places = [folder / name for name in ("mariadb-of-ours", "s3", "broker")]
        for place in places:
            place.mkdir()
        database = stack.enter_context(running_mariadb(places[0]))
        objects = stack.enter_context(running_seaweedfs(places[1]))
        broker = stack.enter_context(running_rabbitmq(places[2]))
        settings = with_bucket(in_mariadb(database, **others), objects)
        yield settings.model_copy(update={"broker_url": SecretStr(broker.url)}), broker


@contextmanager
def on_one_machine(folder: Path, **others: object) -> Iterator[tuple[Settings, RunningBroker]]:
    """SQLite, files, and Redis."""
    place = folder / "broker"
    place.mkdir()
    with running_redis(place) as broker:
        data, url = folder / "data", SecretStr(broker.url)
        settings = load_settings(_env_file=None, data_dir=data, broker_url=url, **others)
        yield settings, broker


@define(eq=False)
class Worker:
    """``pixellab worker``, which can be killed with all its processes and started again."""

    settings: Settings
    variables: dict[str, str]
    log: Path
    concurrency: int = 1
    under: Sequence[str] = ()
    """A command that runs it."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        command = [*self.under, PIXELLAB, "worker", "--concurrency", str(self.concurrency)]
        env = {**os.environ, **as_environment(self.settings), **self.variables}
        with self.log.open("ab") as log:
            # A session of its own, among which Linux shares the cores, as on a machine of its own.
            self._process = subprocess.Popen(command, env=env, stderr=log, start_new_session=True)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """At once, as a power cut would."""
        if self._process is None:
            return
        with suppress(psutil.NoSuchProcess):
            tree = psutil.Process(self._process.pid).children(recursive=True)
            for each in (psutil.Process(self._process.pid), *tree):
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        self._process.wait()

    def kill_one(self) -> bool:
        """Only the process that is at work, as a photo does that no decoder survives; whether there
        was one."""
        assert self._process is not None
        found = False
        for each in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "forkserver" in " ".join(each.parent().cmdline()):
                    each.kill()
                    found = True
        return found

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()


def small_photo(number: int, side: int) -> bytes:
    """The sample, ``side`` pixels long and high, lit and noisy unlike every other."""
    pixels, noise = _sample(side)
    light = random.Random(number).uniform(0.7, 1.1)
    lit = np.clip(pixels * light + np.roll(noise, number), 0, 255)
    out = io.BytesIO()
    Image.fromarray(lit.astype(np.uint8)).save(out, "JPEG", quality=88)
    return out.getvalue()


@cache
def _sample(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Its pixels, and noise for them."""
    with Image.open(SAMPLE) as sample:
        pixels = np.asarray(sample.convert("RGB").resize((side, side)), np.float32)
    noise = np.random.default_rng(0).normal(0, 3, pixels.shape)
    return pixels, noise.astype(np.float32)


def accept(lab: PixelLab, photos: Sequence[bytes], task: Task | None = None) -> float:
    """Seconds until all were accepted, each under a key of its own."""

    def take(numbered: tuple[int, bytes]) -> None:
        number, photo = numbered
        lab.upload_later(
            Upload(
                content=io.BytesIO(photo),
                filename=f"photo-{number}.jpg",
                task=task or Task(),
                idempotency_key=f"photo-{number}",
            )
        )

    began = time.monotonic()
    with ThreadPoolExecutor(ACCEPTING) as threads:
        list(threads.map(take, enumerate(photos)))
    return time.monotonic() - began


def wait_until(condition: Callable[[], bool], patience: float) -> None:
    """Until it holds; after ``patience`` seconds the command ends."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("What is waited for does not come.")
        time.sleep(0.05)
