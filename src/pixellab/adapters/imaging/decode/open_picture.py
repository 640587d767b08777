"""Bytes to pixels: refuse what is too large or not a picture, then decode it once and in full."""

from __future__ import annotations

from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, TiffImagePlugin
from PIL.Image import DecompressionBombError, DecompressionBombWarning
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from pixellab.adapters.imaging import libtiff, metadata
from pixellab.adapters.imaging.codecs.jpeg_tables import quality_of_tables
from pixellab.adapters.imaging.decode.colour_profiles import is_srgb, to_srgb_pixels
from pixellab.adapters.imaging.decode.colour_spaces import in_srgb
from pixellab.adapters.imaging.decode.costs.bounds import refuse_costly
from pixellab.adapters.imaging.decode.declared_colours import (
    Declared,
    declared_colours,
    gain_map_dropped,
)
from pixellab.adapters.imaging.decode.jpeg_data import passes_missing, refuse_too_few_bytes
from pixellab.adapters.imaging.decode.jpeg_pixels import jpeg_pixels
from pixellab.adapters.imaging.decode.nothing_else import holds_nothing_else
from pixellab.adapters.imaging.decode.pixel_modes import plain_mode, wide_levels
from pixellab.adapters.imaging.decode.png_data import refuse_missing_rows
from pixellab.adapters.imaging.decode.upright import orientation, upright
from pixellab.adapters.imaging.formats import ACCEPTED, format_of, open_file
from pixellab.domain.errors import FileTooLarge, UndecodableImage, UnsupportedImage
from pixellab.domain.pictures import Picture

Pixels = NDArray[np.uint8]

MEGA = 1_000_000
DNG_VERSION_TAG = 50706
FIRST_ONLY = "The file has several frames or pages; only the first one was used."


def open_picture(data: BinaryIO, *, max_bytes: int, max_pixels: int) -> Picture:
    """Decode the picture that ``data`` holds from its current position on.

    Returns a Picture whose ``pixels`` are uint8 (height, width, 3 or 4), RGB or straight RGBA,
    sRGB, upright, read-only. Of an animation or a file with several pages, the first is decoded and
    a warning says so. Alpha that is opaque everywhere is dropped.

    Raises FileTooLarge (over ``max_bytes``, or over ``max_pixels`` by its header, before anything
    is decoded), UnsupportedImage (not an accepted format), UndecodableImage (damaged or cut short).
    Any shape is accepted within ``max_pixels``, down to 1 x 1 and up to a single row.
    """
    content = _read(data, max_bytes)
    kind = format_of(content)
    try:
        refuse_costly(content, kind.name)
        with open_file(content, kind) as image:
            _check_pixels(image.size, max_pixels)
            _refuse_camera_raw(image)
            if kind.name == "JPEG":
                refuse_too_few_bytes(content)
            return _decode(image, kind.name, content)
    except (FileTooLarge, UnsupportedImage, UndecodableImage):
        raise
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise FileTooLarge(
            f"The picture has too many pixels; allowed are {max_pixels / MEGA:.0f} megapixels."
        ) from error
    except MemoryError as error:
        raise UndecodableImage(
            f"The {kind.title} file takes more memory to be read than it may."
        ) from error
    except Exception as error:
        raise UndecodableImage(
            f"The {kind.name} file is damaged or incomplete and cannot be decoded."
        ) from error


def _read(data: BinaryIO, max_bytes: int) -> bytes:
    content = data.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise FileTooLarge(f"The file is too large; allowed are {max_bytes / MEGA:g} MB.")
    return content


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise FileTooLarge(
            f"The picture has {width} x {height} = {width * height / MEGA:.1f} megapixels; "
            f"allowed are {max_pixels / MEGA:g}."
        )


def _refuse_camera_raw(image: ImageFile) -> None:
    # A DNG is a TIFF whose first page is only a thumbnail of the photo.
    if isinstance(image, TiffImagePlugin.TiffImageFile) and DNG_VERSION_TAG in image.tag_v2:
        raise UnsupportedImage(f"Camera raw files are not accepted; accepted are {ACCEPTED}.")


def _decode(image: ImageFile, kind: str, content: bytes) -> Picture:
    if not isinstance(image, JpegImageFile):
        # Before its metadata are read: Pillow decodes a PNG for them, and tells of damage once.
        _load(image)
        if kind == "PNG":
            refuse_missing_rows(content, image)
    icc = image.info.get("icc_profile") or None
    declared = declared_colours(image, content, icc)
    several = FIRST_ONLY if getattr(image, "is_animated", False) else None
    told = [several, declared.warning, gain_map_dropped(image, content)]
    quality = None
    if isinstance(image, JpegImageFile):
        quality = quality_of_tables(image.quantization)
        levels, damage = jpeg_pixels(image, content)
        pixels, unused = _jpeg_in_srgb(levels, image.mode, icc, declared)
        told += [passes_missing(content), damage, unused]
    else:
        pixels, unused = _others_in_srgb(image, content, icc, declared)
        told.append(unused)
    pixels = upright(_without_opaque_alpha(pixels), orientation(image))
    pixels.setflags(write=False)
    warnings = tuple(each for each in told if each)
    return Picture(
        pixels=pixels,
        format=kind,
        metadata=metadata.read(image, content),
        source_quality=quality,
        warnings=warnings,
        may_be_handed_on=not warnings
        and not declared.colours
        and holds_nothing_else(image, content),
    )


def _load(image: ImageFile) -> None:
    """Decode the picture; in a PNG, what follows its pixels may be damaged."""
    libtiff.prepare(image)
    try:
        image.load()
    except Exception:
        # Without its file Pillow was through with it, so it is the pixels that are damaged.
        if not isinstance(image, PngImagePlugin.PngImageFile) or image.fp is None:
            raise
        image.load()  # Does nothing if they are all there, and else fails again.


def _jpeg_in_srgb(
    levels: Pixels, mode: str, icc: bytes | None, declared: Declared
) -> tuple[Pixels, str | None]:
    """Pixels in sRGB, and a warning where ``icc`` could not be used."""
    as_they_are = not declared.colours and (not icc or is_srgb(icc, mode))
    if mode == "RGB" and as_they_are:
        return levels, None
    if mode == "L" and as_they_are:
        return np.asarray(cv2.cvtColor(levels, cv2.COLOR_GRAY2RGB), np.uint8), None
    return _in_srgb(Image.fromarray(levels, mode), icc, declared)


def _others_in_srgb(
    image: ImageFile, content: bytes, icc: bytes | None, declared: Declared
) -> tuple[Pixels, str | None]:
    if declared.colours:
        # Curves of light and of HDR are so steep that 8 bits show as bands.
        wide = wide_levels(image, content)
        if wide is not None:
            return in_srgb(wide, declared.colours), None
    return _in_srgb(plain_mode(image, content), icc, declared)


def _in_srgb(
    plain: Image.Image, icc: bytes | None, declared: Declared
) -> tuple[Pixels, str | None]:
    if not declared.colours:
        return to_srgb_pixels(plain, icc)
    pixels, warning = to_srgb_pixels(plain, None)
    return in_srgb(pixels, declared.colours), warning


def _without_opaque_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)
    return pixels
