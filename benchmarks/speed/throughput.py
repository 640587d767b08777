"""How many 12-megapixel JPEGs a second, beside sharp and pyvips doing the same work?

    python -m benchmarks.speed.throughput [--photos FOLDER] [--count 4] [--rounds 3]

The whole way from bytes to bytes with two workers, for STANDARDIZE (the product found, centred on a
white square of 2000 pixels, JPEG) and OPTIMIZE (same look, fewer bytes; the peers use mozjpeg at
quality 80). As STANDARDIZE without its point, sharp also fits the whole photo on the canvas, for
which it may decode a smaller picture. The contestants take turns in each round, and the best round
of each counts. Every contestant works on one picture per worker, with one thread each. Printed
are pictures per second, the ratio to sharp, CPU seconds per picture, and the mean file size.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"

import cv2
import pyvips
from rich.console import Console
from rich.table import Table

from benchmarks.data import PHOTOS
from benchmarks.peers import sharp_peer
from benchmarks.peers.mozjpeg import mozjpeg
from benchmarks.phone_photos import phone_jpeg, photo_paths
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodeSpec
from pixellab.domain.requests import Mode, Task

WORKERS = 2
CANVAS, FILLED = 2000, 1700
TRIM_THRESHOLD = 12
PEER_QUALITY = {Mode.STANDARDIZE: 90, Mode.OPTIMIZE: 80}

Sizes = list[int]
Contestant = Callable[[Mode, list[Path]], tuple[float, Sizes]]


def ours(mode: Mode, paths: list[Path]) -> tuple[float, Sizes]:
    imaging, enhancer = RasterImaging(), LocalEnhancer()

    def one(path: Path) -> int:
        picture = imaging.open(io.BytesIO(path.read_bytes()))
        # Amazon's canvas is the one of 2000 pixels.
        enhanced = enhancer.enhance(picture, Task(mode=mode, profile="amazon"))
        spec = EncodeSpec(format=Format.JPEG, effort=enhanced.effort)
        return imaging.encode(enhanced.picture, spec).size_bytes

    return _in_threads(one, paths)


def vips(mode: Mode, paths: list[Path]) -> tuple[float, Sizes]:
    quality = PEER_QUALITY[mode]

    def one(path: Path) -> int:
        if mode is Mode.OPTIMIZE:
            image = pyvips.Image.new_from_file(str(path), access="sequential").autorot()
            data = mozjpeg(image, quality, keep="none")
        else:
            image = pyvips.Image.new_from_file(str(path)).autorot()
            left, top, width, height = image.find_trim(threshold=TRIM_THRESHOLD)
            product = image.crop(left, top, width or image.width, height or image.height)
            product = product.thumbnail_image(FILLED, height=FILLED)
            white = {"extend": "background", "background": [255, 255, 255]}
            data = product.gravity("centre", CANVAS, CANVAS, **white).jpegsave_buffer(
                Q=quality, keep="none"
            )
        return len(data)

    return _in_threads(one, paths)


def sharp(mode: Mode, paths: list[Path], work: str | None = None) -> tuple[float, Sizes]:
    quality = PEER_QUALITY[mode]
    jobs = [
        {"input": str(path), "mode": work or mode.lower(), "quality": quality} for path in paths
    ]
    answer = sharp_peer.run(jobs, workers=WORKERS)
    return answer["seconds"], [each["bytes"] for each in answer["results"]]


def _in_threads(one: Callable[[Path], int], paths: list[Path]) -> tuple[float, Sizes]:
    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        sizes = list(pool.map(one, paths))
    return time.perf_counter() - began, sizes


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _measure(mode: Mode, paths: list[Path], rounds: int) -> Table:
    contestants: dict[str, Contestant] = {"sharp": sharp, "pyvips": vips, "PixelLab": ours}
    if mode is Mode.STANDARDIZE:
        contestants["sharp, product not looked for"] = partial(sharp, work="fit")
    best = dict.fromkeys(contestants, float("inf"))
    cpu = dict.fromkeys(contestants, float("inf"))
    kilobytes = {}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            before = _cpu_seconds()
            seconds, sizes = contestant(mode, paths)
            best[name] = min(best[name], seconds)
            cpu[name] = min(cpu[name], (_cpu_seconds() - before) / len(paths))
            kilobytes[name] = sum(sizes) / len(sizes) / 1000
    table = Table("", "pictures/s", "times sharp", "CPU s/picture", "mean KB", title=mode)
    for name in contestants:
        rate, ratio = len(paths) / best[name], best["sharp"] / best[name]
        figures = (f"{rate:.2f}", f"{ratio:.2f}", f"{cpu[name]:.2f}", f"{kilobytes[name]:.0f}")
        table.add_row(name, *figures)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, default=PHOTOS, help="folder with photos")
    parser.add_argument("--count", type=int, default=4, help="how many pictures per round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for photo in photo_paths(options.photos, options.count):
            path = Path(folder) / f"{photo.stem}.jpg"
            path.write_bytes(phone_jpeg(photo))
            paths.append(path)
        for mode in (Mode.STANDARDIZE, Mode.OPTIMIZE):
            Console().print(_measure(mode, paths, options.rounds))


if __name__ == "__main__":
    main()
