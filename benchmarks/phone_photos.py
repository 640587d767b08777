"""12-megapixel phone photos for benchmarks, made from the photos in a folder."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

LONG_SIDE, SHORT_SIDE = 4000, 3000
SENSOR_NOISE = 2.5
"""Sigma, in 8-bit levels, of what a phone's own denoising leaves."""
QUALITY = 92
EXTENSIONS = {".jpg", ".jpeg", ".png", ".webp"}


def photo_paths(folder: Path, count: int | None = None) -> list[Path]:
    """Pictures of ``folder`` by name; ``count`` of them at even distances."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in EXTENSIONS)
    if count is None or count >= len(paths):
        return paths
    return [paths[int(at)] for at in np.linspace(0, len(paths) - 1, count)]


def phone_jpeg(path: Path) -> bytes:
    """The photo enlarged to 12 megapixels, with sensor noise, as JPEG 4:2:0 of quality 92."""
    photo = np.asarray(Image.open(path).convert("RGB"))
    upright = photo.shape[0] > photo.shape[1]
    size = (SHORT_SIDE, LONG_SIDE) if upright else (LONG_SIDE, SHORT_SIDE)
    large = cv2.resize(photo, size, interpolation=cv2.INTER_LANCZOS4).astype(np.float32)
    noise = np.random.default_rng(0).standard_normal((size[1], size[0]), dtype=np.float32)
    large += (SENSOR_NOISE * cv2.GaussianBlur(noise, (0, 0), 0.6))[..., None]
    pixels = np.clip(large, 0, 255).astype(np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return data.getvalue()
