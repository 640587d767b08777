"""Photos of four kinds, split into a part to tune on and a part to publish figures from.

What belongs together stays together: a photographer's clothes, a product's photos. A group's part
is the parity of the CRC-32 of its name (``part_of``); ``faithful_split.txt`` lists the groups.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

TUNE, PUBLISH = "tune", "publish"
SETS = ("clothing", "groceries", "catalogue", "products")
PER_GROUP = 2
"""So many photos of each photographer, or of each product, that none outweighs the others."""
SIDE = 600
"""Longest side, in pixels, to which larger pictures are reduced."""
OPAQUE = 250
FALL_OFF = 0.06
"""How much darker than its top the bottom of a ground is: light comes from somewhere."""
GROUNDS = {
    "white": (255, 255, 255),
    "light grey": (216, 216, 216),
    "mid grey": (128, 128, 128),
    "beige": (226, 211, 186),
    "wood": (158, 113, 74),
    "green": (88, 148, 84),
    "dark": (42, 42, 44),
}
PLAIN_GROUNDS = tuple(name for name in GROUNDS if name != "wood")


@frozen(kw_only=True, eq=False)
class Photo:
    """A clean photo."""

    set: str
    name: str
    pixels: Pixels
    """uint8 (height, width, 3), RGB."""
    product: NDArray[np.bool_] | None = None
    """Where the product is, if that is known."""
    ground: str | None = None
    """What the product was laid on."""


def part_of(group: str) -> str:
    """TUNE or PUBLISH, for a photographer or a product."""
    return PUBLISH if zlib.crc32(group.encode()) % 2 == 0 else TUNE


def groups(folder: Path, kind: str) -> dict[str, list[Path]]:
    """The photos of a set by photographer or product, in alphabetical order."""
    found: dict[str, list[Path]] = {}
    if kind == "clothing":
        place = folder / "train" / "clothing"
        with (place / "photos.csv").open(encoding="utf-8") as file:
            for row in sorted(csv.DictReader(file), key=lambda each: each["file"]):
                found.setdefault(row["photographer"], []).append(place / row["file"])
        return dict(sorted(found.items()))
    places = {"groceries": "train/grocery", "catalogue": "photos", "products": "products_alpha"}
    for path in sorted((folder / places[kind]).glob("*.[jp][pn]g")):
        group = path.stem.rsplit("_", 1)[0] if kind == "groceries" else path.stem
        found.setdefault(group, []).append(path)
    return found


def photos(folder: Path, kind: str, part: str, every: int = 1) -> Iterator[Photo]:
    """Each ``every``-th photo of a part of a set; products on seven grounds each."""
    chosen = [
        path
        for group, paths in groups(folder, kind).items()
        if part_of(group) == part
        for path in paths[:PER_GROUP]
    ]
    if kind == "products":
        laid = [(path, ground) for path in chosen for ground in GROUNDS]
        for path, ground in laid[::every]:
            yield _laid(path, ground)
        return
    for path in chosen[::every]:
        pixels = np.asarray(_reduced(Image.open(path).convert("RGB")))
        yield Photo(set=kind, name=path.stem, pixels=pixels)


def _laid(path: Path, ground: str) -> Photo:
    product = np.asarray(_reduced(Image.open(path).convert("RGBA")), np.float32)
    alpha = product[..., 3:] / 255
    laid = product[..., :3] * alpha + _ground(ground, product.shape[:2]) * (1 - alpha)
    return Photo(
        set="products",
        name=f"{path.stem} on {ground}",
        pixels=np.asarray(np.clip(np.rint(laid), 0, 255), np.uint8),
        product=product[..., 3] >= OPAQUE,
        ground=ground,
    )


def _ground(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    colour = np.array(GROUNDS[name], np.float32)
    if name == "white":
        return np.broadcast_to(colour, (*shape, 3))
    light = np.linspace(1, 1 - FALL_OFF, shape[0], dtype=np.float32)[:, None, None]
    ground = np.broadcast_to(colour, (*shape, 3)) * light
    if name == "wood":
        # Grain: noise drawn out along the boards.
        grain = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), 40, sigmaY=1)
        ground = ground * (1 + 0.12 * grain / grain.std())[..., None]
    return np.asarray(ground + rng.normal(0, 0.6, (*shape, 3)), np.float32)


def _reduced(photo: Image.Image) -> Image.Image:
    shrink = min(1.0, SIDE / max(photo.size))
    size = (round(photo.width * shrink), round(photo.height * shrink))
    return photo if size == photo.size else photo.resize(size, Image.Resampling.BOX, reducing_gap=3)
