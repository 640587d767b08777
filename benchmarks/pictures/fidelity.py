"""How often the product check objects, rightly and wrongly, to 200 pairs made from real photos.

    python -m benchmarks.pictures.fidelity [--half table] [--data FOLDER] [--photos FOLDER]
                                           [--every N] [--processes N] [--show]

Of each of 50 photos two pairs are made in which the product is the same (see ``changed_pairs``:
recompressed, in other light, denoised, all of these in another frame and size, on another
backdrop), and two in which it is not. Prints for each kind how many were objected to, and the time
of a check. ``fidelity_photos.toml`` lists the photos; the thresholds were chosen on the half
``tuning``. ``--photos`` takes those of a folder instead, in which nobody chose any. ``--show``
prints what the check said of each pair that it got wrong.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import islice
from math import sqrt
from pathlib import Path

import cv2
import numpy as np
from attrs import define
from PIL import Image

from benchmarks.data import DATA
from benchmarks.pictures.cutout import KINDS, lay_on, product_and_alpha
from benchmarks.pictures.material.changed_pairs import ALLOWED, FORBIDDEN, Make, Pair, Photo, seeded
from pixellab.adapters.enhancers.fidelity.fidelity_check import FidelityCheck
from pixellab.adapters.enhancers.fidelity.text.text_networks import opened_when_asked
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment, Segmenter
from pixellab.adapters.enhancers.local.segmentation.find_product import find_product
from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NETWORKS, TEXT_NETWORKS
from pixellab.adapters.network_files.sources import packaged, released
from pixellab.domain.results import Fidelity

LISTS = Path(__file__).with_name("fidelity_photos.toml")
MEGAPIXELS = 1.0
SCENE_SIDE = 1000
OF_EACH = 2
"""Pairs of each sort that are made of a photo."""
WANTED = 0.02


@define
class Tally:
    pairs: int = 0
    objected: int = 0


def main() -> None:
    args = _arguments()
    files = list(enumerate(_files(args)[:: args.every]))
    tallies = {name: Tally() for name in (*ALLOWED, *FORBIDDEN)}
    seconds = []
    with ProcessPoolExecutor(args.processes) as pool:
        for answers in pool.map(_checked, *zip(*files, strict=True)):
            for kind, said, took in answers:
                tallies[kind].pairs += 1
                tallies[kind].objected += not said.passed
                seconds.append(took)
                if args.show and said.passed == (kind in FORBIDDEN):
                    figures = " ".join(f"{name} {each:.3f}" for name, each in said.figures.items())
                    print(f"{kind}: {' '.join(said.objections)} {figures}", flush=True)
    _print(tallies, seconds)


def _checked(number: int, file: Path) -> list[tuple[str, Fidelity, float]]:
    """Kind, answer and seconds of a core of each pair of a photo."""
    segment, check = product_check()
    answers = []
    for kind, pair in _pairs(_photo(file, segment), number):
        started = time.process_time()
        said = check(pair.photo, pair.drawn)
        answers.append((kind, said, time.process_time() - started))
    return answers


def _print(tallies: dict[str, Tally], seconds: list[float]) -> None:
    print(f"{'kind':16}{'pairs':>7}{'objected':>10}")
    for kinds, wrong in ((ALLOWED, "false alarms"), (FORBIDDEN, "missed")):
        for kind in kinds:
            print(f"{kind:16}{tallies[kind].pairs:7}{tallies[kind].objected:10}")
        pairs = sum(tallies[kind].pairs for kind in kinds)
        objected = sum(tallies[kind].objected for kind in kinds)
        faults = objected if kinds is ALLOWED else pairs - objected
        share = faults / max(pairs, 1)
        print(f"{wrong}: {faults} of {pairs}, {share:.1%} (wanted {WANTED:.0%} or less)")
    print(
        f"a check took {1000 * np.median(seconds):.0f} ms of a core in the median, "
        f"{1000 * max(seconds):.0f} ms at most"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--half", choices=("tuning", "table"), default="table")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--photos", type=Path, help="a folder of other photos")
    parser.add_argument("--every", type=int, default=1, help="each n-th photo")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", action="store_true")
    return parser.parse_args()


def _files(args: argparse.Namespace) -> list[Path]:
    if args.photos:
        return sorted(each for each in args.photos.iterdir() if each.suffix in {".jpg", ".png"})
    names = tomllib.loads(LISTS.read_text(encoding="utf-8"))[args.half]
    return [args.data / name for name in names]


@cache
def product_check() -> tuple[Segment, FidelityCheck]:
    """What finds products, and the check with its usual thresholds, text included."""
    folder = NetworkFolder()
    u2netp = folder.pull(NETWORKS["u2netp"], released, packaged)
    text = [folder.pull(each, released, packaged) for each in TEXT_NETWORKS]
    segment = Segmenter("u2netp", lambda: u2netp)
    return segment, FidelityCheck(segment, opened_when_asked([lambda f=f: f for f in text]))


def _photo(file: Path, segment: Segment) -> Photo:
    if file.parent.name == "products_alpha":
        layers = product_and_alpha(file, SCENE_SIDE)
        rng = seeded(file.name)
        backdrop = list(KINDS.values())[int(rng.integers(len(KINDS)))]
        return Photo(file.stem, lay_on(*layers, backdrop, rng), layers[1] > 127, layers)
    image = Image.open(file).convert("RGB")
    shrink = min(1.0, sqrt(MEGAPIXELS * 1e6 / (image.width * image.height)))
    size = round(image.width * shrink), round(image.height * shrink)
    pixels = np.asarray(image.resize(size, Image.Resampling.BOX))
    found = find_product(pixels, segment)
    product = found.product if found.found else np.ones_like(found.product)
    return Photo(file.stem, pixels, cv2.resize(product.astype(np.uint8), size) > 0)


def _pairs(photo: Photo, number: int) -> Iterator[tuple[str, Pair]]:
    """Of each sort so many as the photo lends itself to, of kinds that go round."""
    for kinds in (ALLOWED, FORBIDDEN):
        yield from islice(_made(photo, kinds, number), OF_EACH)


def _made(photo: Photo, kinds: dict[str, Make], number: int) -> Iterator[tuple[str, Pair]]:
    names = [name for name in kinds if name != "other backdrop"]
    first = OF_EACH * number % len(names)
    in_turn = names[first:] + names[:first]
    if "other backdrop" in kinds:  # which few photos lend themselves to
        in_turn.insert(0, "other backdrop")
    for name in in_turn:
        if pair := kinds[name](photo, seeded(photo.name, name)):
            yield name, pair


if __name__ == "__main__":
    main()
