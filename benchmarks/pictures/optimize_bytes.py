"""OPTIMIZE: how many bytes for the same likeness, beside Pillow and mozjpeg?

    python -m benchmarks.pictures.optimize_bytes [--photos FOLDER] [--count 12]

Each photo is optimized as by the OPTIMIZE mode without a target. The same photo goes through sharp
with mozjpeg at several qualities, and the bytes that mozjpeg would take at our score are read off
between them; likewise for ours at the score of Pillow's quality 85. A ratio below 1 means fewer
bytes than the peer. Two scores: SSIM of luma (Wang et al. 2004), and its mean over R, G and B,
which also sees lost colour. Time is for the whole way from bytes to bytes on one thread.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.data import PHOTOS
from benchmarks.peers import sharp_peer
from benchmarks.phone_photos import photo_paths
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.encode.similarity import ssim
from pixellab.adapters.imaging.formats import write
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodeSpec

Pixels = NDArray[np.uint8]

PILLOW_QUALITY = 85
MOZJPEG_QUALITIES = range(50, 100, 6)
OUR_QUALITIES = range(70, 98, 4)


@frozen
class Point:
    """One file: its bytes and how like the original it is, by two scores."""

    size: int
    luma: float
    rgb: float


def point(original: Pixels, data: bytes) -> Point:
    after = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    planes = [
        ssim(*(np.repeat(each[..., at : at + 1], 3, axis=2) for each in (original, after)))
        for at in range(3)
    ]
    return Point(len(data), ssim(original, after), float(np.mean(planes)))


def bytes_at(curve: list[Point], score: str, wanted: float) -> float:
    """Bytes at a score, between the curve's points: log(bytes) is linear in -log(1 - SSIM)."""
    points = sorted(curve, key=lambda each: float(getattr(each, score)))
    distances = [-np.log(1 - getattr(each, score)) for each in points]
    assert all(a <= b for a, b in pairwise(distances))
    sizes = np.log([each.size for each in points])
    x = -np.log(1 - wanted)
    if x > distances[-1] or x < distances[0]:
        ends = slice(-2, None) if x > distances[-1] else slice(0, 2)
        slope, base = np.polyfit(distances[ends], sizes[ends], 1)
        return float(np.exp(slope * x + base))
    return float(np.exp(np.interp(x, distances, sizes)))


def mozjpeg(path: Path, original: Pixels, folder: Path) -> tuple[list[Point], float]:
    """The curve of sharp's mozjpeg, and seconds of the encode at quality 80 or nearest."""
    outputs = [folder / f"{path.stem}.{quality}.jpg" for quality in MOZJPEG_QUALITIES]
    jobs = [
        {"input": str(path), "output": str(output), "mode": "optimize", "quality": quality}
        for output, quality in zip(outputs, MOZJPEG_QUALITIES, strict=True)
    ]
    answer = sharp_peer.run(jobs, workers=1)
    seconds = [each["seconds"] for each in answer["results"]]
    return [point(original, output.read_bytes()) for output in outputs], seconds[5]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, default=PHOTOS, help="folder with photos")
    parser.add_argument("--count", type=int, default=12, help="how many of them")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    imaging = RasterImaging()
    spec = EncodeSpec(format=Format.JPEG, effort=Effort.SMALLEST)
    table = Table(
        "photo", "source KB", "ours KB", "quality", "SSIM", "RGB SSIM",
        "/ mozjpeg", "/ mozjpeg, RGB", "/ Pillow 85", "/ Pillow 85, RGB", "s ours", "s sharp",
        title="bytes at the same score",
    )  # fmt: skip
    rows = []
    for path in photo_paths(options.photos.resolve(), options.count):
        content = path.read_bytes()
        began = time.perf_counter()
        picture = imaging.open(io.BytesIO(content))
        result = imaging.encode(picture, spec)
        seconds = time.perf_counter() - began
        here = point(picture.pixels, result.data)
        with tempfile.TemporaryDirectory() as folder:
            curve, sharp_seconds = mozjpeg(path, picture.pixels, Path(folder))
        settings = Settings(format=Format.JPEG, thorough=True)
        our_curve = [
            point(picture.pixels, write(picture.pixels, evolve(settings, quality=quality)))
            for quality in OUR_QUALITIES
        ]
        pillow_data = io.BytesIO()
        Image.fromarray(picture.pixels).save(pillow_data, "JPEG", quality=PILLOW_QUALITY)
        pillow = point(picture.pixels, pillow_data.getvalue())
        ratios = [here.size / bytes_at(curve, score, getattr(here, score)) for score in SCORES]
        ratios += [
            bytes_at(our_curve, score, getattr(pillow, score)) / pillow.size for score in SCORES
        ]
        rows.append([*ratios, seconds, sharp_seconds])
        table.add_row(
            path.stem, f"{len(content) / 1000:.0f}", f"{here.size / 1000:.0f}",
            str(result.quality), f"{here.luma:.4f}", f"{here.rgb:.4f}",
            *(f"{ratio:.3f}" for ratio in ratios), f"{seconds:.2f}", f"{sharp_seconds:.2f}",
        )  # fmt: skip
    mean = np.mean(rows, axis=0)
    table.add_section()
    table.add_row(
        "mean",
        *[""] * 5,
        *(f"{each:.3f}" for each in mean[:4]),
        *(f"{each:.2f}" for each in mean[4:]),
    )
    Console(width=150).print(table)


SCORES = ("luma", "rgb")

if __name__ == "__main__":
    main()
