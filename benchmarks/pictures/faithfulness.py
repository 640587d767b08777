"""Is a photo ever worse after AUTO? Clean photos, and the same with 24 defects.

    python -m benchmarks.pictures.faithfulness [FOLDER] [--part tune|publish] [--every N]
        [--sets SET ...] [--clean-only] [--only DEFECT ...] [--list]

FOLDER (default: data in benchmarks) has ``train/clothing``, ``train/grocery``, ``photos`` and
``products_alpha``; ``faithful_photos`` says how they are split. Figures are published from the part
``publish``; thresholds are set on ``tune`` alone. Of clean photos the colour change (CIEDE2000) of
the product is measured: where it is known, else where it is found, else everywhere. A damaged
photo is nearer to the clean one where PSNR, SSIM and the mean CIEDE2000 all got better.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from benchmarks.data import DATA
from benchmarks.pictures.defects import DEFECTS as PLAIN_DEFECTS
from benchmarks.pictures.defects import Damage, auto, light, psnr, ssim
from benchmarks.pictures.material.faithful_photos import (
    PLAIN_GROUNDS,
    PUBLISH,
    SETS,
    TUNE,
    Photo,
    Pixels,
    groups,
    part_of,
    photos,
)
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.enhancers.local.segmentation.find_product import find_product
from pixellab.adapters.imaging.colour_difference import colour_change

SEEN, PLAINLY_SEEN = 2.0, 5.0
"""CIEDE2000 of a product from which on its change is seen, and is another colour."""
LOST = 0.3
"""Loss in dB that is called worse."""


def _both(first: Damage, second: Damage) -> Damage:
    return lambda pixels, rng: second(first(pixels, rng), rng)


DEFECTS: dict[str, Damage] = {
    **PLAIN_DEFECTS,
    "bright 1.6": light(1.6, 1.6, 1.6),
    "mild warm": light(1, 0.9, 0.75),
    "mild cool": light(0.78, 0.92, 1),
    "noisy 10, warm": _both(light(1, 0.78, 0.5), PLAIN_DEFECTS["noisy 10"]),
    "dark, noisy 5": _both(PLAIN_DEFECTS["dark 1.3 stops"], PLAIN_DEFECTS["noisy 5"]),
    "soft, blocky 30": _both(PLAIN_DEFECTS["soft 1.5"], PLAIN_DEFECTS["blocky 30"]),
}


@frozen(kw_only=True)
class Outcome:
    """What became of a damaged photo."""

    photo: Photo
    defect: str
    acted: bool
    nearer: bool
    gained: float
    """dB of PSNR, negative where it got worse."""


def main() -> None:
    """Print a line for every photo and defect, and the table."""
    args = _arguments()
    if args.list:
        _print_split(args.folder)
        return
    enhancer = LocalEnhancer()
    changes: list[tuple[Photo, float]] = []
    outcomes: list[Outcome] = []
    for kind in args.sets:
        for photo in photos(args.folder, kind, args.part, args.every):
            changes.append((photo, _clean(enhancer, photo)))
            wanted = [] if args.clean_only else _chosen(args.only)
            outcomes += [_damaged(enhancer, photo, defect) for defect in wanted]
    _summary(changes, outcomes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--part", choices=(TUNE, PUBLISH), default=PUBLISH)
    parser.add_argument("--every", type=int, default=1, help="each n-th photo of a set")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--clean-only", action="store_true", help="no defects")
    parser.add_argument("--only", nargs="+", default=[], help="defects whose name begins so")
    parser.add_argument("--list", action="store_true", help="print which group is in which part")
    return parser.parse_args()


def _chosen(beginnings: Sequence[str]) -> list[str]:
    return [each for each in DEFECTS if not beginnings or each.startswith(tuple(beginnings))]


def _print_split(folder: Path) -> None:
    for kind in SETS:
        for group in groups(folder, kind):
            print(f"{part_of(group):8} {kind:10} {group}")


def _clean(enhancer: LocalEnhancer, photo: Photo) -> float:
    result, done = auto(enhancer, photo.pixels)
    if np.array_equal(result, photo.pixels):
        change = 0.0
    else:
        change = float(colour_change(photo.pixels, result)[_product(photo)].mean())
    print(f"{photo.set:10} {photo.name[:50]:50} clean            {change:6.2f}  {done}", flush=True)
    return change


def _product(photo: Photo) -> NDArray[np.bool_]:
    if photo.product is not None:
        return photo.product
    found = find_product(photo.pixels)
    whole = np.ones(photo.pixels.shape[:2], np.bool_)
    return found.product if found.found and found.product.shape == whole.shape else whole


def _damaged(enhancer: LocalEnhancer, photo: Photo, defect: str) -> Outcome:
    seed = zlib.crc32(f"{photo.name} {defect}".encode())
    damaged = DEFECTS[defect](photo.pixels, np.random.default_rng(seed))
    fixed, done = auto(enhancer, damaged)
    acted = not np.array_equal(fixed, damaged)
    before, after = (_distance(each, photo.pixels) for each in (damaged, fixed))
    outcome = Outcome(
        photo=photo,
        defect=defect,
        acted=acted,
        nearer=all(one > other for one, other in zip(after, before, strict=True)),
        gained=after[0] - before[0] if acted else 0.0,
    )
    verdict = "nearer" if outcome.nearer else "NOT NEARER" if acted else "unchanged"
    print(
        f"{photo.set:10} {photo.name[:50]:50} {defect:16} {outcome.gained:+6.2f} dB, "
        f"dE {-before[2]:5.2f} to {-after[2]:5.2f}  {verdict:10}  {done}",
        flush=True,
    )
    return outcome


def _distance(pixels: Pixels, clean: Pixels) -> tuple[float, float, float]:
    """PSNR, SSIM, and mean CIEDE2000 with its sign turned: more is nearer."""
    return psnr(pixels, clean), ssim(pixels, clean), -float(colour_change(pixels, clean).mean())


def _summary(changes: list[tuple[Photo, float]], outcomes: list[Outcome]) -> None:
    print()
    for kind in ("all", *SETS):
        found = np.array([change for photo, change in changes if kind in ("all", photo.set)])
        if found.size:
            print(
                f"clean, {kind:10} {found.size:4} photos: product changed by over {SEEN:.0f} "
                f"{(found > SEEN).mean():6.1%}, over {PLAINLY_SEEN:.0f} "
                f"{(found > PLAINLY_SEEN).mean():6.1%}; most {found.max():5.1f}, "
                f"untouched {(found == 0).mean():4.0%}"
            )
    if not outcomes:
        return
    for defect in dict.fromkeys(each.defect for each in outcomes):
        _print_share(f"  {defect}", [each for each in outcomes if each.defect == defect])
    for kind in SETS:
        if these := [each for each in outcomes if each.photo.set == kind]:
            _print_share(kind, these)
    if plain := [each for each in outcomes if each.photo.ground in PLAIN_GROUNDS]:
        _print_share("on plain grounds", plain)
    _print_share("all", outcomes)
    worst = min(outcomes, key=lambda each: each.gained)
    print(f"worst: {worst.gained:+.2f} dB, {worst.photo.name}, {worst.defect}")


def _print_share(name: str, outcomes: list[Outcome]) -> None:
    acted = [each for each in outcomes if each.acted]
    nearer = sum(each.nearer for each in outcomes)
    print(
        f"{name:18} {len(outcomes):5}: nearer {nearer / len(outcomes):6.1%}, "
        f"of the {len(acted)} changed {nearer / max(len(acted), 1):6.1%}; worse by over {LOST} dB "
        f"{np.mean([each.gained < -LOST for each in outcomes]):6.1%}, "
        f"worst {min(each.gained for each in outcomes):+.2f} dB"
    )


if __name__ == "__main__":
    main()
