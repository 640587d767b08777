"""A JPEG's pixels, by a decoder that says what is wrong with a file, in place of printing it."""

from __future__ import annotations

import io
import re

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL.JpegImagePlugin import JpegImageFile

from pixellab.adapters.imaging.decode.jpeg_data import refuse_incomplete, with_its_end

Pixels = NDArray[np.uint8]

SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
"""What libjpeg-turbo calls Pillow's modes of JPEGs."""
HARMLESS = re.compile(r"JFIF|Adobe|extraneous bytes before marker 0x(?!d[0-9a])")
"""Remarks on what stands before the coded data."""
DAMAGED = "The JPEG file is damaged: its data do not fit its picture, a part of which may be wrong."


def jpeg_pixels(image: JpegImageFile, content: bytes) -> tuple[Pixels, str | None]:
    """What Pillow makes of ``image``, whose file ``content`` is, in less time, and a warning.

    Uint8 (height, width) of grey, else (height, width, 3) RGB or 4 CMYK, as they lie in the file;
    ink is 255. Raises UndecodableImage where a part of the picture is missing, OSError where there
    is nothing to be read.
    """
    whole = with_its_end(content)
    try:
        pixels = simplejpeg.decode_jpeg(whole, SPACES[image.mode])
    except ValueError as error:
        pixels = _by_pillow(whole)
        refuse_incomplete(whole, pixels, _by_pillow)
        return pixels, None if HARMLESS.search(str(error)) else DAMAGED
    if pixels.shape[:2] != (image.height, image.width):
        return _by_pillow(whole), None
    if image.mode == "CMYK":
        return 255 - pixels, None  # Adobe's files, and so all, have light where others have ink.
    return pixels[..., 0] if image.mode == "L" else pixels, None


def _by_pillow(content: bytes) -> Pixels:
    return np.asarray(JpegImageFile(io.BytesIO(content)))
