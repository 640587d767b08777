"""How many bytes of a file may be metadata."""

from __future__ import annotations

from pixellab.domain.errors import FileTooLarge

MEGA = 1_000_000
MAX_METADATA = 16 * MEGA
"""An ICC profile in a JPEG has 16 MB at most (ICC.1, B.4); cameras write some 100 KB in all, and a
makernote with a preview some MB. Pillow takes seconds for 40 MB of EXIF: it joins the segments one
by one."""


def refuse_much_metadata(size: int) -> None:
    """Raise FileTooLarge beyond MAX_METADATA bytes, unpacked."""
    if size > MAX_METADATA:
        raise FileTooLarge(
            f"The file has more metadata than is accepted; allowed are {MAX_METADATA / MEGA:g} MB."
        )
