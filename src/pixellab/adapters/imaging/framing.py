"""Pictures cropped, made smaller and padded, as a layout says."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import evolve
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.compositing import OPAQUE, on_white
from pixellab.adapters.imaging.srgb import levels_of_light, light_of_levels
from pixellab.domain.pictures import Picture
from pixellab.domain.requests.framing import Layout

Pixels = NDArray[np.uint8]
WHITE = 255
LEAST_ALPHA = 1 / 255


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

    In linear light, and with colours weighted by alpha: so denim and fine print are as light as
    they look from afar, where means of levels are darker, by up to 6 of CIEDE2000. The kernel is
    as wide as the picture gets smaller, so nothing is aliased. Where it rings, it is held to the
    levels that the picture has there: pure white stays so, since marketplaces measure that.
    """
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    small = np.empty((size[1], size[0], pixels.shape[2]), np.uint8)
    opacity, weight = np.ones(1, np.float32), np.ones(1, np.float32)
    if pixels.shape[2] == 4:
        opacity = np.divide(pixels[..., 3], OPAQUE, dtype=np.float32)
        weight = _smaller(opacity, size)
        small[..., 3] = np.clip(weight * OPAQUE + 0.5, 0, OPAQUE)
    for channel in range(3):
        light = cv2.LUT(np.ascontiguousarray(pixels[..., channel]), light_of_levels())
        weighted = _smaller(light * opacity, size)
        small[..., channel] = levels_of_light(weighted / np.maximum(weight, LEAST_ALPHA))
    return np.clip(small, *_range_of(pixels, size))


def _smaller(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    image = Image.fromarray(np.asarray(plane, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def _range_of(pixels: Pixels, size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """The lowest and the highest levels near each pixel of the smaller picture."""
    height, width = pixels.shape[:2]
    reach = max(1, round(height / size[1])), max(1, round(width / size[0]))
    near = np.ones((2 * reach[0] + 1, 2 * reach[1] + 1), np.uint8)
    lowest, highest = (each(pixels, near) for each in (cv2.erode, cv2.dilate))
    return _nearest(lowest, size), _nearest(highest, size)


def _nearest(pixels: NDArray[Any], size: tuple[int, int]) -> Pixels:
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


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
