"""Who signs what was done to a photo."""

from __future__ import annotations

from typing import Protocol

from pixellab.domain.findings import Finding
from pixellab.domain.pictures import EncodedImage, SourceFile
from pixellab.domain.results import Enhanced


class Credentials(Protocol):
    """Content credentials: what a file was made of and how, signed, inside the file itself."""

    def sign(self, encoded: EncodedImage, photo: SourceFile, enhanced: Enhanced) -> EncodedImage:
        """The same picture, now with credentials that name the ``photo`` and what was done to it.

        ``enhanced`` is what ``encoded`` was written from. What could not be said is added to
        ``reason``. Raises NotSigned.
        """

    def size(self, sample: EncodedImage, photo: SourceFile, enhanced: Enhanced) -> int:
        """Bytes, at most, that ``sign`` adds to a file of the format of ``sample``.

        The sample is any file of it, best a small one. Raises NotSigned.
        """

    def diagnose(self) -> list[Finding]:
        """Whose name it signs with, until when, and whether it can."""
