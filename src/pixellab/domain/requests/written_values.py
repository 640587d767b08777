"""Values of requests that are written as text: colours, and places in a photo."""

from __future__ import annotations

import re

from attrs import Attribute

from pixellab.domain.errors import InvalidRequest

TRANSPARENT, WHITE = "transparent", "white"
COLOUR = re.compile("#(?:[0-9a-f]{3}|[0-9a-f]{6})")
FOUND = "auto"
SHARE = r"(?:0?\.[0-9]{1,9}|[01](?:\.0{0,9})?)"
WHITE_POINT = re.compile(f"{SHARE},{SHARE}")


def plainly(text: str) -> str:
    """``text`` in lower case, without blanks around it."""
    return text.strip().lower()


def check_background(_request: object, attribute: Attribute[str], value: str) -> None:
    """A validator: InvalidRequest for what is neither a colour nor its absence."""
    if value not in (TRANSPARENT, WHITE) and not COLOUR.fullmatch(value):
        raise InvalidRequest(
            attribute.name,
            f"{attribute.name} is {value[:40]!r}; allowed are {TRANSPARENT}, {WHITE} and "
            "colours such as #f2f2f2.",
        )


def check_white_point(
    _request: object, attribute: Attribute[str | None], value: str | None
) -> None:
    """A validator: InvalidRequest for what is neither a place nor ``auto``."""
    if value is not None and value != FOUND and not WHITE_POINT.fullmatch(value):
        raise InvalidRequest(
            attribute.name,
            f"{attribute.name} is {value[:40]!r}; allowed are {FOUND} and a place such as "
            "0.5,0.25: shares of the width and of the height, from 0 to 1.",
        )


def colour_of(background: str) -> tuple[int, int, int] | None:
    """The R, G and B of a background, 0 to 255; None for a transparent one."""
    if background == TRANSPARENT:
        return None
    digits = "ffffff" if background == WHITE else background[1:]
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def place_of(white_point: str | None) -> tuple[float, float] | None:
    """The shares of width and height, 0 to 1, that it names; None if it names no place."""
    if white_point is None or white_point == FOUND:
        return None
    x, y = white_point.split(",")
    return float(x), float(y)
