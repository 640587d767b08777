"""Which photos train, which are kept out to measure with, and the crops that are made of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

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
"""Parts of the names of the Debian photos that never train: the benchmarks measure on them."""
GROCERY_HELD_OUT = 20
"""Every so many of the grocery photos, by name, is kept out as well."""


def debian_photos(folder: Path, *, held_out: bool = False) -> list[Path]:
    """The photos under ``folder``, into which the Debian packages were unpacked, by name."""
    found = sorted(p for p in folder.rglob("*") if p.suffix in (".jpg", ".png"))
    real = [p for p in found if not p.is_symlink() and not _any_of(DRAWN, p, folder)]
    return [p for p in real if _any_of(HELD_OUT, p, folder) == held_out]


def _any_of(parts: tuple[str, ...], path: Path, folder: Path) -> bool:
    return any(part in str(path.relative_to(folder)) for part in parts)


def folder_photos(folder: Path, *, held_out: bool = False) -> list[Path]:
    """The JPEG photos in ``folder``, by name."""
    found = sorted(folder.glob("*.jpg"))
    return [p for n, p in enumerate(found) if (n % GROCERY_HELD_OUT == 0) == held_out]


def crops(
    debian: list[Path], folder: list[Path], side: int, count: int, seed: int
) -> Iterator[Pixels]:
    """``count`` crops, uint8 (side, side, 3) RGB, mostly of places with detail.

    Two thirds are from the large photos, made 1 to 5 times smaller first, so that they are as
    sharp as pictures get; the rest from the small ones.
    """
    chance = random.Random(seed)
    from_large = count * 2 // 3
    for n, path in enumerate(debian):
        whole = _read(path)
        share = from_large * (n + 1) // len(debian) - from_large * n // len(debian)
        scales = [s for s in (1, 1.5, 2, 3, 4, 5) if min(whole.shape[:2]) / s >= side * 1.5]
        weights = [0.4 if s == 1 and len(scales) > 1 else 1 for s in scales]
        shares = chance.choices(scales, weights, k=share)
        for scale in scales:
            wanted = shares.count(scale)
            if wanted:
                picture = whole if scale == 1 else _smaller(whole, scale)
                yield from _detailed(picture, side, wanted, chance)
    small = [folder[chance.randrange(len(folder))] for _ in range(count - from_large)]
    for path in small:
        whole = _read(path)
        if min(whole.shape[:2]) >= side:
            yield from _detailed(whole, side, 1, chance)


def _read(path: Path) -> Pixels:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(bgr[..., ::-1])


def _smaller(whole: Pixels, scale: float) -> Pixels:
    size = (int(whole.shape[1] / scale), int(whole.shape[0] / scale))
    return np.asarray(Image.fromarray(whole).resize(size, Image.Resampling.BICUBIC))


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
