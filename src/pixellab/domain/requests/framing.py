"""The size that a result is brought to: how a picture is cropped, made smaller and padded."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Self

from attrs import frozen

from pixellab.domain.errors import InvalidRequest

MIN_SIDE, MAX_SIDE = 16, 8000
"""Pixels; a square of the largest side has about as many as the largest photo."""
MAX_PADDING, MAX_PERCENT = 2000, 45.0
PADDING = re.compile(r"([0-9]{1,4})|([0-9]{1,2}(?:\.[0-9])?)%")
PADDING_ALLOWED = f"0 to {MAX_PADDING} pixels such as 40, or 0% to {MAX_PERCENT:g}% such as 5%"

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""
Shares = tuple[float, float, float, float]
"""The same as shares of width and height, 0 to 1."""


class Fit(StrEnum):
    """How a picture fits a width and a height of another shape."""

    CONTAIN = "contain"
    """The whole picture, within both."""
    COVER = "cover"
    """Both, and what does not fit is cropped, about the product where it was found."""
    PAD = "pad"
    """The whole picture, and around it the background as far as it does not fill both."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The fit named by ``text`` in any letter case; InvalidRequest if there is none."""
        try:
            return cls(text.strip().lower())
        except ValueError:
            allowed = ", ".join(cls)
            raise InvalidRequest("fit", f"fit is {text[:40]!r}; allowed are {allowed}.") from None


@frozen(kw_only=True)
class Layout:
    """Where a picture goes: its part ``crop``, at ``size``, ``at`` its place on a ``canvas``."""

    crop: Box
    size: tuple[int, int]
    """Width and height, never more than the crop's."""
    canvas: tuple[int, int]
    at: tuple[int, int]
    """Of the left upper corner, in pixels of the canvas."""
    too_small: bool = False
    """Whether the picture would have had to be enlarged to fill what was asked for."""

    @property
    def scale(self) -> float:
        left, top, right, bottom = self.crop
        return max(self.size[0] / (right - left), self.size[1] / (bottom - top))

    def box(self, box: Box) -> Box:
        """Where ``box`` of the picture is on the canvas, as far as it is there."""
        left, top, right, bottom = self.crop
        x, y = self.size[0] / (right - left), self.size[1] / (bottom - top)
        begin = max(box[0], left), max(box[1], top)
        end = max(min(box[2], right), begin[0]), max(min(box[3], bottom), begin[1])
        return (
            self.at[0] + round((begin[0] - left) * x),
            self.at[1] + round((begin[1] - top) * y),
            self.at[0] + round((end[0] - left) * x),
            self.at[1] + round((end[1] - top) * y),
        )


@frozen(kw_only=True)
class Frame:
    """What is asked of a result's size."""

    width: int | None = None
    height: int | None = None
    fit: Fit = Fit.CONTAIN
    padding: str | None = None
    """Free space on each side, part of width and height: pixels, or percent (``5%``) of the shorter
    of them, and where neither is asked for, of the picture's shorter side."""

    @property
    def fills(self) -> bool:
        """Whether there may be something around the picture."""
        return self.padding is not None or (self.fit == Fit.PAD and self.is_sized)

    @property
    def is_sized(self) -> bool:
        return self.width is not None or self.height is not None

    def ignored(self) -> tuple[str, ...]:
        """A warning where the fit has nothing to say."""
        if self.fit != Fit.CONTAIN and not self.is_sized:
            return ("fit was ignored, since neither width nor height is asked for.",)
        if self.fit == Fit.COVER and not (self.width and self.height):
            return ("fit was ignored, since cover needs both width and height.",)
        return ()

    def check(self) -> None:
        """Raise InvalidRequest for a padding that is none, or that leaves no room."""
        if self.padding is None:
            return
        found = PADDING.fullmatch(self.padding)
        if not found or int(found[1] or 0) > MAX_PADDING or float(found[2] or 0) > MAX_PERCENT:
            raise InvalidRequest(
                "padding",
                f"padding is {self.padding[:40]!r}; allowed are {PADDING_ALLOWED}.",
            )
        sides = [side for side in (self.width, self.height) if side]
        if sides and 2 * self._padding(min(sides)) >= min(sides):
            raise InvalidRequest(
                "padding",
                f"padding is {self.padding}, which leaves no room in {min(sides)} pixels; allowed "
                "is less than half of them.",
            )

    def layout(self, width: int, height: int, product: Shares | None = None) -> Layout:
        """How a picture of ``width`` and ``height`` is brought to this size; never enlarged."""
        sides = [side for side in (self.width, self.height) if side]
        padding = self._padding(min(sides, default=min(width, height)))
        across, down = _less(self.width, 2 * padding), _less(self.height, 2 * padding)
        if self.fit == Fit.COVER and across and down:
            crop, size = _covering(width, height, (across, down), product)
            too_small = size != (across, down)
        else:
            crop, scale = (0, 0, width, height), _scale(width, height, across, down)
            size = _scaled(width, scale, across), _scaled(height, scale, down)
            too_small = scale > 1
        canvas = size[0] + 2 * padding, size[1] + 2 * padding
        if self.fit == Fit.PAD:
            canvas = self.width or canvas[0], self.height or canvas[1]
        at = (canvas[0] - size[0]) // 2, (canvas[1] - size[1]) // 2
        return Layout(crop=crop, size=size, canvas=canvas, at=at, too_small=too_small)

    def _padding(self, side: int) -> int:
        """Pixels on each side, of ``side`` pixels."""
        found = PADDING.fullmatch(self.padding or "0")
        if not found:  # in the record of another version
            return 0
        return int(found[1]) if found[1] else round(side * float(found[2]) / 100)


def _less(side: int | None, by: int) -> int | None:
    return None if side is None else max(1, side - by)


def _scale(width: int, height: int, across: int | None, down: int | None) -> float:
    """What brings a picture within the room there is, which may be more than it fills."""
    room = ((across, width), (down, height))
    return min((has / side for has, side in room if has), default=1.0)


def _scaled(side: int, scale: float, most: int | None) -> int:
    scaled = max(1, round(side * min(scale, 1.0)))
    return scaled if most is None else min(scaled, most)


def _covering(
    width: int, height: int, room: tuple[int, int], product: Shares | None
) -> tuple[Box, tuple[int, int]]:
    """The largest part of the shape of ``room``, about the middle of the product or of the picture;
    and its size, which is that of the room unless the part is smaller."""
    across = min(width, max(1, round(height * room[0] / room[1])))
    down = min(height, max(1, round(width * room[1] / room[0])))
    left, top, right, bottom = product or (0.0, 0.0, 1.0, 1.0)
    x = _begin((left + right) / 2 * width, across, width)
    y = _begin((top + bottom) / 2 * height, down, height)
    fills = across >= room[0] and down >= room[1]
    return (x, y, x + across, y + down), (room if fills else (across, down))


def _begin(middle: float, length: int, side: int) -> int:
    """Where a part of ``length`` about ``middle`` begins, within a ``side``."""
    return min(max(0, round(middle - length / 2)), side - length)
