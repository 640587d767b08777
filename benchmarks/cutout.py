"""How well the product is cut out: ours beside plain GrabCut and a threshold.

    python benchmarks/cutout.py [--data FOLDER] [--size 1080] [--only 25]

Products with a known alpha are laid on five kinds of background, each with a contact shadow and
sensor noise. Per kind and method: MAE (mean absolute error of alpha, in 1/255), IoU at one half,
the colour error of the foreground in the soft band (the halo, in 8-bit levels), how often a product
was found, and milliseconds per picture. ``--salient`` takes a folder of photos with masks
(``images/*.jpg``, ``masks/*.png``) and prints IoU for clutter that the method was not made for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from data import DATA
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.enhancers.local.cutout import cut_out

SHADOW_STRENGTH = 0.35
NOISE_SIGMA = 1.5
Array = NDArray[Any]
Method = Callable[[Array], tuple[Array, Array, bool]]


def main() -> None:
    options = _options()
    files = sorted((options.data / "products_alpha").glob("*.png"))[: options.only]
    print(
        f"{'background':10} {'method':10} {'MAE':>6} {'IoU':>6} {'halo':>6} {'found':>6} {'ms':>6}"
    )
    for kind in KINDS:
        scores: dict[str, list[tuple[float, ...]]] = {name: [] for name in METHODS}
        for index, file in enumerate(files):
            product, alpha = _product(file, options.size)
            scene = lay_on(product, alpha, KINDS[kind], np.random.default_rng(index))
            for name, method in METHODS.items():
                scores[name].append(_score(method, scene, product[..., :3], alpha))
            if options.each:
                print(f"  {file.stem:40}", *(f"{v:8.3f}" for v in scores["ours"][-1]))
        for name, rows in scores.items():
            mae, iou, halo, found, ms = np.nanmean(rows, axis=0)
            print(f"{kind:10} {name:10} {mae:6.2f} {iou:6.3f} {halo:6.1f} {found:6.2f} {ms:6.0f}")
    if options.salient:
        _salient(options.data / "eval" / "ECSSD", options.only)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--size", type=int, default=1080, help="side of the scene in pixels")
    parser.add_argument("--only", type=int, default=25, help="how many pictures of each kind")
    parser.add_argument("--each", action="store_true", help="print each product's figures too")
    parser.add_argument("--salient", action="store_true", help="also measure on ECSSD")
    return parser.parse_args()


def _product(file: Path, size: int) -> tuple[Array, Array]:
    """The product's RGBA and its alpha without the soft shadow that the file carries."""
    rgba = np.asarray(Image.open(file).convert("RGBA"))
    weighted: Array = rgba.astype(np.float32)
    weighted[..., :3] *= weighted[..., 3:] / 255
    weighted = np.asarray(cv2.resize(weighted, (size, size), interpolation=cv2.INTER_AREA))
    weighted[..., :3] /= np.maximum(weighted[..., 3:], 1) / 255
    rgba = weighted.round().clip(0, 255).astype(np.uint8)
    alpha = rgba[..., 3]
    _, labels = cv2.connectedComponents((alpha > 10).astype(np.uint8))
    solid = np.bincount(labels.ravel(), (alpha > 240).ravel()) / np.bincount(labels.ravel()) > 0.1
    solid[0] = False
    return rgba, np.where(solid[labels], alpha, 0).astype(np.uint8)


def lay_on(
    product: Array,
    alpha: Array,
    paint: Callable[[np.random.Generator, int], Array],
    rng: np.random.Generator,
) -> Array:
    """The product photographed on ``paint``: shadow, both layers blended, noise."""
    size = alpha.shape[0]
    background = paint(rng, size)
    shift = np.array([[1, 0, size / 120], [0, 1, size / 50]], np.float32)
    fallen = cv2.warpAffine(alpha, shift, (size, size)).astype(np.float32) / 255
    shadow = cv2.GaussianBlur(fallen, (0, 0), size / 60)[..., None]
    background = background * (1 - SHADOW_STRENGTH * shadow)
    a = alpha[..., None].astype(np.float32) / 255
    scene = product[..., :3] * a + background * (1 - a)
    noisy = scene + rng.normal(0, NOISE_SIGMA, scene.shape)
    return np.asarray(noisy.round().clip(0, 255), np.uint8)


def _ramp(size: int) -> Array:
    return np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j][..., None].astype(np.float32)


def _white(_: np.random.Generator, size: int) -> Array:
    return np.full((size, size, 3), 253, np.float32)


