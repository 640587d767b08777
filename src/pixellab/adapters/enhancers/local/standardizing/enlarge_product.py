"""Enlarges what the canvas shows by network, and by interpolation where that cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.standardizing.canvas import MAX_ENLARGEMENT, Sized
from pixellab.adapters.enhancers.local.upscaling.enlarge import enlarge
from pixellab.domain.errors import BackendFailed, BackendUnavailable

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes

DOUBLE = int(MAX_ENLARGEMENT)


def enlarging(networks: Networks) -> Sized:
    """What brings pixels to a size by doubling them with ``networks`` and averaging that down."""

    def sized(pixels: Bytes, size: tuple[int, int]) -> Bytes:
        try:
            large, _ = enlarge(pixels, DOUBLE, networks)
        except (BackendUnavailable, BackendFailed) as error:
            networks.warn(f"{error.message} The product was enlarged by interpolation instead.")
            return resized(pixels, size)
        return resized(large, size)

    return sized
