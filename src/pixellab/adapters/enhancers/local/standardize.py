"""A marketplace-ready picture: the product centred on a square white canvas, the rules checked.

The product is searched in a small copy; what the canvas shows of the photo is then resized straight
to the canvas, and outline and background are worked on at that size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.cutout import (
    OPAQUE,
    Location,
    is_transparent,
    locate,
    working_copy,
)
from pixellab.adapters.enhancers.local.matte import take_apart
from pixellab.adapters.enhancers.local.profiles import (
    Profile,
    Requirement,
    find_profile,
    profile_names,
)
from pixellab.domain.pictures import FileRules, Picture, Rule, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float32]

__all__ = ["Standardized", "profile_names", "standardize"]

WHITE = 255
MAX_ENLARGEMENT = 2.0
"""A product is never drawn larger than this many times its size in the photo."""
NEAR_WHITE_LIGHTNESS, NEAR_WHITE_CHROMA = 88.0, 6.0
"""CIELAB: a background from here on is whitened as it is, shadows and all."""


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


@frozen(kw_only=True, eq=False)
class _Part:
    """What the canvas shows of the photo: a part of it, resized.

    ``shown`` is uint8 (height, width, 3) on white; ``box`` (left, top, right, bottom) is the
    product within it.
    """

    shown: Bytes
    box: tuple[int, int, int, int]


def standardize(picture: Picture, profile: str = "generic") -> Standardized:
    """Make ``picture`` fit the marketplace called ``profile``.

    The product is cut out, or its background whitened where that is nearly white already; where
    the product cannot be told from the background the whole photo is kept, and the rules that then
    fail say so. Raises InvalidRequest for an unknown profile.
    """
    rules = find_profile(profile)
    return rules
