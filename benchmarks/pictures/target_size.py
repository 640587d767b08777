"""Is ``target_size_kb`` met, how closely, and in how many encodes?

    python -m benchmarks.pictures.target_size [--photos FOLDER] [--count 20]
                                     [--formats JPEG,PNG,WEBP,AVIF] [--sizes 50,100,200,500]

Every photo is written at every size in every format. Printed per format and size: how often the
target was met; how much of the allowance was used where something had to be given up; in how many
pictures pixels or colours were; encodes per picture; seconds per picture. What is missed without
a reason, or larger than it says, ends the run with an error.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.data import PHOTOS
from benchmarks.phone_photos import photo_paths
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodedImage, EncodeSpec, Picture

WORKERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, default=PHOTOS, help="folder with photos")
    parser.add_argument("--count", type=int, default=20, help="how many of them")
    parser.add_argument("--formats", default=",".join(Format))
    parser.add_argument("--sizes", default="50,100,200,500", help="in KB of 1000 bytes")
    options = parser.parse_args()
    imaging = RasterImaging()
    pictures = [
        imaging.open(io.BytesIO(path.read_bytes()))
        for path in photo_paths(options.photos, options.count)
    ]
    table = Table(
        "format", "KB", "met", "used", "worst used", "scaled", "colours",
        "encodes", "most", "s/picture", title=f"{len(pictures)} photos to a size",
    )  # fmt: skip
    for output in (Format.parse(name) for name in options.formats.split(",")):
        for kilobytes in map(int, options.sizes.split(",")):
            table.add_row(output, str(kilobytes), *_measure(imaging, pictures, output, kilobytes))
    Console(width=120).print(table)


def _measure(
    imaging: RasterImaging, pictures: list[Picture], output: Format, kilobytes: int
) -> list[str]:
    spec = EncodeSpec(format=output, max_bytes=kilobytes * 1000)

    def one(picture: Picture) -> tuple[EncodedImage, float]:
        began = time.perf_counter()
        return imaging.encode(picture, spec), time.perf_counter() - began

    with ThreadPoolExecutor(WORKERS) as pool:
        done = list(pool.map(one, pictures))
    results = [result for result, _ in done]
    for picture, result in zip(pictures, results, strict=True):
        _check(picture, result, kilobytes * 1000)
    free = [imaging.encode(picture, EncodeSpec(format=output)).size_bytes for picture in pictures]
    shares = [
        result.size_bytes / (kilobytes * 1000)
        for result, size in zip(results, free, strict=True)
        if result.target_met and size > kilobytes * 1000
    ]
    scaled = sum(
        result.width < picture.width for result, picture in zip(results, pictures, strict=True)
    )
    encodes = [result.encodes for result in results]
    return [
        f"{sum(bool(result.target_met) for result in results)}/{len(results)}",
        f"{np.mean(shares):.1%}" if shares else "-",
        f"{min(shares):.1%}" if shares else "-",
        str(scaled),
        str(sum("colours" in (result.reason or "") for result in results)),
        f"{np.mean(encodes):.1f}",
        str(max(encodes)),
        f"{np.mean([seconds for _, seconds in done]):.2f}",
    ]


def _check(picture: Picture, result: EncodedImage, max_bytes: int) -> None:
    honest = result.target_met is (result.size_bytes <= max_bytes)
    if not honest or not (result.target_met or result.reason):
        sys.exit(f"{result.format} of {picture.width} x {picture.height}: {result!r}")


if __name__ == "__main__":
    main()
