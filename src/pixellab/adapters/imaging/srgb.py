"""The colour space of every picture, sRGB: its profile, and its curve."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

LUMINANCE = np.array((0.2126, 0.7152, 0.0722))
"""What linear R, G and B give of it (ITU-R BT.709)."""


@cache
def srgb_profile() -> bytes:
    """The ICC profile written into every file (588 bytes, IEC 61966-2-1).

    Little CMS stamps the time of making into the header; it is blanked, so that the same picture
    gives the same bytes.
    """
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    created = slice(24, 36)  # ICC.1:2022, table 17: dateTimeNumber
    return profile[: created.start] + bytes(12) + profile[created.stop :]


FINE = 65535
"""Steps of the table from light to levels."""


def to_linear(levels: NDArray[Any] | float) -> NDArray[np.float64]:
    """Linear light, 0 to 1, of 8-bit sRGB levels, 0 to 255 (IEC 61966-2-1)."""
    v = np.asarray(levels, np.float64) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def from_linear(linear: NDArray[Any]) -> NDArray[Any]:
    """8-bit sRGB levels, not rounded, of linear light: what undoes ``to_linear``."""
    return 255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@cache
def light_of_levels() -> NDArray[np.float32]:
    """``to_linear`` of every level, as a table."""
    return to_linear(np.arange(256)).astype(np.float32)


def levels_of_light(linear: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """``from_linear`` by a table, rounded; what lies outside 0 to 1 is clipped."""
    steps = (np.clip(linear, 0, 1) * FINE + 0.5).astype(np.uint16)
    return np.asarray(_levels()[steps], np.uint8)


@cache
def _levels() -> NDArray[np.uint8]:
    return np.asarray(np.round(from_linear(np.arange(FINE + 1) / FINE)), np.uint8)
