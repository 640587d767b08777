"""Where the product is: asked of a network where there is one, else found by classical methods.

Either answer is examined before it is used: on a plain background by what stands out from it
(``by_plain_ground``), and on any by the picture's colours (``doubts``).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment, Segmentation
from pixellab.adapters.enhancers.local.pixels.resize import in_blocks, resized
from pixellab.adapters.enhancers.local.segmentation.by_plain_ground import (
    corrected_by_plain_ground,
    plain_along_border,
)
from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated
from pixellab.adapters.enhancers.local.segmentation.classical.find_classically import (
    find_classically,
)
from pixellab.adapters.enhancers.local.segmentation.colour_maps import SIDE as COLOURS_SIDE
from pixellab.adapters.enhancers.local.segmentation.colour_maps import (
    ColourMaps,
    Colours,
    colour_maps,
    colours_of,
)
from pixellab.adapters.enhancers.local.segmentation.doubts import (
    doubts_of,
    faded_parts,
    torn_holes,
)
from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
    PlainBackground,
    plain_background,
)
from pixellab.adapters.enhancers.local.segmentation.ground.smooth_noise import smooth_noise
from pixellab.adapters.enhancers.local.segmentation.hangers import hanger
from pixellab.adapters.enhancers.local.segmentation.mended_by_colours import (
    kept_ground,
    lost_parts,
    unsure_parts,
)
from pixellab.adapters.enhancers.local.segmentation.product_location import (
    MAX_SHARE,
    MIN_SHARE,
    ProductLocation,
    not_found,
)

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
    from pixellab.domain.requests.places import Box
WORKING_SIDE = 480
"""Longest side, in pixels, of the copy in which the product is searched."""
MIN_SIDE = 16
SALIENT = 0.5
"""Least share of the product that a network sees where it is."""
UNSURE, MAX_UNSURE = (0.2, 0.8), 1.2
"""Shares that a network sees where it is unsure, and the largest such area, as one of its own.

Outlines take 0.02 to 0.2; more is seen where a product fills the picture or there are many.
With more than this, half of what is cut out would be a ghost.
"""
SMALLEST_PART, FAINT = 0.01, 0.05
"""Share of the largest part below which an unconnected one is a shred (of a set each is
larger), and the likelihood from which pixels connect parts."""


def find_product(
    rgb: Bytes,
    segment: Segment | None = None,
    *,
    describe_plain: bool = False,
    found_in: Bytes | None = None,
) -> ProductLocation:
    """Find the product in ``rgb``, uint8 (height, width, 3).

    The masks have the size of a copy of at most ``WORKING_SIDE`` pixels. With ``describe_plain`` a
    plain background is looked for where a network found the product, too. It is ``rgb``'s, while
    the product is looked for in ``found_in``, uint8 (height, width, 3 or 4), if that is given.
    """
    size = _size(rgb, WORKING_SIDE)
    if min(size) < MIN_SIDE:
        return not_found(size, "The picture is too small to tell a product from its background.")
    if found_in is not None:
        found = find_product(np.ascontiguousarray(found_in[..., :3]), segment)
        return evolve(found, plain=find_plain_background(rgb) if describe_plain else None)
    with ThreadPoolExecutor(1) as beside:
        surroundings = beside.submit(_surroundings, rgb)
        seen = segment(rgb) if segment else Segmentation()
    location, (near, ground, colours) = _seen(size, seen), surroundings.result()
    if location is None:
        location = evolve(find_classically(resized(rgb, size)), warnings=seen.warnings)
        seen = Segmentation()
    elif ground is not None and not seen.by_hints:
        location = corrected_by_plain_ground(rgb, ground, location, size)
    if not location.found:
        return location
    if describe_plain and location.plain is None:
        location = evolve(location, plain=find_plain_background(rgb))
    location = _without_shreds(location)
    if seen.box:
        return _examined_in(rgb, location, seen.box)
    return _examined(near, colours, location, on_plain=ground is not None, mend=not seen.by_hints)


def _surroundings(rgb: Bytes) -> tuple[Bytes, PlainBackground | None, Colours]:
    """What can be told before a network has answered: of a smaller copy, which comes first."""
    near = in_blocks(rgb, _size(rgb, COLOURS_SIDE))
    return near, plain_along_border(near), colours_of(near)


def find_plain_background(rgb: Bytes) -> PlainBackground | None:
    """The background of ``rgb``, uint8 (height, width, 3), where it is plain; in the same copy."""
    _, lab = smooth_noise(resized(rgb, _size(rgb, WORKING_SIDE)))
    return plain_background(lab)


def _seen(size: tuple[int, int], seen: Segmentation) -> ProductLocation | None:
    """The product that a network saw; None where it saw none."""
    if seen.saliency is None:
        return None
    likely = cv2.resize(seen.saliency, size, interpolation=cv2.INTER_LINEAR)
    product = likely > SALIENT
    if not MIN_SHARE < product.mean() < MAX_SHARE:
        return None
    unsure = (likely > UNSURE[0]) & (likely < UNSURE[1])
    if unsure.sum() > MAX_UNSURE * product.sum() and not seen.by_hints:
        doubt = f"The network {seen.model} is unsure where in this picture the product ends."
        return evolve(not_found(size, doubt), likely=seen.saliency, warnings=seen.warnings)
    return ProductLocation(
        found=True,
        why=_why(seen),
        confidence=float(likely[product].mean()),
        product=product,
        likely=seen.saliency,
        plain=None,
        model=seen.model,
        warnings=seen.warnings,
    )


def _why(seen: Segmentation) -> str:
    """How the product was told from its background."""
    network = f"the network {seen.model}" if seen.model else "classical methods"
    hints = " and your hints" if seen.by_hints else ""
    return f"The product was told from its background by {network}{hints}."


def _without_shreds(location: ProductLocation) -> ProductLocation:
    """``location`` without the smallest of its unconnected parts."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (location.likely > FAINT).astype(np.uint8)
    )
    areas = np.bincount(labels[location.likely > SALIENT], minlength=len(stats))
    kept = areas >= SMALLEST_PART * areas.max()
    if kept[1:].all():
        return location
    likely = np.where(kept[labels], location.likely, 0).astype(np.float32)
    return _with_likely(location, likely)


