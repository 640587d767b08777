"""Writes JPEG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.codecs import dead_zone, jpeg_tables
from pixellab.adapters.imaging.codecs.save import NO_ROOM_LEFT, Settings, save
from pixellab.domain.errors import StoreUnavailable

END_OF_IMAGE = b"\xff\xd9"
"""The marker that ends a JPEG (T.81, B.1.1.3)."""
ANY_LENGTH = {"optimize": False, "progressive": False}
"""JPEG without what needs the whole file in Pillow's buffer, which noise and strips outgrow."""


def write_jpeg(pixels: NDArray[np.uint8], settings: Settings) -> bytes:
    """The file of uint8 (height, width, 3) RGB."""
    assert settings.quality is not None
    options: dict[str, object] = {
        "subsampling": "4:4:4" if settings.full_chroma else "4:2:0",
        "optimize": True,
        "progressive": settings.thorough,
    }
    if settings.libjpeg_table:
        options["quality"] = settings.quality
    else:
        tables = jpeg_tables.tables(settings.quality, full_chroma=settings.full_chroma)
        options["qtables"] = list(tables)
    if settings.libjpeg_table or not settings.dead_zone:
        image = Image.fromarray(pixels)
    else:
        image = dead_zone.thinned(pixels, *tables, full_chroma=settings.full_chroma)
    try:
        data = save(image, settings, options)
    except OSError as error:
        if error.errno is not None:
            raise
        data = save(image, settings, {**options, **ANY_LENGTH})
    # Pillow hands a whole JPEG to one write() and does not look at how much of it was taken.
    if not data.endswith(END_OF_IMAGE):
        raise StoreUnavailable(NO_ROOM_LEFT)
    return data
