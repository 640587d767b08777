"""Celery's worker, the peer of ours, in an environment and processes of its own.

It is installed by pip into ``benchmarks/peers/celery/.venv`` the first time it is asked for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import kombu

FOLDER = Path(__file__).parent / "celery"
BINARIES = FOLDER / ".venv" / "bin"
QUEUES = ("interactive", "batch")


class Celery:
    """Celery on the broker at ``url``; its jobs note in ``journal`` when they begin."""

    def __init__(self, url: str, pool: str, journal: Path) -> None:
        _install()
        self._url, self._pool = url, pool
        self._environment = {**os.environ, "BROKER": url, "JOURNAL": str(journal)}
        self._handing_over = subprocess.Popen(
            [BINARIES / "python", "peer.py"],
            cwd=FOLDER,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, processes: int, *, apart: bool) -> list[subprocess.Popen[bytes]]:
        """Workers with so many processes, or threads, together; ``apart``, each of a worker."""
        alone = apart or self._pool == "solo"
        return [
            self.worker(f"{number}@peer", 1 if alone else processes)
            for number in range(processes if alone else 1)
        ]

    def hand_over(self, lane: str, first: int, many: int, seconds: float) -> tuple[float, float]:
        """When that began and ended."""
        assert self._handing_over.stdin is not None
        assert self._handing_over.stdout is not None
        self._handing_over.stdin.write(f"{lane} {first} {many} {seconds}\n")
        self._handing_over.stdin.flush()
        began, ended = map(float, self._handing_over.stdout.readline().split())
        return began, ended

    def close(self) -> None:
        """Also forgets what still waits."""
        assert self._handing_over.stdin is not None
        self._handing_over.stdin.close()
        self._handing_over.wait()
        with kombu.Connection(self._url) as connection:
            for name in QUEUES:
                connection.default_channel.queue_purge(name)

    def worker(self, name: str, concurrency: int) -> subprocess.Popen[bytes]:
        """One worker with so many processes, or threads."""
        options = ["--pool", self._pool, "--concurrency", str(concurrency), "--hostname", name]
        quiet = ["--loglevel", "error", "--without-gossip", "--without-mingle"]
        return subprocess.Popen(
            [BINARIES / "celery", "-A", "peer", "worker", "-Q", ",".join(QUEUES), *options, *quiet],
            cwd=FOLDER,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _install() -> None:
    if not BINARIES.exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER / ".venv"], check=True)
    if not (BINARIES / "celery").exists():
        pip = [BINARIES / "python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "-r", FOLDER / "requirements.txt"], check=True)
