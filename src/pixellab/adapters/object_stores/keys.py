"""Which keys a store accepts."""

from __future__ import annotations

MAX_KEY_BYTES = 1024
"""As many as S3 takes."""
MAX_PART_BYTES = 255
"""As many as a file name may have on the usual file systems."""


def parts_of(key: str) -> tuple[str, ...]:
    """The folders and, last, the file name of ``key``.

    Raises ValueError for a key that is too long, or one of whose parts (``is_part``) is not
    allowed; so the key cannot be empty or absolute, or contain ``..``.
    """
    parts = tuple(key.split("/"))
    if _length(key) > MAX_KEY_BYTES or not all(map(is_part, parts)):
        raise ValueError(
            f"A key has at most {MAX_KEY_BYTES} bytes; its parts have 1 to {MAX_PART_BYTES}, "
            "are printable, and have no backslash and no leading dot."
        )
    return parts


def is_part(part: str) -> bool:
    """Whether ``part`` may stand between two slashes."""
    return (
        0 < _length(part) <= MAX_PART_BYTES
        and not part.startswith(".")
        and "\\" not in part
        and part.isprintable()
    )


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
