"""Images' ids as users give them."""

from __future__ import annotations

import uuid

from pixellab.domain.errors import UnknownImage


def stored_form(image_id: str) -> str:
    """The id as it is stored, whatever its letter case.

    Text that can be no id is UnknownImage without asking anyone.
    """
    try:
        parsed = str(uuid.UUID(image_id))
    except ValueError:
        parsed = ""
    if parsed != image_id.lower():
        raise UnknownImage("No image has this id.")
    return parsed
