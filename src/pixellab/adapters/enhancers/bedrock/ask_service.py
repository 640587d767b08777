"""A picture sent to one of Stability's services, at a size that it takes, and what it answers."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.bedrock.invoke_model import Bedrock
from pixellab.adapters.enhancers.bedrock.stability_services import MAX_BODY, Service, Size
from pixellab.adapters.enhancers.cloud.billed import billed
from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer, open_answer
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodeSpec, Picture
from pixellab.domain.ports import Imaging

Pixels = NDArray[np.uint8]

SERVICE = "BEDROCK"
BESIDE_THE_PICTURE = 1000
"""Bytes of the body that are kept for its other fields."""
MAX_FILE = (MAX_BODY - BESIDE_THE_PICTURE) // 4 * 3
"""Bytes of the file at most; base64 writes four for each three."""
STRETCHED = 0.03
"""How far the answer's sides may be out of proportion: a product that is stretched by more looks
changed, and a service that rounds its sides to a few pixels stays below."""


@frozen(kw_only=True, eq=False)
class Answered:
    """A picture that came back, and the size that was sent."""

    picture: Picture = field(repr=False)
    sent: Size
    answer: VendorAnswer
    warnings: tuple[str, ...] = ()


class StabilityPictures:
    """Asks for pictures; ``imaging`` writes what is sent, and opens what comes."""

    def __init__(self, bedrock: Bedrock, imaging: Imaging) -> None:
        self._bedrock = bedrock
        self._imaging = imaging

    def ask(self, service: Service, rgb: Pixels) -> Answered:
        """What ``service`` makes of ``rgb``, uint8 (height, width, 3), sRGB.

        Raises as ``Bedrock.invoke``, BackendRefused as ``Service.sent_size``, and BackendFailed
        where what comes is no picture or has other proportions.
        """
        height, width = rgb.shape[:2]
        sent = service.sent_size(width, height)
        answer = self._bedrock.invoke(service, self._file(resized(rgb, sent)))
        with billed(answer, SERVICE):
            picture = open_answer(answer, self._imaging, SERVICE)
        if abs(picture.width * height / (picture.height * width) - 1) > STRETCHED:
            raise answer.error("BEDROCK's picture has other proportions than the photo.")
        return Answered(
            picture=picture, sent=sent, answer=answer, warnings=_scaled((width, height), sent)
        )

    def _file(self, rgb: Pixels) -> bytes:
        """Without loss where that is not too large. It carries none of the photo's metadata."""
        picture = Picture(pixels=np.ascontiguousarray(rgb), format="PNG")
        for spec in (EncodeSpec(format=Format.PNG), EncodeSpec(format=Format.JPEG)):
            data = self._imaging.encode(picture, spec).data
            if len(data) <= MAX_FILE:
                return data
        smaller = EncodeSpec(format=Format.JPEG, max_bytes=MAX_FILE)
        return self._imaging.encode(picture, smaller).data


def _scaled(size: Size, sent: Size) -> tuple[str, ...]:
    if size == sent:
        return ()
    before, after = (f"{width} x {height}" for width, height in (size, sent))
    return (f"BEDROCK takes no {before} pixels: it was sent {after}, and its answer scaled back.",)
