"""Which part of a file a request asks for (RFC 9110, 14.1.2)."""

from __future__ import annotations

import re

ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})", re.IGNORECASE | re.ASCII)


def asked_range(header: str | None, size: int) -> range | None:
    """The positions that the header ``Range`` asks for, of a file of ``size`` bytes.

    None where the whole file is to be sent: without a header, and for what may be ignored, such as
    several ranges at once. Empty where no byte of the file is asked for.
    """
    match = ONE_RANGE.fullmatch((header or "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)
