"""Scenes that look like product photos, and defects, for the tests of the quality report."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.quality.assess import assess
from pixellab.domain.pictures import Picture, QualityReport

Pixels = NDArray[np.uint8]


def printed_box(width: int = 900, background: int = 238) -> Pixels:
    """A printed cardboard box on a plain ground: edges, lettering, shading, a little texture.

    uint8 (0.8 width, width, 3), the same scene at any width. A ground of 0 or 255 is a studio's,
    without shading.
    """
    random = np.random.default_rng(1)
    unit, height = width / 1000, round(width * 0.8)
    scene = np.full((height, width, 3), background, np.uint8)
    place = (np.array([(250, 130), (750, 650)]) * unit).astype(int)
    cv2.rectangle(scene, place[0].tolist(), place[1].tolist(), (150, 60, 50), -1, cv2.LINE_AA)
    for x, y, radius in random.uniform((275, 155, 4), (725, 625, 26), (50, 3)) * unit:
        colour = random.integers(30, 220, 3).tolist()
        cv2.circle(scene, (int(x), int(y)), max(1, int(radius)), colour, -1, cv2.LINE_AA)
    for line in range(9):
        corner = (int(285 * unit), int((190 + 50 * line) * unit))
        stroke = max(1, int(3 * unit))
        cv2.putText(
            scene, "PIXEL LAB 500 ml", corner, 0, 1.1 * unit, (245, 240, 230), stroke, cv2.LINE_AA
        )
    shade = np.linspace(0, 24, 100)[:, None] + random.normal(0, 3, (100, 125))
    shade = np.clip(shade, 0, 40).astype(np.uint8)
    lit = cv2.resize(shade, (width, height), interpolation=cv2.INTER_CUBIC)
    if background in (0, 255):
        ground = np.ones((height, width), bool)
        ground[place[0, 1] : place[1, 1], place[0, 0] : place[1, 0]] = False
        lit[ground] = 0
    return np.asarray(cv2.subtract(scene, cv2.merge([lit] * 3)), dtype=np.uint8)


def knitwear(width: int = 700, colour: tuple[int, int, int] = (96, 108, 132)) -> Pixels:
    """A garment that fills the frame, all texture; uint8 (width, width, 3)."""
    y, x = np.mgrid[0:width, 0:width].astype(np.float32)
    stitch = 26 * np.sin(x / 3.1 + 2 * np.sin(y / 9)) * np.cos(y / 4.3)
    folds = 40 * np.sin(x / 120 + y / 190)
    return as_pixels(np.array(colour) + (stitch + folds)[..., None])


def blurred(scene: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), sigma), dtype=np.uint8)


def noisy(scene: Pixels, sigma: float) -> Pixels:
    """White noise of the same sigma in each of R, G and B."""
    return as_pixels(scene + np.random.default_rng(7).normal(0, sigma, scene.shape))


def grainy(scene: Pixels, sigma: float) -> Pixels:
    """Grain as coarse as the pixels of the same scene at one megapixel."""
    width = round(1000 * (scene.shape[1] / scene.shape[0]) ** 0.5)
    small = resized(scene, width)
    grain = np.random.default_rng(7).normal(0, sigma, small.shape).astype(np.float32)
    size = (scene.shape[1], scene.shape[0])
    up, down = (
        cv2.resize(as_pixels(part), size, interpolation=cv2.INTER_LINEAR)
        for part in (grain, -grain)
    )
    return np.asarray(cv2.subtract(cv2.add(scene, up), down), dtype=np.uint8)


def compressed(scene: Pixels, quality: float) -> Pixels:
    """Through JPEG and back."""
    file = io.BytesIO()
    Image.fromarray(scene).save(file, "JPEG", quality=int(quality))
    return np.asarray(Image.open(file).convert("RGB"), dtype=np.uint8)


def dimmed(scene: Pixels, stops: float) -> Pixels:
    """Less light, in a display gamma of 2.2."""
    return as_pixels(np.arange(256) * 2 ** (-stops / 2.2))[scene]


def flattened(scene: Pixels, contrast: float) -> Pixels:
    return as_pixels((np.arange(256) - 128) * contrast + 128)[scene]


def tinted(scene: Pixels, strength: float) -> Pixels:
    """Warm light: red up, blue down."""
    gains = (1 + strength / 2, 1.0, 1 - strength / 2)
    tables = [as_pixels(np.arange(256) * gain) for gain in gains]
    return np.dstack([table[scene[..., k]] for k, table in enumerate(tables)])


def resized(scene: Pixels, width: int) -> Pixels:
    height = round(scene.shape[0] * width / scene.shape[1])
    return np.asarray(cv2.resize(scene, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def report(pixels: Pixels) -> QualityReport:
    return assess(Picture(pixels=np.ascontiguousarray(pixels), format="PNG"))


def as_pixels(values: NDArray[Any]) -> Pixels:
    pixels: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels
