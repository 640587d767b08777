"""Shapes as signed distances, and what is printed on them.

A shape takes points (N, 3) and answers signed distances (N,); a colour takes points on the
surface and answers linear light (N, 3).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from raymarch import Array

Colour = Callable[[Array], Array]
Print = NDArray[np.float32]
"""A picture (height, width, 3) in linear light that is printed on a surface."""

GRAIN_SIZE = 512


def rgb(hexadecimal: str) -> Array:
    """An sRGB colour such as ``"c0392b"`` in linear light, (3,)."""
    return _linear(np.asarray(list(bytes.fromhex(hexadecimal)), np.float32) / 255)


def plain(hexadecimal: str) -> Colour:
    colour = rgb(hexadecimal)
    return lambda points: np.broadcast_to(colour, points.shape).astype(np.float32)


# Shapes


def cylinder(p: Array, radius: float, half_height: float, rounding: float) -> Array:
    across = np.hypot(p[:, 0], p[:, 2]) - (radius - rounding)
    along = np.abs(p[:, 1]) - (half_height - rounding)
    return _corner(across, along) - rounding


def block(p: Array, half: tuple[float, float, float], rounding: float) -> Array:
    q = np.abs(p) - (np.asarray(half, np.float32) - np.float32(rounding))
    outside = np.linalg.norm(np.maximum(q, 0), axis=1)
    return np.asarray(outside + np.minimum(q.max(axis=1), 0) - rounding, np.float32)


def ball(p: Array, radii: tuple[float, float, float]) -> Array:
    """An ellipsoid; the distance is a close lower bound."""
    scaled = np.linalg.norm(p / np.asarray(radii, np.float32), axis=1)
    return np.asarray((scaled - 1) * min(radii), np.float32)


def blend(first: Array, second: Array, width: float) -> Array:
    """The union of two shapes with a fillet of that width (polynomial smooth minimum)."""
    share = np.clip(0.5 + 0.5 * (second - first) / width, 0, 1)
    return np.asarray(second + (first - second) * share - width * share * (1 - share), np.float32)


def at(p: Array, x: float, y: float, z: float) -> Array:
    return p - np.asarray((x, y, z), np.float32)


def _corner(a: Array, b: Array) -> Array:
    return np.asarray(
        np.minimum(np.maximum(a, b), 0) + np.hypot(np.maximum(a, 0), np.maximum(b, 0)), np.float32
    )


# Prints


def artwork(
    width: int, height: int, ground: str, draw: Callable[[ImageDraw.ImageDraw], None]
) -> Print:
    page = Image.new("RGB", (width, height), f"#{ground}")
    draw(ImageDraw.Draw(page))
    return _linear(np.asarray(page, np.float32) / 255)


def text(draw: ImageDraw.ImageDraw, x: int, y: int, words: str, size: int, ink: str) -> None:
    """Words centred on (x, y)."""
    draw.text((x, y), words, font=ImageFont.load_default(size), fill=f"#{ink}", anchor="mm")


def printed(page: Print, u: Array, v: Array) -> Array:
    """The print at (u, v), each from 0 to 1, v running down; outside it, the nearest edge."""
    height, width = page.shape[:2]
    x, y = (u * width - 0.5).astype(np.float32), (v * height - 0.5).astype(np.float32)
    rows = np.empty((len(x), 3), np.float32)
    for start in range(0, len(x), 16384):  # cv2.remap takes sides below 32768
        part = slice(start, start + 16384)
        rows[part] = cv2.remap(
            page, x[part, None], y[part, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )[:, 0]
    return rows


def grain(u: Array, v: Array, seed: int, octaves: int = 5) -> Array:
    """Smooth noise (N,), about -1 to 1, that repeats after 1 in both directions."""
    rng = np.random.default_rng(seed)
    field = np.zeros((GRAIN_SIZE, GRAIN_SIZE), np.float32)
    for octave in range(octaves):
        cells = 4 << octave
        coarse = rng.standard_normal((cells, cells)).astype(np.float32)
        tiled = cv2.resize(np.tile(coarse, (3, 3)), (GRAIN_SIZE * 3,) * 2)
        field += tiled[GRAIN_SIZE : 2 * GRAIN_SIZE, GRAIN_SIZE : 2 * GRAIN_SIZE] / 1.7**octave
    x, y = (u % 1) * (GRAIN_SIZE - 1), (v % 1) * (GRAIN_SIZE - 1)
    return np.asarray(
        printed(np.repeat(field[..., None], 3, 2), x / GRAIN_SIZE, y / GRAIN_SIZE)[:, 0] / 2
    )


def around(p: Array) -> Array:
    """Where a point lies round the vertical axis: 0.5 in front, 0 and 1 behind."""
    return np.asarray(np.arctan2(p[:, 0], p[:, 2]) / (2 * np.pi) + 0.5, np.float32)


def _linear(srgb: Array) -> Array:
    """IEC 61966-2-1: sRGB values, 0 to 1, to linear light."""
    return np.asarray(
        np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4), np.float32
    )
