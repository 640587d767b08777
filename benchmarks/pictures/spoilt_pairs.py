"""Do the figures of an answer fall where a product was spoilt on purpose?

    python -m benchmarks.pictures.spoilt_pairs [FOLDER] [--part tune|publish]

FOLDER (default: data in benchmarks) has ``train/clothing``, ``train/grocery`` and
``products_alpha``; ``faithful_photos`` says how they are split, and thresholds are set on the part
``tune``. Forty pairs, eight of each kind: colours turned, product darkened, weave flattened, print
ghosted, and half the product gone from a cut-out, against its true mask. For each the quality score
before and after and the faithfulness are printed. A pair is seen through where the faithfulness is
below FAITHFUL, or the score fell by more than a point. Then as many honest repairs: noise and
blocks removed and blur undone by LOCAL, and casts corrected to the truth.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from benchmarks.data import DATA
from benchmarks.pictures.defects import DEFECTS
from benchmarks.pictures.material.faithful_photos import PUBLISH, TUNE, Photo, Pixels, photos
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.adapters.imaging.srgb import from_linear, to_linear
from pixellab.domain.pictures import FAITHFUL, Picture
from pixellab.domain.requests import Mode, Task

EACH = 8
FELL = 1.0
"""Points of the quality score."""


@frozen(kw_only=True, eq=False)
class Pair:
    """A photo, and what became of it."""

    kind: str
    name: str
    before: Pixels
    after: Pixels
    """uint8 (height, width, 3 or 4)."""


def main() -> None:
    """Print a line for every pair, and the two counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--part", choices=(TUNE, PUBLISH), default=PUBLISH)
    args = parser.parse_args()
    spoilt = [_seen_through(each) for each in spoilt_pairs(args.folder, args.part)]
    print(f"spoilt on purpose: {sum(spoilt)} of {len(spoilt)} seen through\n", flush=True)
    honest = [_seen_through(each) for each in honest_pairs(args.folder, args.part)]
    print(f"honest repairs: {sum(honest)} of {len(honest)} taken for spoilt")


def _seen_through(pair: Pair) -> bool:
    imaging = RasterImaging()
    before, after = (
        Picture(pixels=np.ascontiguousarray(each), format="PNG")
        for each in (pair.before, pair.after)
    )
    scores = [imaging.assess(each).score for each in (before, after)]
    kept = imaging.compare(before, after)
    seen = kept.score < FAITHFUL or scores[1] < scores[0] - FELL
    print(
        f"{pair.kind:18} {pair.name[:44]:44} score {scores[0]:5.1f} to {scores[1]:5.1f}, "
        f"faithfulness {kept.score:5.1f} (colour {kept.colour:5.1f}, detail {kept.detail:5.1f}, "
        f"whole {kept.whole:5.1f})  {'seen' if seen else 'not seen'}",
        flush=True,
    )
    return seen


def spoilt_pairs(folder: Path, part: str) -> Iterator[Pair]:
    """Eight of each kind; clothes and packages as they were taken, products on seven grounds."""
    clothes, packages, products = (
        list(photos(folder, kind, part)) for kind in ("clothing", "groceries", "products")
    )
    woven = sorted(clothes, key=_texture, reverse=True)
    yield from _pairs("colour turned", _mixed(clothes, packages, products), _turned)
    yield from _pairs("product darkened", _mixed(clothes[1:], products[3:]), _darkened)
    yield from _pairs("weave flattened", woven, _flattened)
    yield from _pairs("print ghosted", _mixed(packages[2:], products[5:]), _ghosted)
    yield from _pairs("half gone", products[1::5], _halved)


def honest_pairs(folder: Path, part: str) -> Iterator[Pair]:
    """The same kinds of photos, damaged and repaired."""
    clothes, packages, products = (
        list(photos(folder, kind, part)) for kind in ("clothing", "groceries", "products")
    )
    for kind, defect, mode in (
        ("noise removed", "noisy 10", Mode.DENOISE),
        ("blocks removed", "blocky 20", Mode.DENOISE),
        ("blur undone", "soft 1.5", Mode.SHARPEN),
    ):
        damage = DEFECTS[defect]
        for photo in _take(_mixed(clothes[3:], packages[3:], products[2:])):
            before = damage(photo.pixels, np.random.default_rng(_seed(photo)))
            yield Pair(kind=kind, name=photo.name, before=before, after=_repaired(before, mode))
    plain = [each for each in products if each.ground in ("white", "light grey", "mid grey")]
    for number, photo in enumerate(_take(iter(plain))):
        defect = ("cast warm", "cast cool", "cast green", "dark 1.3 stops")[number % 4]
        before = DEFECTS[defect](photo.pixels, np.random.default_rng(0))
        yield Pair(kind=defect, name=photo.name, before=before, after=photo.pixels)


