"""Which photos train, which are kept out, and the crops that are made of them."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
SUFFIXES = (".jpg", ".png", ".avif")


@dataclass(frozen=True)
class Source:
    """A folder of photos of one kind; ``share`` of all crops come from it.

    Its photos are made smaller by one of ``factors`` first, since files that were compressed, or
    are soft, are as sharp as pictures get only then.
    """

    folder: str
    share: float
    factors: tuple[float, ...]


SOURCES = (
    Source("clic", 0.33, (1, 1, 1.5, 2, 3)),
    Source("cid22", 0.25, (1, 1, 1.5)),
    Source("gb82", 0.03, (1, 1.5)),
    Source("debian", 0.17, (1.5, 2, 3, 4, 5)),
    Source("clothing", 0.12, (1.4,)),
    Source("grocery", 0.10, (1.2,)),
)

DRAWN = (
    "abstract",
    "desktop",
    "screenshot",
    "images_dark",
    *("Painting-Colors", "analogpattern", "Altai", "Canopee", "Cascade", "Cluster", "Elarun"),
    *("Flow/", "FlyingKonqui", "Honeywave", "IceCold", "Kay", "Kite", "Kokkini", "MilkyWay"),
    *("Opal", "PastelHills", "Patak", "SafeLanding", "Shell", "Volna", "DarkestHour"),
)
"""Parts of the names of pictures in the Debian packages that are drawn, not photographed."""
HELD_OUT = ("Kleiber", "Wine_by", "Bridge_by", "LadyBird", "Garden", "ColorfulCups", "Blinds")
"""Parts of the names of the Debian photos that never train."""
GROCERY_HELD_OUT = 20
"""Every so many of the grocery photos, by name, is kept out as well."""
PHOTOGRAPHERS_HELD_OUT = 4
"""Clothes of photographers whose number is a multiple of this are kept out."""


def training_photos(root: Path, source: Source) -> list[Path]:
    """The photos of ``source`` under ``root`` that train, by name."""
    folder = root / source.folder
    found = sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES and not p.is_symlink())
    if source.folder == "debian":
        return [p for p in found if not _any_of((*DRAWN, *HELD_OUT), p, folder)]
    if source.folder == "grocery":
        return [p for n, p in enumerate(found) if n % GROCERY_HELD_OUT]
    if source.folder == "clothing":
        with (folder / "photos.csv").open() as file:
            rows = {row["file"]: int(row["photographer"]) for row in csv.DictReader(file)}
        numbers = {Path(name).stem: number for name, number in rows.items()}
        return [p for p in found if numbers[p.stem] % PHOTOGRAPHERS_HELD_OUT]
    return found


def _any_of(parts: tuple[str, ...], path: Path, folder: Path) -> bool:
    return any(part in str(path.relative_to(folder)) for part in parts)


def crops(path: Path, source: Source, side: int, wanted: int, seed: int) -> Iterator[Pixels]:
    """``wanted`` crops of a photo, uint8 (side, side, 3) RGB, mostly of places with detail."""
    chance = random.Random(f"{seed} {path.name}")
    with Image.open(path) as opened:
        whole = opened.convert("RGB")
    chosen = chance.choices(source.factors, k=wanted)
    for factor in set(chosen):
        smallest = min(whole.size) / factor
        if smallest < side:
            factor *= smallest / side
        size = (max(round(n / factor), side) for n in whole.size)
        picture = whole if factor <= 1 else whole.resize(tuple(size), Image.Resampling.BICUBIC)
        if min(picture.size) >= side:
            yield from _detailed(np.asarray(picture), side, chosen.count(factor) or 1, chance)


def _detailed(picture: Pixels, side: int, wanted: int, chance: random.Random) -> Iterator[Pixels]:
    """Of four places per crop the one with most detail, three times of four."""
    for _ in range(wanted):
        best, most = None, -1.0
        for _try in range(4 if chance.random() < 0.75 else 1):
            y = chance.randint(0, picture.shape[0] - side)
            x = chance.randint(0, picture.shape[1] - side)
            crop = picture[y : y + side, x : x + side]
            grey = crop[..., 1].astype(np.float32)
            detail = float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey)).mean())
            if detail > most:
                best, most = crop, detail
        if best is not None:
            yield np.ascontiguousarray(best)