def _grey(_: np.random.Generator, size: int) -> Array:
    y, x = _ramp(size)
    vignette = 1 - 0.25 * ((x - 0.5) ** 2 + (y - 0.4) ** 2)
    return np.asarray(vignette * np.array([205, 204, 202]), np.float32)


def _gradient(_: np.random.Generator, size: int) -> Array:
    y, x = _ramp(size)
    return np.asarray(np.array([235, 238, 242]) * (1 - 0.45 * y) * (1 - 0.1 * x), np.float32)


def _colour(rng: np.random.Generator, size: int) -> Array:
    y, _ = _ramp(size)
    colour = rng.uniform(60, 230, 3).astype(np.float32)
    return np.asarray(colour * (1.05 - 0.2 * y), np.float32)


def _wood(rng: np.random.Generator, size: int) -> Array:
    """Planks: stretched noise as grain, a tone of its own per plank, dark joints."""
    grain = cv2.resize(rng.normal(0, 1, (size // 3, 12)).astype(np.float32), (size, size))
    fine = cv2.resize(rng.normal(0, 1, (size, 40)).astype(np.float32), (size, size))
    planks = np.repeat(rng.normal(0, 1, 6), -(-size // 6))[:size, None].astype(np.float32)
    tone = 1 + 0.05 * grain + 0.05 * fine + 0.08 * planks
    tone[:: max(size // 6, 1)] *= 0.5
    return np.asarray(np.array([176, 133, 92]) * tone[..., None], np.float32)


KINDS = {"white": _white, "grey": _grey, "gradient": _gradient, "colour": _colour, "wood": _wood}


def _ours(scene: Array) -> tuple[Array, Array, bool]:
    cutout = cut_out(scene)
    return cutout.alpha, cutout.foreground, cutout.found


def _grabcut(scene: Array) -> tuple[Array, Array, bool]:
    """cv2.grabCut as its tutorial has it, from a rectangle 5% inside the frame, at 300 px."""
    height, width = scene.shape[:2]
    scale = 300 / max(height, width)
    small = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    inset = [round(side * 0.05) for side in small.shape[1::-1]]
    box = (*inset, small.shape[1] - 2 * inset[0], small.shape[0] - 2 * inset[1])
    mask = np.zeros(small.shape[:2], np.uint8)
    cv2.grabCut(small, mask, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    alpha = np.where(mask % 2 == 1, 255, 0).astype(np.uint8)
    return cv2.resize(alpha, (width, height)), scene, bool(alpha.any())


def _threshold(scene: Array) -> tuple[Array, Array, bool]:
    """Otsu's threshold on the distance from the median colour of the frame."""
    frame = np.concatenate([scene[0], scene[-1], scene[:, 0], scene[:, -1]])
    distance = np.abs(scene.astype(np.float32) - np.median(frame, axis=0)).max(axis=2)
    grey = distance.clip(0, 255).astype(np.uint8)
    _, alpha = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return alpha, scene, True


METHODS: dict[str, Method] = {"ours": _ours, "grabCut": _grabcut, "threshold": _threshold}


def _score(method: Method, scene: Array, product: Array, truth: Array) -> tuple[float, ...]:
    started = time.perf_counter()
    alpha, foreground, found = method(scene)
    ms = (time.perf_counter() - started) * 1000
    mae = float(np.abs(alpha.astype(np.float32) - truth).mean())
    soft = (truth > 25) & (truth < 230) & (alpha > 25)
    error = np.abs(foreground.astype(np.float32) - product)[soft]
    return mae, _iou(alpha, truth), float(error.mean()) if soft.any() else np.nan, found, ms


def _iou(alpha: Array, truth: Array) -> float:
    ours, true = alpha > 127, truth > 127
    return float((ours & true).sum() / max((ours | true).sum(), 1))


def _salient(folder: Path, only: int) -> None:
    for name, method in METHODS.items():
        rows = [
            (_iou(alpha, truth), found)
            for photo, truth in _photos(folder, only)
            for alpha, _, found in [method(photo)]
        ]
        print(
            f"{'ECSSD':10} {name:10} {'':6} {np.mean(rows, axis=0)[0]:6.3f}"
            f" {'':6} {np.mean(rows, axis=0)[1]:6.2f}"
            f"  IoU where found {np.mean([iou for iou, found in rows if found]):.3f}"
        )


def _photos(folder: Path, only: int) -> Iterator[tuple[Array, Array]]:
    for mask in sorted((folder / "masks").glob("*.png"))[:only]:
        photo = np.asarray(Image.open(folder / "images" / f"{mask.stem}.jpg").convert("RGB"))
        yield photo, np.asarray(Image.open(mask).convert("L"))


if __name__ == "__main__":
    main()
