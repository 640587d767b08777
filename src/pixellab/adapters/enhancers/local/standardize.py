"""A marketplace-ready picture: the product centred on a square white canvas, the rules checked.

The product is searched in a small copy; what the canvas shows of the photo is then resized straight
to the canvas, and outline and background are worked on at that size.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen

from pixellab.adapters.enhancers.local.cutout import OPAQUE, is_transparent
from pixellab.adapters.enhancers.local.locate import locate
from pixellab.adapters.enhancers.local.location import Location
from pixellab.adapters.enhancers.local.matte import take_apart
from pixellab.adapters.enhancers.local.scaling import resized
from pixellab.adapters.enhancers.local.segmentation import Segment
from pixellab.adapters.enhancers.local.whiten import is_near_white, whitened
from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.marketplaces.profiles import Profile, find_profile, profile_names
from pixellab.adapters.marketplaces.requirements import measure
from pixellab.domain.pictures import FileRules, Picture, Rule, Step

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.arrays import Bytes, Mask
__all__ = ["Standardized", "profile_names", "standardize"]

WHITE = 255
MAX_ENLARGEMENT = 2.0
"""A product is never drawn larger than this many times its size in the photo."""


@frozen(kw_only=True, eq=False)
class Standardized:
    """What ``standardize`` answers."""

    pixels: Bytes
    """uint8 (side, side, 3), R, G, B, sRGB."""
    rules: tuple[Rule, ...]
    """Each rule on the pixels, measured on them."""
    file_rules: FileRules
    """The rules on the finished file, to be checked once it is encoded."""
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    model: str | None
    """The network that found the product; None for the classical method."""


def standardize(
    picture: Picture, profile: str = "generic", segment: Segment | None = None
) -> Standardized:
    """Make ``picture`` fit the marketplace called ``profile``; ``segment`` asks a network.

    The product is cut out, or its background whitened where that is nearly white already; where
    the product cannot be told from the background the whole photo is kept, and the rules that then
    fail say so. Raises InvalidRequest for an unknown profile.
    """
    wanted = find_profile(profile)
    view = _look(picture.pixels, segment)
    side, scale = _fit(view, wanted)
    shown, box = _render(picture.pixels, view, scale, side)
    canvas, box = _centre(shown, box, side)
    result = _Result(pixels=canvas, box=box, scale=scale, view=view)
    found = view.how is not _How.KEPT
    measures = measure(canvas, fill=result.fill if found else None, enlargement=scale)
    return Standardized(
        pixels=canvas,
        rules=tuple(each.check(measures[each.measure]) for each in wanted.requirements),
        file_rules=wanted.file_rules,
        steps=_steps(result, wanted),
        warnings=_warnings(result, wanted),
        model=view.location.model if view.location else None,
    )


class _How(Enum):
    """What becomes of the photo's background."""

    TRANSPARENT = "The transparent background was made white."
    CUT = "The background was taken away and replaced with white."
    WHITENED = "The nearly white background was made white; its soft shadows stay."
    KEPT = "The whole photo was kept, because its product was not found with certainty."


Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


@frozen(kw_only=True, eq=False)
class _View:
    """What was found in the photo."""

    how: _How
    box: Box
    """The product, in pixels of ``grid``."""
    grid: tuple[int, int]
    """(width, height) of the picture that was searched."""
    size: tuple[int, int]
    """(width, height) of the photo."""
    location: Location | None = None

    @property
    def longest(self) -> float:
        """Longest side of the product in pixels of the photo."""
        left, top, right, bottom = self.box
        return max(
            (right - left) * self.size[0] / self.grid[0],
            (bottom - top) * self.size[1] / self.grid[1],
        )

    @property
    def touches(self) -> bool:
        """Whether the product reaches the edge of the photo."""
        left, top, right, bottom = self.box
        return left == 0 or top == 0 or right == self.grid[0] or bottom == self.grid[1]


