"""OPTIMIZE: how many bytes for the same likeness, beside mozjpeg and Pillow?

    python -m benchmarks.pictures.optimize_bytes [FOLDER] [--part tune|publish] [--every N]

FOLDER (default: data in benchmarks) has ``photos``, ``train/clothing`` and ``train/grocery``;
``faithful_photos`` says how they are split. The encoder's tables were chosen on eight photos of the
part ``tune``. Each photo is reduced to 70% of its sides, so that no encoder meets the blocks that
it came with, then optimized as by the OPTIMIZE mode without a target, and measured by
SSIMULACRA 2 on the whole picture. The same picture goes through sharp with mozjpeg at several
qualities, at half and at full resolution of chroma, and the fewest bytes that mozjpeg takes at our
likeness are read off between them; likewise for Pillow. A ratio below 1 means fewer bytes than the
peer. Times are of one thread of the processor, so that other work does not count: OPTIMIZE from
pixels to bytes with all its trials, one encode at the quality that it found, sharp's mozjpeg from a
PNG at quality 90, which knows nothing of likeness, and mozjpeg (by pyvips) told to find by halving
the lowest quality of half chroma at which the picture is as alike as ours is asked to be.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pyvips
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data import DATA
from benchmarks.peers import sharp_peer
from benchmarks.peers.mozjpeg import mozjpeg
from benchmarks.pictures.material.faithful_photos import PUBLISH, TUNE, groups, part_of
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.encode.look_alike import ALIKE
from pixellab.adapters.imaging.formats import write
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.adapters.imaging.likeness.ssimulacra2 import Likeness
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodeSpec, Picture

Pixels = NDArray[np.uint8]
Curve = list[tuple[float, int]]
"""SSIMULACRA 2 and bytes."""

KINDS = ("catalogue", "clothing", "groceries")
QUALITIES = range(70, 100, 4)
QUALITY_RANGE = (60, 98)
"""Of the search by mozjpeg."""
LOOKS_THE_SAME = 85.0
REDUCED = 0.7

T = TypeVar("T")


@frozen
class Row:
    """One photo."""

    likeness: float
    against_mozjpeg: float
    against_pillow: float
    seconds: float
    once_seconds: float
    sharp_seconds: float
    search_seconds: float
    """Of mozjpeg with a search for the same likeness."""


def main() -> None:
    """Print a line for every photo, and what it comes to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--part", choices=(TUNE, PUBLISH), default=PUBLISH)
    parser.add_argument("--every", type=int, default=1, help="each n-th photo of a set")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    rows = [
        _row(path) for kind in KINDS for path in _paths(args.folder, kind, args.part)[:: args.every]
    ]
    for name in ("against_mozjpeg", "against_pillow"):
        ratios = [getattr(row, name) for row in rows]
        print(
            f"bytes {name.replace('_', ' ')}: {np.exp(np.mean(np.log(ratios))):.3f} on average "
            f"({min(ratios):.3f} to {max(ratios):.3f})"
        )
    likenesses = [row.likeness for row in rows]
    same = sum(each >= LOOKS_THE_SAME for each in likenesses)
    print(f"SSIMULACRA 2 of 85 or more: {same} of {len(rows)}, least {min(likenesses):.1f}")
    print(
        f"seconds a photo: {np.mean([row.seconds for row in rows]):.3f}, of which the last encode "
        f"{np.mean([row.once_seconds for row in rows]):.3f}; "
        f"sharp {np.mean([row.sharp_seconds for row in rows]):.3f}; "
        f"mozjpeg with a search {np.mean([row.search_seconds for row in rows]):.3f}"
    )


def _paths(folder: Path, kind: str, part: str) -> list[Path]:
    found = groups(folder, kind).items()
    return [paths[0] for group, paths in found if part_of(group) == part]


