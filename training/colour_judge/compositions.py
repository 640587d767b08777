"""Products laid on drawn grounds, with the shadow that they cast.

    python -m training.colour_judge.compositions --work WORK [--count N]

Reads the ``cutouts`` of ``thumbnails`` and writes ``laid_learn.npy`` and ``laid_calibrate.npy``,
uint8 (N, SIDE, SIDE, 3) RGB.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.colour_judge.grounds import Random, draw_ground
from training.colour_judge.thumbnails import KINDS, SIDE

Pixels = NDArray[np.uint8]

SIZES, PLACES = (0.55, 1.15), (-0.15, 0.15)
"""Sides of the laid thumbnail, and how far it is off the middle, as shares of the frame's side."""
SHADED, DEPTHS, WIDTHS, AWAY = 0.75, (0.15, 0.7), (1.0, 8.0), 6.0
"""Share with a shadow, how much light it takes, and its softness and distance in pixels."""
OUTLINED = 0.4
"""Share of products with their own outline; of others the middle of a photo is laid."""
SCENES = KINDS.index("scenes")
DYED = 0.4
"""Share of products whose colours are turned: clothes come in every colour."""


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--count", type=int, default=16000)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    for name, count in (("learn", given.count), ("calibrate", given.count // 20)):
        chance = np.random.default_rng([given.seed, count])
        known = np.load(given.work / f"{name}.npz")
        cutouts, photos = known["cutouts"], known["photos"][known["kinds"] < SCENES]
        laid = []
        for number in range(count):
            if chance.random() < OUTLINED:
                product = cutouts[number % len(cutouts)]
            else:
                product = _middle_of(photos[number % len(photos)], chance)
            laid.append(lay(product, chance, dye=name == "learn"))
        np.save(given.work / f"laid_{name}.npy", np.stack(laid))


def lay(cutout: Pixels, chance: Random, *, dye: bool) -> Pixels:
    """A product, uint8 (SIDE, SIDE, 4), on a ground: uint8 (SIDE, SIDE, 3)."""
    rgb, alpha = cutout[..., :3], cutout[..., 3]
    if dye and chance.random() < DYED:
        rgb = _dyed(rgb, chance)
    scale = chance.uniform(*SIZES)
    middle = SIDE * (0.5 + np.array([chance.uniform(*PLACES), chance.uniform(*PLACES)]))
    turn = -1.0 if chance.random() < 0.5 else 1.0
    matrix = np.array([[scale * turn, 0, 0], [0, scale, 0]])
    matrix[:, 2] = middle - matrix[:, :2] @ np.array([SIDE / 2, SIDE / 2])
    rgb, alpha = (cv2.warpAffine(each, matrix, (SIDE, SIDE)) for each in (rgb, alpha))
    share = alpha.astype(np.float32)[..., None] / 255
    ground = draw_ground(SIDE, chance)
    if chance.random() < SHADED:
        ground = ground * (1 - _shadow(share, chance))
    return np.asarray(np.clip(np.rint(rgb * share + ground * (1 - share)), 0, 255), np.uint8)


def _middle_of(photo: Pixels, chance: Random) -> Pixels:
    """An ellipse or a box of it, R, G, B and alpha."""
    y, x = np.abs(np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j])
    high, wide = chance.uniform(0.35, 0.95, 2)
    power = 2 if chance.random() < 0.5 else 8
    inside = (x / wide) ** power + (y / high) ** power < 1
    return np.dstack([photo, inside.astype(np.uint8) * 255])


def _shadow(share: NDArray[np.float32], chance: Random) -> NDArray[np.float32]:
    away = chance.uniform(-AWAY, AWAY, 2)
    moved = cv2.warpAffine(share, np.array([[1, 0, away[0]], [0, 1, away[1]]]), (SIDE, SIDE))
    soft = cv2.GaussianBlur(moved, (0, 0), chance.uniform(*WIDTHS))
    return np.asarray(chance.uniform(*DEPTHS) * soft[..., None], np.float32)


def _dyed(rgb: Pixels, chance: Random) -> Pixels:
    """Another hue and saturation; what is grey stays grey."""
    hsv = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + chance.uniform(0, 180)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * chance.uniform(0.3, 1.3), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)


if __name__ == "__main__":
    main()