def _pairs(
    kind: str, chosen: list[Photo] | Iterator[Photo], spoil: Callable[[Photo], Pixels]
) -> Iterator[Pair]:
    for photo in _take(iter(chosen)):
        yield Pair(kind=kind, name=photo.name, before=photo.pixels, after=spoil(photo))


def _take(chosen: Iterator[Photo]) -> list[Photo]:
    return list(islice(chosen, EACH))


def _mixed(*sets: list[Photo]) -> Iterator[Photo]:
    """One of each set in turn, seven apart, so that photographers and grounds differ."""
    for several in zip(*(each[::8] for each in sets), strict=False):
        yield from several


def _seed(photo: Photo) -> int:
    return zlib.crc32(photo.name.encode())


def _repaired(damaged: Pixels, mode: Mode) -> Pixels:
    picture = Picture(pixels=damaged, format="PNG")
    return LocalEnhancer().enhance(picture, Task(mode=mode)).picture.pixels


def _where(photo: Photo) -> NDArray[np.float32]:
    """The product as a soft mask (height, width, 1), the whole frame if it is not known."""
    if photo.product is None:
        return np.ones((*photo.pixels.shape[:2], 1), np.float32)
    return cv2.GaussianBlur(photo.product.astype(np.float32), (0, 0), 1.0)[..., None]


def _on_product(photo: Photo, changed: NDArray[np.floating]) -> Pixels:
    where = _where(photo)
    mixed = photo.pixels * (1 - where) + changed * where
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _turned(photo: Photo) -> Pixels:
    """Its hues turned by 40 degrees, or light of another colour laid on it."""
    if _seed(photo) % 2:
        hsv = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + 20) % 180
        grey = np.full((1, 1, 3), (1.0, 0.9, 0.75))
        return _on_product(photo, cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * grey)
    gains = (1.0, 0.8, 0.6) if _seed(photo) % 4 else (0.6, 0.85, 1.0)
    return _on_product(photo, from_linear(to_linear(photo.pixels) * np.array(gains)))


def _darkened(photo: Photo) -> Pixels:
    return _on_product(photo, 255 * (photo.pixels / 255.0) ** 2.0)


def _flattened(photo: Photo) -> Pixels:
    flat = cv2.medianBlur(photo.pixels, 5)
    return np.asarray(cv2.bilateralFilter(flat, 9, 40, 4), np.uint8)


def _ghosted(photo: Photo) -> Pixels:
    """A second print beside the first, as a bad redraw or a bad merge leaves it."""
    moved = np.roll(photo.pixels, (3, 6), axis=(0, 1))
    return _on_product(photo, 0.6 * photo.pixels + 0.4 * moved)


def _halved(photo: Photo) -> Pixels:
    """The true cut-out without its left, right, upper or lower half."""
    assert photo.product is not None
    alpha = photo.product.astype(np.uint8) * 255
    rows, columns = (np.flatnonzero(photo.product.any(axis=axis)) for axis in (1, 0))
    row, column = int(rows.mean()), int(columns.mean())
    gone = (
        (slice(row), slice(None)),
        (slice(row, None), slice(None)),
        (slice(None), slice(column)),
        (slice(None), slice(column, None)),
    )[_seed(photo) % 4]
    alpha[gone] = 0
    return np.dstack([photo.pixels, alpha])


def _texture(photo: Photo) -> float:
    """Fine detail of the middle of a photo, as the median of its blocks."""
    luma = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    height, width = luma.shape
    luma = luma[height // 4 : -height // 4, width // 4 : -width // 4]
    fine = (luma - cv2.GaussianBlur(luma, (0, 0), 2.0)) ** 2
    return float(
        np.median(cv2.resize(fine, None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA))
    )


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
