"""Which PixelLab this is."""

from __future__ import annotations

from importlib.metadata import version

DISTRIBUTION = "pixellab-enhance"
"""What pip calls it. The package index has a ``pixellab``, too, which is somebody else's."""


def installed_version() -> str:
    """The version that is installed, such as ``0.2.0``."""
    return version(DISTRIBUTION)
