"""Which PixelLab this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

DISTRIBUTION = "pixellab-enhance"
"""What pip calls it. The package index has a ``pixellab``, too, which is somebody else's."""


def installed_version() -> str:
    """The version that is installed, such as ``0.2.0``."""
    return version(DISTRIBUTION)


MAKERS = (DISTRIBUTION, "numpy", "opencv-python-headless", "onnxruntime", "pillow")
"""What pixels and files are made with."""


def versions_of_makers() -> dict[str, str]:
    """The installed versions of ``MAKERS``; onnxruntime's other builds have names of their own."""
    return {name: found for name in MAKERS if (found := _version_if_installed(name))}


def _version_if_installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
