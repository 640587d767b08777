"""Accept a batch of 100,000 lines, and upload a photo now and then meanwhile.

    python -m benchmarks.catalogue.accept [--lines 100000] [--uploads 10]

On the embedded default, against a server in a process of its own, which does no line of it
meanwhile: what is measured is taking the lines in. Reports the seconds, the server's memory
before, at most and after (VmRSS and VmHWM of /proc), and the median time of an upload of 12
megapixels alone and beside. Exits with 1 where the batch took more than 60 s, or an upload more
than 1.5 times its time alone.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

MOST_SECONDS, MOST_SLOWER = 60.0, 1.5
BATCHES = "/api/v1/batches"


def main() -> int:
    options = _options()
    lines = "".join(
        f"incoming/spring/{number:06}.jpg,SKU-{number:06}\n" for number in range(options.lines)
    )
    manifest = f"key,sku_id\n{lines}".encode()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, _server(folder) as server:
        url = _address(server)
        with httpx.Client(base_url=url, timeout=600) as client:
            _upload(client)
            alone = [_upload(client) for _ in range(options.uploads)]
            before = _memory(server.pid, "VmRSS")
            taking = _Taking(url, manifest)
            taking.start()
            beside = []
            while taking.is_alive():
                beside.append(_upload(client))
            taking.join()
            counts: Any = client.get(taking.location).json()["counts"]
            most = _memory(server.pid, "VmHWM")
            after = _memory(server.pid, "VmRSS")
        server.terminate()
    slower = statistics.median(beside) / statistics.median(alone)
    print(f"{counts['waiting']} lines ({len(manifest) / 1e6:.1f} MB) in {taking.seconds:.1f} s")
    print(f"memory {before:.0f} MB before, {after:.0f} MB after, {most:.0f} MB at most")
    print(f"an upload alone {statistics.median(alone):.2f} s, beside it ", end="")
    print(f"{statistics.median(beside):.2f} s ({len(beside)} of them): {slower:.2f} times")
    whole = counts["waiting"] == options.lines
    return 0 if whole and taking.seconds <= MOST_SECONDS and slower <= MOST_SLOWER else 1


class _Taking(threading.Thread):
    """Sends the manifest, and notes how long the answer took."""

    def __init__(self, url: str, manifest: bytes) -> None:
        super().__init__()
        self._url, self._manifest = url, manifest
        self.seconds = 0.0
        self.location = ""

    def run(self) -> None:
        began = time.monotonic()
        files = {"manifest": ("spring.csv", io.BytesIO(self._manifest))}
        answer = httpx.post(self._url + BATCHES, files=files, timeout=600)
        answer.raise_for_status()
        self.seconds = time.monotonic() - began
        self.location = answer.headers["location"]


def _upload(client: httpx.Client) -> float:
    began = time.monotonic()
    files = {"file": ("photo.jpg", PHOTO)}
    answer = client.post("/api/v1/enhance/upload", files=files, data={"mode": "AUTO"})
    answer.raise_for_status()
    return time.monotonic() - began


def _photo() -> bytes:
    y, x = np.mgrid[0:3000, 0:4000].astype(np.float32)
    light = 120 + 60 * np.sin(x / 90) * np.cos(y / 70)
    noise = np.random.default_rng(0).normal(0, 3, light.shape)
    pixels = np.clip(np.stack([light + noise, light * 0.9, light * 0.7], axis=2), 0, 255)
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


PHOTO = _photo()


def _server(folder: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PIXELLAB_DATA_DIR": folder,
        "PIXELLAB_RATE_LIMIT": "off",
        "PIXELLAB_JOB_WORKERS": "0",
        "PIXELLAB_FETCH_MODELS": "false",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "pixellab", "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if "http://" in line:
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return "http://" + line.split("http://")[1].split()[0].rstrip("/").strip("()")
    raise SystemExit("The server did not start.")


def _memory(pid: int, what: str) -> float:
    """In MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--uploads", type=int, default=10)
    parser.add_argument(
        "--folder", help="where the stores are made; by default among temporary files"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
