"""A whole file of a Pillow image: its colour profile, the metadata that are kept, and its bytes."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import IO

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging import metadata
from pixellab.adapters.imaging.srgb import srgb_profile
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Metadata

Pixels = NDArray[np.uint8]

LARGE = 4_000_000
"""From so many pixels on the slower encoders work at a quicker setting."""
NO_ROOM_LEFT = "There is no room to write the result: the disk or the memory is full."
NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


@frozen(kw_only=True)
class Settings:
    """How to write one file."""

    format: Format
    quality: int | None = None
    """1 to 100; None is lossless (PNG)."""
    full_chroma: bool = False
    """4:4:4 instead of 4:2:0 (JPEG and AVIF; WEBP has 4:2:0 only)."""
    thorough: bool = False
    """Spend time to save bytes."""
    libjpeg_table: bool = False
    """JPEG: quantize as libjpeg does, and most files were, so that what came from one loses nothing
    more; otherwise by PixelLab's own table."""
    dead_zone: bool = True
    """JPEG by PixelLab's own table: without faint detail that costs more than it shows."""
    palette: bool = False
    """PNG with at most 256 colours."""
    metadata: Metadata = Metadata()

    def at(self, quality: int) -> Settings:
        return evolve(self, quality=quality)


def plain_xmp(packet: bytes) -> dict[str, object]:
    """Pillow's option that keeps an XMP packet in most formats."""
    return {"xmp": packet}


def save(
    image: Image.Image,
    settings: Settings,
    options: Mapping[str, object],
    xmp_option: Callable[[bytes], dict[str, object]] = plain_xmp,
) -> bytes:
    """The file that Pillow writes with ``options``; ``xmp_option`` is the format's way to keep XMP.

    Raises StoreUnavailable where there is no room for it, and what Pillow raises.
    """
    kept: dict[str, object] = {"icc_profile": srgb_profile()}
    if image.mode == "L":
        # A profile for RGB on a grey file is an error in PNG; without one, grey is read as sRGB's.
        kept = {"icc_profile": None}
    if exif := metadata.exif_bytes(settings.metadata):
        kept["exif"] = exif
    if xmp := metadata.xmp_bytes(settings.metadata):
        kept |= xmp_option(xmp)
    with _scratch_file() as file:
        try:
            image.save(file, settings.format, **{**kept, **options})
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StoreUnavailable(NO_ROOM_LEFT) from error
            raise
        file.seek(0)
        return file.read()


def _scratch_file() -> IO[bytes]:
    """A real file, in memory where the system has such.

    Pillow lets other threads run while it encodes to a file, not while it encodes to memory: a
    large JPEG would halt them all for most of a second.
    """
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("encoded"), "w+b")
    return tempfile.TemporaryFile()
