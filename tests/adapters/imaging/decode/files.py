"""Files that the tests open, and opening them."""

from __future__ import annotations

import io
import struct
import zlib
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


def png(samples: NDArray[np.integer[Any]], depth: int, colour_type: int, **chunks: bytes) -> bytes:
    """A PNG by hand, of (height, width) or (height, width, channels) samples of ``depth`` bits.

    ``chunks`` come before the pixels, in their order.
    """
    height, width = samples.shape[:2]
    rows = samples.reshape(height, -1).astype(">u2")
    if depth == 16:
        packed = rows.view(np.uint8)
    else:
        bits = np.unpackbits(rows.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth :]
        packed = np.packbits(bits.reshape(height, -1), axis=1)
    body = b"".join(b"\0" + row.tobytes() for row in packed)
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            png_chunk(b"IHDR", header),
            *(png_chunk(name.encode(), content) for name, content in chunks.items()),
            png_chunk(b"IDAT", zlib.compress(body)),
            png_chunk(b"IEND", b""),
        ]
    )


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


CHART = np.array(
    [
        [(200, 30, 40), (30, 160, 60), (30, 60, 200), (240, 200, 40)],
        [(128, 128, 128), (250, 250, 250), (20, 20, 20), (235, 120, 60)],
    ],
    np.uint8,
)
"""Colours of sRGB that P3 and BT.2020 have, too."""
PATCH = 24


def patches(chart: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture with a square for every colour of the (rows, columns, 3) ``chart``."""
    return chart.repeat(PATCH, axis=0).repeat(PATCH, axis=1)


def patch_colours(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The middle of every square."""
    return pixels[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH, :3].astype(int)
