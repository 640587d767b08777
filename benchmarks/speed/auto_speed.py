"""A 12-megapixel phone JPEG through AUTO: the whole request with both stores, and its stages.

    python -m benchmarks.speed.auto_speed [PHOTO] [--repeat N] [--noisy SIGMA]

The whole request is also timed with the photo opened in another process, as the server does it;
the two take turns, so that what else the machine does meets both. Processor seconds are those of
all processes.

PHOTO (default: the first of data/photos in benchmarks) is enlarged to 4000 x 3000
pixels if it is smaller, made as crisp as a phone's own, and saved as JPEG of quality 92. Every
request goes through the filesystem store and SQLite in a new folder. Prints the best of N beside
what Pillow takes to decode and encode the same file, and how long each stage took.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import psutil
from PIL import Image

from benchmarks.data import PHOTOS
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodeSpec
from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings

SIZE = (4000, 3000)
WANTED_SECONDS = 2.0


def main() -> None:
    """Print the table."""
    args = _arguments()
    data = phone_photo(args.photo, args.noisy)
    print(
        f"{len(data) / 1e6:.1f} MB, {SIZE[0]} x {SIZE[1]}; {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}"
    )
    imaging, local = RasterImaging(), LocalEnhancer()
    stages: dict[str, Callable[[], object]] = {}
    picture = imaging.open(io.BytesIO(data))
    enhanced = local.enhance(picture, Task())
    stages["open"] = lambda: imaging.open(io.BytesIO(data))
    stages["assess (twice in a request)"] = lambda: imaging.assess(picture)
    stages["AUTO"] = lambda: local.enhance(picture, Task())
    stages["encode"] = lambda: imaging.encode(enhanced.picture, EncodeSpec(format=Format.JPEG))
    for name, stage in stages.items():
        _report(name, *_best(stage, args.repeat))
    done = [step.name for step in enhanced.steps if step.applied]
    print(f"AUTO did: {', '.join(done) or 'nothing'}")
    with _requests(data, processes=0) as here, _requests(data, processes=1) as apart:
        whole, guarded = _best_of_both(here, apart, args.repeat)
    _report(f"whole request (wanted {WANTED_SECONDS} s)", *whole)
    _report("... opened in another process", *guarded)
    print(f"ratio: {guarded[0] / whole[0]:.3f}, of processor time {guarded[1] / whole[1]:.3f}")
    peer = _best(lambda: _pillow(data), args.repeat)
    _report("Pillow, decode and encode", *peer)
    print(f"ratio: {whole[0] / peer[0]:.1f} times Pillow's plain re-encoding")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTOS / "dresses_dress_03.jpg")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--noisy", type=float, default=0.0, help="sigma of added noise")
    return parser.parse_args()


def phone_photo(path: Path, sigma: float) -> bytes:
    """A JPEG of SIZE made from the photo at ``path``."""
    photo = Image.open(path).convert("RGB")
    if photo.height > photo.width:
        photo = photo.rotate(90, expand=True)
    pixels = np.asarray(photo.resize(SIZE, Image.Resampling.LANCZOS))
    # Enlarging softened it; a phone's own pixels are crisp.
    pixels = cv2.addWeighted(pixels, 3.0, cv2.GaussianBlur(pixels, (0, 0), 1.6), -2.0, 0)
    rng = np.random.default_rng(1)
    noise = rng.normal(0, sigma, (500, *pixels.shape[1:]))
    rows = [np.clip(pixels[y : y + 500] + noise, 0, 255) for y in range(0, SIZE[1], 500)]
    file = io.BytesIO()
    Image.fromarray(np.rint(np.concatenate(rows)).astype(np.uint8)).save(file, "JPEG", quality=92)
    return file.getvalue()


def _pillow(data: bytes) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(data)).save(file, "JPEG", quality=90)
    return file.getvalue()


@contextmanager
def _requests(data: bytes, processes: int) -> Iterator[Callable[[], float]]:
    """One whole request, which returns the processor seconds of the process that opens files."""
    with (
        tempfile.TemporaryDirectory() as folder,
        bootstrap(load_settings(data_dir=folder, decode_processes=processes)) as lab,
    ):
        opening = psutil.Process().children()[-1:] if processes else []

        def request() -> float:
            before = sum(sum(each.cpu_times()[:2]) for each in opening)
            lab.upload_and_enhance(
                Upload(content=io.BytesIO(data), filename="photo.jpg", task=Task())
            )
            return sum(sum(each.cpu_times()[:2]) for each in opening) - before

        request()  # what is loaded once is loaded now
        yield request


def _best_of_both(
    one: Callable[[], float], other: Callable[[], float], repeat: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Least wall-clock and processor seconds of each, in turns."""
    runs: tuple[list[tuple[float, float]], ...] = ([], [])
    for _ in range(repeat):
        for taken, request in zip(runs, (one, other), strict=True):
            wall, processor = time.perf_counter(), time.process_time()
            elsewhere = request()
            spent = time.process_time() - processor + elsewhere
            taken.append((time.perf_counter() - wall, spent))
    first, second = ((min(wall for wall, _ in each), min(cpu for _, cpu in each)) for each in runs)
    return first, second


def _best(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Least wall-clock and processor seconds of several runs."""
    runs = []
    for _ in range(repeat):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - wall, time.process_time() - processor))
    return min(wall for wall, _ in runs), min(processor for _, processor in runs)


def _report(name: str, wall: float, processor: float) -> None:
    print(f"{name:36} {wall:6.2f} s   processor {processor:6.2f} s", flush=True)


if __name__ == "__main__":
    main()
