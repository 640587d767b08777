"""sharp (Node.js, libvips), the peer that several benchmarks run beside.

Installed by npm into ``benchmarks/peers/sharp`` the first time it is asked for.
"""

from __future__ import annotations

import json
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "sharp"
QUANTIZATION_TABLE = 3
"""Of mozjpeg, the one that sharp chooses."""


def run(jobs: list[dict[str, Any]], *, workers: int, threads: int = 1) -> dict[str, Any]:
    """All ``jobs`` (see ``peer.js``); the total in seconds, and bytes and seconds of each."""
    _install()
    request = json.dumps({"workers": workers, "threads": threads, "jobs": jobs})
    done = subprocess.run(
        ["node", "peer.js"], cwd=FOLDER, input=request, capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


class Opener:
    """A process that opens files and decodes them in full, one after the other."""

    def __init__(self) -> None:
        _install()
        self._node = self._started()

    def __enter__(self) -> Opener:
        return self

    def __exit__(self, *_: object) -> None:
        self._node.kill()
        self._node.wait()

    def opened(self, path: Path, seconds: float) -> str | None:
        """``opened``, ``refused``, ``unsupported`` or ``died``; None where it takes too long."""
        assert self._node.stdin
        assert self._node.stdout
        self._node.stdin.write(f"{path.resolve()}\n")
        self._node.stdin.flush()
        ready, _, _ = select.select([self._node.stdout], [], [], seconds)
        said = self._node.stdout.readline().strip() if ready else None
        if not said:
            self.__exit__()
            self._node = self._started()
        return said if said is None else said or "died"

    def _started(self) -> subprocess.Popen[str]:
        command = ["node", "open.js"]
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(
            command, cwd=FOLDER, stdin=pipe, stdout=pipe, stderr=quiet, text=True
        )


def _install() -> None:
    if (FOLDER / "node_modules" / "sharp").is_dir():
        return
    if shutil.which("npm") is None:
        sys.exit("This benchmark needs Node.js with npm to install its peer, sharp.")
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
