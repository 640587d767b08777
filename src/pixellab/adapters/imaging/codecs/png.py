"""Writes PNG, with nothing lost or, on request, with few colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging import metadata
from pixellab.adapters.imaging.codecs.save import LARGE, Settings, save

Pixels = NDArray[np.uint8]

LEVEL, QUICK_LEVEL = 6, 3
"""zlib's levels; above 6 photos shrink by less than 1% in twice the time."""
MAX_COLOURS = 256
FIRM_ALPHA = 8
"""The octree mixes neighbouring alphas; those this near to none or all become so again."""
PALETTE_SAMPLE = 512
"""Side in pixels, at most, of the copy from which a palette is chosen."""


def write_png(pixels: Pixels, settings: Settings) -> bytes:
    """The file of uint8 (height, width, 3 or 4), RGB or straight RGBA."""
    image = _with_palette(pixels) if settings.palette else _without_redundancy(pixels)
    quick = pixels[..., 0].size >= LARGE and not settings.thorough
    options = {"compress_level": QUICK_LEVEL if quick else LEVEL}
    return save(image, settings, options, metadata.png_xmp)


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
