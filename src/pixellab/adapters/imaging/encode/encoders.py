"""One encoder per format: pixels and settings to bytes, the same bytes every time."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Mapping
from typing import IO

import cv2
import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging import jpeg_tables, metadata
from pixellab.adapters.imaging.encode import dead_zone
from pixellab.adapters.imaging.srgb import srgb_profile
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.pictures import Format, Metadata

Pixels = NDArray[np.uint8]

MAX_SIDE: Mapping[Format, int] = {
    Format.JPEG: 65500,
    Format.PNG: 2**31 - 1,
    Format.WEBP: 16383,
    Format.AVIF: 32768,
}
"""Longest side, in pixels, that libjpeg, PNG, libwebp and, by its decoder's limit, libavif take."""

LARGE = 4_000_000
"""From so many pixels on the slower encoders work at a quicker setting."""
AVIF_TILE_PIXELS = 2_000_000
PNG_LEVEL, PNG_QUICK_LEVEL = 6, 3
"""zlib's levels; above 6 photos shrink by less than 1% in twice the time."""
MAX_COLOURS = 256
NO_ROOM_LEFT = "There is no room to write the result: the disk or the memory is full."
NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
END_OF_IMAGE = b"\xff\xd9"
"""The marker that ends a JPEG (T.81, B.1.1.3)."""
ANY_LENGTH = {"optimize": False, "progressive": False}
"""JPEG without what needs the whole file in Pillow's buffer, which noise and strips outgrow."""
FIRM_ALPHA = 8
"""The octree mixes neighbouring alphas; those this near to none or all become so again."""
PALETTE_SAMPLE = 512
"""Side in pixels, at most, of the copy from which a palette is chosen."""


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
    palette: bool = False
    """PNG with at most 256 colours."""
    metadata: Metadata = Metadata()

    def at(self, quality: int) -> Settings:
        return evolve(self, quality=quality)


def write(pixels: Pixels, settings: Settings) -> bytes:
    """A whole file with its sRGB profile and the metadata that are kept.

    ``pixels`` are uint8 (height, width, 3 or 4) RGB or straight RGBA; JPEG takes RGB only.
    """
    encoders = {
        Format.JPEG: _jpeg,
        Format.PNG: _png,
        Format.WEBP: _webp,
        Format.AVIF: _avif,
    }
    return encoders[settings.format](pixels, settings)


def _jpeg(pixels: Pixels, settings: Settings) -> bytes:
    assert settings.quality is not None
    options: dict[str, object] = {
        "subsampling": "4:4:4" if settings.full_chroma else "4:2:0",
        "optimize": True,
        "progressive": settings.thorough,
    }
    if settings.libjpeg_table:
        return _save(Image.fromarray(pixels), settings, {**options, "quality": settings.quality})
    table = jpeg_tables.table(settings.quality)
    options["qtables"] = [table, table]
    image = dead_zone.thinned(pixels, table, full_chroma=settings.full_chroma)
    return _save(image, settings, options)


def _webp(pixels: Pixels, settings: Settings) -> bytes:
    # Methods 0 and 1 fail where a large, rich picture overflows libwebp's first partition.
    method = 4 if pixels[..., 0].size < LARGE else 2
    options = {"quality": settings.quality, "method": method}
    return _save(Image.fromarray(pixels), settings, options)


def _avif(pixels: Pixels, settings: Settings) -> bytes:
    size = pixels[..., 0].size
    # Tiles by size, not by the number of cores, so that every machine writes the same bytes.
    tiles = 1 if size > AVIF_TILE_PIXELS else 0
    options = {
        "quality": settings.quality,
        "speed": 9 if size >= LARGE else 7 if settings.thorough else 8,
        "subsampling": "4:4:4" if settings.full_chroma else "4:2:0",
        "autotiling": False,
        "tile_rows": tiles,
        "tile_cols": tiles,
    }
    return _save(Image.fromarray(pixels), settings, options)


