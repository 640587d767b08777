"""Pictures cropped, made smaller and padded, as a layout says."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import evolve
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.compositing import OPAQUE, on_white
from pixellab.domain.pictures import Picture
from pixellab.domain.requests.framing import Layout

Pixels = NDArray[np.uint8]
WHITE = 255


def framed(picture: Picture, layout: Layout, behind: tuple[int, int, int] | None) -> Picture:
    """``picture`` laid out, ``behind`` it a colour, or nothing: then what is free is transparent.

    The same picture where the layout changes nothing.
    """
    left, top, right, bottom = layout.crop
    whole = right - left, bottom - top
    if whole == layout.size == layout.canvas == (picture.width, picture.height):
        return picture
    pixels = resampled(picture.pixels[top:bottom, left:right], layout.size)
    if layout.size != layout.canvas:
        pixels = _laid(pixels, layout, behind)
    # How finely a file was written says nothing of pixels that are means of several.
    quality = picture.source_quality if layout.size == whole else None
    return evolve(picture, pixels=np.ascontiguousarray(pixels), source_quality=quality)


def framed_mask(mask: NDArray[Any], layout: Layout) -> NDArray[np.bool_]:
    """Where a picture that is laid out shows anything of ``mask``, bool (height, width)."""
    left, top, right, bottom = layout.crop
    part = mask[top:bottom, left:right].astype(np.uint8) * WHITE
    seen = np.zeros(layout.canvas[::-1], np.bool_)
    (x, y), (width, height) = layout.at, layout.size
    seen[y : y + height, x : x + width] = (
        cv2.resize(part, layout.size, interpolation=cv2.INTER_AREA) > 0
    )
    return seen


def resampled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """uint8 (H, W, 3 or 4) at ``size`` (width, height), by Lanczos' kernel of three lobes.

    On the levels of sRGB, as libvips, ImageMagick and browsers do it, and with colours weighted by
    alpha. The kernel is as wide as the picture gets smaller, so nothing is aliased. It rings, and
    what is pure white stays so all the same, since marketplaces measure that.
    """
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    small = np.array(
        Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.LANCZOS)
    )
    all_white = (WHITE,) * pixels.shape[2]
    white = cv2.inRange(pixels, all_white, all_white)
    small[cv2.resize(white, size, interpolation=cv2.INTER_AREA) == WHITE] = WHITE
    return small


def _laid(pixels: Pixels, layout: Layout, behind: tuple[int, int, int] | None) -> Pixels:
    has_alpha = pixels.shape[2] == 4
    if behind is None:
        canvas = np.zeros((*layout.canvas[::-1], 4), np.uint8)
        if not has_alpha:
            pixels = np.dstack([pixels, np.full(pixels.shape[:2], OPAQUE, np.uint8)])
    else:
        canvas = np.full((*layout.canvas[::-1], 3), behind, np.uint8)
        if has_alpha:
            rgb = np.ascontiguousarray(pixels[..., :3])
            pixels = on_white(rgb, pixels[..., 3], np.full_like(rgb, behind))
    (x, y), (width, height) = layout.at, layout.size
    canvas[y : y + height, x : x + width] = pixels
    return canvas
