"""Whether a drawn picture shows the same product as the photo, measured.

The two are laid on each other, then the product's outline, colours, detail and text are compared.
Other light, other compression, less noise, another frame, size or backdrop are allowed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.fidelity.alignment import Alignment
from pixellab.adapters.enhancers.fidelity.fidelity_thresholds import Thresholds
from pixellab.adapters.enhancers.fidelity.product_colours import compare_colour
from pixellab.adapters.enhancers.fidelity.product_structure import Structure, compare_structure
from pixellab.adapters.enhancers.fidelity.product_view import ProductView, lay, view
from pixellab.adapters.enhancers.fidelity.text.compare_text import TextDifference, compare_text
from pixellab.adapters.enhancers.fidelity.text.text_networks import TextNetworks
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
from pixellab.adapters.enhancers.local.segmentation.find_product import find_product
from pixellab.domain.errors import PixelLabError
from pixellab.domain.results import Fidelity

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
SAME_COLOUR = 12.0
"""Units of CIELAB within which a place looks the same, which allows for other light on it."""
SAME_BACKDROP = 0.7
"""Share of what is beside the product that looks the same, where it has the same backdrop."""
ALIKE = 0.85
"""Structural similarity from which on a place shows the same."""
SHOWN = 40
"""Characters of a line of text that an objection shows."""

log = logging.getLogger(__name__)


class FidelityCheck:
    """Holds drawn pictures against photos; any number of threads may ask it at once.

    ``segment`` finds products, ``text_networks`` gives what reads text; without them classical
    methods find products, and text is not checked.
    """

    def __init__(
        self,
        segment: Segment | None = None,
        text_networks: Callable[[], TextNetworks] | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        self._segment = segment
        self._text_networks = text_networks
        self._allowed = thresholds or Thresholds()

    def __call__(self, photo: Bytes, drawn: Bytes) -> Fidelity:
        """Both are uint8 (height, width, 3) RGB, of any two sizes.

        The figures have the names and units of ``Thresholds``, and ``text_lines``, how many lines
        were read. Where no product is found the whole picture counts as one.
        """
        product = self._product(photo)
        if product is None:
            product = np.ones((1, 1), np.bool_)
        lying = lay(photo, drawn, product)
        if lying is None or lying.agreement < self._allowed.agreement:
            found = _refused(lying, "The product cannot be found again in the picture.")
        else:
            found = self._compared(photo, drawn, product, lying)
        if not found.passed and self._is_mirrored(photo, drawn, product, lying):
            return evolve(found, objections=("The product is mirrored.",))
        return found

    def _product(self, rgb: Bytes) -> Mask | None:
        found = find_product(rgb, self._segment)
        return found.product if found.found else None

    def _is_mirrored(
        self, photo: Bytes, drawn: Bytes, product: Mask, lying: Alignment | None
    ) -> bool:
        mirrored = lay(photo, np.ascontiguousarray(drawn[:, ::-1]), product)
        least = max(self._allowed.agreement, lying.agreement if lying else 0.0)
        return mirrored is not None and mirrored.agreement > least

    def _compared(self, photo: Bytes, drawn: Bytes, product: Mask, lying: Alignment) -> Fidelity:
        seen = view(photo, drawn, product, self._product(drawn), lying)
        if seen.shown < self._allowed.shown:
            return _refused(lying, "A part of the product is not shown.", shown=seen.shown)
        structure = compare_structure(seen.photo, seen.drawn, seen.product & seen.reached)
        both = _to_compare(seen, structure, ALIKE)
        if both.sum() < seen.product.sum():
            structure = compare_structure(seen.photo, seen.drawn, both)
        colour = compare_colour(seen.photo, seen.drawn, both)
        figures = {
            "agreement": lying.agreement,
            "shown": seen.shown,
            "stretch": lying.stretch,
            "colour_mean": colour.mean,
            "colour_p95": colour.p95,
            "hue_turn": colour.turn,
            "structure": structure.mean,
            "part": structure.worst,
        }
        if seen.drawn_product is not None:
            alike = structure.parts >= ALIKE
            figures["silhouette"] = _silhouette(seen, seen.drawn_product, alike)
        text = self._text(seen, structure)
        if text:
            figures["text_lines"] = text.lines
        objections = (*_objections(figures, self._allowed), *_said(text))
        return Fidelity(figures=figures, objections=objections, text_checked=text is not None)

    def _text(self, seen: ProductView, structure: Structure) -> TextDifference | None:
        """None where it could not be read."""
        if self._text_networks is None:
            return None
        try:
            networks = self._text_networks()
            changed = structure.parts < self._allowed.text_part
            both = seen.product & seen.reached
            return compare_text(networks, seen.photo, seen.drawn, both, changed)
        except PixelLabError as error:
            log.warning("%s", error.message)
            return None


def _to_compare(seen: ProductView, structure: Structure, alike: float) -> Mask:
    """Where both pictures show the product.

    That is where it was found in the photo. Before another backdrop it must have been found in both
    pictures, since masks reach a little beyond their product.
    """
    both = np.asarray(seen.product & seen.reached)
    other = seen.drawn_product
    if other is None or not (both & other).any():
        return both
    beside = seen.reached & ~seen.product & ~other
    same = (structure.parts >= alike) & (_apart(seen, both & other) < SAME_COLOUR)
    kept = not beside.any() or (same & beside).sum() >= SAME_BACKDROP * beside.sum()
    return both if kept else np.asarray(both & other)


def _silhouette(seen: ProductView, other: Mask, alike: Mask) -> float:
    """The share of both silhouettes that is in both, or looks the same in both pictures.

    Where it looks the same, the outline was only found differently.
    """
    either = (seen.product | other) & seen.reached
    within = seen.product & other & seen.reached
    if not within.any():
        return 0.0
    same = within | (alike & (_apart(seen, within) < SAME_COLOUR))
    return float((either & same).sum() / max(int(either.sum()), 1))


def _apart(seen: ProductView, within: Mask) -> Floats:
    """How far each colour is from the photo's in CIELAB, beyond what all within have changed."""
    before, after = (
        cv2.cvtColor(each.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        for each in (seen.photo, seen.drawn)
    )
    change = cv2.GaussianBlur(after - before, (0, 0), 2.0)
    return np.asarray(np.linalg.norm(change - np.median(change[within], axis=0), axis=2))


def _objections(figures: Mapping[str, float], allowed: Thresholds) -> Iterator[str]:
    if figures["stretch"] > allowed.stretch:
        yield f"The product is stretched by {figures['stretch']:.1%}."
    if figures.get("silhouette", 1.0) < allowed.silhouette:
        yield f"{1 - figures['silhouette']:.0%} of the product's outline is another."
    if abs(figures["hue_turn"]) > allowed.hue_turn:
        yield f"The product's hue is turned by {abs(figures['hue_turn']):.0f} degrees."
    elif figures["colour_mean"] > allowed.colour_mean or figures["colour_p95"] > allowed.colour_p95:
        yield "The product has other colours."
    if figures["structure"] < allowed.structure:
        yield "The product's detail is another."
    elif figures["part"] < allowed.part:
        yield "A part of the product was changed, added or removed."


def _said(text: TextDifference | None) -> Iterator[str]:
    if text and text.lost:
        yield f"The text {_quoted(text.lost[0])} is not on it any more."
    if text and text.new:
        yield f"The text {_quoted(text.new[0])} was not on it before."


def _quoted(line: str) -> str:
    shown = "".join(sign for sign in line if sign.isprintable())[:SHOWN]
    return f'"{shown}"'


def _refused(lying: Alignment | None, objection: str, **figures: float) -> Fidelity:
    agreement = lying.agreement if lying else 0.0
    return Fidelity(figures={"agreement": agreement, **figures}, objections=(objection,))
