"""Files that the tests open, and opening them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.adapters.imaging.formats import FORMATS
from pixellab.domain.pictures import Picture

LOSSLESS = ("PNG", "TIFF", "BMP")
ALWAYS_READ = [name for name, kind in FORMATS.items() if kind.extra is None]
WITH_EXIF = [name for name in ALWAYS_READ if name not in ("BMP", "GIF")]
GENEROUS = 50_000_000


def opened(data: bytes, max_bytes: int = GENEROUS, max_pixels: int = 60_000_000) -> Picture:
    return open_picture(io.BytesIO(data), max_bytes=max_bytes, max_pixels=max_pixels)


def saved(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, image_format, **options)
    return data.getvalue()


def ramp(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """All pixels differ, so a turned picture can't pass for an upright one."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 3, y * 4, (x + y) * 2], axis=-1).astype(np.uint8)
