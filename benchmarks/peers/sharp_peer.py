"""sharp (Node.js, libvips), the peer that several benchmarks run beside.

Installed by npm into ``benchmarks/peers/sharp`` the first time it is asked for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "sharp"


def run(jobs: list[dict[str, Any]], *, workers: int, threads: int = 1) -> dict[str, Any]:
    """All ``jobs`` (see ``peer.js``); the total in seconds, and bytes and seconds of each."""
    _install()
    request = json.dumps({"workers": workers, "threads": threads, "jobs": jobs})
    done = subprocess.run(
        ["node", "peer.js"], cwd=FOLDER, input=request, capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _install() -> None:
    if (FOLDER / "node_modules" / "sharp").is_dir():
        return
    if shutil.which("npm") is None:
        sys.exit("This benchmark needs Node.js with npm to install its peer, sharp.")
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
