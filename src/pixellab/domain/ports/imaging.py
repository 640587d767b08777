"""Files to pixels and back."""

from __future__ import annotations

from enum import StrEnum
from typing import BinaryIO, Protocol

from pixellab.domain.findings import Finding
from pixellab.domain.pictures import EncodedImage, EncodeSpec, Faithfulness, Picture, QualityReport
from pixellab.domain.requests.framing import Layout


class Origin(StrEnum):
    """Who made a file, and so how far it is trusted."""

    USER = "user"
    BACKEND = "backend"
    """A service that PixelLab asked: its pictures may be larger than the user's, not endless."""
    OWN = "own"
    """``Imaging.encode`` itself: not limited."""


class Imaging(Protocol):
    """Bytes to pixels, pixels to bytes, and how good a picture is."""

    def open(self, data: BinaryIO, *, origin: Origin = Origin.USER) -> Picture:
        """Decode from the current position; size and pixel limits are checked before decoding.

        The limits are those of the ``origin``. Raises FileTooLarge, UnsupportedImage,
        UndecodableImage; of a backend's file these tell the user nothing, so whoever opens one
        raises BackendFailed from them.
        """

    def assess(self, picture: Picture) -> QualityReport:
        """Measure technical quality."""

    def frame(
        self, picture: Picture, layout: Layout, behind: tuple[int, int, int] | None
    ) -> Picture:
        """``picture`` cropped, made smaller and padded as ``layout`` says; its metadata stay.

        What is around it has the colour ``behind``, which shows through it, too, or is transparent.
        The very same picture where nothing is changed.
        """

    def compare(self, before: Picture, after: Picture) -> Faithfulness:
        """Measure how well ``after``, of any size, keeps the product that ``before`` shows.

        The same pixels give 100.
        """

    def encode(self, picture: Picture, spec: EncodeSpec) -> EncodedImage:
        """Make a file; the same picture and spec give the same bytes.

        With ``max_bytes``, less those that are reserved: the best file that small, or, where the
        format cannot go so far, the smallest it could make, with ``target_met`` False and the
        reason.
        """

    def thumbnail(self, picture: Picture, longest: int) -> EncodedImage:
        """A small WEBP for lists: at most ``longest`` pixels on its longer side, never enlarged.

        Shape, colours, transparency and ``picture.metadata`` are kept.
        """

    def diagnose(self) -> list[Finding]:
        """Which formats can be read and written here; advice where one cannot."""