@frozen(kw_only=True, eq=False)
class _Result:
    pixels: Bytes
    box: Box
    scale: float
    view: _View

    @property
    def side(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def fill(self) -> float:
        left, top, right, bottom = self.box
        return max(right - left, bottom - top) / self.side


def _look(pixels: Bytes, segment: Segment | None) -> _View:
    size = pixels.shape[1], pixels.shape[0]
    whole = (0, 0, *size)
    if is_transparent(pixels):
        box = _bounds(pixels[..., 3] > OPAQUE // 2)
        how = _How.TRANSPARENT if box else _How.KEPT
        return _View(how=how, box=box or whole, grid=size, size=size)
    location = locate(np.ascontiguousarray(pixels[..., :3]), segment, describe_plain=True)
    grid = location.product.shape[1], location.product.shape[0]
    plain = location.plain
    product = location.product if location.found or plain is None else ~plain.mask
    if plain is not None and is_near_white(plain) and (box := _bounds(product)):
        return _View(how=_How.WHITENED, box=box, grid=grid, size=size, location=location)
    if location.found and (box := _bounds(product)):
        return _View(how=_How.CUT, box=box, grid=grid, size=size, location=location)
    return _View(how=_How.KEPT, box=whole, grid=size, size=size, location=location)


def _bounds(mask: Mask) -> Box | None:
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _fit(view: _View, wanted: Profile) -> tuple[int, float]:
    """(side of the canvas, factor from the photo to it).

    The canvas shrinks rather than enlarge the product; below the smallest canvas it is enlarged.
    """
    fill = 1.0 if view.how is _How.KEPT else wanted.fill
    side = int(np.clip(view.longest / fill, wanted.smallest, wanted.canvas))
    return side, min(fill * side / view.longest, MAX_ENLARGEMENT)


def _render(pixels: Bytes, view: _View, scale: float, side: int) -> tuple[Bytes, Box]:
    """The part of the photo that the canvas shows, at its size there, on white, and the product's
    box in it."""
    step = view.size[0] / view.grid[0], view.size[1] / view.grid[1]
    cut = _part_shown(view, scale, side, step)
    left, right = round(cut[0] * step[0]), round(cut[2] * step[0])
    top, bottom = round(cut[1] * step[1]), round(cut[3] * step[1])
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    part = pixels[top:bottom, left:right]
    box = _scaled_box(view.box, cut, size)
    if part.shape[2] == 4:
        alpha = np.ascontiguousarray(part[..., 3])
        shown = resized(on_white(part[..., :3], alpha), size)
        drawn = _bounds(resized(alpha, size) > OPAQUE // 2)
        return shown, drawn or box
    shown = resized(part, size)
    if view.how is _How.KEPT or view.location is None:
        return shown, box
    return _cleaned(shown, view, view.location, cut, box)


def _part_shown(view: _View, scale: float, side: int, step: tuple[float, float]) -> Box:
    """The part of the searched picture that the canvas has room for."""
    left, top, right, bottom = view.box
    half = side / scale / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return (
        max(0, int(x - half / step[0])),
        max(0, int(y - half / step[1])),
        min(view.grid[0], int(np.ceil(x + half / step[0]))),
        min(view.grid[1], int(np.ceil(y + half / step[1]))),
    )


def _scaled_box(box: Box, cut: Box, size: tuple[int, int]) -> Box:
    x, y = size[0] / (cut[2] - cut[0]), size[1] / (cut[3] - cut[1])
    left, right = round((box[0] - cut[0]) * x), round((box[2] - cut[0]) * x)
    top, bottom = round((box[1] - cut[1]) * y), round((box[3] - cut[1]) * y)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _cleaned(
    shown: Bytes, view: _View, location: Location, cut: Box, box: Box
) -> tuple[Bytes, Box]:
    """``shown`` without its background, or with that made white, and the product's box."""
    part = np.s_[cut[1] : cut[3], cut[0] : cut[2]]
    behind = None
    if view.how is _How.WHITENED and location.plain is not None:
        plain = location.plain
        seen = evolve(plain, mask=plain.mask[part], surface=plain.surface[part])
        product = location.product[part] if location.found else ~seen.mask
        behind = whitened(shown, seen, product)
        if not location.found:
            return behind, box
    layers = take_apart(shown, location.likely_in(part))
    drawn = _bounds(layers.alpha > OPAQUE // 2)
    return on_white(layers.foreground, layers.alpha, behind), drawn or box


def _centre(shown: Bytes, box: Box, side: int) -> tuple[Bytes, Box]:
    """A white square with the middle of ``box`` in its middle."""
    height, width = shown.shape[:2]
    x, y = round(side / 2 - (box[0] + box[2]) / 2), round(side / 2 - (box[1] + box[3]) / 2)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, side), min(y + height, side)
    canvas = np.full((side, side, 3), WHITE, np.uint8)
    canvas[top:bottom, left:right] = shown[top - y : bottom - y, left - x : right - x]
    placed = box[0] + x, box[1] + y, box[2] + x, box[3] + y
    return canvas, placed


def _steps(result: _Result, wanted: Profile) -> tuple[Step, ...]:
    view = result.view
    found = view.how is not _How.KEPT
    if view.location is None:
        why = "The photo's own transparency shows the product."
    else:
        why = view.location.why
    confidence = view.location.confidence if view.location else float(found)
    return (
        Step(
            name="find_product",
            applied=found,
            why=why,
            figures={"confidence": round(confidence, 3)},
        ),
        Step(name="background", applied=found, why=view.how.value),
        Step(
            name="canvas",
            applied=True,
            why=f"Centred on a square white canvas by the rules of {wanted.name}, as checked in "
            f"{wanted.checked} ({'; '.join(wanted.sources)}).",
            figures={
                "side": result.side,
                "fill": round(result.fill, 3),
                "scale": round(result.scale, 4),
            },
        ),
    )


def _warnings(result: _Result, wanted: Profile) -> tuple[str, ...]:
    view = result.view
    warnings = list(view.location.warnings) if view.location else []
    if view.how is _How.KEPT:
        why = view.location.why if view.location else "The picture is transparent throughout."
        warnings.append(f"{why} The whole photo was fitted on the canvas.")
    elif view.touches:
        warnings.append(
            "The product reaches the edge of the photo, so a part of it may be missing."
        )
    if result.scale > 1:
        warnings.append(
            f"The photo is too small for {wanted.name}: it was enlarged {result.scale:.2f} times."
        )
    elif result.side < wanted.canvas:
        warnings.append(
            f"The product is too small in the photo for {wanted.canvas} px; "
            f"the canvas is {result.side} px, so that nothing was enlarged."
        )
    return tuple(warnings)
