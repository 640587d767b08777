"""Does the quality score fall as a defect grows?

    python -m benchmarks.pictures.quality_score [--data FOLDER] [--every 1] [--defects blur,noise]

Every photo of ``photos`` and every product of ``products_alpha``, laid on white, is given each
defect in six rising steps. Printed, per defect: Spearman's correlation of the score with the step
(the untouched photo being step 0), as the mean over the photos, over all photos pooled, and of the
worst photo; the same for the part that is about this defect; the mean score at each step; and how
far each other part moves from the untouched photo to the last step (cross-talk). The aim is -0.95
or beyond for the score.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data import DATA
from pixellab.adapters.imaging.quality.assess import assess
from pixellab.domain.pictures import Picture, QualityReport

Pixels = NDArray[np.uint8]
PARTS = ("blur", "noise", "exposure", "contrast", "colour_cast", "blockiness")
PRODUCT_SIDE = 1080
SEED = 20240501

BLUR = (0.6, 1.0, 1.6, 2.4, 3.6, 5.4)
"""Gaussian sigma in pixels of a one-megapixel picture; scaled to the photo's size."""
NOISE = (3.0, 6.0, 10.0, 16.0, 24.0, 36.0)
"""Sigma of white noise in R, G and B, 8-bit levels."""
JPEG = (70, 50, 35, 22, 13, 7)
"""libjpeg's quality."""
DARK = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Stops of light too few."""
FLAT = (0.85, 0.70, 0.55, 0.40, 0.28, 0.18)
"""Share of the contrast that is left, about middle grey."""
CAST = (0.06, 0.12, 0.18, 0.24, 0.30, 0.36)
"""Gain of one channel over that of its opposite, less 1, in sRGB values."""


def blurred(photo: Pixels, sigma: float) -> Pixels:
    scale = (photo.shape[0] * photo.shape[1] / 1e6) ** 0.5
    return np.asarray(cv2.GaussianBlur(photo, (0, 0), sigma * scale), dtype=np.uint8)


def noisy(photo: Pixels, sigma: float) -> Pixels:
    noise = np.random.default_rng(SEED).normal(0.0, sigma, photo.shape)
    return to_uint8(photo + noise)


def compressed(photo: Pixels, quality: float) -> Pixels:
    file = BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=int(quality))
    return np.asarray(Image.open(file).convert("RGB"), dtype=np.uint8)


def dark(photo: Pixels, stops: float) -> Pixels:
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    linear *= 2.0**-stops
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return to_uint8(255 * encoded)[photo]


def flat(photo: Pixels, contrast: float) -> Pixels:
    return to_uint8((np.arange(256) - 128) * contrast + 128)[photo]


def tinted(photo: Pixels, gain: float) -> Pixels:
    """Warm, cool, green or magenta, one each from photo to photo."""
    up, down = 1 + gain / 2, 1 - gain / 2
    gains = ((up, 1, down), (down, 1, up), (down, up, down), (up, down, up))
    kind = int(photo[::97, ::97].sum()) % len(gains)
    return to_uint8(photo * np.array(gains[kind]))


DEFECTS: dict[str, tuple[str, Callable[[Pixels, float], Pixels], tuple[float, ...]]] = {
    "blur": ("blur", blurred, BLUR),
    "noise": ("noise", noisy, NOISE),
    "jpeg": ("blockiness", compressed, JPEG),
    "dark": ("exposure", dark, DARK),
    "low contrast": ("contrast", flat, FLAT),
    "colour cast": ("colour_cast", tinted, CAST),
}


def main() -> None:
    arguments = parse()
    photos = list(load(arguments.data))[:: arguments.every]
    wanted = arguments.defects.split(",") if arguments.defects else list(DEFECTS)
    for name in wanted:
        part, spoil, strengths = DEFECTS[name]
        reports = {
            photo_name: [quality(photo), *(quality(spoil(photo, s)) for s in strengths)]
            for photo_name, photo in photos
        }
        print_defect(name, part, strengths, reports)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--every", type=int, default=1, help="take every n-th photo only")
    parser.add_argument("--defects", default="", help=f"of: {', '.join(DEFECTS)}")
    return parser.parse_args()


def load(folder: Path) -> Iterator[tuple[str, Pixels]]:
    """Each photo, uint8 (H, W, 3), R, G, B."""
    for path in sorted((folder / "photos").glob("*.jpg")):
        with Image.open(path) as image:
            yield path.stem, np.asarray(image.convert("RGB"), dtype=np.uint8)
    for path in sorted((folder / "products_alpha").glob("*.png")):
        with Image.open(path) as image:
            product = image.convert("RGBA").resize(
                (PRODUCT_SIDE, PRODUCT_SIDE), Image.Resampling.BOX
            )
        canvas = Image.new("RGBA", product.size, "white")
        canvas.alpha_composite(product)
        yield path.stem, np.asarray(canvas.convert("RGB"), dtype=np.uint8)


def quality(pixels: Pixels) -> QualityReport:
    return assess(Picture(pixels=np.ascontiguousarray(pixels), format="PNG"))


def print_defect(
    name: str,
    part: str,
    strengths: tuple[float, ...],
    reports: dict[str, list[QualityReport]],
) -> None:
    scores = np.array([[r.score for r in steps] for steps in reports.values()])
    parts = np.array([[r.parts[part] for r in steps] for steps in reports.values()])
    each = [spearman(row) for row in scores]
    own = [spearman(row) for row in parts]
    worst = int(np.argmax(each))
    course = " ".join(f"{s:.1f}" for s in scores[worst])
    print(f"{name}, steps {', '.join(f'{s:g}' for s in strengths)}; {len(reports)} photos")
    print(f"  {'score':12}{figures(each, scores)} ({list(reports)[worst]}: {course})")
    print(f"  {part:12}{figures(own, parts)}")
    print(f"  photos at -0.95 or beyond: {sum(e <= -0.95 for e in each)} of {len(each)}")
    print(f"  mean score by step: {' '.join(f'{s:.1f}' for s in scores.mean(axis=0))}")
    moved = {
        other: np.mean(
            [steps[-1].parts[other] - steps[0].parts[other] for steps in reports.values()]
        )
        for other in PARTS
        if other != part
    }
    print(f"  others move: {'  '.join(f'{k} {v:+.1f}' for k, v in moved.items())}\n", flush=True)


def figures(each: list[float], scores: NDArray[np.float64]) -> str:
    return f"mean {np.mean(each):+.3f}  pooled {pooled(scores):+.3f}  worst {max(each):+.3f}"


def spearman(figures: NDArray[np.float64]) -> float:
    """Rank correlation of ``figures`` with their position; 0.0 if they are all the same."""
    return correlation(ranks(figures), np.arange(figures.size, dtype=np.float64))


def pooled(figures: NDArray[np.float64]) -> float:
    """Rank correlation over the rows together: every photo's figures against the step."""
    steps = np.tile(np.arange(figures.shape[1], dtype=np.float64), figures.shape[0])
    return correlation(ranks(figures.ravel()), ranks(steps))


def ranks(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average ranks: equal figures share theirs."""
    _, inverse, counts = np.unique(figures, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - counts + last - 1) / 2)[inverse]


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def to_uint8(pixels: NDArray[np.floating[Any]]) -> Pixels:
    rounded: Pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return rounded


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
