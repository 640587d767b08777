"""How the server stands a burst: many large uploads at once, and is it still alive meanwhile?

    python -m benchmarks.service.burst [FOLDER] [--uploads 32] [--megapixels 12] [--mode AUTO]

Starts the server as a process of its own, sends all uploads at once, and asks /health/live every
10 ms from another process. Prints the answers by status, the latency of the liveness answers
before and during the burst, and the server's memory before, at its peak, and after.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import multiprocessing as mp
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from benchmarks.data import PHOTOS

POLL_SECONDS = 0.01
QUIET_SECONDS = 2.0
SETTLE_SECONDS = 3.0
CLEAN = {201, 503}
BOUNDARY = "burst"

SERVE = (
    "from pixellab.entrypoints.api.server import serve;"
    "from pixellab.entrypoints.settings import load_settings;"
    "serve(load_settings())"
)


@contextmanager
def server() -> Iterator[tuple[psutil.Process, int]]:
    """A server over empty stores, on a port that is free."""
    with tempfile.TemporaryDirectory() as folder:
        env = {
            **os.environ,
            "PIXELLAB_DATA_DIR": folder,
            "PIXELLAB_PORT": "0",
            "PIXELLAB_RATE_LIMIT": "off",
        }
        with subprocess.Popen(
            [sys.executable, "-c", SERVE], env=env, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stderr is not None
                port = next(
                    int(found[1])
                    for line in process.stderr
                    if (found := re.search(r"answers at http://localhost:(\d+)", line))
                )
                threading.Thread(target=process.stderr.read, daemon=True).start()
                wait_until_live(port)
                yield psutil.Process(process.pid), port
            finally:
                process.terminate()
                process.wait(60)


def wait_until_live(port: int) -> None:
    while True:
        try:
            liveness(HTTPConnection("127.0.0.1", port))
        except OSError:
            time.sleep(0.05)
        else:
            return


def liveness(connection: HTTPConnection) -> int:
    connection.request("GET", "/health/live")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def poll(port: int, stop: Event, results: mp.Queue[list[float]]) -> None:
    """Milliseconds of each liveness answer until ``stop``."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    while not stop.is_set():
        began = time.perf_counter()
        assert liveness(connection) == 200
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(POLL_SECONDS)
    results.put(taken)


@contextmanager
def polling(port: int, title: str) -> Iterator[None]:
    stop = mp.Event()
    results: mp.Queue[list[float]] = mp.Queue()
    process = mp.Process(target=poll, args=(port, stop, results))
    process.start()
    try:
        yield
    finally:
        stop.set()
        taken = results.get(timeout=120)
        process.join()
        p50, p99 = np.percentile(taken, (50, 99))
        print(
            f"liveness {title:<13} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   "
            f"max {max(taken):7.1f} ms   ({len(taken)} answers)"
        )


@contextmanager
def memory(process: psutil.Process) -> Iterator[dict[str, float]]:
    """The process's resident MB: before, at its peak, and after."""

    def resident() -> float:
        return process.memory_info().rss / 1e6

    figures = {"before": resident(), "peak": 0.0}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            figures["peak"] = max(figures["peak"], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield figures
    finally:
        done.set()
        watcher.join()
        time.sleep(SETTLE_SECONDS)
        figures["after"] = resident()


def photos(folder: Path, megapixels: float) -> list[bytes]:
    """Photos of the folder, enlarged, with a little noise so that they weigh what a phone's do."""
    side = int((megapixels * 1e6 * 4 / 3) ** 0.5)
    paths = sorted(folder.glob("*.jpg"))[:4]
    if not paths:
        sys.exit(f"There are no JPEG files in {folder}.")
    made = []
    for seed, path in enumerate(paths):
        with Image.open(path) as image:
            large = image.convert("RGB").resize(
                (side, round(side * 3 / 4)), Image.Resampling.LANCZOS
            )
        noise = np.random.default_rng(seed).integers(-4, 5, (large.height, large.width, 1))
        noisy = np.clip(np.asarray(large, np.int16) + noise, 0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(noisy).save(out, "JPEG", quality=90)
        made.append(out.getvalue())
    return made


def upload(port: int, photo: bytes, mode: str) -> tuple[int, str, float]:
    """Status, the problem's type (or nothing), and seconds."""
    body = (
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="mode"\r\n\r\n{mode}\r\n'
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        ).encode()
        + photo
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(
        "POST",
        "/api/v1/enhance/upload",
        body,
        {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    answer = connection.getresponse()
    kind = json.loads(answer.read()).get("type", "")
    return answer.status, kind, time.perf_counter() - began


def burst(port: int, files: list[bytes], uploads: int, mode: str) -> list[tuple[int, str, float]]:
    with ThreadPoolExecutor(uploads) as pool:
        return list(pool.map(lambda n: upload(port, files[n % len(files)], mode), range(uploads)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=PHOTOS)
    parser.add_argument("--uploads", type=int, default=32)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--mode", default="AUTO")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    files = photos(asked.folder, asked.megapixels)
    sizes = ", ".join(f"{len(each) / 1e6:.1f}" for each in files)
    print(f"{asked.uploads} uploads of {asked.megapixels:g} megapixels ({sizes} MB), {asked.mode}")
    with server() as (process, port):
        upload(port, files[0], asked.mode)  # what is loaded once is loaded now
        with polling(port, "at rest"):
            time.sleep(QUIET_SECONDS)
        for number in range(1, asked.rounds + 1):
            with memory(process) as resident, polling(port, f"in burst {number}"):
                began = time.perf_counter()
                answers = burst(port, files, asked.uploads, asked.mode)
                seconds = time.perf_counter() - began
            tally = collections.Counter((status, kind) for status, kind, _ in answers)
            print(f"burst {number}: {seconds:.1f} s")
            for (status, kind), count in sorted(tally.items()):
                note = "" if status in CLEAN else "   NOT ALLOWED"
                print(f"  {status} {kind:<32} {count:3}{note}")
            print("  memory " + "   ".join(f"{k} {v:.0f} MB" for k, v in resident.items()))


if __name__ == "__main__":
    main()
