"""``pixellab enhance``: no server, no store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.cli.commands.parts.options import (
    AS_SET,
    FORMATS,
    Flag,
    Json,
    TaskOptions,
)
from pixellab.entrypoints.cli.commands.parts.rehearse import rehearse
from pixellab.entrypoints.cli.configured import open_without_stores
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.enhance_file import enhance_file
from pixellab.entrypoints.cli.photo_files.named_photo import is_address, opened, path_of
from pixellab.entrypoints.cli.photo_files.pipes import PIPE, check_pipes
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import exit_code_of

if TYPE_CHECKING:
    from pixellab.domain.pictures import Picture
    from pixellab.domain.use_cases import Result
    from pixellab.entrypoints.answers import FileAnswer


def enhance(
    photos: Annotated[
        list[str],
        Parameter(
            name="PHOTO...",
            help="Photos to make better; - is standard input. Addresses (https://...), too, of "
            "hosts that PIXELLAB_IMAGE_URLS allows.",
        ),
    ],
    /,
    *,
    out: Annotated[
        Path | None,
        Parameter(
            name=["--out", "-o"],
            help="Where to: a file (for one photo), whose extension says its format; a folder; or "
            "- for standard output.",
        ),
    ] = None,
    options: TaskOptions = AS_SET,
    compare: Annotated[
        bool, Flag, Parameter(help="Also write a picture with both, side by side.")
    ] = False,
    force: Annotated[bool, Flag, Parameter(help="Replace a file that exists under -o.")] = False,
    as_json: Json = False,
) -> int:
    """Make photos better. photo.jpg becomes photo.enhanced.jpg beside it.

    The photo itself is never overwritten. The result of one that is fetched from
    an address is written in this folder. An earlier photo.enhanced.jpg is
    replaced, any other file only with --force. If one photo fails the others
    are still done, and the exit code is 1. The result of a photo from standard
    input goes to standard output, and nothing else does, unless -o says where.
    """
    photos = [photo if is_address(photo) else str(Path(photo)) for photo in photos]
    paths = [path_of(photo) for photo in photos]
    check_pipes(paths, out, compare=compare)
    if paths == [PIPE]:
        out = out or PIPE
    folder = out if out not in (None, PIPE) and outputs.is_folder(out, len(photos)) else None
    named = out if folder is None else None
    if folder is not None and folder.suffix.lower() in FORMATS and not folder.is_dir():
        told = f"out is {screen.shown(folder)!r}, a file for one photo; name a folder for several."
        raise InvalidRequest("out", told)
    asked = options.request(named.suffix if named not in (None, PIPE) else None)
    task, backend = asked.task, asked.backend
    if options.dry_run:
        return rehearse(photos, task, backend, as_json=as_json)
    results = [named or outputs.result_path(path, folder, task.output_format) for path in paths]
    _check_distinct(photos, results)
    if folder is not None:
        outputs.make_folder(folder)
    codes: list[int] = []
    sources = [Path(photo) for photo in photos if not is_address(photo)]
    with open_without_stores(log_json=as_json) as lab:
        for photo, result in zip(photos, results, strict=True):
            try:
                _check_result(result, sources, compare=compare, force=force)
                with (
                    screen.notes().status(f"Enhancing {screen.shown(photo)}"),
                    opened(photo, lab.remote_files) as file,
                ):
                    done, picture, answer = enhance_file(lab.enhance, file, result, task, backend)
                    compared = _compare(picture, done, result) if compare else None
            except Exception as error:
                code = screen.complain(error, as_json=as_json, about=screen.shown(photo))
                codes.append(code)
                continue
            if result != PIPE:
                _report(answer, compared, as_json=as_json)
    return exit_code_of(codes, len(photos))


def _check_result(result: Path, photos: list[Path], *, compare: bool, force: bool) -> None:
    if result == PIPE:
        return
    for path in (result, outputs.compare_path(result)) if compare else (result,):
        outputs.check_result(path, photos, force=force)


def _compare(picture: Picture, done: Result, result: Path) -> Path:
    from pixellab.entrypoints.cli.show.side_by_side import side_by_side

    path = outputs.compare_path(result)
    outputs.write(path, side_by_side(picture, done))
    return path


def _report(answer: FileAnswer, compared: Path | None, *, as_json: bool) -> None:
    if as_json:
        screen.say_json(answer)
        return
    from pixellab.entrypoints.cli.show.reports import file_report

    screen.say(file_report(answer))
    if compared is not None:
        screen.say(f"Side by side: {screen.shown(compared)}\n")


def _check_distinct(photos: list[str], results: list[Path]) -> None:
    seen: dict[Path, str] = {}
    for photo, result in zip(photos, results, strict=True):
        if result in seen:
            pair = f"{screen.shown(seen[result])!r} and {screen.shown(photo)!r}"
            raise InvalidRequest(
                "out", f"{pair} would both be written to {screen.shown(result)!r}; do one of them."
            )
        seen[result] = photo
