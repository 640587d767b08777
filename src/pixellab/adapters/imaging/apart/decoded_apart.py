"""The imaging port with decoding done in processes that can be killed; the rest is done here."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import BinaryIO

from attrs import field, frozen

from pixellab.adapters.imaging.apart.decoders import Decoders
from pixellab.adapters.imaging.apart.messages import Limits
from pixellab.adapters.imaging.formats import format_of
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.errors import UndecodableImage
from pixellab.domain.findings import Finding, fine, problem
from pixellab.domain.pictures import EncodedImage, EncodeSpec, Faithfulness, Picture, QualityReport
from pixellab.domain.ports import Imaging, Origin
from pixellab.domain.requests.framing import Layout

BYTES_PER_PIXEL = 32
"""At most, while decoding: 21 were measured for WEBP with alpha, and 27 for rows of one pixel."""
FIXED_MEMORY = 256_000_000
"""Bytes beside the pixels: the file, several times over, and what libraries set up."""
GIGA = 1_000_000_000
OWN_FILES = Limits(seconds=120, memory=2**60)
"""For files that ``encode`` made, which may be larger than what is accepted."""


@frozen(kw_only=True)
class DecodedApart(Imaging):
    """Opens files in other processes, on Linux; measures and writes as ``imaging`` does.

    PixelLab's own JPEGs are opened here: their decoder lets other threads go on meanwhile.
    """

    imaging: RasterImaging
    processes: int
    """How many files are decoded at once; more wait."""
    seconds: float = 10
    """What one file may take, waiting for a process not counted."""
    _decoders: Decoders = field(eq=False, repr=False)

    @_decoders.default
    def _new_decoders(self) -> Decoders:
        return Decoders(self.imaging, self.processes)

    def start(self) -> None:
        """Have the processes ready before they are needed."""
        self._decoders.start()

    def close(self) -> None:
        """End the processes. What is being opened fails."""
        self._decoders.close()

    def open(self, data: BinaryIO, *, origin: Origin = Origin.USER) -> Picture:
        max_bytes, max_pixels = self.imaging.limits(origin)
        content = data.read(max_bytes + 1)
        kind = format_of(content)
        if origin is Origin.OWN:
            return self._own(content, kind.name)
        return self._decoders.open(content, origin, self._limits(len(content), max_pixels))

    def _limits(self, size: int, pixels: int) -> Limits:
        memory = FIXED_MEMORY + 4 * size + BYTES_PER_PIXEL * pixels
        return Limits(seconds=self.seconds, memory=memory)

    def _own(self, content: bytes, kind: str) -> Picture:
        if kind != "JPEG":
            with suppress(UndecodableImage):
                return self._decoders.open(content, Origin.OWN, OWN_FILES)
        return self.imaging.open(io.BytesIO(content), origin=Origin.OWN)

    def assess(self, picture: Picture) -> QualityReport:
        return self.imaging.assess(picture)

    def frame(
        self, picture: Picture, layout: Layout, behind: tuple[int, int, int] | None
    ) -> Picture:
        return self.imaging.frame(picture, layout, behind)

    def compare(self, before: Picture, after: Picture) -> Faithfulness:
        return self.imaging.compare(before, after)

    def encode(self, picture: Picture, spec: EncodeSpec) -> EncodedImage:
        return self.imaging.encode(picture, spec)

    def thumbnail(self, picture: Picture, longest: int) -> EncodedImage:
        return self.imaging.thumbnail(picture, longest)

    def diagnose(self) -> list[Finding]:
        return [*self.imaging.diagnose(), self._of_processes()]

    def _of_processes(self) -> Finding:
        most = self._limits(*self.imaging.limits(Origin.USER))
        try:
            self._decoders.check()
        except (OSError, RuntimeError):
            advice = "See whether more processes may be started, and whether there is memory left."
            return problem("opening photos", "the processes for it do not start", advice)
        return fine(
            "opening photos",
            f"in {self.processes} processes of the server, {2 * self.processes} while some take "
            f"long; each photo may take {most.seconds:g} seconds and {most.memory / GIGA:.1f} GB",
        )