def _png(pixels: Pixels, settings: Settings) -> bytes:
    image = _with_palette(pixels) if settings.palette else _without_redundancy(pixels)
    quick = pixels[..., 0].size >= LARGE and not settings.thorough
    return _save(image, settings, {"compress_level": PNG_QUICK_LEVEL if quick else PNG_LEVEL})


def _save(image: Image.Image, settings: Settings, options: Mapping[str, object]) -> bytes:
    kept: dict[str, object] = {"icc_profile": srgb_profile()}
    if image.mode == "L":
        # A profile for RGB on a grey file is an error in PNG; without one, grey is read as sRGB's.
        kept = {"icc_profile": None}
    exif, xmp = metadata.exif_bytes(settings.metadata), metadata.xmp_bytes(settings.metadata)
    if exif:
        kept["exif"] = exif
    if xmp and settings.format is Format.PNG:
        kept["pnginfo"] = metadata.png_xmp(xmp)
    elif xmp:
        kept["xmp"] = xmp
    return _written(image, settings.format, {**kept, **options})


def _written(image: Image.Image, output: Format, options: Mapping[str, object]) -> bytes:
    with _scratch_file() as file:
        try:
            image.save(file, output, **options)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StoreUnavailable(NO_ROOM_LEFT) from error
            if output is Format.JPEG and error.errno is None and options["optimize"]:
                return _written(image, output, {**options, **ANY_LENGTH})
            raise
        file.seek(0)
        data = file.read()
    # Pillow hands a whole JPEG to one write() and does not look at how much of it was taken.
    if output is Format.JPEG and not data.endswith(END_OF_IMAGE):
        raise StoreUnavailable(NO_ROOM_LEFT)
    return data


def _scratch_file() -> IO[bytes]:
    """A real file, in memory where the system has such.

    Pillow lets other threads run while it encodes to a file, not while it encodes to memory: a
    large JPEG would halt them all for most of a second.
    """
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("encoded"), "w+b")
    return tempfile.TemporaryFile()


def _without_redundancy(pixels: Pixels) -> Image.Image:
    """Grey where all colours are grey, a palette where 256 colours are enough; nothing is lost."""
    image = Image.fromarray(pixels)
    if pixels.shape[2] == 3 and _is_grey(pixels):
        return Image.fromarray(np.ascontiguousarray(pixels[..., 0]))
    if pixels.shape[2] == 3 and image.getcolors(MAX_COLOURS):
        few = image.quantize(MAX_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        # The octree also joins colours that are near each other.
        if np.array_equal(np.asarray(few.convert("RGB")), pixels):
            return few
    return image


def _is_grey(pixels: Pixels) -> bool:
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return bool(np.array_equal(red, green) and np.array_equal(red, blue))


def _with_palette(pixels: Pixels) -> Image.Image:
    """At most 256 colours, with Floyd-Steinberg dithering where there is no alpha."""
    image = Image.fromarray(pixels)
    if pixels.shape[2] == 4:
        return _with_firm_alpha(image.quantize(MAX_COLOURS, Image.Quantize.FASTOCTREE))
    height, width = pixels.shape[:2]
    shrink = min(1.0, PALETTE_SAMPLE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = Image.fromarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    # An octree keeps the extreme colours, from which dithering can mix the rest.
    palette = small.quantize(MAX_COLOURS - 2, Image.Quantize.FASTOCTREE)
    # Its colours are means, so that white, which marketplaces ask for, would not stay white.
    colours = (palette.getpalette("RGB") or [])[: 3 * (MAX_COLOURS - 2)]
    palette.putpalette(bytes([*colours, 255, 255, 255, 0, 0, 0]))
    return image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _with_firm_alpha(image: Image.Image) -> Image.Image:
    palette = np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    alpha = palette[:, 3]
    alpha[alpha >= 255 - FIRM_ALPHA] = 255
    alpha[alpha <= FIRM_ALPHA] = 0
    image.putpalette(palette.tobytes(), "RGBA")
    return image
