"""What speaks against a cut-out: parts that may be missing, holes, shreds, an unsure outline.

Neither a network nor GrabCut says when it is wrong, so its answer is held against the picture: what
was left out should have the ground's colours, holes should too, and along the outline colours
should change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import dilated
from pixellab.adapters.enhancers.local.segmentation.colour_maps import (
    DOUBTFUL,
    SURE,
    ColourMaps,
)
from pixellab.adapters.enhancers.local.segmentation.hangers import looks_like_hanger
from pixellab.adapters.enhancers.local.segmentation.outlines import (
    dense,
    parts,
    share_without_edge,
)
from pixellab.adapters.enhancers.local.segmentation.product_location import Doubt

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats, Mask
UNSURE = (
    "It is unsure where the product ends: a part, {:.0%} of its area, may be background and is "
    "half transparent."
)
OUTLINE = (
    "Along {:.0%} of its outline the product looks like what is behind it: a part may be missing "
    "there, or background be left."
)
MISSING = (
    "Something of the product's own colours was left out next to it ({:.0%} of its area): a part "
    "of the product may be missing."
)
LEFT_OUT = (
    "Something that stands out from the background was left out next to the product ({:.0%} of its "
    "area): it may be a part of the product."
)
ANOTHER = "Another object that stands out was left out ({:.0%} of the product's area)."
HOLES = (
    "Holes in the product ({:.1%} of its area) do not look like the background: parts of the "
    "product may be missing there."
)
OPENINGS = (
    "Openings in the product ({:.0%} of its area) were taken for background: a part of the product "
    "may be missing there."
)
KEPT = (
    "A part inside the product ({:.1%} of its area) has the background's colours: background may "
    "be left there."
)
HANGER = (
    "Something thin sticks out above the product in other colours ({:.1%} of its area): it may be "
    "a hanger or a hook."
)
SHREDS = (
    "Small pieces beside the product were kept ({:.1%} of its area): they may be reflections or "
    "background."
)
LIMITS = {
    "unsure": (0.02, UNSURE),
    "outline": (0.14, OUTLINE),
    "missing": (0.02, MISSING),
    "left_out": (0.10, LEFT_OUT),
    "another": (0.10, ANOTHER),
    "holes": (0.002, HOLES),
    "openings": (0.03, OPENINGS),
    "kept": (0.005, KEPT),
    "hanger": (0.0015, HANGER),
    "shreds": (0.004, SHREDS),
}
"""The largest measure of each kind that is trusted, and what is said of a larger one. The outline's
is a share of the outline, the others are shares of the product's area. They were set by eye on the
part ``tune`` of photos of clothes."""
AT_OUTLINE = 2
"""Pixels beside the outline within which every likelihood is middling."""
NEXT_TO = 6
"""Pixels within which something is next to the product."""
SMALLEST_HOLE = 8
"""Pixels; smaller ones come from the copy's small size."""
FILLED = 0.6
"""Share of a hole that has the product's own colours, from which it is no hole."""
FADED, NARROWEST = 0.1, 5
"""Least likelihood of a part that has faded, and pixels that it is wide: outlines are narrower."""
SHRED = 0.1
"""Share of the largest part below which an unconnected one is a shred."""


def doubts_of(maps: ColourMaps, *, on_plain: bool) -> tuple[Doubt, ...]:
    """What speaks against the product in ``maps``; on a plain ground openings are known."""
    if not maps.product.any():
        return ()
    measures = _measures(maps)
    if on_plain:
        measures.pop("openings")
    return tuple(
        Doubt(name=name, measure=measures[name], sentence=said.format(measures[name]))
        for name, (most, said) in LIMITS.items()
        if measures.get(name, 0) > most
    )


def torn_holes(maps: ColourMaps) -> Mask:
    """The holes of the product that have its own colours and not the ground's."""
    labels, areas = _holes(maps.product)
    own = np.bincount(labels[maps.own & ~maps.ground], minlength=len(areas))
    torn = (areas >= SMALLEST_HOLE) & (own > FILLED * areas)
    return np.asarray(torn[labels])


def faded_parts(maps: ColourMaps) -> Mask:
    """Parts of which it is unsure whether they are the product, in its own colours and not in the
    ground's: they are."""
    unsure = (maps.likely > FADED) & (maps.likely < SURE)
    return dense(unsure & maps.own & ~maps.ground, NARROWEST)


def _measures(maps: ColourMaps) -> dict[str, float]:
    """Those that LIMITS names."""
    outline = dilated(~maps.product, 1) & maps.product
    unsure = (maps.likely > DOUBTFUL) & (maps.likely < SURE) & ~dilated(outline, AT_OUTLINE)
    left_out, another = _standing_out(maps)
    holes, openings = _hole_areas(maps)
    pixels = {
        "unsure": unsure.sum(),
        "missing": _next_to(maps, maps.own & ~dilated(maps.product, 2)),
        "left_out": left_out,
        "another": another,
        "holes": holes,
        "openings": openings,
        "kept": _largest(dense(maps.foreign & _inside(maps.product))),
        "hanger": looks_like_hanger(maps).sum(),
        "shreds": _shreds(maps.product),
    }
    area = float(maps.product.sum())
    shares = {name: float(count) / area for name, count in pixels.items()}
    return {**shares, "outline": share_without_edge(maps.lab, maps.product, outline)}


def _next_to(maps: ColourMaps, mask: Mask) -> float:
    """Pixels in the parts of ``mask`` that are next to the product."""
    labels, areas = parts(dense(mask))
    areas[0] = 0
    met = np.zeros(len(areas), np.bool_)
    met[labels[dilated(maps.product, NEXT_TO)]] = True
    return float(areas[met].sum())


def _standing_out(maps: ColourMaps) -> tuple[float, float]:
    """Pixels outside without the ground's colours: next to the product, the largest elsewhere."""
    labels, areas = parts(dense(maps.outside & ~maps.ground))
    areas[0] = 0
    met = np.zeros(len(areas), np.bool_)
    met[labels[dilated(maps.product, NEXT_TO)]] = True
    return float(areas[met].sum()), float(areas[~met].max(initial=0))


def _hole_areas(maps: ColourMaps) -> tuple[float, float]:
    """Pixels in holes that have other colours than what is outside, and in those that have not.

    Of the latter those that show a plain ground are openings without doubt, and do not count.
    """
    labels, areas = _holes(maps.product)
    shown = np.bincount(labels[maps.ground], minlength=len(areas)) > areas / 2
    alike = np.bincount(labels[maps.behind], minlength=len(areas)) > areas / 2
    counted = areas >= SMALLEST_HOLE
    unsure = alike & ~(maps.plain & shown)
    return float(areas[counted & ~alike].sum()), float(areas[counted & unsure].sum())


def _inside(product: Mask) -> Mask:
    return cv2.erode(product.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _largest(mask: Mask) -> float:
    """Pixels in the largest part of ``mask``."""
    _, areas = parts(mask)
    return float(areas[1:].max(initial=0))


def _holes(product: Mask) -> tuple[Floats, Floats]:
    """The number of each pixel's hole, and the holes' areas; 0 for what is in none."""
    labels, areas = parts(~product, connectivity=4)
    open_ones = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    areas[open_ones] = 0
    areas[0] = 0
    return labels, areas


def _shreds(product: Mask) -> float:
    """Pixels in small parts."""
    _, areas = parts(product)
    areas[0] = 0
    return float(areas[areas < SHRED * areas.max()].sum())
