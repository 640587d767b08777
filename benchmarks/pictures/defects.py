"""AUTO on clean photos, and on the same photos with a known defect: does it help, does it harm?

    python -m benchmarks.pictures.defects [FOLDER] [--products] [--only DEFECT ...] [--every N]
                                          [--first K] [--megapixels M] [--fidelity]

FOLDER (default: data in benchmarks) has ``photos/`` and ``products_alpha/``. Each
photo is damaged, put through AUTO, and compared with itself before the damage.
A result counts as nearer where both PSNR and SSIM rose. Prints a line for every photo and defect.
With ``--fidelity`` it also says to how many results the product check would have objected, had a
service drawn them; it is not asked about LOCAL's, which change no product on purpose.
"""

from __future__ import annotations

import argparse
import io
import zlib
from collections.abc import Callable, Iterator
from math import sqrt
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data import DATA
from benchmarks.pictures.fidelity import product_check
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Task

Pixels = NDArray[np.uint8]
Damage = Callable[[Pixels, np.random.Generator], Pixels]

PRODUCT_SIDE = 1000
SAME_DB = 60.0
"""What an untouched clean photo counts in the mean: below the 99 dB of one changed in one pixel."""
WANTED_CLEAN_DB, WANTED_NEARER, ALLOWED_LOSS_DB = 38.0, 0.95, 0.3


def main() -> None:
    """Print the table and what it comes to."""
    args = _arguments()
    enhancer, nearer, losses, clean = LocalEnhancer(), [], [], []
    check, objected = product_check()[1] if args.fidelity else None, []
    print(f"{'photo':32}{'defect':14}{'PSNR in':>9}{'out':>7}{'SSIM in':>9}{'out':>7}  verdict")
    for name, photo in list(
        photos(args.folder, products=args.products, megapixels=args.megapixels)
    )[args.first :: args.every]:
        result, done = auto(enhancer, photo)
        same = np.array_equal(result, photo)
        clean.append(SAME_DB if same else min(SAME_DB, psnr(result, photo)))
        what = (
            "untouched" if same else f"changed: {clean[-1]:.1f} dB, SSIM {ssim(result, photo):.4f}"
        )
        print(f"{name:32}{'none':14}{'':32}  {what}  {done}", flush=True)
        for defect, damage in DEFECTS.items():
            if args.only and not any(defect.startswith(each) for each in args.only):
                continue
            seed = zlib.crc32(f"{name} {defect}".encode())
            damaged = damage(photo, np.random.default_rng(seed))
            fixed, done = auto(enhancer, damaged)
            if check and not (said := check(damaged, fixed)).passed:
                objected.append(f"{name} {defect}: {' '.join(said.objections)}")
            before, after = psnr(damaged, photo), psnr(fixed, photo)
            s_before, s_after = ssim(damaged, photo), ssim(fixed, photo)
            good = after > before and s_after > s_before
            nearer.append((defect, good))
            losses.append((before - after, name, defect))
            verdict = "nearer" if good else "unchanged" if after == before else "NOT NEARER"
            print(
                f"{name:32}{defect:14}{before:9.2f}{after:7.2f}{s_before:9.4f}{s_after:7.4f}"
                f"  {verdict:10}  {done}",
                flush=True,
            )
    _summary(clean, nearer, losses)
    if check:
        print(f"the product check would have objected to {len(objected)} of {len(nearer)}")
        print(*objected, sep="\n")


def _summary(
    clean: list[float], nearer: list[tuple[str, bool]], losses: list[tuple[float, str, str]]
) -> None:
    print()
    for defect in dict(nearer):
        goods = [good for each, good in nearer if each == defect]
        print(f"{defect:14} nearer to the clean photo: {sum(goods)} of {len(goods)}")
    print(
        f"clean photos: {np.mean(clean):.1f} dB on average (wanted {WANTED_CLEAN_DB}), "
        f"least {min(clean):.1f} dB; an untouched one counts {SAME_DB:.0f} dB"
    )
    if nearer:
        share = np.mean([good for _, good in nearer])
        print(f"damaged photos: {share:.1%} nearer in PSNR and SSIM (wanted {WANTED_NEARER:.0%})")
        loss, name, defect = max(losses)
        print(f"worst loss: {loss:.2f} dB, {name} {defect} (allowed {ALLOWED_LOSS_DB})")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--products", action="store_true", help="products laid on white, too")
    parser.add_argument("--only", nargs="+", default=[], help="defects whose name begins so")
    parser.add_argument("--every", type=int, default=1, help="each n-th photo")
    parser.add_argument("--first", type=int, default=0, help="index of the first photo")
    parser.add_argument("--megapixels", type=float, default=1.0, help="larger photos are reduced")
    parser.add_argument("--fidelity", action="store_true", help="ask the product check, too")
    return parser.parse_args()


