"""Any ICC profile to 8-bit sRGB."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pixellab.adapters.imaging.srgb import srgb_profile

Pixels = NDArray[np.uint8]

BROKEN_PROFILE = "The file's colour profile is damaged or does not fit; sRGB was assumed."
SAME_COLOUR = 1
"""Profiles whose colours differ by at most this many levels from sRGB are taken for sRGB."""
PROFILE_SPACES = {"RGB": "RGB", "RGBA": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}
"""Colour space that a profile must be made for to describe pixels of a Pillow mode."""


def to_srgb_pixels(plain: Image.Image, icc: bytes | None) -> tuple[Pixels, str | None]:
    """``plain``, of one of RGB, RGBA, L, LA, CMYK, LAB, as uint8 RGB or straight RGBA in sRGB.

    The second value is a warning where ``icc`` could not be used, else None.
    """
    warning = None
    if icc is not None or plain.mode == "LAB":
        try:
            plain = _convert(plain, icc)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            warning = BROKEN_PROFILE
    if plain.mode not in ("RGB", "RGBA"):
        plain = plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    return np.asarray(plain), warning


@lru_cache(maxsize=64)
def is_srgb(icc: bytes, mode: str) -> bool:
    """Whether the profile leaves every colour of a coarse cube as it is, within one level."""
    levels = np.linspace(0, 255, 6).round().astype(np.uint8)
    if mode == "L":
        probe = np.arange(256, dtype=np.uint8)[None]
        expected = np.repeat(probe[..., None], 3, axis=2)
    else:
        probe = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
        expected = probe
    try:
        converted = np.asarray(_convert(Image.fromarray(probe), icc))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False
    return bool(np.abs(converted.astype(int) - expected).max() <= SAME_COLOUR)


def _convert(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Through Little CMS, relative colorimetric with black point compensation.

    Alpha is carried over unchanged. Raises PyCMSError or ValueError for a profile that is damaged
    or made for another colour space than the image's.
    """
    if icc is None:
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    else:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    space = source.profile.xcolor_space.strip()
    if space != PROFILE_SPACES.get(image.mode):
        raise ValueError(f"a profile for {space} on {image.mode} pixels")
    target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    transform = ImageCms.buildTransform(
        source,
        target,
        image.mode,
        "RGBA" if image.mode == "RGBA" else "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted
