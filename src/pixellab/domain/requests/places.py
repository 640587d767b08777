"""Places in a photo, as requests write them: shares of its width and height, from 0 to 1."""

from __future__ import annotations

import re
from typing import Any

from attrs import Attribute, frozen

from pixellab.domain.errors import InvalidRequest

SHARE = r"(?:0?\.[0-9]{1,9}|[01](?:\.0{0,9})?)"
PLACE = f"{SHARE},{SHARE}"
BOX = re.compile(f"{PLACE},{PLACE}")
MOST_PLACES = 20
PLACES = re.compile(f"{PLACE}(?:;{PLACE}){{0,{MOST_PLACES - 1}}}")
ALLOWED_BOX = "left,top,right,bottom such as 0.1,0.2,0.9,0.8: shares of the width and of the height"
ALLOWED_PLACES = f"up to {MOST_PLACES} places such as 0.5,0.25;0.5,0.75: shares of width and height"
Place = tuple[float, float]
"""x from the left, y from the top."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@frozen(kw_only=True)
class Hints:
    """What a user says of where the product is."""

    box: Box | None = None
    """It is in here."""
    product: tuple[Place, ...] = ()
    """Here it is."""
    background: tuple[Place, ...] = ()
    """Here it is not."""

    def __bool__(self) -> bool:
        return bool(self.box or self.product or self.background)


def read_box(text: str | None) -> Box | None:
    """The box that ``text`` writes; None for none."""
    if text is None:
        return None
    left, top, right, bottom = (float(each) for each in text.split(","))
    return left, top, right, bottom


def read_places(text: str | None) -> tuple[Place, ...]:
    """The places that ``text`` writes."""
    pairs = (each.split(",") for each in text.split(";")) if text else ()
    return tuple((float(x), float(y)) for x, y in pairs)


def check_box(_request: object, attribute: Attribute[Any], value: str | None) -> None:
    """A validator: InvalidRequest for what is no box, or one without an inside."""
    box = read_box(value) if value and BOX.fullmatch(value) else None
    if value is not None and (box is None or box[0] >= box[2] or box[1] >= box[3]):
        raise InvalidRequest(
            attribute.name, f"{attribute.name} is {value[:40]!r}; allowed is {ALLOWED_BOX}."
        )


def check_places(_request: object, attribute: Attribute[Any], value: str | None) -> None:
    """A validator: InvalidRequest for what are no places."""
    if value is not None and not PLACES.fullmatch(value):
        raise InvalidRequest(
            attribute.name, f"{attribute.name} is {value[:40]!r}; allowed are {ALLOWED_PLACES}."
        )
