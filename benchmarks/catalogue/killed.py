"""Kill the process that does a batch again and again, and count how often each photo was done.

    python -m benchmarks.catalogue.killed [--photos 1000] [--kills 20] [--from-folder]

On the embedded default: ``pixellab batch store:incoming/``, or with ``--from-folder``
``pixellab batch FOLDER --upload``, is killed (SIGKILL) whenever another share of the photos is
done, and started again. At the end rows and objects are counted. Exits with
1 unless each photo was done exactly once.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.service import tally
from pixellab.domain.batches import ItemState
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.settings import load_settings

PREFIX = "incoming/"
STUCK_SECONDS = 600.0


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        data_dir, photos = Path(folder) / "data", Path(folder) / "photos"
        source = [str(photos), "--upload"] if options.from_folder else [f"store:{PREFIX}"]
        command = [sys.executable, "-m", "pixellab", "batch", *source, "--mode", "OPTIMIZE"]
        quiet = {"PIXELLAB_DATA_DIR": str(data_dir), "PIXELLAB_LOG_LEVEL": "error"}
        environment = {**os.environ, **quiet}
        with bootstrap(load_settings(data_dir=data_dir)) as lab:
            if options.from_folder:
                photos.mkdir()
            for name, content in _photos(options.photos):
                if options.from_folder:
                    (photos / name).write_bytes(content)
                else:
                    key = f"{PREFIX}{name}"
                    lab.store.put(key, io.BytesIO(content), media_type="image/jpeg", filename=name)
            began = time.monotonic()
            for kill in range(options.kills):
                wanted = (kill + 1) * options.photos // (options.kills + 1)
                with subprocess.Popen(
                    command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                ) as running:
                    try:
                        _wait(lab, wanted)
                    finally:
                        running.send_signal(signal.SIGKILL)
            ended = subprocess.run(command, env=environment, check=False, capture_output=True)
            seconds = time.monotonic() - began
            broken = _count(lab, options.photos)
        print(f"{options.photos} photos, killed {options.kills} times: {seconds:.0f} s")
        print(ended.stdout.decode().strip())
    return 1 if broken or ended.returncode else 0


def _photos(number: int) -> Iterator[tuple[str, bytes]]:
    """Their names and files."""
    random = np.random.default_rng(0)
    for each in range(number):
        pixels = random.integers(0, 256, (48, 64, 3), dtype=np.uint8)
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, "JPEG")
        yield f"{each:05}.jpg", content.getvalue()


def _wait(lab: PixelLab, wanted: int) -> None:
    """Until so many photos are done."""
    end = time.monotonic() + STUCK_SECONDS
    while not (page := lab.batches.page(1)) or page[0].counts.done < wanted:
        if time.monotonic() > end:
            raise SystemExit("Nothing is done any more.")
        time.sleep(0.1)  # Looking takes time of the cores that the batch needs.


def _count(lab: PixelLab, photos: int) -> int:
    """How many promises are broken, each of which is printed."""
    ((batch),) = lab.batches.page(10)
    lines = list(lab.batches.all_results(batch.batch.id))
    attempts = Counter(each.item.attempts for each in lines)
    done = [each for each in lines if each.item.state is ItemState.DONE]
    images = list(tally.images(lab))
    given = {*lab.store.keys(PREFIX)}
    kept = {*lab.store.keys()} - given
    found = {
        "lines not done": photos - len(done),
        "lines that share an image": len(done) - len({each.item.image_id for each in done}),
        "images of no line": len(images) - len(done),
        "objects too many or too few": abs(len(kept) - 3 * photos),
        **tally.failures(lab),
    }
    found["objects without a row"] -= len(given)
    for what, count in found.items():
        print(f"{what}: {count}")
    print(f"attempts by line: {dict(sorted(attempts.items()))}")
    return sum(map(abs, found.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--from-folder", action="store_true")
    parser.add_argument(
        "--folder", help="where the stores are made; by default among temporary files"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
