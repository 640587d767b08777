"""What a service answers: opened within limits, held against the photo, and marked as drawn."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from pixellab.domain.errors import BackendError, BackendFailed, PixelLabError, ProductChanged
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Imaging, Origin
from pixellab.domain.results import Fidelity, Usage

TRAINED = "trainedAlgorithmicMedia"
"""IPTC NewsCodes, Digital Source Type: drawn by a model that learned from examples."""

NOT_CHECKED = "The product was not checked against the photo: the check is turned off."
TEXT_NOT_CHECKED = "Text on the product was not checked: the networks that read it cannot be had."

Pixels = NDArray[np.uint8]
CheckFidelity = Callable[[Pixels, Pixels], Fidelity]
"""Holds a drawn picture against the photo: uint8 (H, W, 3) RGB each, of any two sizes."""


@frozen(kw_only=True)
class VendorAnswer:
    """A file that a service sent, and what it says of the call."""

    data: bytes = field(repr=False)
    usage: Usage
    model_version: str | None = None
    response_id: str | None = None

    def error(
        self,
        message: str,
        kind: type[BackendError] = BackendFailed,
        fidelity: Fidelity | None = None,
    ) -> BackendError:
        """Why it cannot be used, with what it cost all the same."""
        return kind(
            message,
            usage=self.usage,
            model_version=self.model_version,
            response_id=self.response_id,
            fidelity=fidelity,
        )


def open_answer(answer: VendorAnswer, imaging: Imaging, service: str) -> Picture:
    """The picture that came; raises BackendFailed, with what it cost, if it is none."""
    try:
        return imaging.open(io.BytesIO(answer.data), origin=Origin.BACKEND)
    except PixelLabError as error:
        message = f"{service} answered with something that is not a picture."
        raise answer.error(message) from error


def held_against(
    photo: Pixels, drawn: Pixels, check: CheckFidelity | None, answer: VendorAnswer, service: str
) -> Fidelity | None:
    """What ``check`` measured, None without one.

    Raises ProductChanged, with the figures and the cost, if it objects.
    """
    if check is None:
        return None
    fidelity = check(photo, drawn)
    if fidelity.passed:
        return fidelity
    raise answer.error(
        f"{service} changed the product, so its picture was discarded: "
        f"{' '.join(fidelity.objections)}",
        ProductChanged,
        fidelity,
    )


def fidelity_warnings(fidelity: Fidelity | None) -> tuple[str, ...]:
    """What a picture's answer has to say of what ``held_against`` gave: what was not checked."""
    if fidelity is None:
        return (NOT_CHECKED,)
    return () if fidelity.text_checked else (TEXT_NOT_CHECKED,)


def marked(picture: Picture, photo: Picture, source_type: str) -> Picture:
    """``picture`` with the metadata of the ``photo`` and the IPTC term for how it was made."""
    metadata = evolve(photo.metadata, digital_source_type=source_type)
    return evolve(picture, metadata=metadata, warnings=photo.warnings)
