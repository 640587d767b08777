"""When the silhouette of a drawn product is taken for the photographed one's.

    python -m benchmarks.pictures.drawn_silhouettes [--data FOLDER]

Products with a known alpha are laid on photos. What Gemini would draw is imitated: the product on a
plain grey, moved, grown and lit otherwise as answers are, or another product, mirrored, moved far
or stretched. Per kind: the difference by which GEMINI decides (``Registered.difference``; the
photo's own pixels are kept up to ``SAME``), the share of products so kept, and of these the lowest
IoU of the silhouette laid on the photo with the true one. Nothing is asked of Gemini.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data import DATA
from pixellab.adapters.enhancers.gemini.backdrop import SAME
from pixellab.adapters.enhancers.gemini.registration import Registered, register

SIDE = 700
GREY = 180
GRAIN = 3.0
"""Sigma, in 8-bit levels, of the noise in which a drawing differs from the photo."""
Pixels = NDArray[Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    data = parser.parse_args().data
    products = [_product(file) for file in sorted((data / "products_alpha").glob("*.png"))]
    photos = sorted((data / "photos").glob("*.jpg"))
    measured: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number, (product, photo) in enumerate(zip(products, cycle(photos), strict=False)):
        behind = np.asarray(Image.open(photo).convert("RGB").resize(_size(product)))
        taken = _over(product, behind)
        for kind, drawn in _drawings(product, products[number - 1], number):
            alpha = drawn[..., 3] / np.float32(255)
            found = register(taken, _over(drawn, np.full_like(behind, GREY)), alpha)
            measured[kind].append((found.difference, _overlap(found, product)))
    print(f"{'drawn':<28}{'difference: median':>19}{'largest':>9}{'smallest':>10}", end="")
    print(f"{'kept':>8}{'lowest IoU of these':>21}")
    for kind, each in measured.items():
        difference, overlap = np.array(each).T
        kept = difference <= SAME
        lowest = f"{overlap[kept].min():.3f}" if kept.any() else "-"
        print(f"{kind:<28}{np.median(difference):>19.1f}{difference.max():>9.1f}", end="")
        print(f"{difference.min():>10.1f}{kept.mean():>8.0%}{lowest:>21}")


def _drawings(product: Pixels, other: Pixels, seed: int) -> Iterator[tuple[str, Pixels]]:
    yield "as it is", product
    yield "moved 1%, lit otherwise", _lit(_moved(product, 0.01, -0.01, 1, 1), 1.1, 5, seed)
    yield "grown 2%, lit otherwise", _lit(_moved(product, 0.01, 0.01, 1.02, 1.02), 0.9, 10, seed)
    yield "moved 3%, shrunk 2%", _lit(_moved(product, 0.03, -0.02, 0.98, 0.98), 1, 0, seed)
    yield "moved 10%", _moved(product, 0.1, 0.05, 1, 1)
    yield "stretched 10%", _moved(product, 0, 0, 1, 1.1)
    yield "mirrored", product[:, ::-1].copy()
    yield "another product", np.asarray(cv2.resize(other, _size(product)))


def _product(file: Path) -> Pixels:
    image = Image.open(file).convert("RGBA")
    image.thumbnail((SIDE, SIDE))
    return np.asarray(image)


def _size(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _over(product: Pixels, behind: Pixels) -> Pixels:
    alpha = product[..., 3:] / 255
    return np.asarray(product[..., :3] * alpha + behind * (1 - alpha), np.uint8)


def _moved(product: Pixels, x: float, y: float, wide: float, high: float) -> Pixels:
    """By shares of its sides, and ``wide`` and ``high`` times as large around its middle."""
    width, height = _size(product)
    by = np.array(
        [
            [wide, 0, (x + (1 - wide) / 2) * width],
            [0, high, (y + (1 - high) / 2) * height],
        ]
    )
    return np.asarray(cv2.warpAffine(product, by, (width, height), flags=cv2.INTER_CUBIC))


def _lit(product: Pixels, gain: float, offset: float, seed: int) -> Pixels:
    grain = np.random.default_rng(seed).normal(0, GRAIN, (*product.shape[:2], 3))
    lit = product.copy()
    lit[..., :3] = np.clip(product[..., :3] * gain + offset + grain, 0, 255)
    return lit


def _overlap(found: Registered, product: Pixels) -> float:
    size = found.alpha.shape[1], found.alpha.shape[0]
    truth = cv2.resize(product[..., 3], size, interpolation=cv2.INTER_AREA) > 127
    seen = found.alpha > 0.5
    return float((truth & seen).sum() / max((truth | seen).sum(), 1))


if __name__ == "__main__":
    main()
