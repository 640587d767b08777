"""Which photos a folder holds, and what the results of each are called."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import define, field

from pixellab.domain.formats import EXTENSIONS, FORMAT_OF_EXTENSION, Format
from pixellab.entrypoints.cli.photo_files.journal import NAME as JOURNAL
from pixellab.entrypoints.cli.photo_files.outputs import is_result
from pixellab.entrypoints.cli.show.screen import shown

PHOTO_EXTENSIONS = {f".{each}" for each in FORMAT_OF_EXTENSION}
SHOWN = 3
"""How many names of what is left out are told."""


@define
class Found:
    """What a folder holds, as paths relative to it, in order."""

    photos: list[str] = field(factory=list)
    left_out: dict[str, list[str]] = field(factory=dict)
    """Why, and what."""

    def told(self) -> str:
        """What was left out, in one sentence; empty where nothing was."""
        parts = [f"{len(names)} {why} ({_some(names)})" for why, names in self.left_out.items()]
        return f"Left out: {'; '.join(parts)}." if parts else ""


def find_photos(folder: Path, target: Path | None = None) -> Found:
    """The photos in the folder and in those within; ``target``, for the results, is passed by."""
    found = Found()
    passed_by = target.resolve() if target else None

    def leave_out(path: Path, why: str) -> None:
        found.left_out.setdefault(why, []).append(str(path.relative_to(folder)))

    def unreadable(error: OSError) -> None:
        leave_out(Path(error.filename), "that cannot be read")

    for place, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(place)
        inside = sorted(name for name in folders if (here / name).resolve() != passed_by)
        for name in [name for name in inside if (here / name / JOURNAL).exists()]:
            leave_out(here / name, "with results of another batch")
            inside.remove(name)
        folders[:] = [name for name in inside if not name.startswith(".")]
        for name in [name for name in inside if name.startswith(".")] + sorted(files):
            why = _why_not(Path(name))
            if why is None:
                found.photos.append(str((here / name).relative_to(folder)))
            else:
                leave_out(here / name, why)
    return found


def _why_not(name: Path) -> str | None:
    if name.name.startswith("."):
        return "hidden"
    if is_result(name):
        return "made by enhance"
    return None if name.suffix.lower() in PHOTO_EXTENSIONS else "without a photo's extension"


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    few = ", ".join(shown(name) for name in names[:SHOWN])
    return f"{few} and {more} more" if more > 0 else few


def name_results(
    photos: Sequence[str], output_format: Format, earlier: Mapping[str, str]
) -> dict[str, str]:
    """``a/photo.jpg`` for ``a/photo.png``; ``a/photo.png.jpg`` where that name is taken, and so on.

    Names that an earlier run gave are kept, so that a new photo cannot take them.
    """
    extension = EXTENSIONS[output_format]
    names: dict[str, str] = {}
    taken: set[str] = set()
    for photo in photos:
        name = earlier.get(photo, "")
        if Path(name).suffix == f".{extension}" and name not in taken:
            names[photo] = name
            taken.add(name)
    for photo in photos:
        if photo in names:
            continue
        name, longer = str(Path(photo).with_suffix(f".{extension}")), photo
        while name in taken:
            name = longer = f"{longer}.{extension}"
        names[photo] = name
        taken.add(name)
    return names
