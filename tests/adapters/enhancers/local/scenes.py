"""Product photos drawn in code, and the defects that photos have."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.domain.pictures import Picture

Pixels = NDArray[np.uint8]
DRAWN_AT = 4
"""Scenes are drawn so many times larger and averaged down, as a lens and a sensor would."""


def product_scene(height: int = 480, width: int = 400) -> Pixels:
    """A boxed product on a pale grey table: print, woven cloth, colours, black and white."""
    h, w = height * DRAWN_AT, width * DRAWN_AT
    shade = np.linspace(238, 214, h)[:, None] * np.ones(w)
    scene = np.repeat(shade[..., None], 3, axis=2).astype(np.uint8)

    def box(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        corner, other = (int(x0 * w), int(y0 * h)), (int(x1 * w), int(y1 * h))
        cv2.rectangle(scene, corner, other, colour, -1)

    box(0.2, 0.15, 0.8, 0.85, (36, 62, 120))
    box(0.25, 0.2, 0.75, 0.4, (250, 250, 248))
    box(0.25, 0.45, 0.5, 0.6, (190, 40, 44))
    box(0.5, 0.45, 0.75, 0.6, (16, 16, 18))
    cv2.circle(scene, (w // 2, int(0.72 * h)), w // 9, (224, 176, 48), -1)
    cv2.putText(
        scene,
        "PIXEL",
        (int(0.28 * w), int(0.34 * h)),
        cv2.FONT_HERSHEY_SIMPLEX,
        w / 500,
        (20, 20, 22),
        w // 70,
        cv2.LINE_AA,
    )
    y, x = np.mgrid[:h, :w].astype(np.float32) / DRAWN_AT
    weave = 5 * np.sin(x * 1.3) * np.sin(y * 1.1) * ((x > 0.2 * width) & (x < 0.8 * width))
    weave *= (y > 0.62 * height) & (y < 0.85 * height)
    full = np.clip(scene + weave[..., None], 0, 255)
    small: NDArray[Any] = cv2.resize(
        full.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA
    )
    return levels(small)


def levels(values: NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def noisy(pixels: Pixels, sigma: float, seed: int = 1) -> Pixels:
    rng = np.random.default_rng(seed)
    return levels(pixels + rng.normal(0, sigma, pixels.shape))


def dimmed(pixels: Pixels, *gains: float) -> Pixels:
    """With so much of the (linear) light left; one factor, or one each for R, G and B."""
    return levels(255 * ((pixels / 255) ** 2.2 * np.array(gains)) ** (1 / 2.2))


def flattened(pixels: Pixels, contrast: float) -> Pixels:
    return levels(128 + (pixels.astype(np.float64) - 128) * contrast)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def compressed(pixels: Pixels, quality: int) -> Pixels:
    """As JPEG and back."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def with_round_alpha(pixels: Pixels) -> Pixels:
    """RGBA with an ellipse visible, a soft rim, and loud colours hidden around it."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    radius = np.hypot((y - height / 2) / (height / 2.2), (x - width / 2) / (width / 2.2))
    alpha = levels(255 * np.clip((1 - radius) * 20, 0, 1))
    rgb = pixels.copy()
    rgb[alpha == 0] = (0, 255, 0)
    return np.dstack([rgb, alpha])


def picture(pixels: Pixels) -> Picture:
    return Picture(pixels=np.ascontiguousarray(pixels), format="PNG")


def psnr(a: Pixels, b: Pixels) -> float:
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
