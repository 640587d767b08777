"""A product that was photographed, and what may and may not become of it."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
SIZE = (420, 360)
BOX = (90, 60, 330, 300)
GREY = (226, 226, 226)


def product(
    *,
    text: str = "FRESH MILK",
    button: bool = True,
    backdrop: tuple[int, int, int] = GREY,
    mirrored: bool = False,
) -> Pixels:
    """An orange box with a label, a pattern and a button; uint8 RGB (360, 420, 3)."""
    larger = 3
    image = Image.new("RGB", (SIZE[0] * larger, SIZE[1] * larger), backdrop)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = (each * larger for each in BOX)
    draw.rectangle((left, top, right, bottom), fill=(208, 120, 52))
    for n in range(9):
        x, y = left + (20 + 75 * n) % 660, top + 40 + (n * n * 37) % 130
        draw.ellipse((x, y, x + 30 + 6 * n, y + 40), fill=(150 + 8 * n, 60 + 12 * n, 40))
    draw.polygon([(left, bottom), (left, bottom - 180), (left + 330, bottom)], fill=(120, 62, 40))
    draw.rectangle((left + 60, top + 270, right - 60, top + 450), fill=(244, 240, 230))
    font = ImageFont.load_default(90)
    middle = ((left + right) / 2, top + 360)
    draw.text(middle, text, fill=(30, 34, 40), font=font, anchor="mm")
    if button:
        draw.ellipse((right - 150, bottom - 150, right - 90, bottom - 90), fill=(235, 235, 220))
    pixels = np.asarray(image.resize(SIZE, Image.Resampling.BOX))
    pixels = pixels[:, ::-1] if mirrored else pixels
    grain = np.random.default_rng(3).normal(0, 2, pixels.shape)
    return rounded(pixels + grain)


def rounded(levels: NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """The hue, in CIELAB."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    by = (lab[..., 1] + 1j * lab[..., 2]) * np.exp(1j * np.deg2rad(degrees))
    lab[..., 1], lab[..., 2] = by.real, by.imag
    return rounded(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255)


def moved(pixels: NDArray[Any], matrix: list[list[float]], size: tuple[int, int] = SIZE) -> Pixels:
    """Each point (x, y, 1) brought to where the (2, 3) ``matrix`` says."""
    how = np.array(matrix, np.float32)
    return np.asarray(
        cv2.warpAffine(pixels, how, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
