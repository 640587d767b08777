"""Stability's services on Bedrock: which pictures each one takes, and what it is told.

Source: Amazon Bedrock User Guide, "Stability AI Image Services", read in November 2026. Stability's
creative upscale is left out on purpose: it draws another product.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, sqrt

from attrs import field, frozen

from pixellab.domain.errors import BackendRefused

MAX_BODY = 25_000_000
"""Bytes of a request's body at most, by the service model of InvokeModel."""
REQUIRED_PROMPT = "A product photo: the same product, shape, colours, print and background."
"""Conservative upscale has to be told what to draw; nothing of the user's is in it."""
LOWEST_CREATIVITY = 0.2
"""The guide gives two ranges, 0.1 to 0.5 and 0.2 to 0.5; this is the lowest value in both."""
REGIONS = ("us-east-1", "us-east-2", "us-west-2")
"""Where the services can be asked."""

Size = tuple[int, int]
"""Width and height in pixels."""


@frozen(kw_only=True)
class Service:
    """One of Stability's services."""

    title: str
    """What it is called in answers."""
    model: str
    """The id of its inference profile in the United States; it has no other."""
    min_side: int
    max_side: float = inf
    max_pixels: int
    max_aspect: float = inf
    """Longer side over shorter side at most."""
    told: Mapping[str, str | float] = field(factory=dict)
    """What the body says beside the picture."""

    def sent_size(self, width: int, height: int) -> Size:
        """At which size a picture is sent: its own, or as large as the service takes.

        Raises BackendRefused for a picture that is then too small, or too long for its width.
        """
        scale = min(
            1.0, sqrt(self.max_pixels / (width * height)), self.max_side / max(width, height)
        )
        sent = max(1, int(width * scale)), max(1, int(height * scale))
        if min(sent) < self.min_side:
            raise BackendRefused(
                f"{self.title} takes pictures of {self.min_side} pixels or more on each side, and "
                f"{self.max_pixels} in all; this one has {width} x {height}."
            )
        if max(sent) > self.max_aspect * min(sent):
            raise BackendRefused(
                f"{self.title} takes pictures that are at most {self.max_aspect} times as long as "
                f"they are wide; this one has {width} x {height}."
            )
        return sent

    def takes_whole(self, width: int, height: int) -> bool:
        """Whether a picture of that size is taken without being made smaller."""
        try:
            return self.sent_size(width, height) == (width, height)
        except BackendRefused:
            return False


REMOVE_BACKGROUND = Service(
    title="BEDROCK's remove background",
    model="us.stability.stable-image-remove-background-v1:0",
    min_side=64,
    max_pixels=9_437_184,
)
FAST_UPSCALE = Service(
    title="BEDROCK's fast upscale",
    model="us.stability.stable-fast-upscale-v1:0",
    min_side=32,
    max_side=1536,
    max_pixels=1_048_576,
)
CONSERVATIVE_UPSCALE = Service(
    title="BEDROCK's conservative upscale",
    model="us.stability.stable-conservative-upscale-v1:0",
    min_side=64,
    max_pixels=9_437_184,
    max_aspect=2.5,
    told={"prompt": REQUIRED_PROMPT, "creativity": LOWEST_CREATIVITY},
)
SERVICES = (REMOVE_BACKGROUND, FAST_UPSCALE, CONSERVATIVE_UPSCALE)


def upscaler(width: int, height: int) -> Service:
    """Fast, which makes each side four times as long, for a picture that it takes whole."""
    return FAST_UPSCALE if FAST_UPSCALE.takes_whole(width, height) else CONSERVATIVE_UPSCALE
