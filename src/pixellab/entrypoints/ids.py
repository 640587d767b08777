"""Images' ids as users give them."""

from __future__ import annotations

import uuid

from pixellab.domain.errors import UnknownImage
from pixellab.domain.use_cases import FindImage


def stored_form(image_id: str) -> str:
    """The id as it is stored, whatever its letter case.

    Text that can be no id is UnknownImage without asking anyone.
    """
    try:
        parsed = str(uuid.UUID(image_id))
    except ValueError:
        parsed = ""
    if not parsed or parsed != image_id.lower():
        raise UnknownImage("No image has this id.")
    return parsed


def named(text: str, find: FindImage) -> str:
    """The id of the image that a person calls ``text``, which may be the id. Raises as ``find``."""
    try:
        return stored_form(text)
    except UnknownImage:
        return find(text)
