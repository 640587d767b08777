"""Thumbnails of the photos that the colour judge learns from, and of those that calibrate it.

    python -m training.colour_judge.thumbnails --data DATA --scenes SCENES --work WORK

DATA is the benchmarks' folder, of which only the part ``tune`` is read; SCENES has the folders
``clic``, ``cid22`` and ``gb82`` of ``training/README.md``, and ``calibrate``, photos kept out.
Writes ``learn.npz`` and ``calibrate.npz``: ``photos``, uint8 (N, SIDE, SIDE, 3) RGB, and ``kinds``;
and to the first ``cutouts``, uint8 (N, SIDE, SIDE, 4), products whose outline is known.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pictures.material.faithful_photos import TUNE, groups, part_of
from pixellab.adapters.enhancers.local.segmentation.find_product import (
    find_plain_background,
    find_product,
)

Pixels = NDArray[np.uint8]

SIDE = 96
"""Pixels a side: photos are made square, which changes no colour."""
LOOKED_AT = 256
"""Longest side of the copy in which a product is looked for."""
OF_FIVE = 5
"""One of so many photographers and products of the part ``tune`` calibrates."""
KINDS = ("clothing", "groceries", "catalogue", "products", "scenes")
PRODUCT_SHARE = (0.04, 0.8)
"""Share of the frame that a product has which is cut out to be laid on other grounds."""


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, required=True)
    ask.add_argument("--scenes", type=Path, required=True)
    ask.add_argument("--work", type=Path, required=True)
    given = ask.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    for name, calibrates in (("learn", False), ("calibrate", True)):
        photos, kinds, cutouts = [], [], []
        for kind, path in _paths(given.data, given.scenes, calibrates):
            with Image.open(path) as opened:
                if kind == "products":
                    cutouts.append(_square(np.asarray(opened.convert("RGBA"))))
                    continue
                pixels = np.asarray(opened.convert("RGB"))
            photos.append(_square(pixels))
            kinds.append(KINDS.index(kind))
            if kind != "scenes" and (cut := _cut_out(pixels)) is not None:
                cutouts.append(cut)
        np.savez(given.work / name, photos=np.stack(photos), kinds=kinds, cutouts=np.stack(cutouts))
        print(name, np.bincount(kinds, minlength=len(KINDS)), len(cutouts), "cut out")


def calibrates(group: str) -> bool:
    """Whether a photographer or a product of the part ``tune`` is kept for calibration."""
    return zlib.crc32(f"judge {group}".encode()) % OF_FIVE == 0


def _paths(data: Path, scenes: Path, calibrate: bool) -> Iterator[tuple[str, Path]]:
    for kind in KINDS[:-1]:
        for group, paths in groups(data, kind).items():
            if part_of(group) == TUNE and calibrates(group) == calibrate:
                yield from ((kind, path) for path in paths)
    for folder in ("calibrate",) if calibrate else ("clic", "cid22", "gb82"):
        yield from (("scenes", path) for path in sorted((scenes / folder).glob("*.png")))


def _square(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _cut_out(pixels: Pixels) -> Pixels | None:
    """The product before a plain ground, R, G, B and alpha; None where the outline is not sure."""
    scale = min(1.0, LOOKED_AT / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if find_plain_background(np.asarray(small, np.uint8)) is None:
        return None
    found = find_product(np.asarray(small, np.uint8))
    least, most = PRODUCT_SHARE
    if not found.found or not least < found.product.mean() < most:
        return None
    alpha = cv2.erode(found.product.astype(np.uint8) * 255, np.ones((3, 3), np.uint8))
    return _square(np.dstack([small, alpha]))


if __name__ == "__main__":
    main()
