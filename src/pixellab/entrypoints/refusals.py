"""What the HTTP API refuses before any use case is asked; shown as ``error_table`` says."""

from __future__ import annotations

from pixellab.domain.errors import PixelLabError


class Busy(PixelLabError):
    """All workers are occupied and the queue is full."""


class Unauthorized(PixelLabError):
    """No API key, or a wrong one."""


class TooSlow(PixelLabError):
    """The request did not arrive in the time it is given."""


class RateLimited(PixelLabError):
    """This client made too many requests."""
