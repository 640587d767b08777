"""The imaging port on Pillow and OpenCV."""

from __future__ import annotations

from typing import BinaryIO

from attrs import frozen

from pixellab.adapters.imaging.codecs.format_record import ImageFormat
from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.adapters.imaging.encode.encode import encode
from pixellab.adapters.imaging.encode.thumbnail import thumbnail
from pixellab.adapters.imaging.formats import FORMATS
from pixellab.adapters.imaging.framing import framed
from pixellab.adapters.imaging.likeness.faithfulness import compare
from pixellab.adapters.imaging.quality.assess import assess
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.pictures import EncodedImage, EncodeSpec, Faithfulness, Picture, QualityReport
from pixellab.domain.ports import Imaging, Origin
from pixellab.domain.requests.framing import Layout

UNLIMITED = 2**31 - 2
"""Bytes and pixels of the largest file that an encoder could make."""


@frozen(kw_only=True)
class RasterImaging(Imaging):
    """Opens, measures and writes raster pictures; holds nothing but its limits."""

    max_bytes: int = 50_000_000
    max_pixels: int = 60_000_000
    backend_max_bytes: int = 100_000_000
    backend_max_pixels: int = 60_000_000
    """Services draw 4096 x 4096 pixels at most today, which is up to 67 MB as PNG with alpha."""

    def open(self, data: BinaryIO, *, origin: Origin = Origin.USER) -> Picture:
        max_bytes, max_pixels = self.limits(origin)
        return open_picture(data, max_bytes=max_bytes, max_pixels=max_pixels)

    def limits(self, origin: Origin) -> tuple[int, int]:
        """Bytes and pixels of the largest file that is opened."""
        return {
            Origin.USER: (self.max_bytes, self.max_pixels),
            Origin.BACKEND: (self.backend_max_bytes, self.backend_max_pixels),
            Origin.OWN: (UNLIMITED, UNLIMITED),
        }[origin]

    def assess(self, picture: Picture) -> QualityReport:
        return assess(picture)

    def frame(
        self, picture: Picture, layout: Layout, behind: tuple[int, int, int] | None
    ) -> Picture:
        return framed(picture, layout, behind)

    def compare(self, before: Picture, after: Picture) -> Faithfulness:
        return compare(before, after)

    def encode(self, picture: Picture, spec: EncodeSpec) -> EncodedImage:
        return encode(picture, spec)

    def thumbnail(self, picture: Picture, longest: int) -> EncodedImage:
        return thumbnail(picture, longest)

    def diagnose(self) -> list[Finding]:
        return [_usable(each) for each in FORMATS.values()]


def _usable(each: ImageFormat) -> Finding:
    if each.is_usable:
        return fine(each.title, "can be read and written" if each.writing else "can be read")
    if each.extra:
        advice = (
            f"To accept {each.title} photos, in the folder of PixelLab's source: "
            f"pip install '.[{each.extra.name}]'"
        )
        return warning(each.title, "cannot be read", advice)
    advice = "Install Pillow from its wheel: pip install --force-reinstall pillow"
    return problem(each.title, "Pillow was built without it", advice)
