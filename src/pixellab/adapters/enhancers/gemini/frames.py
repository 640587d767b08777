"""What Gemini draws on: a few aspect ratios and sizes, which photos are fitted into and taken from.

A photo is padded to the nearest ratio by repeating its border, and what was padded is cropped off
the answer. Answers come near the ratio that was asked for, not at it (4:3 came as 1200 x 896), so
they are first cropped to it around their centre: nothing is stretched.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.domain.errors import BackendRefused

Pixels = NDArray[np.uint8]

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
"""The aspect ratios that google-genai 3.6 documents for ``ImageConfig.aspect_ratio``."""
SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
"""Side in pixels of a square picture of each size; those of other ratios have as many pixels."""
MIN_SIDE = 64
"""Pixels; on a shorter side a model sees no product."""
MIN_SHARE = 0.5
"""Of the padded picture the least share that is photo: with less, most of the money is for padding,
and the product is drawn at less than the size that was paid for."""
SPARE = 1.1
"""A size is large enough for so many times its pixels: a side of 1075 is drawn at 1024."""
MAX_OFF = 1.05
"""Factor by which an answer's ratio may be off: 1200 x 896 for 4:3 is off by 1.004. With more, it
is not the picture that was asked for."""


@frozen
class Frame:
    """A photo of ``width`` x ``height`` pixels on the nearest ``ratio`` that Gemini draws."""

    width: int
    height: int
    ratio: str

    @property
    def padded_size(self) -> tuple[int, int]:
        """(width, height) once padded, in pixels of the photo."""
        aspect = _aspect(self.ratio)
        return (
            max(self.width, round(self.height * aspect)),
            max(self.height, round(self.width / aspect)),
        )

    @property
    def is_padded(self) -> bool:
        return self.padded_size != (self.width, self.height)

    @property
    def share(self) -> float:
        """The share of the padded picture that is photo."""
        width, height = self.padded_size
        return self.width * self.height / (width * height)

    @property
    def _corner(self) -> tuple[int, int]:
        width, height = self.padded_size
        return (width - self.width) // 2, (height - self.height) // 2

    def padded(self, rgb: Pixels) -> Pixels:
        """uint8 (height, width, 3), with the border repeated up to ``padded_size``."""
        width, height = self.padded_size
        left, top = self._corner
        right, bottom = width - self.width - left, height - self.height - top
        return np.asarray(
            cv2.copyMakeBorder(rgb, top, bottom, left, right, cv2.BORDER_REPLICATE), np.uint8
        )

    def fits(self, drawn: Pixels) -> bool:
        """Whether ``drawn`` has the ratio, as nearly as answers do."""
        off = drawn.shape[1] / drawn.shape[0] / _aspect(self.ratio)
        return bool(1 / MAX_OFF <= off <= MAX_OFF)

    def taken_from(self, drawn: Pixels, size: tuple[int, int]) -> Pixels:
        """The photo's part of an answer, uint8 (H, W, 3), at ``size`` (width, height)."""
        height, width = drawn.shape[:2]
        zoom = min(width / self.padded_size[0], height / self.padded_size[1])
        left = width / 2 + zoom * (self._corner[0] - self.padded_size[0] / 2)
        top = height / 2 + zoom * (self._corner[1] - self.padded_size[1] / 2)
        columns = _whole(left, zoom * self.width, width)
        rows = _whole(top, zoom * self.height, height)
        return at_size(drawn[rows, columns], size)


def frame_for(width: int, height: int) -> Frame:
    """The frame that needs least padding. Raises BackendRefused for a photo that fits none."""
    if min(width, height) < MIN_SIDE:
        raise BackendRefused(
            f"Gemini is asked for pictures of at least {MIN_SIDE} x {MIN_SIDE} pixels; this one "
            f"has {width} x {height}."
        )
    frames = (Frame(width, height, ratio) for ratio in RATIOS)
    best = max(frames, key=lambda each: each.share)
    if best.share < MIN_SHARE:
        raise BackendRefused(
            f"Gemini draws pictures from 9:16 to 21:9; this one, {width} x {height} pixels, is too "
            "long and narrow for that."
        )
    return best


def size_for(frame: Frame, scale: int = 1) -> str:
    """The smallest size with as many pixels as the padded photo, ``scale`` times as large, has.

    The largest there is, if none has so many.
    """
    width, height = frame.padded_size
    needed = width * height * scale**2
    for name, side in SIDES.items():
        if needed <= SPARE * side**2:
            return name
    return list(SIDES)[-1]


def draws_less(frame: Frame, scale: int = 1) -> bool:
    """Whether even the largest size has fewer pixels than are needed."""
    width, height = frame.padded_size
    return width * height * scale**2 > SPARE * max(SIDES.values()) ** 2


def within_size(padded_size: tuple[int, int], size: str) -> tuple[int, int]:
    """(width, height) of what is sent: not more pixels than the answer can have."""
    width, height = padded_size
    shrink = min(1.0, math.sqrt(SPARE * SIDES[size] ** 2 / (width * height)))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def at_size(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """``pixels``, uint8 (H, W) or (H, W, channels), at ``size`` (width, height), edge to edge."""
    smaller = size[0] <= pixels.shape[1] and size[1] <= pixels.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=way), np.uint8)


def _aspect(ratio: str) -> float:
    width, _, height = ratio.partition(":")
    return int(width) / int(height)


def _whole(start: float, length: float, limit: int) -> slice:
    begin = min(max(round(start), 0), limit - 1)
    return slice(begin, max(min(round(start + length), limit), begin + 1))
