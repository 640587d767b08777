"""Any of Pillow's pixel modes, as 8 bits a channel with its transparency."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    PHOTOMETRIC_INTERPRETATION,
    SAMPLEFORMAT,
    TiffImageFile,
)

from pixellab.adapters.imaging.decode.container_boxes import bits_of_channels
from pixellab.domain.errors import UnsupportedImage

Pixels = NDArray[np.uint8]
Levels = NDArray[np.uint16]

FULL = {bits: (1 << bits) - 1 for bits in (7, 8, 12, 15, 16)}
"""The highest level by bits, without that of a sign."""
SIGNED_INTEGERS, UNSIGNED_INTEGERS = 2, 1
"""TIFF 6.0, section 19: SampleFormat."""
WHITE_IS_ZERO = 0
"""TIFF 6.0, section 4: PhotometricInterpretation."""
PNG_DEPTH = 24
"""Where a PNG has its bits per sample (ISO/IEC 15948, 11.2.2)."""
FLOATS = "Floating-point pictures are accepted only with levels from 0 to 1."
SIGNED = "Pictures with negative levels are not accepted."


def plain_mode(image: ImageFile, content: bytes) -> Image.Image:
    """The loaded ``image``, whose file is ``content``, as RGB, RGBA, L, LA, CMYK or LAB.

    Levels are scaled, not clipped. Raises UnsupportedImage for such as have no meaning as a
    picture: floating point outside 0 to 1, negative integers.
    """
    match image.mode:
        case "L" if _sample_format(image) == SIGNED_INTEGERS:
            return _grey(np.asarray(image).view(np.int8), image)
        case "P" | "PA" | "1":
            alpha = image.mode == "PA" or image.has_transparency_data
            return image.convert("RGBA" if alpha else "RGB")
        case "L" | "RGB" if "transparency" in image.info:
            return _without_key(image, content)
        case "LA" | "La" | "RGBa":
            return image.convert("RGBA")
        case "I;16" | "I;16L" | "I;16B" | "I;16N" | "I":
            return _grey(np.asarray(image), image)
        case "F":
            return Image.fromarray(_upright_light(_from_float(np.asarray(image)), image))
        case "RGBX" | "YCbCr" | "HSV":
            return image.convert("RGB")
        case _:
            return image


def wide_levels(image: ImageFile, content: bytes) -> Levels | None:
    """What a PNG, AVIF or HEIC has in more than 8 bits a channel; Pillow keeps but 8 of them.

    Uint16 (height, width, 3 or 4), RGB or straight RGBA, up to 65535. None for other files, and
    where these bits cannot be had.
    """
    match image.format:
        case "PNG" if content[PNG_DEPTH] == 16 and "transparency" not in image.info:
            levels = _by_opencv(content, 16)
        case "AVIF" if (bits := bits_of_channels(content)) > 8:
            levels = _by_opencv(content, bits)
        case "HEIF" if bits_of_channels(content) > 8:
            levels = _of_heic(content)
        case _:
            return None
    is_sound = levels is not None and levels.shape[1::-1] == image.size
    return levels if is_sound else None


def _by_opencv(content: bytes, bits: int) -> Levels | None:
    """Levels that fill ``bits`` of 16, filling all of them."""
    found = None
    with suppress(cv2.error):
        found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16:
        return None
    ways = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
    levels = np.asarray(
        cv2.cvtColor(found, ways[1 if found.ndim == 2 else found.shape[2]]), np.uint16
    )
    # The highest bits are repeated in the lowest, so that white stays white.
    return np.asarray((levels << (16 - bits)) | (levels >> (2 * bits - 16)), np.uint16)


def _of_heic(content: bytes) -> Levels | None:
    from pi_heif import HeifFile

    file = HeifFile(io.BytesIO(content), convert_hdr_to_8bit=False)
    levels = np.asarray(file[file.primary_index])
    return levels if levels.dtype == np.uint16 and levels.ndim == 3 else None


def _without_key(image: ImageFile, content: bytes) -> Image.Image:
    """Alpha in place of the level or colour that a PNG or GIF names as transparent.

    PNG names it in the file's own bits, from which Pillow makes 8.
    """
    key = image.info["transparency"]
    depth = content[PNG_DEPTH] if image.format == "PNG" else 8
    if isinstance(key, int) and depth < 8:
        image.info["transparency"] = key * 255 // ((1 << depth) - 1)
    elif isinstance(key, tuple) and depth == 16:
        # The low halves are lost, so colours that differ only there become transparent, too.
        image.info["transparency"] = tuple(level >> 8 for level in key)
    return image.convert("RGBA")


def _grey(levels: NDArray[np.integer[Any]], image: ImageFile) -> Image.Image:
    if levels.dtype == np.int32 and _sample_format(image) == UNSIGNED_INTEGERS:
        levels = levels.view(np.uint32)
    if levels.min() < 0:
        raise UnsupportedImage(SIGNED)
    grey = _upright_light(_eight_bits(levels, _bits(image)), image)
    key = image.info.get("transparency")
    if key is None:
        return Image.fromarray(grey)
    alpha = np.where(levels == key, 0, 255).astype(np.uint8)
    return Image.fromarray(np.dstack([grey, grey, grey, alpha]))


def _bits(image: ImageFile) -> int:
    bits = int(image.tag_v2[BITSPERSAMPLE][0]) if isinstance(image, TiffImageFile) else 16
    return bits - 1 if _sample_format(image) == SIGNED_INTEGERS else bits


def _sample_format(image: ImageFile) -> int:
    given = image.tag_v2.get(SAMPLEFORMAT) if isinstance(image, TiffImageFile) else None
    return int(given[0]) if given else UNSIGNED_INTEGERS


def _upright_light(grey: Pixels, image: ImageFile) -> Pixels:
    """A positive of what a TIFF holds as a negative; Pillow turns only those of 8 bits and less."""
    negative = isinstance(image, TiffImageFile) and (
        image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == WHITE_IS_ZERO
    )
    return ~grey if negative else grey


def _eight_bits(grey: NDArray[np.integer[Any]], bits: int) -> Pixels:
    """Scaled with rounding: 65535 becomes 255. 32-bit integers lose their low half first."""
    wide = grey.astype(np.uint32)
    full = FULL.get(bits, FULL[16])
    if wide.max(initial=0) > full:
        wide >>= 16
        full = FULL[16]
    return ((wide * 255 + full // 2) // full).astype(np.uint8)


def _from_float(grey: NDArray[np.float32]) -> Pixels:
    if not (np.isfinite(grey).all() and grey.min() >= 0.0 and grey.max() <= 1.0):
        raise UnsupportedImage(FLOATS)
    return (grey * 255 + 0.5).astype(np.uint8)