def photos(
    folder: Path, *, products: bool, megapixels: float = 1.0
) -> Iterator[tuple[str, Pixels]]:
    """Name and pixels, uint8 RGB, of each photo (and of each product, laid on white)."""
    for path in sorted((folder / "photos").iterdir()):
        photo = Image.open(path).convert("RGB")
        shrink = min(1.0, sqrt(megapixels * 1e6 / (photo.width * photo.height)))
        size = (round(photo.width * shrink), round(photo.height * shrink))
        yield path.stem, np.asarray(photo.resize(size, Image.Resampling.BOX))
    for path in sorted((folder / "products_alpha").iterdir()) if products else []:
        product = Image.open(path).convert("RGBA")
        white = Image.new("RGBA", product.size, "white")
        laid = (
            Image.alpha_composite(white, product)
            .convert("RGB")
            .resize((PRODUCT_SIDE, PRODUCT_SIDE))
        )
        yield path.stem, np.asarray(laid)


def auto(enhancer: LocalEnhancer, pixels: Pixels) -> tuple[Pixels, str]:
    """The pixels that AUTO makes of these, and the names of the steps it took."""
    enhanced = enhancer.enhance(Picture(pixels=pixels, format="PNG"), Task())
    return enhanced.picture.pixels, " ".join(step.name for step in enhanced.steps if step.applied)


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all three channels."""
    error = np.mean((a.astype(np.float32) - b) ** 2)
    return float(10 * np.log10(255**2 / max(float(error), 1e-9)))


def ssim(a: Pixels, b: Pixels) -> float:
    """Mean over R, G and B of the structural similarity (Z. Wang et al., IEEE TIP 13(4), 2004)."""
    x, y = a.astype(np.float32), b.astype(np.float32)
    mx, my = _window(x), _window(y)
    vx, vy, vxy = _window(x * x) - mx * mx, _window(y * y) - my * my, _window(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    numerator = (2 * mx * my + c1) * (2 * vxy + c2)
    return float((numerator / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean())


def _window(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float32)


def _noise(sigma: float) -> Damage:
    def damage(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        return _rounded(pixels + rng.normal(0, sigma, pixels.shape))

    return damage


def light(*gains: float) -> Damage:
    """Less light of each colour, as a filter before the lens or a shorter exposure."""

    def damage(pixels: Pixels, _: np.random.Generator) -> Pixels:
        linear = np.where(
            pixels <= 0.04045 * 255, pixels / 255 / 12.92, ((pixels / 255 + 0.055) / 1.055) ** 2.4
        ) * np.array(gains)
        levels = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
        return _rounded(levels * 255)

    return damage


def _flat(contrast: float, haze: float) -> Damage:
    return lambda pixels, _: _rounded(pixels * contrast + haze)


def _soft(sigma: float) -> Damage:
    return lambda pixels, _: np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def _blocky(quality: int) -> Damage:
    def damage(pixels: Pixels, _: np.random.Generator) -> Pixels:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        return np.array(Image.open(file))

    return damage


def _rounded(levels: NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)


DEFECTS: dict[str, Damage] = {
    "dark 1.3 stops": light(0.4, 0.4, 0.4),
    "dark 2.3 stops": light(0.2, 0.2, 0.2),
    **{f"noisy {sigma}": _noise(sigma) for sigma in (5, 10, 15, 25)},
    "cast warm": light(1, 0.78, 0.5),
    "cast cool": light(0.55, 0.8, 1),
    "cast green": light(0.7, 1, 0.7),
    **{f"soft {sigma}": _soft(sigma) for sigma in (1.0, 1.5, 2.0)},
    **{f"blocky {quality}": _blocky(quality) for quality in (10, 20, 30, 40)},
    "flat 60%": _flat(0.6, 51),
    "flat 50%": _flat(0.5, 70),
}


if __name__ == "__main__":
    main()
