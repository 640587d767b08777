"""What an enhancement brought: its figures, its checklist, its files as an archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.markup import Figure

ADVISED = "_advised"
"""How the names of those rules end that a marketplace only recommends."""


def figures(answer: Mapping[str, Any]) -> list[Figure]:
    """Quality, size, pixels and time of an answer."""
    before, after = answer["quality_before"], answer["quality_after"]
    paid = wording.cost(answer["cost"])
    kept = answer["faithfulness"]
    faithful = [] if kept is None else [("Faithful", f"{kept:.0f} of 100", wording.faithful(kept))]
    return [
        ("Quality", f"{after:.0f} of 100", f"{wording.gained(before, after)} points"),
        *faithful,
        (
            "File",
            wording.size(answer["enhanced_size_kb"]),
            wording.saved(answer["size_reduction_percent"]),
        ),
        (
            "Pixels",
            f"{answer['enhanced_width']} x {answer['enhanced_height']}",
            f"from {answer['original_width']} x {answer['original_height']}",
        ),
        (
            "Time",
            f"{answer['processing_time_ms'] / 1000:.1f} s",
            f"{answer['backend']}, cost {paid}" if paid else answer["backend"],
        ),
    ]


def zip_of(api: HttpApi, urls: Sequence[str]) -> bytes:
    """The files behind ``urls`` in one archive, each under its own name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for url in urls:
            archive.writestr(file_name(url), api.file(url))
    return packed.getvalue()


def checklist(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A marketplace's rules as lines of a checklist."""
    return [
        {
            "name": rule["name"].replace("_", " "),
            "applied": rule["pass"],
            "unmet": is_unmet(rule),
            "why": f"asked: {rule['required']}; here: {rule['measured']}",
        }
        for rule in rules
    ]


def is_unmet(rule: Mapping[str, Any]) -> bool:
    """Whether the marketplace asks for what the picture lacks; what it advises may be lacking."""
    return not rule["pass"] and not rule["name"].endswith(ADVISED)


def file_name(url: str) -> str:
    """The name of the file behind a URL, signed or not."""
    return url.rsplit("/", 1)[-1].split("?")[0]
