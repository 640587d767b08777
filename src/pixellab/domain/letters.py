"""Letters with accents as they are written where there are none."""

from __future__ import annotations

import unicodedata

SPELLED = str.maketrans(
    dict(zip("øØłŁđĐðÐħĦı", "oOlLdDdDhHi", strict=True))
    | {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th"}
)
"""Latin letters that NFKD leaves whole."""


def without_accents(text: str) -> str:
    """``Größe`` as ``Grosse``; letters of other scripts lose their marks, too (NFKD)."""
    parts = unicodedata.normalize("NFKD", text.translate(SPELLED))
    bare = "".join(each for each in parts if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", bare)
