"""Small pictures for lists."""

from __future__ import annotations

from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.formats import write
from pixellab.adapters.imaging.scaling import scaled
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodedImage, Picture

QUALITY = 80
"""Of WEBP: about 10 KB at 320 pixels, and no artefact that the eye finds at that size."""


def thumbnail(picture: Picture, longest: int) -> EncodedImage:
    """A WEBP of ``picture``, at most ``longest`` pixels on its longer side, never enlarged.

    What is kept of its metadata is written into it: a model's drawing is marked in small, too.
    """
    pixels, side = picture.pixels, max(picture.width, picture.height)
    if side > longest:
        pixels = scaled(pixels, longest / side)
    data = write(pixels, Settings(format=Format.WEBP, quality=QUALITY, metadata=picture.metadata))
    height, width = pixels.shape[:2]
    return EncodedImage(data=data, format=Format.WEBP, width=width, height=height, quality=QUALITY)
