"""The body of a request as it arrives, if it arrives fast enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from attrs import frozen
from litestar import Request
from litestar.exceptions import HTTPException

from pixellab.entrypoints.refusals import TooSlow


@frozen(kw_only=True)
class Pace:
    """How fast a body has to arrive."""

    seconds: float
    """In which all of it has to be there."""
    least_rate: float
    """Bytes a second."""
    patience: float
    """Seconds that it may fall behind that rate."""


async def chunks(request: Request[Any, Any, Any], pace: Pace) -> AsyncIterator[bytes]:
    """The pieces of the body, none of them empty.

    Only the time in which the server waits for the client counts. Raises TooSlow, and HTTPException
    where the client goes away.
    """
    now = asyncio.get_running_loop().time
    ends, patience = now() + pace.seconds, pace.patience
    while True:
        began = now()
        try:
            async with asyncio.timeout_at(min(ends, began + patience)):
                message = await request.receive()
        except TimeoutError as error:
            raise _too_slow(pace) from error
        if message["type"] == "http.disconnect":
            raise HTTPException(status_code=400)  # Nobody is left to see it.
        if message["type"] == "http.request":
            body = message.get("body", b"")
            patience -= now() - began
            patience = min(pace.patience, patience + len(body) / pace.least_rate)
            if body:  # To the parser, nothing means the end.
                yield body
            if not message.get("more_body", False):
                return


def _too_slow(pace: Pace) -> TooSlow:
    return TooSlow(
        f"The body did not arrive in time: it must come at {pace.least_rate / 1000:g} KB a second, "
        f"and be there within {pace.seconds:g} seconds."
    )