def _row(path: Path) -> Row:
    picture = Picture(pixels=_reduced(path), format="PNG")
    spec = EncodeSpec(format=Format.JPEG, effort=Effort.SMALLEST)
    result, seconds = _timed(lambda: RasterImaging().encode(picture, spec))
    settings = Settings(format=Format.JPEG, quality=result.quality, thorough=True)
    _, once_seconds = _timed(lambda: write(picture.pixels, settings))
    likeness = Likeness(picture.pixels)
    here = likeness(_decoded(result.data))
    by_mozjpeg, sharp_seconds = _mozjpeg(likeness)
    _, search_seconds = _timed(lambda: _mozjpeg_with_search(picture.pixels))
    row = Row(
        here,
        result.size_bytes / min(_bytes_at(curve, here) for curve in by_mozjpeg),
        result.size_bytes / min(_bytes_at(curve, here) for curve in _pillow(likeness)),
        seconds,
        once_seconds,
        sharp_seconds,
        search_seconds,
    )
    print(
        f"{path.stem[:36]:36} {picture.width} x {picture.height}, "
        f"{result.size_bytes / 1000:4.0f} KB, "
        f"quality {result.quality}, SSIMULACRA 2 {here:5.1f}, / mozjpeg {row.against_mozjpeg:.3f}, "
        f"/ Pillow {row.against_pillow:.3f}, {seconds:.2f} s, sharp {sharp_seconds:.2f} s, "
        f"mozjpeg with a search {search_seconds:.2f} s",
        flush=True,
    )
    return row


def _reduced(path: Path) -> Pixels:
    photo = Image.open(path).convert("RGB")
    size = (round(photo.width * REDUCED), round(photo.height * REDUCED))
    return np.asarray(photo.resize(size, Image.Resampling.BOX))


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    done = work()
    return done, time.process_time() - began


def _mozjpeg(likeness: Likeness) -> tuple[list[Curve], float]:
    """Curves at half and at full chroma, and seconds of an encode at quality 90."""
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/photo.png"
        Image.fromarray(likeness.original).save(source, compress_level=1)
        jobs = [
            {
                "input": source,
                "output": f"{folder}/{quality}.{chroma.replace(':', '')}.jpg",
                "mode": "optimize",
                "quality": quality,
                "chroma": chroma,
            }
            for chroma in ("4:2:0", "4:4:4")
            for quality in QUALITIES
        ]
        results = sharp_peer.run(jobs, workers=1)["results"]
        points = [
            (likeness(_decoded(data)), len(data))
            for data in (Path(str(job["output"])).read_bytes() for job in jobs)
        ]
    number = len(QUALITIES)
    seconds = results[list(QUALITIES).index(90)]["cpu_seconds"]
    return [points[:number], points[number:]], float(seconds)


def _mozjpeg_with_search(pixels: Pixels) -> bytes:
    """The coarsest of QUALITY_RANGE that is alike, in the fewest trials."""
    likeness, image = Likeness(pixels), pyvips.Image.new_from_array(pixels)
    low, high, found = *QUALITY_RANGE, b""
    while low <= high:
        quality = (low + high) // 2
        data = mozjpeg(image, quality, subsample_mode="on")
        if likeness(_decoded(data)) >= ALIKE:
            found, high = data, quality - 1
        else:
            low = quality + 1
    return found


def _pillow(likeness: Likeness) -> list[Curve]:
    curves = []
    for chroma in ("4:2:0", "4:4:4"):
        curve = []
        for quality in QUALITIES:
            file = io.BytesIO()
            Image.fromarray(likeness.original).save(
                file, "JPEG", quality=quality, subsampling=chroma
            )
            curve.append((likeness(_decoded(file.getvalue())), len(file.getvalue())))
        curves.append(curve)
    return curves


def _decoded(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def _bytes_at(curve: Curve, wanted: float) -> float:
    """Between the curve's points, log(bytes) is linear in SSIMULACRA 2; none beyond its best."""
    likenesses, sizes = zip(*sorted(curve), strict=True)
    if wanted > likenesses[-1]:
        return float("inf")
    return float(np.exp(np.interp(wanted, likenesses, np.log(sizes))))


if __name__ == "__main__":
    main()
