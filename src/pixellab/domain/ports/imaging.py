"""Files to pixels and back."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from pixellab.domain.pictures import EncodedImage, EncodeSpec, Picture, QualityReport


class Imaging(Protocol):
    """Bytes to pixels, pixels to bytes, and how good a picture is."""

    def open(self, data: BinaryIO, *, own: bool = False) -> Picture:
        """Decode from the current position; size and pixel limits are checked before decoding.

        The limits are for what strangers send; a file that ``encode`` made is ``own``.
        Raises FileTooLarge, UnsupportedImage, UndecodableImage.
        """

    def assess(self, picture: Picture) -> QualityReport:
        """Measure technical quality."""

    def encode(self, picture: Picture, spec: EncodeSpec) -> EncodedImage:
        """Make a file; the same picture and spec give the same bytes.

        With ``max_bytes``: the best file that small, or, where the format cannot go so far, the
        smallest it could make, with ``target_met`` False and the reason.
        """
