"""Where a result is written, and writing it so that nobody ever sees half a file.

Paths come from the user: ``os.path`` answers "no" where ``Path`` raises on what cannot be a path.
"""
# ruff: noqa: PTH110, PTH112

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from pixellab.domain.errors import InvalidRequest, PixelLabError, StoreUnavailable
from pixellab.domain.formats import EXTENSIONS, Format
from pixellab.entrypoints.cli.show.screen import shown

ENHANCED, COMPARED = ".enhanced", ".compare"
ASIDE = ".pixellab-"
"""How the names of files begin that are not yet whole."""


def is_folder(out: Path, photos: int) -> bool:
    """Whether ``-o OUT`` names a folder: one that exists, no extension, or several photos."""
    return photos > 1 or not out.suffix or os.path.isdir(out)


def result_path(photo: Path, folder: Path | None, output_format: Format) -> Path:
    """``photo.enhanced.jpg``, beside the photo or in the folder."""
    name = f"{photo.stem}{ENHANCED}.{EXTENSIONS[output_format]}"
    return (folder or photo.parent) / name


def compare_path(result: Path) -> Path:
    """``photo.compare.jpg`` beside ``photo.enhanced.jpg``."""
    return result.with_name(f"{result.stem.removesuffix(ENHANCED)}{COMPARED}.jpg")


def is_result(path: Path) -> bool:
    """Whether a file's name says that PixelLab wrote it."""
    return path.stem.endswith((ENHANCED, COMPARED))


def check_photo(photo: Path) -> None:
    """InvalidRequest unless there is a file that can be read."""
    if os.path.isdir(photo):
        raise InvalidRequest(
            "photo",
            "This is a folder, not a photo; name the photos in it, or enhance all of them with "
            "pixellab batch.",
        )
    if os.path.exists(photo) and not photo.is_file():
        raise InvalidRequest("photo", "This is not a regular file; save it as one first.")
    try:
        with photo.open("rb"):
            pass
    except OSError as error:
        raise InvalidRequest("photo", unreadable(error)) from error


def check_result(
    result: Path,
    photos: Iterable[Path],
    *,
    force: bool,
    remedy: str = "add --force to replace it or name another with -o",
) -> None:
    """InvalidRequest where writing ``result`` would destroy something.

    A photo that is being worked on is never overwritten. Any other file is only with ``force``,
    or if its name says that it is an earlier result; ``remedy`` tells what to do about it.
    """
    if not os.path.exists(result):
        return
    if result.is_dir():
        raise InvalidRequest("out", f"{shown(result)!r} is a folder; name a file with -o.")
    if any(result.samefile(photo) for photo in photos if os.path.exists(photo)):
        raise InvalidRequest("out", "The result would overwrite the photo; name another with -o.")
    if not force and not is_result(result):
        raise InvalidRequest("out", f"{shown(result)!r} exists; {remedy}.")


def write(result: Path, data: bytes) -> None:
    """Write a whole file or nothing; missing folders are made. Raises StoreUnavailable."""
    aside = None
    try:
        result.parent.mkdir(parents=True, exist_ok=True)
        aside = result.with_name(f"{ASIDE}{uuid4().hex}")
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(result)
    except OSError as error:
        raise _unwritable(result, error) from error
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make the folder unless it is there. Raises InvalidRequest, StoreUnavailable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder / "-", error) from error


def clear_aside(folder: Path) -> None:
    """Remove what killed processes left half written, in the folder and those in it."""
    for left in folder.rglob(f"{ASIDE}*"):
        left.unlink(missing_ok=True)


def _unwritable(result: Path, error: OSError) -> PixelLabError:
    place = shown(result.parent)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreUnavailable(f"The disk of {place!r} is full; make room or use -o.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreUnavailable(f"The folder {place!r} cannot be written to; use -o.")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return InvalidRequest("out", f"{place!r} is not a folder; name one with -o.")
    if error.errno == errno.ENAMETOOLONG:
        return InvalidRequest("out", "The result's name is too long; name a shorter one with -o.")
    return StoreUnavailable(f"The result cannot be written to {place!r}: {error.strerror}.")


def unreadable(error: OSError) -> str:
    """Why a file cannot be read, as a sentence."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "There is no such file."
    if isinstance(error, PermissionError):
        return "The file may not be read; check its permissions."
    return f"The file cannot be read: {error.strerror}."
