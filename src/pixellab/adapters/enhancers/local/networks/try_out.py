"""Tries a segmentation network on a drawn picture, whose product anyone would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
from pixellab.domain.errors import PixelLabError
from pixellab.domain.findings import Finding, fine, problem

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Mask
SIDE = 320
GROUND, JAR, LABEL, LID = (214, 212, 208), (168, 52, 44), (240, 226, 190), (60, 62, 70)
LEAST = 0.5
"""Overlap (IoU) with the drawn product of a network that is given what it wants; u2netp has 0.99,
and with a wrong mean and deviation networks see nothing or everything."""
ADVICE = (
    "Say in a .toml file beside the network which size, mean, deviation and output it has "
    "(docs/networks.md)."
)


def try_out(segmenter: Segmenter) -> Finding:
    """Whether the network finds the drawn product, and how well."""
    part = "cut-out network"
    picture, product = _drawn()
    try:
        seen = segmenter.network().saliency(picture)
    except PixelLabError as error:
        return problem(part, error.message, ADVICE)
    found = cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) > 0.5
    overlap = (found & product).sum() / (found | product).sum()
    told = f"{segmenter.name} finds {overlap:.0%} of what it should in a drawn picture of a jar"
    return fine(part, told) if overlap >= LEAST else problem(part, told, ADVICE)


def _drawn() -> tuple[Bytes, Mask]:
    """A jar on a pale ground, uint8 (SIDE, SIDE, 3), and where it is."""
    picture = np.full((SIDE, SIDE, 3), GROUND, np.uint8)
    cv2.rectangle(picture, (100, 90), (220, 260), JAR, -1)
    cv2.rectangle(picture, (100, 140), (220, 210), LABEL, -1)
    cv2.rectangle(picture, (112, 62), (208, 92), LID, -1)
    product = (picture != np.array(GROUND)).any(axis=2)
    light = np.linspace(1.06, 0.9, SIDE, dtype=np.float32)[None, :, None]
    lit = cv2.GaussianBlur(picture.astype(np.float32) * light, (0, 0), 0.8)
    return np.clip(lit, 0, 255).astype(np.uint8), product
