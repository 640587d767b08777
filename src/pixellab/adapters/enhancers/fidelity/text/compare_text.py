"""Whether what is read on the product before is read on it after, and nothing else."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import field, frozen

from pixellab.adapters.enhancers.fidelity.text.text_networks import Reading, TextNetworks

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
LEAST_SIGNS = 2
"""Letters and digits of a line that is worth comparing."""
SURE = 0.85
"""Mean sureness of its signs from which on a line counts as read."""
SOFTER = 0.8
"""Blur, in pixels, of the second reading: what it changes was not read surely."""
SAME_PLACE = 0.4
"""Share of the smaller of two lines that both cover, where they are the same line."""
NEAR = 1.15
"""A line's surroundings, as a factor of its height, that are asked for a change of structure."""


@frozen(kw_only=True)
class TextDifference:
    """What is read on one of two pictures only."""

    lines: int
    """How many lines were surely read on either."""
    lost: tuple[str, ...] = field(factory=tuple)
    new: tuple[str, ...] = field(factory=tuple)


def compare_text(
    networks: TextNetworks, before: Bytes, after: Bytes, product: Mask, changed: Mask
) -> TextDifference:
    """Of two pictures that lie on each other, uint8 (height, width, 3), where ``product`` is.

    A line is held to be another only where ``changed`` says that there may be other detail. Raises
    BackendFailed.
    """
    old = _on(networks.find(before), product)
    new = _on(networks.find(after), product)
    here, there = _Read(networks, before), _Read(networks, after)
    lost, lines = _missing(here, there, old, new, changed)
    added, more = _missing(there, here, new, old, changed)
    return TextDifference(lines=max(lines, more), lost=lost, new=added)


class _Read:
    """A picture, read as it is and once more a little softer."""

    def __init__(self, networks: TextNetworks, rgb: Bytes) -> None:
        self._networks = networks
        self._versions = rgb, np.asarray(cv2.GaussianBlur(rgb, (0, 0), SOFTER))

    def __call__(self, boxes: Floats) -> list[tuple[Reading, ...]]:
        """The readings of each box."""
        readings = [self._networks.read(each, boxes) for each in self._versions]
        return list(zip(*readings, strict=True))


def _on(boxes: Floats, product: Mask) -> Floats:
    """Those whose middle is on the product."""
    height, width = product.shape
    middles = np.rint(boxes.mean(axis=1)).astype(int).clip(0, (width - 1, height - 1))
    return np.asarray(boxes[product[middles[:, 1], middles[:, 0]]])


def _missing(
    here: _Read, there: _Read, boxes: Floats, others: Floats, changed: Mask
) -> tuple[tuple[str, ...], int]:
    """The lines read surely ``here`` that are not read ``there``, and how many were read surely.

    ``there`` is read in the same places and in its own ones, ``others``.
    """
    sure = [
        (box, first)
        for box, (first, second) in zip(boxes, here(boxes), strict=True)
        if _is_sure(first, second)
    ]
    doubted = [(box, line) for box, line in sure if _covers(box, changed)]
    places = np.array([box for box, _ in doubted], np.float32).reshape(-1, 4, 2)
    missing = []
    for (box, line), same_place in zip(doubted, there(places), strict=True):
        near = [other for other in others if _shared(box, other) >= SAME_PLACE]
        own = there(np.array(near, np.float32).reshape(-1, 4, 2))
        if all(_differ(line, each) for readings in (same_place, *own) for each in readings):
            missing.append(line.text)
    return tuple(missing), len(sure)


def _is_sure(first: Reading, second: Reading) -> bool:
    signs = _signs(first)
    return len(signs) >= LEAST_SIGNS and signs == _signs(second) and first.sure >= SURE


def _signs(reading: Reading) -> str:
    """Letters and digits alone, however they are written: an accent is easily lost in noise."""
    plain = unicodedata.normalize("NFKD", reading.text).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def _differ(line: Reading, other: Reading) -> bool:
    return _signs(line) != _signs(other)


def _covers(box: Floats, changed: Mask) -> bool:
    inside = np.zeros(changed.shape, np.uint8)
    middle = box.mean(axis=0)
    cv2.fillConvexPoly(inside, np.rint((box - middle) * NEAR + middle).astype(np.int32), 1)
    return bool((changed & (inside > 0)).any())


def _shared(box: Floats, other: Floats) -> float:
    """What both cover, as a share of the smaller one."""
    common, _ = cv2.intersectConvexConvex(box, other)
    smaller = min(cv2.contourArea(box), cv2.contourArea(other))
    return float(common) / max(smaller, 1e-6)
