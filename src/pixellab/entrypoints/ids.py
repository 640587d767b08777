"""Images' ids as users give them."""

from __future__ import annotations

import uuid

from pixellab.domain.errors import UnknownBatch, UnknownImage
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


def batch_id(text: str) -> str:
    """A batch's id as it is stored; text that can be none is UnknownBatch, and nobody is asked."""
    try:
        return stored_form(text)
    except UnknownImage:
        raise UnknownBatch("No batch has this id.") from None


def named(text: str, find: FindImage) -> str:
    """The id of the image that a person calls ``text``, which may be the id. Raises as ``find``."""
    try:
        return stored_form(text)
    except UnknownImage:
        return find(text)
