"""A photo sent to Gemini and its answer taken back into the photo's own frame."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.cloud.billed import billed
from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer, open_answer
from pixellab.adapters.enhancers.gemini.frames import (
    Frame,
    at_size,
    draws_less,
    frame_for,
    size_for,
    within_size,
)
from pixellab.adapters.enhancers.local.pixels.transparency import is_transparent
from pixellab.adapters.imaging.compositing import OPAQUE, on_white
from pixellab.domain.errors import BackendFailed
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodeSpec, Picture
from pixellab.domain.ports import Imaging
from pixellab.domain.results import Step, Usage

Pixels = NDArray[np.uint8]

SERVICE = "Gemini"
FAINT = 0.1
"""Alpha below which a colour under it is not computed from what was seen: nobody sees it."""


class Service(Protocol):
    """Who draws: ``GeminiService``."""

    def price(self, size: str) -> Usage: ...

    def draw(self, photo: bytes, prompt: str, ratio: str, size: str) -> VendorAnswer: ...


@frozen(kw_only=True)
class Plan:
    """What is sent for a photo and what is asked for; no pixels yet."""

    frame: Frame
    size: str
    """1K, 2K or 4K."""
    sent: tuple[int, int]
    """(width, height) of the picture that is sent."""
    result: tuple[int, int]
    """(width, height) of the photo's part of the answer, once it is taken back."""
    falls_short: bool
    """Whether the answer has fewer pixels than the result."""

    @property
    def sends(self) -> str:
        """What leaves this machine, in words."""
        padded = f", padded to {self.frame.ratio}" if self.frame.is_padded else ""
        return (
            f"the photo at {self.sent[0]} x {self.sent[1]} pixels{padded}, as JPEG without "
            "metadata, and what is to be done with it"
        )


def plan_for(width: int, height: int, scale: int = 1) -> Plan:
    """Raises BackendRefused for a photo that Gemini has no frame for."""
    frame = frame_for(width, height)
    size = size_for(frame, scale)
    return Plan(
        frame=frame,
        size=size,
        sent=within_size(frame.padded_size, size),
        result=(width * scale, height * scale),
        falls_short=draws_less(frame, scale),
    )


@frozen(kw_only=True, eq=False)
class Drawn:
    """What Gemini made of a photo."""

    pixels: Pixels = field(repr=False)
    """uint8 (H, W, 3) RGB, or (H, W, 4) with the alpha of a photo that is transparent."""
    answer: VendorAnswer
    format: str
    """Pillow's name of the format that came."""
    step: Step
    warnings: tuple[str, ...] = ()

    @property
    def colours(self) -> Pixels:
        """As it is seen on white: uint8 (H, W, 3)."""
        return seen_on_white(self.pixels)


def redraw(
    photo: Picture, prompt: str, scale: int, service: Service, imaging: Imaging, max_bytes: int
) -> Drawn:
    """``photo`` as Gemini draws it by ``prompt``, ``scale`` times as large.

    What is sent has at most ``max_bytes``. Raises as ``GeminiService.draw``, and BackendFailed for
    an answer that is no picture, or one of other proportions.
    """
    plan = plan_for(photo.width, photo.height, scale)
    padded = plan.frame.padded(seen_on_white(photo.pixels))
    sent = Picture(pixels=at_size(padded, plan.sent), format="PNG")
    file = imaging.encode(sent, EncodeSpec(format=Format.JPEG, max_bytes=max_bytes))
    answer = service.draw(file.data, prompt, plan.frame.ratio, plan.size)
    with billed(answer, SERVICE):
        opened = open_answer(answer, imaging, SERVICE)
        came = seen_on_white(opened.pixels)
        if not plan.frame.fits(came):
            raise BackendFailed("Gemini answered with a picture of other proportions.")
        pixels = plan.frame.taken_from(came, plan.result)
        if is_transparent(photo.pixels):
            pixels = _under_alpha(pixels, photo.pixels, plan.result)
    return Drawn(
        pixels=pixels,
        answer=answer,
        format=opened.format,
        step=_step(plan, (file.width, file.height), came),
        warnings=_warnings(plan, photo),
    )


def seen_on_white(pixels: Pixels) -> Pixels:
    """uint8 (H, W, 3) of (H, W, 3 or 4)."""
    rgb = np.ascontiguousarray(pixels[..., :3])
    if not is_transparent(pixels):
        return rgb
    return on_white(rgb, np.ascontiguousarray(pixels[..., 3]))


def _under_alpha(drawn: Pixels, photo: Pixels, size: tuple[int, int]) -> Pixels:
    """``drawn`` on white, under the photo's alpha: the white is taken out of half-shown pixels."""
    alpha = at_size(np.ascontiguousarray(photo[..., 3]), size)
    share = np.maximum(alpha[..., None] / np.float32(OPAQUE), np.float32(FAINT))
    own = OPAQUE - (OPAQUE - drawn.astype(np.float32)) / share
    return np.dstack([np.clip(np.rint(own), 0, OPAQUE).astype(np.uint8), alpha])


def _step(plan: Plan, sent: tuple[int, int], came: Pixels) -> Step:
    height, width = came.shape[:2]
    padded = f", padded to {plan.frame.ratio} and cropped back" if plan.frame.is_padded else ""
    return Step(
        name="gemini",
        applied=True,
        why=(
            f"Gemini was sent the photo at {sent[0]} x {sent[1]} pixels{padded}, and drew "
            f"{width} x {height}."
        ),
        figures={"share_of_photo": round(plan.frame.share, 3)},
    )


def _warnings(plan: Plan, photo: Picture) -> tuple[str, ...]:
    warnings = []
    if plan.falls_short:
        warnings.append(
            "Gemini draws at most as many pixels as 4096 x 4096; its picture was enlarged on this "
            "machine."
        )
    if is_transparent(photo.pixels):
        warnings.append("Gemini saw the photo on white; the photo's own transparency was put back.")
    return tuple(warnings)
