"""Can clients that trickle hold up the server? 200 sockets of theirs beside an ordinary client.

    python -m benchmarks.service.slow_clients [--sockets 200] [--addresses 1] [--seconds 45]
        [--only KIND ...]

For each kind (headers, uploads, fields of another enhancement, downloads) a server is started as a
process of its own, with 1024 file descriptors, and all sockets are opened at once; each sends or
takes a byte a second, and is opened anew when the server closes it. They come from ``--addresses``
addresses of 127.0.1.0/24, the ordinary client from 127.0.0.1. That one uploads, lists, downloads
and asks whether the server lives, over a new connection each time. Printed are how many sockets of
theirs the server had open and for how long, how they ended (the status of an answer), the lines of
the server's log, and what the ordinary client was answered, and how soon. Another version is
measured with PYTHONPATH=ITS/src.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import multiprocessing as mp
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from benchmarks.service.burst import SERVE, wait_until_live

DESCRIPTORS = 1024
"""What Linux gives a process where nobody says otherwise."""
PATIENCE = 10.0
"""Seconds after which the ordinary client gives a request up."""
KEY = "uploads/original/00000000_large.png"
LARGE = 20_000_000
"""Bytes; more than the kernel's buffers hold for a client."""
FORM = (
    b"POST /api/v1/enhance/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
)
KINDS = {
    "headers": b"GET /health/live HTTP/1.1\r\nHost: ",
    "uploads": FORM,
    "fields": b"POST /api/v1/images/%s/enhance HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n"
    b"Content-Type: application/json\r\n\r\n{",
    "downloads": b"GET /files/" + KEY.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


async def trickle(kind: str, port: int, host: str, begin: bytes, ends: Counter[str]) -> None:
    """One socket after the other; counts how each ended, by the answer's status."""
    loop = asyncio.get_running_loop()
    while True:
        with socket.socket() as wire:
            wire.setblocking(False)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.bind((host, 0))
            first = b""
            with suppress(OSError):
                await loop.sock_connect(wire, ("127.0.0.1", port))
                await loop.sock_sendall(wire, begin)
                while not first.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")):
                    await asyncio.sleep(1)
                    with suppress(BlockingIOError):
                        got = wire.recv(1 if first else 64)
                        first = first or got
                        if not got:
                            break
                    if kind != "downloads":
                        await loop.sock_sendall(wire, b"x")
            ends[first[9:12].decode() or "closed"] += 1
        await asyncio.sleep(1)


def attack(
    kind: str,
    port: int,
    sockets: int,
    addresses: int,
    begin: bytes,
    stop: Event,
    results: mp.Queue[Counter[str]],
) -> None:
    async def run() -> None:
        ends: Counter[str] = Counter()
        hosts = [f"127.0.1.{number % addresses + 1}" for number in range(sockets)]
        tasks = [asyncio.create_task(trickle(kind, port, host, begin, ends)) for host in hosts]
        await asyncio.to_thread(stop.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        results.put(ends)

    asyncio.run(run())


@contextmanager
def serving() -> Iterator[tuple[psutil.Process, int, list[str]]]:
    """A server over empty stores, its port, and the lines of its log as they come."""
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "objects" / KEY
        large.parent.mkdir(parents=True)
        large.write_bytes(bytes(LARGE))
        env = {
            **os.environ,
            "PIXELLAB_DATA_DIR": folder,
            "PIXELLAB_PORT": "0",
            "PIXELLAB_RATE_LIMIT": "off",
        }
        command = f'ulimit -n {DESCRIPTORS}; exec "$0" -c "$1"'
        with subprocess.Popen(
            ["sh", "-c", command, sys.executable, SERVE],
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stderr is not None
                port = next(
                    int(found[1])
                    for line in process.stderr
                    if (found := re.search(r"answers at http://localhost:(\d+)", line))
                )
                log: list[str] = []
                threading.Thread(target=lambda: log.extend(process.stderr), daemon=True).start()
                wait_until_live(port)
                yield psutil.Process(process.pid), port, log
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


@contextmanager
def watching(server: psutil.Process, port: int) -> Iterator[dict[str, float]]:
    """How many sockets of the attackers the server has open at most, and for how many seconds."""
    figures, done = {"open": 0.0, "seconds": 0.0}, threading.Event()

    def watch() -> None:
        first_seen: dict[tuple[str, int], float] = {}
        while not done.wait(0.5):
            theirs = {
                each.raddr
                for each in server.net_connections("tcp")
                if each.laddr.port == port and each.raddr and each.raddr.ip.startswith("127.0.1.")
            }
            now = time.monotonic()
            first_seen = {address: first_seen.get(address, now) for address in theirs}
            for address in theirs:
                figures["seconds"] = max(figures["seconds"], now - first_seen[address])
            figures["open"] = max(figures["open"], len(theirs))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield figures
    finally:
        done.set()
        watcher.join()


def photo() -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (72, 96, 3), np.uint8)
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


def uploaded(port: int) -> str:
    """The id of an image."""
    url = f"http://127.0.0.1:{port}/api/v1/enhance/upload"
    answer = httpx.post(
        url, files={"file": ("a.jpg", photo())}, data={"mode": "OPTIMIZE"}, timeout=60
    )
    return str(answer.raise_for_status().json()["image_id"])


def ordinary(port: int, seconds: float) -> tuple[Counter[str], list[float]]:
    """Answers by request and status, and the milliseconds of each."""
    answers: Counter[str] = Counter()
    taken: list[float] = []
    content, ends = photo(), time.monotonic() + seconds
    form = {"files": {"file": ("a.jpg", content)}, "data": {"mode": "OPTIMIZE"}}
    requests = (
        ("upload", "POST", "/api/v1/enhance/upload", form),
        ("list", "GET", "/api/v1/images?limit=20", {}),
        ("download", "GET", f"/files/{KEY}", {"headers": {"Range": "bytes=0-999999"}}),
        ("live", "GET", "/health/live", {}),
    )
    while time.monotonic() < ends:
        for name, method, path, rest in requests:
            began = time.perf_counter()
            try:
                url = f"http://127.0.0.1:{port}{path}"
                status = str(httpx.request(method, url, timeout=PATIENCE, **rest).status_code)
            except httpx.HTTPError as error:
                status = type(error).__name__
            taken.append((time.perf_counter() - began) * 1000)
            answers[f"{name} {status}"] += 1
        time.sleep(0.1)
    return answers, taken


def measure(kind: str, sockets: int, addresses: int, seconds: float) -> None:
    with serving() as (server, port, log):
        begin = KINDS.get(kind, b"")
        begin = begin.replace(b"%s", uploaded(port).encode())
        stop: Event = mp.Event()
        results: mp.Queue[Counter[str]] = mp.Queue()
        attackers = mp.Process(
            target=attack, args=(kind, port, sockets, addresses, begin, stop, results)
        )
        with watching(server, port) as held:
            attackers.start()
            time.sleep(1)
            answers, taken = ordinary(port, seconds)
        stop.set()
        ends = results.get(timeout=60)
        attackers.join()
        p50, p99 = np.percentile(taken, (50, 99))
        served = sum(count for name, count in answers.items() if name.split()[1][0] == "2")
        print(
            f"{kind:<10} {held['open']:.0f} sockets open at most, none longer than "
            f"{held['seconds']:.0f} s; ended with {dict(ends.most_common(4))}; "
            f"{len(log)} lines of log\n"
            f"           ordinary client: {served} of {answers.total()} served, p50 {p50:.0f} ms, "
            f"p99 {p99:.0f} ms, worst {max(taken):.0f} ms; "
            + ", ".join(f"{name}: {count}" for name, count in sorted(answers.items())),
            flush=True,
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sockets", type=int, default=200)
    arguments.add_argument("--addresses", type=int, default=1)
    arguments.add_argument("--seconds", type=float, default=45)
    arguments.add_argument("--only", nargs="*", choices=["nobody", *KINDS])
    options = arguments.parse_args()
    for kind in options.only or ["nobody", *KINDS]:
        sockets = 0 if kind == "nobody" else options.sockets
        measure(kind, sockets, options.addresses, options.seconds)


if __name__ == "__main__":
    main()