def _examined_in(rgb: Bytes, location: ProductLocation, box: Box) -> ProductLocation:
    """As ``_examined``, of the box alone: a user has left out what is outside."""
    part = np.ascontiguousarray(rgb[_part(rgb.shape, box)])
    inside = _part(location.likely.shape, box)
    alone = evolve(location, likely=np.ascontiguousarray(location.likely[inside]))
    on_plain = plain_along_border(part) is not None
    examined = _examined(part, colours_of(part), alone, on_plain=on_plain, mend=False)
    likely = location.likely.copy()
    likely[inside] = examined.likely
    return evolve(_with_likely(location, likely), doubts=examined.doubts)


def _part(shape: tuple[int, ...], box: Box) -> tuple[slice, slice]:
    """The pixels of ``box``, one at least each way."""
    left, top, right, bottom = np.array(box) * (shape[1], shape[0], shape[1], shape[0])
    rows, columns = (
        (int(first), int(np.ceil(last))) for first, last in ((top, bottom), (left, right))
    )
    return slice(*rows), slice(*columns)


def _examined(
    rgb: Bytes, colours: Colours, location: ProductLocation, *, on_plain: bool, mend: bool
) -> ProductLocation:
    """``location`` with torn holes closed and faded parts whole, and what speaks against it.

    With ``mend`` it is mended by colours where something does.
    """
    maps = colour_maps(colours, location.likely)
    lost = dilated(torn_holes(maps) | faded_parts(maps), 1)
    if mend:
        lost |= unsure_parts(rgb, maps)
    if lost.any():
        location = _with_part(location, lost)
        maps = colour_maps(colours, location.likely)
    doubts = doubts_of(maps, on_plain=on_plain)
    if mend and doubts:
        mended = _mended(rgb, location, maps, {each.name for each in doubts})
        if mended is not location:
            location = mended
            doubts = doubts_of(colour_maps(colours, location.likely), on_plain=on_plain)
    return evolve(location, doubts=(*location.doubts, *doubts))


def _mended(
    rgb: Bytes, location: ProductLocation, maps: ColourMaps, doubts: set[str]
) -> ProductLocation:
    """``location``, or one with what the ``doubts`` are about put right."""
    if "missing" in doubts and (lost := lost_parts(rgb, maps)).any():
        location = _with_part(location, lost)
    if "kept" in doubts and (ground := kept_ground(rgb, maps)).any():
        location = _without_part(location, ground)
    if "hanger" in doubts and (hung := hanger(maps)).any():
        location = _without_part(location, hung)
    return location


def _with_part(location: ProductLocation, part: Mask) -> ProductLocation:
    return _with_likely(location, np.maximum(location.likely, _like(location, part)))


def _without_part(location: ProductLocation, part: Mask) -> ProductLocation:
    return _with_likely(location, location.likely * (1 - _like(location, part)))


def _like(location: ProductLocation, part: Mask) -> Floats:
    """``part`` in the size of what is likely, 1 inside."""
    return cv2.resize(part.astype(np.float32), location.likely.shape[1::-1])


def _with_likely(location: ProductLocation, likely: Floats) -> ProductLocation:
    size = location.product.shape[1::-1]
    return evolve(location, likely=likely, product=cv2.resize(likely, size) > SALIENT)


def _size(rgb: Bytes, longest: int) -> tuple[int, int]:
    """(width, height) of a copy whose longest side is at most ``longest``."""
    height, width = rgb.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))
