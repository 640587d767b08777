"""Which photos a folder holds, and what the results of each are called."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pixellab.domain.formats import EXTENSIONS, FORMAT_OF_EXTENSION, Format
from pixellab.entrypoints.cli.photo_files.outputs import is_result

PHOTO_EXTENSIONS = {f".{each}" for each in FORMAT_OF_EXTENSION}


def find_photos(folder: Path, target: Path) -> Iterator[str]:
    """Paths relative to the folder, in order; hidden ones and results are left out."""
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (here / name).resolve() != target.resolve()
        )
        for name in sorted(files):
            if _is_photo(Path(name)):
                yield str((here / name).relative_to(folder))


def _is_photo(name: Path) -> bool:
    if name.name.startswith(".") or is_result(name):
        return False
    return name.suffix.lower() in PHOTO_EXTENSIONS


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
