"""The imaging port on Pillow and OpenCV."""

from __future__ import annotations

from importlib.util import find_spec
from typing import BinaryIO

from attrs import frozen
from PIL import features

from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.adapters.imaging.encode.encode import encode
from pixellab.adapters.imaging.quality.assess import assess
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.pictures import EncodedImage, EncodeSpec, Picture, QualityReport
from pixellab.domain.ports import Imaging

UNLIMITED = 2**31 - 2
"""Bytes and pixels of the largest file that an encoder could make."""
FEATURES = {"JPEG": "jpg", "PNG": "zlib", "WEBP": "webp", "AVIF": "avif"}
"""What Pillow calls the library behind each format."""


@frozen(kw_only=True)
class RasterImaging(Imaging):
    """Opens, measures and writes raster pictures; holds nothing but its two limits."""

    max_bytes: int = 50_000_000
    max_pixels: int = 60_000_000

    def open(self, data: BinaryIO, *, own: bool = False) -> Picture:
        max_bytes, max_pixels = (UNLIMITED, UNLIMITED) if own else (self.max_bytes, self.max_pixels)
        return open_picture(data, max_bytes=max_bytes, max_pixels=max_pixels)

    def assess(self, picture: Picture) -> QualityReport:
        return assess(picture)

    def encode(self, picture: Picture, spec: EncodeSpec) -> EncodedImage:
        return encode(picture, spec)

    def diagnose(self) -> list[Finding]:
        return [*(_codec(name, feature) for name, feature in FEATURES.items()), _heic()]


def _codec(name: str, feature: str) -> Finding:
    if features.check(feature):
        return fine(name, "can be read and written")
    advice = "Install Pillow from its wheel: pip install --force-reinstall pillow"
    return problem(name, "Pillow was built without it", advice)


def _heic() -> Finding:
    if find_spec("pi_heif"):
        return fine("HEIC", "can be read")
    advice = "To accept iPhone photos, in the folder of PixelLab's source: pip install '.[heif]'"
    return warning("HEIC", "cannot be read", advice)
